"""Offers that are invented for benchmarks are like those of shops."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from scripts.benchmarks.cluster.invented import SHOPS
from scripts.benchmarks.cluster.offers import main


def made(folder: Path, offers: int, seed: int = 0) -> pa.Table:
    path = folder / f"{offers}-{seed}.parquet"
    done = CliRunner().invoke(main, ["--offers", str(offers), "--seed", str(seed), "--out", str(path)])
    assert done.exit_code == 0, done.output
    return pq.read_table(path)


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return made(tmp_path_factory.mktemp("offers"), 5_000)


def test_there_are_as_many_as_asked_each_with_a_title(offers: pa.Table) -> None:
    assert len(offers) == len(set(offers["id"].to_pylist())) == 5_000
    assert all(title.strip() for title in offers["title"].to_pylist())


def test_some_titles_are_repeated_exactly(offers: pa.Table) -> None:
    assert 0.02 < 1 - len(set(offers["title"].to_pylist())) / len(offers) < 0.08


def test_all_shops_offer_some(offers: pa.Table) -> None:
    assert len(set(offers["source"].to_pylist())) == SHOPS


def test_some_words_are_in_many_titles_and_most_in_few(offers: pa.Table) -> None:
    titles = Counter(word for title in offers["title"].to_pylist() for word in set(title.split()))
    assert titles.most_common(1)[0][1] > 0.03 * len(offers)
    assert sum(count == 1 for count in titles.values()) > 0.3 * len(titles)


def test_one_seed_makes_the_same_offers_and_another_one_others(tmp_path: Path) -> None:
    assert made(tmp_path, 500).equals(made(tmp_path, 500))
    assert not made(tmp_path, 500).equals(made(tmp_path, 500, seed=1))
