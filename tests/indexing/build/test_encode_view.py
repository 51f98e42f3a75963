"""Shards: reused where they fit, resumed where a run was cut short."""

import numpy as np
import pytest

from indexing.build.encode_view import Known, encode_view
from indexing.build.shard_folder import ShardFolder, kept_digest
from indexing.catalog.contents import RowBank, text_contents
from indexing.catalog.rejects import Reject
from indexing.encoders.encoder import Encoded
from indexing.vectors.vectors import from_arrays, unit_rows

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
    monkeypatch.setattr("indexing.build.encode_view.SHARD_ROWS", 3)


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

    monkeypatch.setattr("indexing.build.shard_folder.link_or_copy", link_two)
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


# Parts, and rows that are known


class Reading(Counting):
    """Encodes the title's length; a product without one has nothing to see, and is set aside."""

    dim = 2

    def encode(self, catalog):
        titles = catalog.table["title"].to_pylist()
        self.asked += catalog.ids.to_pylist()
        if self.stop_at in catalog.ids.to_pylist():
            raise KeyboardInterrupt
        rows = np.array([[len(title), 1.0] if title else [0, 0] for title in titles])
        rejects = [
            Reject(str(i), "title", "", "r") for i, t in zip(catalog.ids.to_pylist(), titles, strict=True) if not t
        ]
        return Encoded(unit_rows(rows), rejects)


TITLES = ["a", "bb", "a", "", "bb", "ccc", "", "a"]


@pytest.fixture
def titled(catalog_of):
    return catalog_of(id=list(range(8)), title=TITLES)


def known(titles, bank=None):
    return lambda: Known(text_contents(titles), bank)


def whole():
    return unit_rows(np.array([[len(title), 1.0] if title else [0, 0] for title in TITLES]))


def test_an_unfinished_shard_goes_on_after_its_last_part(catalog, shards):
    with pytest.raises(KeyboardInterrupt):
        encode_view(catalog, shards(), lambda: Counting(stop_at=5), stage="encode", part_rows=1)
    encoder, steps = Counting(), []
    told = lambda *step: steps.append(step[1])  # noqa: E731
    found = encode_view(catalog, shards(), lambda: encoder, stage="encode", part_rows=1, progress=told)
    assert encoder.asked == [5, 6, 7]
    assert steps == [5, 6, 7, 8]
    assert found.vectors.take(np.arange(8)) == pytest.approx(expected())
    assert [reject.id for reject in found.rejects] == [str(i) for i in range(8)]
    assert [len(shard) for shard in found.vectors.shards] == [3, 3, 2]


def test_parts_leave_the_same_files_as_whole_shards(catalog, shards):
    one, other = shards("one"), shards("other")
    encode_view(catalog, one, Counting, stage="encode")
    encode_view(catalog, other, Counting, stage="encode", part_rows=2)
    files = [{file.name: file.read_bytes() for file in each.folder.iterdir()} for each in (one, other)]
    assert files[0] == files[1]


def test_what_is_the_same_is_encoded_once(titled, shards):
    encoder = Reading()
    found = encode_view(titled, shards(), lambda: encoder, stage="encode", known=known(TITLES), part_rows=2)
    assert encoder.asked == [0, 1, 3, 5, 6]
    assert found.looked_at == 5
    assert found.vectors.take(np.arange(8)) == pytest.approx(whole())
    assert [reject.id for reject in found.rejects] == ["3", "6"]


@pytest.mark.parametrize("stop_at", [0, 1, 3, 5, 6])
def test_the_same_bytes_come_of_a_run_that_was_cut_short_anywhere(titled, shards, stop_at):
    straight = shards("straight")
    encode_view(titled, straight, Reading, stage="encode", known=known(TITLES), part_rows=2)
    with pytest.raises(KeyboardInterrupt):
        encode_view(titled, shards(), lambda: Reading(stop_at=stop_at), stage="e", known=known(TITLES), part_rows=2)
    encode_view(titled, shards(), Reading, stage="encode", known=known(TITLES), part_rows=2)
    files = [{file.name: file.read_bytes() for file in each.folder.iterdir()} for each in (straight, shards())]
    assert files[0] == files[1]


def test_rows_of_an_older_index_are_taken_for_what_has_not_changed(titled, shards):
    bank = RowBank(text_contents(["bb", "", "old"]), from_arrays(unit_rows(np.array([[2.0, 1.0], [0, 0], [7, 7]]))))
    encoder = Reading()
    found = encode_view(titled, shards(), lambda: encoder, stage="encode", known=known(TITLES, bank))
    assert encoder.asked == [0, 3, 5, 6]
    assert found.vectors.take(np.arange(8)) == pytest.approx(whole())


def test_no_encoder_is_made_where_an_older_index_has_every_row(catalog_of, shards):
    bank = RowBank(text_contents(["a", "bb"]), from_arrays(unit_rows(np.array([[1.0, 1.0], [2, 1]]))))
    found = encode_view(catalog_of(title=["bb", "a"]), shards(), never, stage="encode", known=known(["bb", "a"], bank))
    assert (found.looked_at, found.reused) == (0, False)
    assert found.vectors.take(np.arange(2)) == pytest.approx(unit_rows(np.array([[2.0, 1.0], [1, 1]])))


def test_what_others_leave_in_the_folder_is_not_the_encoders(shards):
    """A worker would be refused, and finished parts be made again, for a file that comes and goes."""
    old, new = shards("old"), shards("new", {"catalog": "d2"})
    (old.folder / "lsa.npz").write_bytes(b"learned")
    before = kept_digest(old.folder)
    for stray in (".nfs000000000004", ".DS_Store", "part_00000_00000.npy"):
        (old.folder / stray).write_bytes(b"other")
    assert kept_digest(old.folder) == before
    new.take_encoder(old.folder)
    assert sorted(file.name for file in new.folder.iterdir()) == ["lsa.npz", "made.json"]
    assert kept_digest(new.folder) == before
    (new.folder / "lsa.npz").unlink()
    (new.folder / "lsa.npz").write_bytes(b"learned otherwise")
    assert kept_digest(new.folder) != before
