"""`heroic score`: the lines it prints, its files, and that the report takes them."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def score(heroic, sample, sample_index, sample_model, tmp_path):
    """Score the sample's test pairs into scores.parquet."""

    def run(*words, pairs=sample / "pairs_test.parquet"):
        out = tmp_path / "scores.parquet"
        return heroic("score", sample_index, pairs, "--model", sample_model, "--out", out, *words)

    return run


def test_it_says_what_it_wrote(score, tmp_path):
    result = score()
    assert result.exit_code == 0
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    assert result.stdout.splitlines() == [
        f"scores: 274 pairs in {tmp_path}/scores.parquet",
        f"matches: {scores['match'].sum()} at precision 0.75, {scores['match_f1'].sum()} at the best F1, "
        "in 1 evaluation categories",
    ]


def test_columns_of_ones_own_are_read(score, sample, tmp_path):
    names = {"left_id": "one", "right_id": "other"}
    pd.read_parquet(sample / "pairs_test.parquet").rename(columns=names).to_csv(tmp_path / "own.csv", index=False)
    assert score("--ids", "one", "other", pairs=tmp_path / "own.csv").exit_code == 0
    written = pq.read_schema(tmp_path / "scores.parquet").names
    assert written == ["one", "other", "target", "score", "probability", "category", "match", "match_f1"]


def test_a_submission_is_written_beside(score, tmp_path):
    assert f"submission: {tmp_path}/s.csv" in score("--submission", tmp_path / "s.csv").stdout
    assert list(pd.read_csv(tmp_path / "s.csv").columns) == ["variantid1", "variantid2", "target"]


def test_thresholds_of_a_yaml_file_decide_and_are_written_down(score, tmp_path):
    (tmp_path / "t.yaml").write_text("rest: 0.0\n")
    score("--thresholds", tmp_path / "t.yaml")
    assert pd.read_parquet(tmp_path / "scores.parquet")["match"].all()
    made = json.loads(pq.read_schema(tmp_path / "scores.parquet").metadata[b"heroic"])
    assert made["thresholds"] == {"rest": 0.0}


def test_columns_are_overwritten_only_when_asked(score, tmp_path):
    score()
    again = tmp_path / "again.parquet"
    (tmp_path / "scores.parquet").rename(again)
    refused = score(pairs=again)
    assert refused.exit_code == 2
    said = refused.stderr.splitlines()[-1]
    assert said == f"heroic: {again}: has a column 'score' already: give --overwrite-columns to replace it"
    assert score("--overwrite-columns", pairs=again).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "scores.parquet"), pd.read_parquet(again))


def test_what_it_writes_is_evaluated_with_its_index_and_model(
    score, heroic, sample, sample_index, sample_model, tmp_path
):
    score()
    result = heroic(
        "evaluate", tmp_path / "scores.parquet", "--truth", sample / "pairs_test.parquet", "--out", tmp_path / "report",
        "--index", sample_index, "--model", sample_model, "--rounds", "0",
    )  # fmt: skip
    assert result.exit_code == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (report["pairs"], report["target_precision"], report["absent"]) == (274, 0.75, [])
    assert report["weighted"] > report["trivial"]
    assert report["decisions"]["f1"]["f1"] > 0.6
