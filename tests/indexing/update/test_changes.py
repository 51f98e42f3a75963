"""What an update does to a catalogue of a few products: who is new, changed, the same or gone, and where each stands."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest

from indexing.catalog.catalog import CATALOG_FILE
from indexing.catalog.digest import catalog_digest
from indexing.errors import InputError
from indexing.given.read_given import in_types_of
from indexing.update.changes import plan_update

IDS = ["a", "b", "c", "d", "e"]


@pytest.fixture
def old(catalog_of):
    return catalog_of(id=IDS, title=["A", "B", "C", "D", None], price=[1.0, 2.0, 3.0, None, 5.0])


@pytest.fixture
def given(catalog_of):
    """The same c, another a, a new z, e with a title, and a new y."""
    return catalog_of(id=["c", "a", "z", "e", "y"], title=["C", "A", "Z", "E", "Y"], price=[3.0, 9.0, None, 5.0, 7.0])


def plan(old, given, *deleted):
    return plan_update(old, given, np.array(deleted, dtype=np.int64))


def test_who_is_new_changed_or_the_same(old, given):
    update = plan(old, given, 1)
    assert update.place.tolist() == [2, 0, -1, 4, -1]
    assert update.changed.tolist() == [False, True, False, True, False]
    assert update.added.tolist() == [2, 4]
    assert not update.nothing


def test_the_changed_keep_their_places_the_deleted_leave_no_gap_and_the_new_come_last(old, given):
    update = plan(old, given, 1, 3)
    moves = update.moves()
    assert moves.origin.tolist() == [0, 2, 4, -1, -1]
    assert moves.moved.tolist() == [0, -1, 1, -1, 2]
    assert update.rows(moves).tolist() == [1, -1, 3, 2, 4]


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_the_new_catalogue_is_that_of_one_file_of_its_products(old, given, tmp_path, block, monkeypatch):
    monkeypatch.setattr("indexing.update.changes.BLOCK_ROWS", block)
    update = plan(old, replace(given, table=given.table.slice(2)), 0, 1)
    update.write(tmp_path, update.moves())
    written = pa.ipc.open_file(tmp_path / CATALOG_FILE).read_all()
    assert written["id"].to_pylist() == ["c", "d", "e", "z", "y"]
    assert written["title"].to_pylist() == ["C", "D", "E", "Z", "Y"]
    assert written["price"].to_pylist() == [3.0, None, 5.0, None, 7.0]
    assert written.schema == old.table.schema


def test_the_digest_of_what_is_written_is_that_of_reading_it(old, given, tmp_path):
    update = plan(old, given, 3)
    found = update.write(tmp_path, update.moves())
    assert found == catalog_digest(replace(old, table=pa.ipc.open_file(tmp_path / CATALOG_FILE).read_all()))


def test_nothing_given_and_nobody_deleted_is_nothing(old, given):
    assert plan(old, None).nothing
    assert plan(old, replace(given, table=given.table.slice(0, 1))).nothing
    assert not plan(old, None, 2).nothing
    assert not plan(old, replace(given, table=given.table.slice(1, 1))).nothing
    assert not plan(old, replace(given, table=given.table.slice(2, 1))).nothing


@pytest.mark.parametrize("row", [0, 4])
def test_who_is_both_given_and_deleted_is_refused_by_name(old, catalog_of, row):
    with pytest.raises(InputError, match=f"id '{IDS[row]}' is both given and deleted"):
        plan(old, catalog_of(id=["z", IDS[row]]), row, 2)


def test_nobody_may_be_left_but_not_if_somebody_comes(old, catalog_of):
    with pytest.raises(InputError, match="every product would be deleted"):
        plan(old, None, 0, 1, 2, 3, 4)
    update = plan(old, catalog_of(id=["z"]), 0, 1, 2, 3, 4)
    assert (update.moves().origin.tolist(), update.moves().moved.tolist()) == ([-1], [-1] * 5)
    assert plan(old, catalog_of(id=["a"]), 1, 2, 3, 4).moves().origin.tolist() == [0]


def test_what_stands_outside_of_the_catalogue_counts_where_somebody_looks(old, catalog_of):
    class Look:
        def changed(self, given, place):
            return np.array([(one, where) == ("d", 3) for one, where in zip(given.ids.to_pylist(), place, strict=True)])

    given = catalog_of(id=["a", "d", "z"], title=["A", "D", "Z"], price=[1.0, None, 1.0])
    update = plan_update(old, given, np.zeros(0, np.int64), looks=(Look(), Look()))
    assert update.changed.tolist() == [False, True, False]
    assert not plan(old, given).changed.any()


def test_pictures_given_as_bytes_are_compared_by_their_bytes(catalog_of, tmp_path):
    (tmp_path / "pictures.bin").write_bytes(b"onetwo")
    (tmp_path / "pictures-2.bin").write_bytes(b"__onexxx")
    before = catalog_of(id=["a", "b"], images=[["pictures.bin#0:3"], ["pictures.bin#3:3", "x.png"]])
    now = catalog_of(id=["a", "b"], images=[["pictures-2.bin#2:3"], ["pictures-2.bin#5:3", "x.png"]])
    assert plan(before, now).changed.tolist() == [False, True]


def test_given_products_take_the_types_of_the_old_ones(catalog_of):
    old = catalog_of(id=[1, 2])
    assert in_types_of(old, catalog_of(id=["7", "8"]), pictures="", blob="b").ids.to_pylist() == [7, 8]
    with pytest.raises(InputError, match="the index's ids are integers"):
        in_types_of(old, catalog_of(id=["x"]), pictures="", blob="b")


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ("", [["a.png", "pictures-3.bin#0:9"], None, [], ["/root/b.png", "https://shop/c.png"]]),
        ("../new", [["../new/a.png", "pictures-3.bin#0:9"], None, [], ["/root/b.png", "https://shop/c.png"]]),
    ],
)
def test_pictures_are_named_as_seen_from_the_old_folder(catalog_of, pictures, expected):
    images = [["a.png", "pictures.bin#0:9"], None, [], ["/root/b.png", "https://shop/c.png"]]
    given = catalog_of(id=["a", "b", "c", "d"], images=images)
    found = in_types_of(catalog_of(id=["x"]), given, pictures=pictures, blob="pictures-3.bin")
    assert found.table["images"].to_pylist() == expected


def with_vectors(catalog, rows):
    width = len(rows[0])
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(rows), pa.float32()), width)
    return replace(catalog, table=catalog.table.append_column("column:v", column))


def test_vectors_keep_their_length_and_missing_ones_become_zeros_of_it(catalog_of):
    old = with_vectors(catalog_of(id=["a"]), [[1.0, 0.0]])
    same = in_types_of(old, with_vectors(catalog_of(id=["b"]), [[0.6, 0.8]]), pictures="", blob="b")
    assert same.table["column:v"].to_pylist() == [pytest.approx([0.6, 0.8])]
    none = in_types_of(old, with_vectors(catalog_of(id=["b", "c"]), [[0.0], [0.0]]), pictures="", blob="b")
    assert none.table["column:v"].to_pylist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(InputError, match="v: vectors of 3 numbers, the index has 2: give those of the same model"):
        in_types_of(old, with_vectors(catalog_of(id=["b"]), [[1.0, 0.0, 0.0]]), pictures="", blob="b")


def test_another_vector_is_a_change(catalog_of):
    old = with_vectors(catalog_of(id=["a", "b"]), [[1.0, 0.0], [0.0, 1.0]])
    given = with_vectors(catalog_of(id=["a", "b"]), [[1.0, 0.0], [0.6, 0.8]])
    assert plan(old, given).changed.tolist() == [False, True]


def test_all_but_as_many_as_come_may_be_deleted(old, catalog_of):
    assert plan(old, catalog_of(id=["z"]), 0, 1, 2, 3).moves().origin.tolist() == [4, -1]


def test_pictures_lead_where_the_old_ones_do_and_bytes_stay_where_they_were_given(catalog_of, tmp_path):
    old, given = catalog_of(id=["a"]), catalog_of(id=["b"])
    old = replace(old, pictures=tmp_path / "pictures", folder=tmp_path / "index")
    found = in_types_of(old, replace(given, folder=tmp_path / "given"), pictures="", blob="b")
    assert (found.pictures, found.folder) == (tmp_path / "pictures", tmp_path / "given")
