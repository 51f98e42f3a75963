"""`heroic label` asks from zero, keeps each answer, and goes on."""

import os
import signal
import sqlite3
import subprocess
import sys

import pandas as pd
import pytest
from click.testing import CliRunner

from indexing.product_index import open_index
from reranking.asking.kept_pool import pool_file
from reranking.asking.open_session import open_session
from reranking.asking.pool import make_pool
from reranking.labels.store import open_store


@pytest.fixture
def label(tmp_path, sample_index):
    from scripts.main import main

    def run(*more, keys, reviewer="anna", store="labels.db"):
        words = ["label", sample_index, "--store", tmp_path / store, "--reviewer", reviewer, *more]
        return CliRunner().invoke(main, [str(word) for word in words], input=keys, catch_exceptions=False)

    return run


def verdicts(path):
    with open_store(path) as store:
        return [str(kept.label.verdict) for kept in store.standing()]


def test_answers_are_kept_and_the_next_call_goes_on(label, tmp_path):
    first = label(keys="y\nn\nu\nz\nq\n")
    assert first.exit_code == 0, first.output
    assert "0 of 500 asked, 0 matches, no estimate yet" in first.stdout
    assert "labelled: 2 of 500, 1 matches" in first.stdout
    assert "the same command goes on" in first.stdout
    assert "next:" not in first.stdout, "two labels train nothing"
    assert "pool: " in first.stderr
    second = label("--budget", 4, keys="n\ny\ny\n")
    assert "2 of 4 asked, 1 matches" in second.stdout
    assert "labelled: 4 of 4, 2 matches" in second.stdout
    assert "goes on" not in second.stdout
    assert "next: heroic train" in second.stdout
    assert verdicts(tmp_path / "labels.db") == ["match", "no match", "no match", "match"]


def test_to_train_on_hardly_a_label_is_refused_with_what_to_do(label, tmp_path, sample_index):
    from scripts.main import main

    label(keys="y\nn\nq\n")
    words = ["train", sample_index, tmp_path / "labels.db", "--out", tmp_path / "model"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 2
    told = (
        "1 matches and 1 non-matches are too few to learn from: label at least 2 of each (heroic label asks such pairs)"
    )
    assert told in result.stderr


def test_why_a_pair_is_asked_is_kept_but_not_shown(label, tmp_path):
    shown = label(keys="y\nn\ny\nq\n").stdout
    with open_store(tmp_path / "labels.db") as store:
        reasons = {kept.label.question.why for kept in store.standing()}
    assert reasons <= {"looks like a match", "any likeness"}
    assert not any(reason in shown for reason in reasons)


def test_the_pool_is_kept_beside_the_store_and_a_damaged_one_made_again(label, tmp_path):
    label(keys="y\nq\n")
    kept = pool_file(tmp_path / "labels.db")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    assert label(keys="n\nq\n").exit_code == 0
    assert kept.stat().st_size == len(whole)


def test_a_model_says_where_to_begin(label, sample_model, tmp_path):
    begun = label("--model", sample_model, keys="y\nn\nq\n")
    assert begun.exit_code == 0, begun.output
    with open_store(tmp_path / "labels.db") as store:
        made_by = {kept.label.question.model_fingerprint for kept in store.standing()}
    assert len(made_by) == 1
    assert None not in made_by


def test_labels_of_other_pairs_are_learned_from(label, sample, tmp_path):
    from scripts.main import main

    words = ["labels", tmp_path / "labels.db", "--import", sample / "pairs_train.parquet", "--reviewer", "eve"]
    assert CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False).exit_code == 0
    known = len(verdicts(tmp_path / "labels.db"))
    done = label("--budget", known + 20, keys="n\n" * 20)
    assert done.exit_code == 0, done.output
    assert "by its own estimate" in done.stdout


def test_who_went_away_is_asked_the_same_pair_first(label):
    shown = [label(keys="q\n").stdout for _ in range(3)]
    assert shown[0] == shown[1] == shown[2]
    assert "every candidate is labelled" not in shown[0]


def test_pairs_that_others_are_asked_are_not_called_labelled(label, sample_index, tmp_path, monkeypatch):
    index = open_index(sample_index)
    monkeypatch.setattr("reranking.asking.open_session.open_pool", lambda *_, **__: make_pool(index, k=2, most=3))
    with open_store(tmp_path / "labels.db", create=True) as store:
        other = open_session(index, store, reviewer="bob", budget=500).session
        assert other.next_pair() is not None
        during = label(keys="").stdout
        other.end()
    assert "labelled: 0 of 500" in during
    assert "3 pairs are being asked by other sessions" in during
    assert "every candidate" not in during
    assert "every candidate is labelled" in label(keys="n\n" * 3).stdout


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "is damaged or no label store"),
        (lambda path: path.write_bytes(b""), "was cut off"),
        (lambda path: path.write_bytes(b"left_id,right_id\n"), "is damaged or no label store"),
    ],
)
def test_a_store_that_is_no_longer_whole_is_refused_and_left_as_it_is(label, tmp_path, damage, said):
    label(keys="y\nq\n")
    path = tmp_path / "labels.db"
    damage(path)
    before = path.read_bytes()
    refused = label(keys="y\n")
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert path.read_bytes() == before


def test_a_store_of_a_newer_schema_is_refused(label, tmp_path):
    label(keys="y\nq\n")
    with sqlite3.connect(tmp_path / "labels.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused = label(keys="y\n")
    assert refused.exit_code == 2
    assert "has schema version 99, this heroic reads 1" in refused.stderr


def test_a_locked_store_is_refused_and_keeps_what_it_has(label, tmp_path, monkeypatch):
    label(keys="y\nq\n")
    monkeypatch.setattr("reranking.labels.store.open_store.__kwdefaults__", {"create": False, "busy_s": 0.1})
    other = sqlite3.connect(tmp_path / "labels.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = label(keys="y\nq\n")
    other.execute("ROLLBACK")
    other.close()
    assert refused.exit_code == 2
    assert "another process has locked it" in refused.stderr
    assert verdicts(tmp_path / "labels.db") == ["match"]


def test_a_verdict_of_nobody_is_refused(label, tmp_path):
    refused = label(keys="y\n", reviewer=" ")
    assert refused.exit_code == 2
    assert "a verdict is somebody's" in refused.stderr
    assert not (tmp_path / "labels.db").exists()


def test_a_kill_between_two_answers_loses_none(tmp_path, sample_index):
    words = [sys.executable, "-m", "scripts.main", "label", sample_index, "--store", tmp_path / "labels.db"]
    process = subprocess.Popen(
        [str(word) for word in [*words, "--reviewer", "anna"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("y\nn\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("2 of 500 asked"):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert verdicts(tmp_path / "labels.db") == ["match", "no match"]


def test_a_model_is_trained_on_few_labels_of_a_store_and_calls_matches(sample, sample_index, tmp_path):
    from scripts.main import main

    def heroic(*words):
        return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)

    pairs = pd.read_parquet(sample / "pairs_train.parquet")
    few = pairs.sample(80, random_state=0)
    few.to_parquet(tmp_path / "few.parquet")
    heroic("labels", tmp_path / "labels.db", "--import", tmp_path / "few.parquet", "--reviewer", "anna")
    trained = heroic("train", sample_index, tmp_path / "labels.db", "--out", tmp_path / "model")
    assert trained.exit_code == 0, trained.output
    assert f"pairs: 80 with {int(few.target.sum())} matches" in trained.stdout
    assert "few labels: all 80 are trained on, and judged out of fold" in trained.stdout
    assert "80 labels are few" in trained.stderr
    scores = tmp_path / "scores.parquet"
    scored = heroic(
        "score", sample_index, sample / "pairs_test.parquet", "--model", tmp_path / "model", "--out", scores
    )
    assert scored.exit_code == 0, scored.output
    called = pd.read_parquet(scores)
    assert called.match_f1.any()
    assert called.target[called.match_f1].mean() > 0.5


def test_a_file_of_as_few_pairs_is_held_out_as_before(sample, sample_index, tmp_path):
    from scripts.main import main

    words = ["train", sample_index, sample / "pairs_train.parquet", "--out", tmp_path / "model", "--no-rivals"]
    trained = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    assert "validated on" in trained.stdout
    assert "few labels" not in trained.stdout
