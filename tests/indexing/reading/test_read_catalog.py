"""From files to a catalogue: what is read equals what was written, and every fault is named."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.catalog.catalog import open_catalog
from indexing.catalog.pictures import kept_reference
from indexing.errors import InputError
from indexing.reading.cells.prices.columns import MOST
from indexing.reading.cells.texts import MISSING
from indexing.reading.read_catalog import ReadOptions, read_catalog


def values(read, column):
    return read.catalog.table[column].to_pylist()


def attributes(read):
    return [None if row is None else [(e["key"], e["value"]) for e in row] for row in values(read, "attributes")]


# Formats, files and folders


ROWS = [
    {"id": 1, "title": "Kettle ", "price": 20.5, "category": "kettles", "source": "a", "image": "a.jpg", "ean": "007"},
    {"id": 2, "title": "  ", "price": None, "category": None, "source": None, "image": None, "ean": None},
]


@pytest.fixture(params=["parquet", "csv", "jsonl"])
def two_products(request, write):
    """The same two products in each format."""
    name = f"products.{request.param}"
    if request.param == "parquet":
        return write(name, {key: [row[key] for row in ROWS] for key in ROWS[0]})
    if request.param == "jsonl":
        return write(name, ROWS)
    lines = [",".join("" if value is None else str(value) for value in row.values()) for row in ROWS]
    return write(name, "\n".join([",".join(ROWS[0]), *lines]) + "\n")


def test_every_format_gives_the_same_catalogue(read, two_products):
    found = read((two_products,))
    assert found.catalog.ids.type == pa.int64()
    assert values(found, "id") == [1, 2]
    assert values(found, "title") == ["Kettle", None]
    assert values(found, "price") == [20.5, None]
    assert values(found, "category_3") == ["kettles", None]
    assert values(found, "source") == ["a", None]
    assert values(found, "images") == [["a.jpg"], []]
    assert attributes(found) == [[("ean", "007")], None]
    assert not found.rejects


STRUCT = pa.struct([("value", pa.float64()), ("currency", pa.string())])
PRICES = [
    {"value": 12.5, "currency": "EUR"},
    {"value": 1.299, "currency": "KWD"},
    {"value": None, "currency": None},
    None,
    {"value": -3.0, "currency": "EUR"},
]


def test_a_price_of_parts_is_the_same_in_parquet_and_in_json_lines(read, write):
    as_lines = read((write("a.jsonl", [{"id": row, "price": price} for row, price in enumerate(PRICES)]),))
    as_structs = read((write("a.parquet", {"id": list(range(5)), "price": pa.array(PRICES, STRUCT)}),))
    for found in (as_lines, as_structs):
        assert values(found, "price") == [12.5, 1.299, None, None, None]
        assert values(found, "currency") == ["EUR", "KWD", None, None, None]
        assert [(reject.row, reject.reason) for reject in found.rejects] == [(5, "negative")]


def test_several_files_follow_one_another(read, write):
    files = write("a.parquet", {"id": [1, 2]}), write("b.csv", "id,title\n3,x\n"), write("c.jsonl", [{"id": 4}])
    assert values(read(files), "id") == [1, 2, 3, 4]


def test_a_folder_is_read_by_name(read, write, tmp_path):
    write("all/2.csv", "id\n2\n")
    write("all/1.csv", "id\n1\n")
    assert values(read((tmp_path / "all",)), "id") == [1, 2]


def test_pictures_of_a_file_elsewhere_are_seen_from_the_first_ones_folder(read, write):
    files = write("one/a.csv", "id,image\n1,x.png\n"), write("two/b.csv", "id,image\n2,y.png\n3,/z.png\n")
    found = read(files)
    assert values(found, "images") == [["x.png"], ["../two/y.png"], ["/z.png"]]
    assert found.catalog.pictures == files[0].parent


def test_pictures_lie_in_the_folder_that_is_named(read, write, tmp_path):
    files = write("one/a.csv", "id,image\n1,x.png\n"), write("two/b.csv", "id,image\n2,y.png\n")
    found = read(files, images=tmp_path / "pictures")
    assert values(found, "images") == [["x.png"], ["y.png"]]
    assert found.catalog.pictures == tmp_path / "pictures"


def test_blocks_of_rows_make_one_catalogue(read, write, monkeypatch):
    content = {
        "id": list(range(100)),
        "title": [f"t{n}" for n in range(100)],
        "v": [[float(n), 1.0] for n in range(100)],
    }
    whole = read(content, vector_columns=("v",))
    monkeypatch.setattr("indexing.files.tables.TableFile.blocks.__defaults__", (7, None))
    monkeypatch.setattr(
        "indexing.reading.first_look.raw_blocks.__kwdefaults__", {"rows": 7, "columns": None, "aside": None}
    )
    steps = []
    folder = write("out/x", "").parent
    path = write("products.parquet", content)
    options = ReadOptions(vector_columns=("v",))
    found = read_catalog([path], folder=folder, options=options, progress=lambda *step: steps.append(step))
    assert found.catalog.table.to_pylist() == whole.catalog.table.to_pylist()
    assert steps[:3] == [("read", 0, 100), ("read", 7, 100), ("read", 14, 100)]
    assert steps[-1] == ("read", 100, 100)


def test_the_catalogue_can_be_opened_again(read):
    found = read({"id": [1, 2], "title": ["a", "b"]})
    again = open_catalog(found.catalog.folder, found.catalog.pictures)
    assert again.table.equals(found.catalog.table)


@pytest.mark.parametrize("damage", [b"", b"ARROW1 and nothing else", None])
def test_a_damaged_catalogue_is_refused(read, damage):
    folder = read({"id": [1, 2]}).catalog.folder
    (folder / "catalog.arrow").unlink()
    if damage is not None:
        (folder / "catalog.arrow").write_bytes(damage)
    with pytest.raises(InputError, match="build the index again"):
        open_catalog(folder, folder)


# Ids


@pytest.mark.parametrize(
    ("name", "content", "ids"),
    [
        ("a.csv", "id\n7\n-3\n", [7, -3]),
        ("a.csv", "id\n007\n7\n", ["007", "7"]),
        ("a.csv", "id\n7\nx\n", ["7", "x"]),
        ("a.parquet", {"id": ["7", "8"]}, ["7", "8"]),
        ("a.parquet", {"id": pa.array([7, 8], pa.int16())}, [7, 8]),
        ("a.parquet", {"id": pa.array(["b", "a"]).dictionary_encode()}, ["b", "a"]),
        ("a.jsonl", [{"id": 7}, {"id": 8}], [7, 8]),
        ("a.jsonl", [{"id": "7"}, {"id": "8"}], ["7", "8"]),
        ("a.jsonl", [{"id": 7}, {"id": "x"}], ["7", "x"]),
    ],
)
def test_ids_keep_their_own_type(read, name, content, ids):
    found = read(content, name)
    assert values(found, "id") == ids
    assert found.catalog.ids.type in (pa.int64(), pa.large_string())
    assert found.catalog.positions(found.catalog.ids).tolist() == [0, 1]


def test_integers_become_text_when_another_file_has_text(read, write):
    files = write("a.csv", "id\n1\n"), write("b.csv", "id\nx\n")
    assert values(read(files), "id") == ["1", "x"]


def test_integers_become_text_when_a_later_block_has_text(read, write, monkeypatch):
    monkeypatch.setattr("indexing.files.tables.TableFile.blocks.__defaults__", (2, None))
    monkeypatch.setattr(
        "indexing.reading.first_look.raw_blocks.__kwdefaults__", {"rows": 2, "columns": None, "aside": None}
    )
    assert values(read([{"id": 1}, {"id": 2}, {"id": "x"}], "a.jsonl"), "id") == ["1", "2", "x"]


@pytest.mark.parametrize("empty", ["csv", "parquet"])
def test_a_file_without_rows_does_not_change_the_ids(read, write, empty):
    nothing = write("none.csv", "id\n") if empty == "csv" else write("none.parquet", {"id": pa.array([], pa.string())})
    assert values(read((nothing, write("b.csv", "id\n1\n"))), "id") == [1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("cobol,title\n1,x\n", "no column 'id', has cobol, title: .* id: cobol, if every product has its own"),
        ("id,title\n", "the catalogue is empty"),
        ("id,title\n,\n", "every row is blank or was set aside"),
        ("id,title\n1,x\n,y\n,z\n", r"2 in 'id' has no id \(products.csv row 3, 'y'\): name another column"),
        ("id,title\n1,x\n2,y\n1,z\n", r"1 in 'id' the id stands .* \(products.csv row 4, id 1: '1, z'\)"),
    ],
)
def test_bad_ids_are_refused_with_the_file(read, content, reason):
    with pytest.raises(InputError, match=reason) as caught:
        read(content, "products.csv")
    assert "products.csv" in str(caught.value)


def test_an_id_that_another_file_has_is_refused(read, write):
    files = write("a.csv", "id,title\n1,x\n2,y\n"), write("b.parquet", {"id": [3, 2], "title": ["z", "w"]})
    with pytest.raises(
        InputError, match=r"1 of 4 rows .* the id stands in another row.* \(b\.parquet row 2, id 2: '2, w'\)"
    ):
        read(files)
    assert values(read(files, max_rejects=0.25), "id") == [1, 2, 3]


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        ([True, False], "column 'id' is bool: ids are integers or text"),
        ([1.5, 2.0], "is no id, but a number with a point or too large for one .*row 1, '1.5'"),
        ([2.0**53, 2.0], "is no id.*row 1, '9.007199254740992e.15'"),
        (pa.nulls(2), "every row is blank or was set aside"),
    ],
)
def test_ids_are_integers_or_text(read, ids, reason):
    with pytest.raises(InputError, match=reason):
        read({"id": ids})


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1.0, float("nan"), 3.0], [1, 3]),
        (pa.array([1.0, 3.0], pa.float16()), [1, 3]),
        (pa.array([1, 2**63], pa.uint64()), ["1", str(2**63)]),
        (pa.array([9223372036854775806, 9223372036854775807]), [9223372036854775806, 9223372036854775807]),
        (pa.array(["a", "b"], pa.string_view()), ["a", "b"]),
        (pa.array([5, 6], pa.decimal128(20, 0)), [5, 6]),
    ],
)
def test_ids_of_any_type_are_exact(read, ids, expected):
    """A float column has a null where pandas met a blank row."""
    assert values(read({"id": ids}, max_rejects=0), "id") == expected


def test_blank_rows_and_repeats_are_counted_and_passed_over(read):
    found = read("id,title\n1,Blue mug\n,\n2,Red mug\n2,Red mug\n , \n1,Blue mug\n", "a.csv", max_rejects=0)
    assert values(found, "id") == [1, 2]
    assert (found.passed_over.blank, found.passed_over.repeats, len(found.rejects)) == (2, 2, 0)


def test_rows_of_one_cell_without_an_id_are_headings_of_wide_tables(read, write):
    text = "code,title,price,brand\n,Kettles,,\n1,Kettle,9,Acme\n,Mugs,,\n2,Mug,8,Acme\n,Mug without a code,7,\n,,,\n"
    found = read((write("a.csv", text),), max_rejects=1)
    assert found.catalog.ids.to_pylist() == [1, 2]
    assert (found.passed_over.blank, found.passed_over.headings) == (1, 2)
    assert [(reject.row, reject.value) for reject in found.rejects] == [(6, "Mug without a code, 7")]
    narrow = read((write("b.csv", "code,title,price\n,Kettles,\n1,Kettle,9\n"),), max_rejects=1)
    assert (narrow.passed_over.headings, len(narrow.rejects)) == (0, 1)


def test_a_row_without_an_id_is_no_heading_where_what_is_left_out_is_filled(read, write):
    text = "SKU,Name,Brand,Price,Stock\n,Mugs,,,\n1,Blue mug,Acme,3.5,4\n,Red mug,,,7\n"
    found = read((write("a.csv", text),), max_rejects=1)
    assert (found.passed_over.headings, [(reject.row, reject.value) for reject in found.rejects]) == (
        1,
        [(4, "Red mug")],
    )
    records = '{"id": 1, "title": "Mug", "brand": "Acme", "price": 3}\n{"title": "Red mug"}\n'
    lost = read((write("b.jsonl", records),), max_rejects=1)
    assert (lost.passed_over.headings, len(lost.rejects)) == (0, 1)


def test_the_same_row_of_another_file_is_a_repeat_whatever_the_order_of_columns(read, write):
    files = write("a.csv", "id,title\n1,x\n2,y\n"), write("b.parquet", {"title": ["y", "z"], "id": [2, 3]})
    found = read(files, max_rejects=0)
    assert (values(found, "id"), found.passed_over.repeats) == ([1, 2, 3], 1)


def test_rows_that_are_no_products_are_set_aside_with_their_place(read):
    found = read("id,title\n1,x\n,y\n1,z\n2,w\n", "a.csv", max_rejects=0.5)
    assert values(found, "title") == ["x", "w"]
    assert [(r.id, r.row, r.value, r.reason) for r in found.rejects] == [
        ("", 3, "y", "has no id"),
        ("1", 4, "1, z", "the id stands in another row, with other content"),
    ]


def test_rows_that_cannot_be_read_are_set_aside_with_the_others(read):
    found = read("id,title\n1,x\n2,y,z\n3,w\n", "a.csv", max_rejects=0.5)
    assert values(found, "id") == [1, 3]
    assert [(r.id, r.row, r.value) for r in found.rejects] == [("", 3, "2,y,z")]
    assert "has another number of fields: 3 fields, not 2" in next(iter(found.rejects)).reason


def test_rejects_name_the_row_of_the_file_behind_rows_that_are_left_out(read):
    found = read("id,title,price\n,,\n\n1,x\n2,y,3\n3,z,what\n", "a.csv", max_rejects=0.7)
    assert [(r.row, r.reason.partition(":")[0]) for r in found.rejects] == [
        (4, "has another number of fields"),
        (6, "not a number"),
    ]


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "x", "03", ""]), st.sampled_from(["a", "b", ""])), max_size=12))
@settings(max_examples=60)
def test_every_row_is_a_product_a_repeat_blank_or_set_aside(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("id,title,k\n" + "".join(f"{one},{two},\n" for one, two in rows))
        first = {one: two for one, two in reversed(rows) if one}
        try:
            found = read_catalog([path], folder=Path(folder), options=ReadOptions(max_rejects=1))
        except InputError:
            assert not first
            return
        assert len(found.catalog) == len(first)
        assert dict(zip(map(str, values(found, "id")), values(found, "title"), strict=True)) == {
            one: two or None for one, two in first.items()
        }
        assert found.passed_over.blank == sum(not one and not two for one, two in rows)
        assert len(found.catalog) + found.passed_over.repeats + found.passed_over.blank + len(found.rejects) == len(
            rows
        )


# Cells


def test_attributes_are_a_value_or_a_list(read):
    cells = [
        '{"colour": "red", "size": ["S", "M"], "n": 2, "w": 1.50, "ok": true, "none": null, "empty": ""}',
        None,
        "",
    ]
    assert attributes(read({"id": [1, 2, 3], "attributes": cells})) == [
        [("colour", "red"), ("size", "S"), ("size", "M"), ("n", "2"), ("w", "1.5"), ("ok", "True")],
        None,
        None,
    ]


def test_attributes_may_be_a_struct_or_a_map(read):
    assert attributes(read({"id": [1], "attributes": [{"a": "x", "b": None}]})) == [[("a", "x")]]
    mapped = pa.array([[("a", "x"), ("b", "y")]], pa.map_(pa.string(), pa.string()))
    assert attributes(read({"id": [1], "attributes": mapped})) == [[("a", "x"), ("b", "y")]]


def test_an_object_inside_attributes_gives_a_key_for_each_of_its_own(read):
    found = read({"id": [1], "attributes": ['{"a": {"c": 1, "b": "ё"}}']})
    assert attributes(found) == [[("a.c", "1"), ("a.b", "ё")]]


def test_extra_columns_become_attributes(read):
    content = {
        "id": [1, 2],
        "attributes": ['{"a": "x"}', None],
        "code of a till": [4006381333931.0, None],
        "weight": [1.25, float("nan")],
        "tags": [["new", "sale"], []],
        "stock": [True, None],
        "vector": [[0.1, 0.2], [0.3, 0.4]],
        "blob": [b"x", b"y"],
        "__index_level_0__": [0, 1],
    }
    found = read(content)
    assert attributes(found)[0] == [
        *[
            ("a", "x"),
            ("code of a till", "4006381333931"),
            ("weight", "1.25"),
            ("tags", "new"),
            ("tags", "sale"),
            ("stock", "True"),
        ]
    ]
    assert attributes(found)[1] is None


@pytest.mark.parametrize(
    ("cells", "levels"),
    [
        (["kettles", None], (None, "kettles", None)),
        (['{"1": "home", "3": " kettles ", "4": ""}', " "], ("home", "kettles", None)),
        ([15, None], (None, "15", None)),
        ([{"1": "home", "3": "kettles"}, None], ("home", "kettles", None)),
    ],
)
def test_a_category_is_level_three_or_json_levels(read, cells, levels):
    found = read({"id": [1, 2], "category": cells})
    assert tuple(values(found, f"category_{level}")[0] for level in "134") == levels
    assert [values(found, f"category_{level}")[1] for level in "134"] == [None] * 3


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([1, 2], [1.0, 2.0]),
        (pa.array([1.5, float("nan")], from_pandas=False), [1.5, None]),
        ([float("inf"), -1.0], [None, None]),
        (["1.5", " "], [1.5, None]),
        (["1e3", "nan"], [1000.0, None]),
        (pa.array([150, 20], pa.decimal128(5, 2)), [150.0, 20.0]),
    ],
)
def test_prices_are_numbers_or_text_of_numbers(read, prices, expected):
    assert values(read({"id": [1, 2], "price": prices}, max_rejects=1), "price") == expected


def test_a_price_that_is_no_number_is_set_aside(read):
    found = read({"id": [1, 2], "price": ["9.99", "ask us"]}, max_rejects=0.5)
    assert values(found, "price") == [9.99, None]
    (reject,) = found.rejects
    assert (reject.id, reject.column, reject.value, reject.reason) == ("2", "price", "ask us", "not a number")


@pytest.mark.parametrize(
    ("column", "cells"),
    [("price", [True]), ("title", [["a"]]), ("price", [[1.0]]), ("source", [{"a": 1}])],
)
def test_a_column_of_another_kind_is_refused_by_name(read, column, cells):
    with pytest.raises(InputError, match=f"column '{column}' is .* needed"):
        read({"id": [1], column: cells})


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("red, blue;green/", ["red", "blue", "green"]),
        (["red", None, " "], ["red"]),
        (None, None),
        (7, ["7"]),
    ],
)
def test_colours_are_a_list_or_separated_text(read, cell, expected):
    assert values(read({"id": [1], "color": [cell]}), "colors") == [expected]


@pytest.mark.parametrize(
    ("cell", "references"),
    [
        ("a.jpg", ["a.jpg"]),
        (["a.jpg", None, "b.jpg"], ["a.jpg", "b.jpg"]),
        ('["a.jpg", "b.jpg"]', ["a.jpg", "b.jpg"]),
        ("[a].jpg", ["[a].jpg"]),
        ("{a}.jpg", ["{a}.jpg"]),
        ({"path": "a.jpg", "bytes": None}, ["a.jpg"]),
        ('{"path": "a.jpg"}', ["a.jpg"]),
        ([{"path": "a.jpg"}, {"path": "b.jpg"}], ["a.jpg", "b.jpg"]),
        (None, []),
        ("", []),
    ],
)
def test_images_are_a_path_or_a_list_of_them(read, cell, references):
    assert values(read({"id": [1], "image": [cell]}), "images") == [references]


@pytest.mark.parametrize(
    "cells",
    [
        [b"first", None, b"second"],
        [[b"first"], [], [b"second"]],
        [{"bytes": b"first", "path": "a.jpg"}, None, {"bytes": b"second", "path": None}],
    ],
)
def test_pictures_given_as_bytes_are_kept_beside_the_catalogue(read, cells):
    found = read({"id": [1, 2, 3], "image": cells})
    first, second = (kept_reference("pictures.bin", start, part) for start, part in ((0, b"first"), (5, b"second")))
    assert values(found, "images") == [[first], [], [second]]
    assert (found.catalog.folder / "pictures.bin").read_bytes() == b"firstsecond"


def test_pictures_of_an_interrupted_run_go_away(write, tmp_path):
    folder = write("out/pictures.bin", b"old").parent
    read_catalog([write("a.csv", "id\n1\n")], folder=folder)
    assert not (folder / "pictures.bin").exists()


# Malformed cells


BROKEN = ['{"a": 1', '{"a" 1}', '{"a": "\\ud800"}']


@pytest.mark.parametrize("cell", BROKEN)
@pytest.mark.parametrize("column", ["attributes", "category"])
def test_malformed_json_is_set_aside_with_its_reason(read, column, cell):
    found = read({"id": list("abcd"), column: [None, "", cell, None]}, max_rejects=0.25)
    (reject,) = found.rejects
    assert (reject.id, reject.column, reject.value, reject.row) == ("c", column, cell, 3)
    assert (reject.file, reject.reason[:4]) == ("products.parquet", reject.reason[:4])
    assert "JSON" in reject.reason
    assert len(found.catalog) == 4


@pytest.mark.parametrize(("broken", "accepted"), [(1, True), (2, True), (3, False)])
def test_malformed_cells_are_accepted_up_to_the_share(read, broken, accepted):
    content = {"id": list(range(20)), "attributes": ["{"] * broken + [None] * (20 - broken)}
    if accepted:
        assert len(read(content, max_rejects=0.1).rejects) == broken
        return
    with pytest.raises(InputError, match="3 of 20 rows have a malformed cell") as caught:
        read(content, max_rejects=0.1)
    for named in ("products.parquet row 1", "id 0", "in 'attributes'", "'{'", "--max-rejects 0.1"):
        assert named in str(caught.value)


@pytest.mark.parametrize(("rows", "broken"), [(3, 1), (16, 2), (100, 3)])
def test_a_few_rows_of_a_small_file_are_set_aside_with_a_warning(read, rows, broken):
    found = read({"id": list(range(rows)), "price": ["ask"] * broken + ["1"] * (rows - broken)})
    assert len(found.rejects) == broken
    assert f"{broken} of {rows} rows have a malformed cell" in found.notes[0]
    assert "--max-rejects 0 refuses them" in found.notes[0]


@pytest.mark.parametrize(("rows", "broken", "share"), [(2, 1, 0.01), (16, 4, 0.01), (16, 1, 0), (16, 1, 0.05)])
def test_half_of_a_file_or_more_than_was_asked_for_is_refused(read, rows, broken, share):
    with pytest.raises(InputError, match=f"{broken} of {rows} rows have"):
        read({"id": list(range(rows)), "price": ["ask"] * broken + ["1"] * (rows - broken)}, max_rejects=share)


def test_files_are_refused_as_soon_as_too_many_rows_are_bad(write, monkeypatch):
    monkeypatch.setattr("indexing.files.tables.TableFile.blocks.__defaults__", (7, None))
    monkeypatch.setattr(
        "indexing.reading.first_look.raw_blocks.__kwdefaults__", {"rows": 7, "columns": None, "aside": None}
    )
    path, steps = write("products.parquet", {"id": list(range(100)), "attributes": ["{"] * 100}), []
    with pytest.raises(InputError, match="14 of 100 rows"):
        read_catalog(
            [path],
            folder=path.parent,
            options=ReadOptions(max_rejects=0.1),
            progress=lambda *step: steps.append(step),
        )
    assert steps[-1] == ("read", 7, 100)


def test_a_product_with_two_malformed_cells_counts_once(read):
    assert len(read({"id": [1, 2], "attributes": ["{", None], "price": ["x", None]}, max_rejects=0.5).rejects) == 2


def test_rows_of_rejects_are_counted_in_their_own_file(read, write):
    files = write("a.csv", "id,price\n1,2\n2,3\n"), write("b.csv", "id,price\n3,2\n4,x\n")
    (reject,) = read(files, max_rejects=0.5).rejects
    assert (reject.file, reject.row, reject.id) == ("b.csv", 3, "4")


def test_a_value_is_kept_whole_up_to_a_cap(read):
    cells = ["{" + "x" * 500, "{" + "ё" * 100_000]
    first, second = read({"id": [1, 2], "attributes": cells}, max_rejects=1).rejects
    assert first.value == cells[0]
    assert len(second.value.encode()) in (64 * 1024 - 1, 64 * 1024)
    assert cells[1].startswith(second.value)


# Vectors


def vectors(read, column="v"):
    cells = read.catalog.table[f"column:{column}"].combine_chunks()
    return np.array(cells.to_pylist(), dtype=np.float32)


@pytest.mark.parametrize(
    "cells",
    [
        [[1.0, 2.0], [3.0, 4.0]],
        pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2)),
        pa.array([[1, 2], [3, 4]], pa.large_list(pa.int8())),
        [[[1.0, 2.0]], [[3.0, 4.0]]],
        [[[0.0, 4.0], [2.0, 0.0]], [[3.0, 4.0]]],
    ],
)
def test_vectors_are_flat_lists_or_the_mean_of_nested_ones(read, cells):
    found = read({"id": [1, 2], "v": cells}, vector_columns=("v",))
    assert vectors(found).tolist() == [[1, 2], [3, 4]]
    assert attributes(found) == [None, None]


def test_vectors_may_come_in_json_lines(read):
    found = read([{"id": 1, "v": [1, 2]}, {"id": 2, "v": [0.5, 2]}], "a.jsonl", vector_columns=("v",))
    assert vectors(found).tolist() == [[1, 2], [0.5, 2]]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([[1.0, 2.0], None], "row 2, column 'v' is null"),
        ([[1.0, 2.0], []], "row 2, column 'v' is empty"),
        ([[1.0, 2.0], [1.0, None]], "row 2, column 'v' holds nan at place 1"),
        ([[1.0, 2.0], [float("nan"), 1.0]], "row 2, column 'v' holds nan at place 0"),
        ([[1.0, 2.0], [1.0, float("inf")]], "row 2, column 'v' holds inf at place 1"),
        ([[1.0, 2.0], [1.0, 1e300]], "row 2, column 'v' holds inf at place 1"),
        ([[1.0, 2.0], [1.0]], "row 2, column 'v' has 1 numbers, the first vector has 2"),
        ([[[1.0, 2.0]], [[1.0, 2.0], [1.0]]], "row 2, column 'v' has 1 numbers, the first vector has 2"),
        ([[[1.0, 2.0]], [[1.0, 2.0], None]], "row 2, column 'v' is null"),
        ([[[1.0, 2.0]], []], "row 2, column 'v' is empty"),
        (["1 2", "3 4"], "column 'v' is string: a list of numbers is needed"),
        ([["a"], ["b"]], "lists of numbers are needed"),
        ([[[[1.0]]], [[[1.0]]]], "lists of numbers are needed"),
    ],
)
def test_bad_vectors_are_refused_with_row_and_value(read, cells, reason):
    with pytest.raises(InputError, match=reason) as caught:
        read({"id": [1, 2], "v": cells}, vector_columns=("v",))
    assert "products.parquet" in str(caught.value)


def test_a_missing_vector_column_is_named(read):
    with pytest.raises(InputError, match="no column 'v', has id, title"):
        read({"id": [1], "title": ["a"]}, vector_columns=("v",))


def test_a_length_that_changes_between_files_is_refused(read, write):
    files = write("a.parquet", {"id": [1], "v": [[1.0, 2.0]]}), write("b.parquet", {"id": [2], "v": [[1.0]]})
    with pytest.raises(InputError, match=r"b\.parquet: row 1, column 'v' has 1 numbers"):
        read(files, vector_columns=("v",))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([None, [[1.0, 3.0], [3.0, 5.0]], []], [[0, 0], [2, 4], [0, 0]]),
        ([None, [1.0, 3.0], []], [[0, 0], [1, 3], [0, 0]]),
        (pa.nulls(3), [[0], [0], [0]]),
        (pa.nulls(3, pa.list_(pa.list_(pa.float32()))), [[0], [0], [0]]),
        (pa.nulls(3, pa.list_(pa.float32())), [[0], [0], [0]]),
    ],
)
def test_an_optional_vector_that_is_missing_is_zeros(read, cells, expected):
    found = read({"id": [1, 2, 3], "extra": cells}, optional_vectors=("extra",))
    assert vectors(found, "extra").tolist() == expected


def test_an_optional_column_may_begin_with_a_file_of_nothing(read, write):
    files = write("a.parquet", {"id": [1], "v": pa.nulls(1)}), write("b.parquet", {"id": [2], "v": [[1.0, 2.0]]})
    assert vectors(read(files, optional_vectors=("v",))).tolist() == [[0, 0], [1, 2]]


# Schemas


def test_a_yaml_schema_names_the_columns(read, write):
    schema = write("shop.yaml", "id: sku\ntitle: product\ncategory: kind\nvectors: [clip]\n")
    content = {"sku": ["x"], "product": ["Kettle"], "kind": ["kettles"], "clip": [[0.5]], "id": [9]}
    found = read(content, schema=str(schema))
    assert (values(found, "id"), values(found, "title"), values(found, "category_3")) == (
        ["x"],
        ["Kettle"],
        ["kettles"],
    )
    assert attributes(found) == [[("id", "9")]]
    assert found.schema.name == "shop"


CONTEST = {
    "variantid": pa.array([51197862, 53565809], pa.int64()),
    "name": ["Кабель USB 5 м", "Cable USB 1.5 m"],
    "categories": ['{"1": "EPG", "2": "Электроника", "3": "Кабели", "4": "Кабель"}', '{"1": "EPG", "3": "Кабели"}'],
    "color_parsed": [["черный", "чер"], None],
    "pic_embeddings_resnet_v1": pa.array([[[1.0] * 128, [3.0] * 128], None], pa.list_(pa.list_(pa.float32()))),
    "main_pic_embeddings_resnet_v1": pa.array([[[0.5] * 128], [[0.25] * 128]], pa.list_(pa.list_(pa.float32()))),
    "name_bert_64": pa.array([[0.5] * 64, [0.25] * 64], pa.list_(pa.float32())),
    "characteristic_attributes_mapping": ['{"Длина, м": ["5"], "Цвет": ["черный", "чер"]}', None],
    "__index_level_0__": [0, 1],
}


def test_the_contests_schema_is_read_as_it_is(read):
    found = read(
        CONTEST,
        vector_columns=("name_bert_64", "main_pic_embeddings_resnet_v1"),
        optional_vectors=("pic_embeddings_resnet_v1",),
    )
    assert found.schema.name == "ozon"
    assert values(found, "id") == [51197862, 53565809]
    assert values(found, "title") == ["Кабель USB 5 м", "Cable USB 1.5 m"]
    assert values(found, "category_3") == ["Кабели", "Кабели"]
    assert values(found, "category_4") == ["Кабель", None]
    assert values(found, "colors") == [["черный", "чер"], None]
    assert attributes(found) == [[("Длина, м", "5"), ("Цвет", "черный"), ("Цвет", "чер")], None]
    assert vectors(found, "name_bert_64").shape == (2, 64)
    assert vectors(found, "main_pic_embeddings_resnet_v1")[:, 0].tolist() == [0.5, 0.25]
    assert vectors(found, "pic_embeddings_resnet_v1")[:, 0].tolist() == [2.0, 0.0]


# Digests


BASE = {"id": [1, 2], "title": ["a", None], "price": [1.0, None], "v": [[1.0], [2.0]]}


def test_the_digest_is_of_the_products_and_one_each_of_vectors(read):
    first = read(BASE, vector_columns=("v",))
    assert read(BASE, "again.parquet", vector_columns=("v",)).digest == first.digest
    assert read(BASE).digest == first.digest
    other = read({**BASE, "v": [[1.0], [3.0]]}, vector_columns=("v",))
    assert other.digest == first.digest
    assert other.vector_digests["v"] != first.vector_digests["v"]


@pytest.mark.parametrize(
    "change",
    [{"title": ["a", "b"]}, {"price": [1.0, 0.0]}, {"id": [1, 3]}, {"id": ["1", "2"]}, {"new": ["x", None]}],
)
def test_the_digest_changes_with_any_cell(read, change):
    assert read({**BASE, **change}).digest != read(BASE).digest


# Round trips


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0<&")
TEXT = st.text(CHARACTERS, max_size=12).filter(lambda text: text.strip() not in MISSING or not text.strip())
CELL = st.none() | TEXT


@st.composite
def products(draw):
    size = draw(st.integers(1, 6))
    ids = draw(st.lists(st.integers(-(2**63), 2**63 - 1) | st.just(0), min_size=size, max_size=size, unique=True))
    if draw(st.booleans()):
        ids = [str(value) for value in ids]

    def column(cells):
        return draw(st.lists(cells, min_size=size, max_size=size))

    numbers = st.none() | st.floats(0, MOST, allow_nan=False)
    mapping = st.none() | st.dictionaries(TEXT, TEXT | st.lists(TEXT, max_size=3), max_size=3)
    return {
        "id": ids,
        "title": column(CELL),
        "brand": column(CELL),
        "description": column(CELL),
        "source": column(CELL),
        "price": column(numbers),
        "attributes": column(mapping),
    }


def expected_text(cell):
    return (cell or "").strip() or None


def expected_attributes(cell):
    pairs = [(key, value) for key, of in (cell or {}).items() for value in (of if isinstance(of, list) else [of])]
    return [(key.strip(), value.strip()) for key, value in pairs if value.strip()] or None


def write_as(suffix, columns, folder):
    path = folder / f"products.{suffix}"
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        as_json = [None if cell is None else json.dumps(cell) for cell in columns["attributes"]]
        text = {name: pa.array(columns[name], pa.string()) for name in ("title", "brand", "description", "source")}
        of = {**columns, **text, "price": pa.array(columns["price"], pa.float64()), "attributes": pa.array(as_json)}
        pq.write_table(pa.table(of), path)
    return path


@settings(deadline=None, max_examples=60)
@given(products(), st.sampled_from(["parquet", "jsonl"]))
def test_what_is_read_is_what_was_written(columns, suffix):
    with tempfile.TemporaryDirectory() as name:
        found = read_catalog([write_as(suffix, columns, Path(name))], folder=Path(name))
        assert values(found, "id") == columns["id"]
        for column in ("title", "brand", "description", "source"):
            assert values(found, column) == [expected_text(cell) for cell in columns[column]]
        assert values(found, "price") == columns["price"]
        assert attributes(found) == [expected_attributes(cell) for cell in columns["attributes"]]
        assert not found.rejects


def test_columns_that_nothing_is_made_of_are_named(read):
    content = {"id": [1], "title": ["Kettle"], "vector": [[0.5, 1.0]], "codes": [[1, 2]], "shade": ["red"]}
    assert read(content).unread == ("codes", "vector")
    assert read(content, vector_columns=("vector",)).unread == ("codes",)


def test_a_column_that_the_schema_file_names_must_be_there(read, tmp_path):
    schema = tmp_path / "shop.yaml"
    schema.write_text("title: product_nmae\n")
    with pytest.raises(InputError, match=r"shop.yaml: title: .* has no column 'product_nmae' \(did you mean"):
        read({"id": [1], "product_name": ["Kettle"]}, schema=str(schema))
