"""Lists of products to delete, and the record of those that were."""

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest

from indexing.catalog.catalog import DELETED_FILE
from indexing.errors import InputError
from indexing.update.deleted import find_deleted, read_delete_list, write_record


@pytest.mark.parametrize("name", ["gone.txt", "gone.LIST", "gone"])
def test_a_text_file_has_an_id_a_line_each_counted_once(write, name):
    assert read_delete_list(write(name, "\ufeffb\n\n  a \nb\n")).to_pylist() == ["b", "a"]


def test_a_table_has_a_column_of_ids_without_those_that_are_missing(write):
    path = write("gone.parquet", {"id": [3, None, 1, 3], "sku": [7, 8, 9, 9]})
    assert read_delete_list(path).to_pylist() == [3, 1]
    assert read_delete_list(path, "sku").to_pylist() == [7, 8, 9]
    with pytest.raises(InputError, match=r"gone\.parquet: no column 'offer', has id, sku: write one id a line"):
        read_delete_list(path, "offer")


def test_a_list_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(InputError, match=r"gone\.txt: cannot be read \(No such file or directory\)"):
        read_delete_list(tmp_path / "gone.txt")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match=r"bad\.txt: cannot be read \(no text\)"):
        read_delete_list(tmp_path / "bad.txt")


def test_the_positions_are_sorted_and_unknown_ids_are_named_unless_passed_over(catalog_of, tmp_path):
    catalog, path = catalog_of(id=list("abcd")), tmp_path / "gone.txt"
    found = find_deleted(catalog, pa.array(["d", "a"]), path=path, ignore_unknown=False)
    assert found.tolist() == [0, 3]
    some = pa.array(["x", "a"])
    with pytest.raises(InputError, match=r"gone\.txt: 1 of 2 ids are not in the index: 'x': mend"):
        find_deleted(catalog, some, path=path, ignore_unknown=False)
    assert find_deleted(catalog, some, path=path, ignore_unknown=True).tolist() == [0]
    many = pa.array([f"x{n}" for n in range(7)])
    with pytest.raises(InputError, match=r"7 of 7 ids are not in the index: 'x0', 'x1', 'x2', 'x3', 'x4' and 2 more"):
        find_deleted(catalog, many, path=path, ignore_unknown=False)


def test_the_record_holds_all_who_went_and_did_not_come_back(catalog_of, tmp_path):
    def record(folder):
        return pa.ipc.open_file(folder / DELETED_FILE).read_all()["id"].to_pylist()

    first, second, third = (tmp_path / name for name in ("1", "2", "3"))
    for folder in (first, second, third):
        folder.mkdir()
    old = catalog_of(id=list("abcd"))
    write_record(old, np.array([1, 3]), catalog_of(id=list("ac")), first)
    assert record(first) == ["b", "d"]
    later = type(old)(catalog_of(id=list("ac")).table, first, first)
    write_record(later, np.array([0]), catalog_of(id=list("dc")), second)  # d came back, as the first
    assert record(second) == ["b", "a"]
    write_record(catalog_of(id=list("ac")), np.zeros(0, np.int64), catalog_of(id=list("ac")), third)
    assert not (third / DELETED_FILE).exists()


def test_an_empty_list_deletes_nobody(catalog_of, write):
    path = write("gone.txt", "\n")
    ids = read_delete_list(path)
    assert ids.type == pa.large_string()
    assert find_deleted(catalog_of(id=list("ab")), ids, path=path, ignore_unknown=False).tolist() == []


def test_a_list_of_lists_is_no_list_of_ids(tmp_path):
    (tmp_path / "gone.json").write_text('{"id": [1]}')
    with pytest.raises(InputError, match=r"gone\.json: its column 'id' holds lists or objects, not ids"):
        read_delete_list(tmp_path / "gone.json")
