"""What was counted of a catalogue is kept in the cache, and read by the next command."""

import os
from pathlib import Path

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.storage.stored.cache import cache_folder
from reranking.signals import kept_counts
from reranking.signals.plain_families import PlainFamilies
from reranking.signals.signals import prepare_signals
from reranking.signals.whole_catalogue import WholeCatalogue

PRODUCTS = np.array([3, 5, 200])


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The cache's folder, where the sample is large enough."""
    monkeypatch.setenv("HEROIC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_counts, "LEAST_PRODUCTS", 1)
    return tmp_path / "cache"


def features(index):
    families = PlainFamilies.of(index, PRODUCTS, views=index.views, k=index.k, same_source=True)
    return np.hstack([family.compute(PRODUCTS[:-1], PRODUCTS[1:]) for family in families.families])


def test_the_second_command_reads_its_own_products_alone(index, cache, texts_read):
    first = features(index)
    assert texts_read == [320] * 3
    texts_read.clear()
    np.testing.assert_array_equal(features(index), first)
    assert texts_read == [0, 0, 0, 3, 3, 3]
    assert [file.suffix for file in (cache / "counts").iterdir()] == [".counts"]


@pytest.mark.parametrize(
    ("least", "stages", "again"),
    [(1, [0, 33, 66, 100, 106, 140, 173, 206, 213, 246, 280, 313, 320], [0, 1, 2, 3]), (321, [], [])],
)
def test_many_products_are_told_of_while_they_are_read(index, cache, monkeypatch, least, stages, again):
    told = []
    monkeypatch.setattr("reranking.signals.plain_families.LEAST_PRODUCTS", least)
    monkeypatch.setattr(
        "reranking.signals.product_rows.BLOCK_PRODUCTS", 100
    )  # 100, 200, 300 and 320 of each of three passes
    for _ in range(2):  # the second time its own products alone are read
        prepare_signals(index, PRODUCTS, progress=lambda *given: told.append(given))
    counted = [("count words", done, 320) for done in stages]
    assert told == counted + [("read texts", done, 3) for done in again]


def test_a_small_catalogue_is_read(index, cache, texts_read, monkeypatch):
    monkeypatch.setattr(kept_counts, "LEAST_PRODUCTS", 321)
    features(index)
    features(index)
    assert texts_read == [320] * 6
    assert not cache.exists()


def test_a_whole_catalogue_is_not_counted_again(index, cache, texts_read):
    first = WholeCatalogue.read(index, index.views, index.k)
    assert texts_read == [320] * 3
    texts_read.clear()
    again = WholeCatalogue.read(index, index.views, index.k)
    assert texts_read == [0] * 3
    for name, builder in first.counted.tokens.builders.items():
        np.testing.assert_array_equal(again.counted.tokens.builders[name].counts, builder.counts)
        assert again.counted.tokens.builders[name].products_seen == builder.products_seen
    np.testing.assert_array_equal(again.counted.tokens.code_lengths, first.counted.tokens.code_lengths)


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: content[:50] + b"x" + content[51:], lambda _: b""]
)
def test_what_is_damaged_is_counted_again(index, cache, texts_read, damage):
    first = features(index)
    [file] = (cache / "counts").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    texts_read.clear()
    np.testing.assert_array_equal(features(index), first)
    assert texts_read == [320] * 3
    texts_read.clear()
    features(index)
    assert texts_read == [0, 0, 0, 3, 3, 3]


def test_a_cache_that_cannot_be_written_to_costs_time_alone(index, cache, texts_read):
    cache.write_text("a file has the name of the folder")
    first = features(index)
    np.testing.assert_array_equal(features(index), first)
    assert texts_read == [320] * 6


def test_who_has_no_home_has_no_cache(index, cache, texts_read, monkeypatch):
    monkeypatch.delenv("HEROIC_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", lambda path: (_ for _ in ()).throw(RuntimeError("no home directory")))
    np.testing.assert_array_equal(features(index), features(index))
    assert texts_read == [320] * 6
    with pytest.raises(InputError, match="there is no home folder to keep a cache in: name a folder by HEROIC_CACHE"):
        cache_folder()


def test_a_cache_that_can_be_read_alone_is_read(index, cache, texts_read, monkeypatch):
    features(index)
    texts_read.clear()
    monkeypatch.setattr(os, "utime", lambda path: (_ for _ in ()).throw(PermissionError("read-only file system")))
    features(index)
    assert texts_read == [0, 0, 0, 3, 3, 3]


def test_what_was_not_used_for_longest_goes(index, cache, monkeypatch):
    monkeypatch.setattr(kept_counts, "MOST_KEPT", 2)
    (cache / "counts").mkdir(parents=True)
    for number, name in enumerate(("older", "newer")):
        (cache / "counts" / f"{name}.counts").write_bytes(b"")
        os.utime(cache / "counts" / f"{name}.counts", (number, number))
    features(index)
    left = {file.stem for file in (cache / "counts").iterdir()}
    assert len(left) == 2
    assert "newer" in left
    os.utime(cache / "counts" / "newer.counts", (2**31, 2**31))
    [own] = left - {"newer"}
    os.utime(cache / "counts" / f"{own}.counts", (1, 1))
    features(index)
    assert (cache / "counts" / f"{own}.counts").stat().st_mtime > 1
