"""`heroic demo`: the whole way, small."""

import json

import pandas as pd
import pytest


@pytest.mark.slow
def test_it_goes_the_whole_way_and_shows_each_step(heroic, tmp_path):
    result = heroic("demo", "--products", "150", "--offers", "400", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.stderr
    steps = [line.split()[2] for line in result.stdout.splitlines() if line.startswith("$ heroic ")]
    assert steps == ["build-index", "candidates", "train", "score", "evaluate", "query", "query", "query"]
    folder = tmp_path / "demo"
    assert {path.name for path in folder.iterdir()} == {
        "sample", "index", "candidates.parquet", "model", "scores.parquet", "report"
    }  # fmt: skip
    report = json.loads((folder / "report" / "report.json").read_text())
    assert report["pairs"] == len(pd.read_parquet(folder / "sample" / "pairs_test.parquet"))
    assert 0 < report["positives"] < report["pairs"]
    assert report["trivial"] < report["weighted"] <= 1
    assert report["absent"] == []
    assert str(folder / "report" / "report.html") in result.stdout.splitlines()[-1]
    assert (folder / "report" / "report.html").stat().st_size > 10_000


@pytest.mark.slow
def test_run_again_it_uses_the_sample_that_is_there(heroic, tmp_path):
    words = ("demo", "--products", "60", "--offers", "160", "--out", tmp_path / "demo")
    first = heroic(*words)
    again = heroic(*words)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert f"sample: {tmp_path}/demo/sample is there already" in again.stdout
    assert "reused" in again.stdout


def test_a_step_that_fails_ends_it(heroic, tmp_path):
    folder = tmp_path / "demo"
    (folder / "index").mkdir(parents=True)
    (folder / "index" / "mine.txt").write_text("keep")
    result = heroic("demo", "--products", "40", "--offers", "100", "--out", folder)
    assert result.exit_code == 2
    assert f"heroic: {folder}/index: holds something else" in result.stderr
    assert "$ heroic candidates" not in result.stdout
    assert [path.name for path in (folder / "index").iterdir()] == ["mine.txt"]
