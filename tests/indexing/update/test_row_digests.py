"""Digests of rows: equal where and only where the rows are."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import ATTRIBUTES
from indexing.update.row_digests import add_hex, row_digests, vector_sum

KINDS = {
    "text": (pa.large_string(), ["a", "b", "", None, "ab"]),
    "number": (pa.float64(), [0.0, 1.0, 1.25, 1.5, -1.0, None, 1e9]),
    "id": (pa.int64(), [0, 1, -1, None, 2**40, 2**53, 2**53 + 1]),
    "list": (pa.large_list(pa.large_string()), [[], ["a"], ["a", "b"], ["b", "a"], None, [""], ["a", "a"]]),
    "attributes": (
        ATTRIBUTES,
        [
            [],
            [{"key": "a", "value": "b"}],
            [{"key": "b", "value": "a"}],
            [{"key": "a", "value": "b"}, {"key": "a", "value": "c"}],
            None,
        ],
    ),
    "vector": (pa.list_(pa.float32(), 2), [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], None]),
}


@pytest.mark.parametrize("name", KINDS)
def test_other_values_have_other_digests_wherever_the_row_stands(name):
    kind, values = KINDS[name]
    forwards = row_digests(pa.table({"a": pa.array(values, kind)}))
    assert len(set(forwards.tolist())) == len(values)
    chunks = pa.chunked_array([pa.array([value], kind) for value in values[::-1]], kind)
    assert row_digests(pa.table({"a": chunks})).tolist() == forwards[::-1].tolist()


def test_the_column_counts_and_no_rows_have_no_digests():
    one, other = pa.table({"a": ["x"], "b": ["y"]}), pa.table({"a": ["y"], "b": ["x"]})
    assert row_digests(one).tolist() != row_digests(other).tolist()
    assert len(row_digests(pa.table({"a": pa.array([], pa.large_list(pa.large_string()))}))) == 0


def test_a_sum_of_rows_is_brought_up_to_date_by_what_came_and_went():
    ids, rows = pa.chunked_array([["a", "b", "c"]]), np.eye(3, dtype=np.float32)
    whole = vector_sum(ids, rows)
    parts = [vector_sum(ids.slice(place, 1), rows[place : place + 1]) for place in range(3)]
    assert add_hex(add_hex(f"{parts[0]:016x}", parts[1]), parts[2]) == f"{whole:016x}"
    assert add_hex(f"{whole:016x}", -whole) == ""
    assert add_hex(None, -1) == "f" * 16
    assert vector_sum(ids, rows[[1, 0, 2]]) != whole
    assert vector_sum(ids.slice(0, 0), rows[:0]) == 0
