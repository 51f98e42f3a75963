"""Vectors that the file already holds."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import Catalog, catalog_of
from indexing.encoders.column import ColumnEncoder, column_rows
from indexing.errors import InputError


@pytest.fixture
def catalog(catalog_of):
    cells = pa.FixedSizeListArray.from_arrays(pa.array(np.array([3, 4, 0, 0, 0, -2], dtype=np.float32)), 2)
    return Catalog(catalog_of(id=[1, 2, 3]).table.append_column("column:v", cells))


def test_rows_are_those_of_the_column_at_length_one(catalog):
    assert ColumnEncoder("v", 2).encode(catalog).rows.tolist() == [pytest.approx([0.6, 0.8]), [0, 0], [0, -1]]


def test_a_part_of_the_catalogue_has_its_own_rows(catalog):
    assert column_rows(catalog.slice(1, 3), "v").tolist() == [[0, 0], [0, -2]]


def test_a_typed_query_cannot_be_encoded():
    with pytest.raises(InputError, match="query by id"):
        ColumnEncoder("v", 2).encode(catalog_of(title="kettle"))
