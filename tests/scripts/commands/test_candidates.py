"""`heroic candidates`: the file and the line."""

import pandas as pd

from indexing.product_index import open_index


def test_it_writes_pairs_and_says_how_many(heroic, sample_index, tmp_path):
    result = heroic("candidates", sample_index, "--out", tmp_path / "pairs.parquet", "-k", "3")
    assert result.exit_code == 0
    written = pd.read_parquet(tmp_path / "pairs.parquet")
    assert result.stdout == f"candidates: {len(written):,} pairs of 320 products in {tmp_path}/pairs.parquet\n"
    assert len(written) > 320


def test_it_takes_twenty_neighbours_unless_asked(heroic, sample_index, tmp_path):
    heroic("candidates", sample_index, "--out", tmp_path / "default.parquet")
    heroic("candidates", sample_index, "--out", tmp_path / "twenty.parquet", "-k", "20")
    default, twenty = ((tmp_path / f"{name}.parquet").read_bytes() for name in ("default", "twenty"))
    assert default == twenty


def test_its_pairs_can_be_scored(heroic, sample_index, sample_model, tmp_path):
    heroic("candidates", sample_index, "--out", tmp_path / "pairs.parquet", "-k", "2")
    words = [tmp_path / "pairs.parquet", "--model", sample_model, "--out", tmp_path / "scores.parquet"]
    assert heroic("score", sample_index, *words).exit_code == 0
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    assert list(scores.columns[:2]) == ["left_id", "right_id"]
    assert set(scores["left_id"]) <= set(open_index(sample_index).catalog.ids.to_pylist())


def test_more_than_the_index_keeps_is_refused(heroic, sample_index, tmp_path):
    result = heroic("candidates", sample_index, "--out", tmp_path / "pairs.parquet", "-k", "21")
    assert result.exit_code == 2
    assert result.stderr == f"heroic: -k 21: {sample_index} keeps 20 neighbours: ask for 1 to 20, or build with -k\n"
    assert list(tmp_path.iterdir()) == []
