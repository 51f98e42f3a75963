"""Digests of rows: equal where and only where the rows are."""

import pyarrow as pa
import pytest

from indexing.catalog.catalog import ATTRIBUTES
from indexing.update.row_digests import row_digests

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
