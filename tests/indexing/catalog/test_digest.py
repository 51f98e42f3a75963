"""The digest of a catalogue: of what its cells hold, whatever Arrow makes of them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.catalog.catalog import ATTRIBUTES, FIELDS
from indexing.catalog.digest import PRODUCTS, ValueDigest, catalog_digest
from indexing.catalog.pictures import kept_reference

TEXT = st.one_of(st.none(), st.text(max_size=6))
ROW = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**63), 2**63 - 1),
        "title": TEXT,
        "price": st.one_of(st.none(), st.floats(allow_nan=False)),
        "attributes": st.one_of(st.none(), st.lists(st.fixed_dictionaries({"key": TEXT, "value": TEXT}), max_size=3)),
        "images": st.one_of(st.none(), st.lists(st.text(max_size=4), max_size=2)),
    }
)


def products(rows):
    kinds = {"id": pa.int64(), **dict(zip(FIELDS.names, FIELDS.types, strict=True))}
    return pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()})


def digest(table, names=PRODUCTS):
    found = ValueDigest(names)
    found.add(table)
    return found.hexdigest()


@given(st.lists(ROW, max_size=6), st.lists(ROW, max_size=3), st.integers(1, 4))
def test_blocks_slices_and_chunks_do_not_count(rows, others, size):
    expected = digest(products(rows))
    blocks = ValueDigest()
    for start in range(0, len(rows), size):
        blocks.add(products(rows[start : start + size]).combine_chunks().to_batches()[0])
    assert rows == [] or blocks.hexdigest() == expected
    around = products([*others, *rows, *others]).slice(len(others), len(rows))
    assert digest(around) == expected
    assert digest(pa.concat_tables([around.slice(0, 1), around.slice(1)])) == expected


@given(st.lists(ROW, max_size=5), st.lists(ROW, max_size=5))
def test_catalogues_have_the_same_digest_just_when_they_hold_the_same(one, other):
    tables = products(one), products(other)
    assert (digest(tables[0]) == digest(tables[1])) == (tables[0].to_pylist() == tables[1].to_pylist())


def test_a_child_that_is_empty_does_not_count():
    empty = pa.StructArray.from_arrays([pa.array([], pa.large_string())] * 2, ["key", "value"])
    with_buffers = pa.array([{"key": "a", "value": "b"}], ATTRIBUTES.value_type).slice(1)
    found = set()
    for child in (empty, with_buffers, pa.array([], ATTRIBUTES.value_type)):
        lists = pa.LargeListArray.from_arrays(pa.array([0, 0], pa.int64()), child)
        found.add(digest(products([{"id": 1}]).set_column(4, "attributes", lists.cast(ATTRIBUTES))))
    assert len(found) == 1


def test_what_stands_behind_a_null_does_not_count():
    mask = pa.array([False, True, False])
    texts = pa.array(["a", "behind", "c"], pa.large_string())
    hidden = pa.LargeStringArray.from_buffers(
        3, *texts.buffers()[1:], null_bitmap=pa.array([True, False, True]).buffers()[1]
    )
    assert hidden.to_pylist() == ["a", None, "c"]
    numbers = pa.Array.from_buffers(pa.float64(), 3, [mask.buffers()[1], pa.array([1.0, 2.0, 3.0]).buffers()[1]])
    assert numbers.to_pylist() == [None, 2.0, None]
    for name, cells in (("title", hidden), ("price", numbers)):
        table = products([{"id": number, name: cell} for number, cell in enumerate(cells.to_pylist())])
        place = table.column_names.index(name)
        assert digest(table.set_column(place, name, cells)) == digest(table)


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.large_string()), pa.string_view()])
def test_how_text_is_kept_does_not_count(kind):
    table = products([{"id": 1, "title": "a"}, {"id": 2}, {"id": 3, "title": "ab"}])
    title = (
        pa.array(["a", None, "ab"]).dictionary_encode()
        if pa.types.is_dictionary(kind)
        else pa.array(["a", None, "ab"], kind)
    )
    assert digest(table.set_column(1, "title", title)) == digest(table)


def test_a_column_that_holds_nothing_counts_as_one_that_is_not_there():
    table = products([{"id": 1, "title": "a"}])
    names = [name for name in PRODUCTS if name != "brand"]
    assert digest(table, names) == digest(table)
    assert digest(products([{"id": 1, "brand": "a"}]), PRODUCTS) != digest(table)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([{"id": 1, "title": "ab"}, {"id": 2, "title": "c"}], [{"id": 1, "title": "a"}, {"id": 2, "title": "bc"}]),
        ([{"id": 1, "title": "a"}, {"id": 2}], [{"id": 1}, {"id": 2, "title": "a"}]),
        ([{"id": 1, "title": "a"}], [{"id": 1, "brand": "a"}]),
        ([{"id": 1, "images": ["a", "b"]}, {"id": 2, "images": []}], [{"id": 1, "images": ["a"]}, {"id": 2, "images": ["b"]}]),
        ([{"id": 1, "title": "", "brand": "x"}], [{"id": 1, "brand": "x"}]),
        ([{"id": 1, "price": 0.0}, {"id": 2, "price": 1.0}], [{"id": 1}, {"id": 2, "price": 1.0}]),
        ([{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}]),
        ([{"id": 1}], [{"id": 1}, {"id": 1}]),
    ],
)  # fmt: skip
def test_other_cells_have_another_digest(one, other):
    assert digest(products(one)) != digest(products(other))


def test_ids_of_another_type_have_another_digest():
    table = products([{"id": 1}])
    assert digest(table.set_column(0, "id", pa.array(["1"]))) != digest(table)


def test_a_picture_given_as_bytes_counts_with_its_bytes_wherever_it_stands(catalog_of, tmp_path):
    places = kept_reference("pictures.bin", 0, b"red"), kept_reference("pictures-2.bin", 77, b"red")
    found = {digest(products([{"id": 1, "images": ["x.png", place]}])) for place in places}
    assert len(found) == 1
    assert digest(products([{"id": 1, "images": ["x.png", kept_reference("pictures.bin", 0, b"rad")]}])) not in found
    (tmp_path / "pictures.bin").write_bytes(b"..red")
    earlier = catalog_of(id=[1], images=[["x.png", "pictures.bin#2:3"]])  # earlier references do not name the content
    assert {catalog_digest(earlier)} == found


def test_vectors_have_a_digest_of_their_own():
    rows = np.arange(6, dtype=np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(rows), 2)
    table = pa.table({"column:v": column})
    assert digest(table, ["column:v"]) == digest(pa.concat_tables([table.slice(0, 1), table.slice(1)]), ["column:v"])
    turned = pa.table({"column:v": pa.FixedSizeListArray.from_arrays(pa.array(rows), 3)})
    assert digest(turned, ["column:v"]) != digest(table, ["column:v"])
    assert digest(table.take(pa.array([1, 0, 2])), ["column:v"]) != digest(table, ["column:v"])
