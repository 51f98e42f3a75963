"""`heroic audit` asks, keeps and estimates; `heroic evaluate --audit` reports."""

import csv
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from reranking.labels.store import open_store


@pytest.fixture
def files(tmp_path, sample):
    """Scores of the sample's test pairs that are mostly right, and a reviewer who knows the truth."""
    pairs = pd.concat([pd.read_parquet(sample / f"pairs_{name}.parquet") for name in ("test", "valid")])
    generator = np.random.default_rng(0)
    score = np.clip(pairs.target * 0.6 + generator.random(len(pairs)) * 0.4, 0, 1)
    scores = pairs[["left_id", "right_id"]].assign(score=score, probability=score, match=score >= 0.55)
    scores.to_parquet(tmp_path / "scores.parquet")
    return tmp_path


@pytest.fixture
def heroic():
    from scripts.main import main

    def run(*words, keys=""):
        return CliRunner().invoke(main, [str(word) for word in words], input=keys, catch_exceptions=False)

    return run


@pytest.fixture
def audit(heroic, files, sample_index):
    def run(*more, keys, reviewer="anna", scores="scores.parquet"):
        words = ["audit", sample_index, files / scores, "--store", files / "audit.db", "--budget", 60, *more]
        return heroic(*words, *(["--reviewer", reviewer] if reviewer else []), keys=keys)

    return run


def labels(files):
    with open_store(files / "audit.db") as store:
        return [kept.label for kept in store.standing()]


def test_answers_are_kept_and_the_next_call_goes_on(audit, files):
    first = audit(keys="y\nn\nq\n")
    assert first.exit_code == 0
    assert "0 of 60 asked, 0 matches" in first.stdout
    assert "asked: 2 of 60" in first.stdout
    assert "go on with heroic audit" in first.stdout
    second = audit(keys="u\nz\nz\nn\n")
    assert "2 of 60 asked, 1 matches" in second.stdout
    assert [label.verdict for label in labels(files)] == ["match", "no match"]
    assert {label.reviewer for label in labels(files)} == {"anna"}


def test_a_whole_audit_ends_in_estimates_and_a_report(audit, heroic, files):
    done = audit(keys="n\n" * 40 + "y\n" * 20)
    assert "estimated from 60 judged" in done.stdout
    assert f"next: heroic evaluate {files / 'scores.parquet'} --audit {files / 'audit.db'} --out REPORT" in done.stdout
    report = heroic("evaluate", files / "scores.parquet", "--audit", files / "audit.db", "--out", files / "report")
    assert report.exit_code == 0, report.output
    assert {path.name for path in (files / "report").iterdir()} == {
        "report.html", "audit.json", "categories.csv", "manifest.json"
    }  # fmt: skip
    document = json.loads((files / "report" / "audit.json").read_text())
    assert (document["kind"], document["estimated"], document["judged"]) == ("audit report", True, 60)
    for name in ("precision", "recall", "weighted"):
        interval = document[name]["interval"]
        assert interval["low"] <= document[name]["value"] <= interval["high"]
    page = (files / "report" / "report.html").read_text()
    assert "estimated from 60 judged pairs of audit.db" in page
    rows = list(csv.DictReader((files / "report" / "categories.csv").read_text().splitlines()))
    assert float(rows[0]["precision"]) == document["precision"]["value"]
    again = heroic(
        "evaluate", files / "scores.parquet", "--audit", files / "audit.db", "--out", files / "report", "--json"
    )
    assert json.loads(again.stdout) == document


def test_without_draws_there_are_no_intervals(audit, heroic, files):
    audit(keys="n\n" * 60)
    words = ("evaluate", files / "scores.parquet", "--audit", files / "audit.db", "--out", files / "report")
    heroic(*words, "--rounds", "0", "--target-precision", "0.9")
    document = json.loads((files / "report" / "audit.json").read_text())
    assert document["precision"] == {"value": 0.0, "interval": None}
    assert document["recall"] == {"value": None, "interval": None}
    assert document["target_precision"] == 0.9


@pytest.mark.parametrize(
    ("called", "keys", "said"),
    [
        (True, "y\nn\n" * 30, ("of {count} pairs that are called, <b>", "scored pairs <b>")),
        (False, "y\nn\n" * 30, ("no pair is called, so that there is no precision;", "scored pairs <b>0.000")),
        (
            True,
            "n\n" * 60,
            (
                "are matches (precision);",
                "no match was seen among the {pairs} scored pairs, so that there is no recall.",
            ),
        ),
    ],
)
def test_the_page_says_where_nothing_is_called_or_no_match_was_seen(audit, heroic, files, called, keys, said):
    scores = pd.read_parquet(files / "scores.parquet")
    scores.assign(match=scores.match & called).to_parquet(files / "scores.parquet")
    audit(keys=keys)
    heroic(
        "evaluate", files / "scores.parquet", "--audit", files / "audit.db", "--out", files / "report", "--rounds", "0"
    )
    lead = (files / "report" / "report.html").read_text().partition('class="lead">')[2].partition("</p>")[0]
    for part in said:
        assert part.format(count=int(scores.match.sum()), pairs=len(scores)) in " ".join(lead.split())


def test_scores_without_decisions_need_a_threshold(audit, heroic, files):
    bare = pd.read_parquet(files / "scores.parquet")[["left_id", "right_id", "score"]]
    bare.to_parquet(files / "bare.parquet")
    refused = audit(keys="y\n", scores="bare.parquet")
    assert refused.exit_code == 2
    assert "no column 'match': give --threshold" in refused.stderr
    assert audit("--threshold", "0.55", keys="n\n" * 60, scores="bare.parquet").exit_code == 0
    done = heroic("evaluate", files / "bare.parquet", "--audit", files / "audit.db", "--out", files / "report")
    assert done.exit_code == 0, done.stderr


def test_without_a_reviewer_it_is_who_is_logged_in(audit, files, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "carol")
    audit(keys="y\nq\n", reviewer=None)
    assert [label.reviewer for label in labels(files)] == ["carol"]


def nobody():
    raise OSError("no such user")


def test_an_audit_of_nobody_is_refused(audit, files, monkeypatch):
    monkeypatch.setattr("getpass.getuser", nobody)
    refused = audit(keys="y\n", reviewer=None)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "a verdict is somebody's" in refused.stderr
    assert not (files / "audit.db").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give --truth PAIRS, or --audit STORE"),
        (["--truth", "t.csv", "--audit", "a.db"], "give --truth PAIRS, or --audit STORE"),
        (["--audit", "a.db", "--index", "index"], "need the whole --truth"),
        (["--audit", "gone.db"], "gone.db: no such file"),
    ],
)
def test_evaluation_needs_a_truth_or_an_audit(heroic, files, words, said):
    result = heroic("evaluate", files / "scores.parquet", "--out", files / "report", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (files / "report").exists()


def test_a_kill_between_two_answers_loses_nothing(files, sample_index, root):
    words = ["audit", sample_index, files / "scores.parquet", "--store", files / "audit.db", "--reviewer", "anna"]
    code = "from scripts.main import run; run()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, *map(str, words)],
        cwd=root,
        env=os.environ,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.stdin.write("y\nn\nu\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("3 of 300 asked"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert [label.verdict for label in labels(files)] == ["match", "no match", "unsure"]


def test_products_are_asked_for_what_retrieval_missed(audit, heroic, files):
    first = audit("--products", 3, keys="\nx\n1 2\nz\n3\nq\n")
    assert "0 of 3 products asked" in first.stdout
    assert "give numbers from 1 to" in first.stdout
    assert [label.verdict for label in labels(files)].count("match") == 1
    audit("--products", 3, keys="\n\n")
    audit(keys="n\n" * 30 + "y\n" * 30)
    report = heroic("evaluate", files / "scores.parquet", "--audit", files / "audit.db", "--out", files / "report")
    assert "of the 1 matches of 3 products that were drawn" in report.stdout
    document = json.loads((files / "report" / "audit.json").read_text())
    assert document["retrieval"]["products"] == 3
    assert document["judged"] == 60
