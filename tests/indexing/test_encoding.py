"""Shards: reused where they fit, resumed where a run was cut short."""

import numpy as np
import pytest

from indexing.encoder import Encoded
from indexing.encoding import ShardFolder, encode_view
from indexing.rejects import Reject
from indexing.vectors import unit_rows

MADE = {"catalog": "d1", "spec": "counting", "options": {"fields": ("title", "brand")}}


class Counting:
    """Encodes the id of each product; remembers which it was asked for, and stops as often as it is told to."""

    def __init__(self, stop_at=None):
        self.asked, self.stop_at = [], stop_at

    def encode(self, catalog):
        ids = catalog.ids.to_pylist()
        if self.stop_at in ids:
            raise KeyboardInterrupt
        self.asked += ids
        return Encoded(unit_rows(np.array([[i, 1.0] for i in ids])), [Reject(str(i), "image", "x", "r") for i in ids])


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr("indexing.encoding.SHARD_ROWS", 3)


@pytest.fixture
def catalog(catalog_of):
    return catalog_of(id=list(range(8)))


@pytest.fixture
def shards(tmp_path):
    def of(name="new", made=MADE, old=None):
        folder = ShardFolder(tmp_path / name, made)
        folder.take_over(old)
        return folder

    return of


def never():
    raise AssertionError("nothing was to be encoded")


def expected():
    return unit_rows(np.array([[i, 1.0] for i in range(8)]))


def test_a_view_is_encoded_shard_by_shard(catalog, shards):
    steps = []
    found = encode_view(catalog, shards(), Counting, stage="encode text", progress=lambda *step: steps.append(step))
    assert found.vectors.take(np.arange(8)) == pytest.approx(expected())
    assert [len(shard) for shard in found.vectors.shards] == [3, 3, 2]
    assert [reject.id for reject in found.rejects] == [str(i) for i in range(8)]
    assert not found.reused
    assert [done for _, done, _ in steps] == [0, 3, 6, 8]


def test_an_interrupted_run_goes_on_where_it_was(catalog, shards):
    with pytest.raises(KeyboardInterrupt):
        encode_view(catalog, shards(), lambda: Counting(stop_at=4), stage="encode")
    encoder = Counting()
    found = encode_view(catalog, shards(), lambda: encoder, stage="encode")
    assert encoder.asked == [3, 4, 5, 6, 7]
    assert found.vectors.take(np.arange(8)) == pytest.approx(expected())
    assert [reject.id for reject in found.rejects] == [str(i) for i in range(8)]


def test_what_is_all_there_is_not_encoded_again(catalog, shards):
    encode_view(catalog, shards(), Counting, stage="encode")
    assert encode_view(catalog, shards(), never, stage="encode").reused


def test_shards_made_from_something_else_are_not_used(catalog, shards):
    encode_view(catalog, shards(), Counting, stage="encode")
    encoder = Counting()
    assert not encode_view(catalog, shards(made={**MADE, "catalog": "d2"}), lambda: encoder, stage="encode").reused
    assert encoder.asked == list(range(8))


def test_the_shards_of_an_older_index_are_taken_over_and_left_alone(catalog, shards):
    old = shards("old")
    encode_view(catalog, old, Counting, stage="encode")
    before = {file.name: file.read_bytes() for file in old.folder.iterdir()}
    found = encode_view(catalog, shards("new", old=old.folder), never, stage="encode")
    assert found.reused
    assert found.vectors.take(np.arange(8)) == pytest.approx(expected())
    assert {file.name: file.read_bytes() for file in old.folder.iterdir()} == before


def test_an_interrupted_taking_over_leaves_no_half_view(catalog, shards, monkeypatch):
    old = shards("old")
    encode_view(catalog, old, Counting, stage="encode")
    linked = []

    def link_two(source, target):
        if len(linked) == 2:
            raise KeyboardInterrupt
        linked.append(source)

    monkeypatch.setattr("indexing.encoding._link", link_two)
    with pytest.raises(KeyboardInterrupt):
        shards("new", old=old.folder)
    assert not (old.folder.parent / "new").exists()


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_shards_of_unknown_making_are_not_used(catalog, shards, content):
    old = shards("old")
    encode_view(catalog, old, Counting, stage="encode")
    (old.folder / "made.json").write_text(content)
    encoder = Counting()
    assert not encode_view(catalog, shards("new", old=old.folder), lambda: encoder, stage="encode").reused
    assert encoder.asked == list(range(8))
