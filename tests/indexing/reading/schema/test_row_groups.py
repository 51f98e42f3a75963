"""Rows of one product: variants take what the product says, rows without a variant go."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.reading.schema.known import known_schema
from indexing.reading.schema.raw_columns import raw_block
from indexing.reading.schema.row_groups import grouped
from indexing.reading.schema.yaml_form import input_from

ROWS = [  # handle, sku, title, size, price, own picture, picture
    ("mug", "m1", "Mug", "S", "1", None, "1.jpg"),
    ("mug", "m2", None, "L", "2", "v.jpg", "2.jpg"),
    ("mug", None, None, None, None, None, "3.jpg"),
    ("mug", "m3", None, None, "3", None, None),
    ("jug", None, "Jug", "S", "4", None, None),
    ("jug", None, "ignored", None, None, None, "4.jpg"),
    (None, "a", "A", None, None, None, None),
    (None, "b", None, None, None, None, None),
]
NAMES = ("Handle", "SKU", "Title", "Size", "Price", "Own", "Picture")
SHOP = {"id": "{Handle}/{SKU}", "title": "Title", "price": "Price", "group": "Handle"}


def block_at(table, schema, file, first):
    return raw_block(table, schema, file, np.arange(first, first + len(table)))


def joined(given, rows=ROWS, blocks=(8,)):
    schema = input_from({**SHOP, **given}, "test", known_schema, "test")
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(NAMES)})
    ends = [sum(blocks[: n + 1]) for n in range(len(blocks))]
    parts = [
        block_at(table.slice(start, end - start), schema, "a.csv", start)
        for start, end in zip([0, *ends], ends, strict=False)
    ]
    found = list(grouped(parts, schema))
    rows = [row for block in found for row in zip(*(block.columns[name].to_pylist() for name in NAMES), strict=True)]
    pictures = [row for b in found for row in (b.pictures.to_pylist() if b.pictures is not None else [None] * len(b))]
    return [int(row) for block in found for row in block.rows], rows, [row or [] for row in pictures]


def test_rows_without_a_variant_fill_in_the_first_and_variants_take_what_they_lack():
    numbers, rows, pictures = joined({"image": "Picture"})
    assert numbers == [0, 1, 3, 4, 6, 7]
    assert [row[2] for row in rows] == ["Mug", "Mug", "Mug", "Jug", "A", None]
    assert [row[1] for row in rows] == ["m1", "m2", "m3", None, "a", "b"]  # never another variant's
    assert [row[3] for row in rows] == ["S", "L", "S", "S", None, None]
    assert pictures == [["1.jpg", "3.jpg"], ["2.jpg"], ["1.jpg", "3.jpg"], ["4.jpg"], [], []]


def test_pictures_of_a_variant_come_first_and_all_of_the_product_after_them():
    pictures = joined({"image": {"all": ["Own", "Picture"]}, "variant": ["SKU", "Price", "Own", "Size"]})[2]
    assert pictures[:3] == [
        ["1.jpg", "2.jpg", "3.jpg"],
        ["v.jpg", "1.jpg", "2.jpg", "3.jpg"],
        ["1.jpg", "2.jpg", "3.jpg"],
    ]


def test_columns_of_a_variant_are_not_shared():
    assert [row[3] for row in joined({"variant": ["SKU", "Price", "Size"]})[1]][:3] == ["S", "L", None]


def test_a_product_is_one_row_where_its_id_is_the_group():
    numbers, _, pictures = joined({"id": "Handle", "image": "Picture"})
    assert numbers == [0, 4, 6, 7]
    assert pictures[0] == ["1.jpg", "2.jpg", "3.jpg"]


@pytest.mark.parametrize("blocks", [(1,) * 8, (3, 5), (4, 1, 3), (8, 0)])
@pytest.mark.parametrize("image", ["Picture", {"all": ["Own", "Picture"]}])
def test_groups_that_go_on_in_the_next_block_are_whole(blocks, image):
    numbers, rows, pictures = joined({"image": image}, blocks=blocks)
    whole = joined({"image": image})
    assert (numbers, rows) == whole[:2]
    assert pictures == whole[2]


def test_rows_of_other_products_are_left_alone():
    numbers, _, pictures = joined({"image": "Picture"}, rows=[ROWS[0], ROWS[4]], blocks=(2,))
    assert (numbers, pictures) == ([0, 1], [[], []])
