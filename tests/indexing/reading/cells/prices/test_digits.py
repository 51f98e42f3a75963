"""Digits by bytes are those by characters, whatever slice of whatever text."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.reading.cells.prices.digits import numbers_of, shapes_of

TEXT = st.text(st.sampled_from("019.,€ ٫zŁ-"), max_size=12)


@given(st.lists(st.none() | TEXT, min_size=1, max_size=6), st.integers(0, 2))
def test_a_shape_has_nines_for_digits_and_marks_a_lone_zero(cells, start):
    marked = [c if c is None else re.sub(r"(^|[^0-9.,])0([.,])", "\\1\x00\\2", c) for c in cells]
    expected = [c if c is None else re.sub("[0-9]", "9", c) for c in marked]
    assert shapes_of(pa.array(cells, pa.large_string()).slice(start)).to_pylist() == expected[start:]


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("Rs.1,299.50.", ".", 1299.5),
        ("1.299,50 €", ",", 1299.5),
        ("1 299 zł", "", 1299.0),
        ("12٫5 ر.س", "٫", 12.5),
        ("1'299.00", ".", 1299.0),
        ("12,-", "", 12.0),
    ],
)
def test_a_number_is_read_past_what_stands_around_it(cell, decimal, number):
    cells = pa.array(["7", cell, "x8y"], pa.large_string())
    np.testing.assert_array_equal(numbers_of(cells, decimal), [7.0, number, 8.0])
    np.testing.assert_array_equal(numbers_of(cells.slice(1, 1), decimal), [number])
    assert numbers_of(cells.slice(0, 0), decimal).shape == (0,)
