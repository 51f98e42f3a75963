"""Rows take what they lack from the row that they name as their parent, before or behind them."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.reading.schema.known import known_schema
from indexing.reading.schema.raw_columns import raw_block
from indexing.reading.schema.row_parents import RowParents
from indexing.reading.schema.yaml_form import input_from

ROWS = {
    "ID": [1, 2, 3, 4, 5, 6],
    "SKU": ["mug", None, "x", None, "", None],
    "Parent": [None, "mug", "id:4", None, "id:9", "id:4"],
    "Name": ["Mug", "Mug red", None, "Jug", None, " "],
    "Price": [None, 3.0, 4.0, None, 5.0, None],
}
SCHEMA = {
    "id": "ID",
    "title": "Name",
    "price": "Price",
    "parent": {"column": "Parent", "names": ["SKU", "id:{ID}"]},
    "variant": ["ID", "SKU", "Price"],
}


def block_at(table, schema, file, first):
    return raw_block(table, schema, file, np.arange(first, first + len(table)))


@pytest.mark.parametrize("cut", [0, 2, 5])
def test_a_child_takes_what_it_lacks_and_keeps_its_own(cut):
    schema = input_from(SCHEMA, "test", known_schema, "test")
    whole = block_at(pa.table(ROWS), schema, "a.csv", 0)
    blocks = [whole.take(np.arange(cut)), whole.take(np.arange(cut, 6))]
    parents = RowParents(schema)
    for block in blocks:
        parents.look(block)
    parents.keep(blocks)
    names = [name for block in blocks for name in parents.fill(block).columns["Name"].to_pylist()]
    prices = [price for block in blocks for price in parents.fill(block).columns["Price"].to_pylist()]
    assert names == ["Mug", "Mug red", "Jug", "Jug", None, "Jug"]
    assert prices == ROWS["Price"]


def test_nothing_is_kept_where_nobody_has_a_parent():
    schema = input_from(SCHEMA, "test", known_schema, "test")
    block = block_at(pa.table({"ID": [1], "Name": ["x"]}), schema, "a.csv", 0)
    parents = RowParents(schema)
    parents.look(block)
    parents.keep([block])
    assert parents.fill(block) is block


def test_columns_of_other_types_are_text():
    schema = input_from({**SCHEMA, "variant": ["ID"]}, "test", known_schema, "test")
    one = block_at(
        pa.table(
            {
                "ID": [1],
                "Parent": ["id:2"],
                "Price": [
                    "",
                ],
            }
        ),
        schema,
        "a.csv",
        0,
    )
    other = block_at(pa.table({"ID": [2], "Parent": [None], "Price": [3.0]}), schema, "b.csv", 0)
    parents = RowParents(schema)
    parents.look(one)
    parents.keep([one, other])
    assert parents.fill(one).columns["Price"].to_pylist() == ["3"]
