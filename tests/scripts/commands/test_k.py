"""Far more neighbours than there are products: everybody, in the memory and on the disk that everybody takes."""

import json

import pandas as pd
import pytest

MILLION = 10**6


@pytest.fixture
def index(heroic, tmp_path):
    """An index of 30 products, asked to keep a million neighbours of each."""
    titles = [f"thing {number} x{number % 7}" for number in range(30)]
    pd.DataFrame({"id": range(30), "title": titles}).to_parquet(tmp_path / "p.parquet")
    done = heroic("build-index", tmp_path / "p.parquet", "--out", tmp_path / "index", "-k", MILLION)
    assert done.exit_code == 0, done.stderr
    assert "views: text, lexical; 29 neighbours of each product in each, which is everybody else" in done.stdout
    return tmp_path / "index"


def test_a_million_take_no_more_room_than_all(index):
    assert sum(file.stat().st_size for file in index.rglob("*")) < 200_000


def test_a_query_gets_all_there_are(heroic, index):
    for words in (("--id", 3), ("--text", "thing 4"), ("--id", 3, "--view", "lexical")):
        done = heroic("query", index, *words, "-k", MILLION, "--json")
        assert done.exit_code == 0, done.stderr
        found = json.loads(done.stdout)["neighbours"]
        assert 20 <= len(found) <= 30


def test_candidates_are_all_pairs(heroic, index, tmp_path):
    done = heroic("candidates", index, "-k", MILLION, "--out", tmp_path / "c.parquet")
    assert done.exit_code == 0, done.stderr
    assert len(pd.read_parquet(tmp_path / "c.parquet")) == 30 * 29 / 2


@pytest.mark.parametrize("k", [0, -1, 10**30])
def test_a_number_that_cannot_be_is_refused(heroic, index, tmp_path, k):
    done = heroic("build-index", tmp_path / "p.parquet", "--out", tmp_path / "other", "-k", k)
    assert (done.exit_code, done.stderr.splitlines()[-1].startswith(f"heroic: -k {k}: ")) == (2, True)
    assert heroic("candidates", index, "-k", k, "--out", tmp_path / "c.parquet").exit_code == 2
