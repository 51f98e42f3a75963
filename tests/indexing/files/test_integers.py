"""Text that is integers, and text that only looks like them."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.files.integers import as_integers, plain_integers


@pytest.mark.parametrize(
    ("texts", "integers"),
    [
        (["7", "-12", "0", None], [7, -12, 0, None]),
        (["7", "007"], None),
        (["7", "7.0"], None),
        (["-0"], None),
        (["1" * 19, None], [int("1" * 19), None]),
        (["9223372036854775807", "-9223372036854775808"], [2**63 - 1, -(2**63)]),
        (["9223372036854775808"], None),
        (["-9223372036854775809"], None),
        (["9999999999999999999", "7"], None),
        (["7\n"], None),
        ([None], [None]),
        (["1" * 25], None),
        (["1", "x"], None),
        ([" 1"], None),
    ],
)
def test_text_is_integers_only_when_all_of_it_is_in_plain_form(texts, integers):
    found = as_integers(pa.array(texts, pa.large_string()))
    assert (None if found is None else found.to_pylist()) == integers


@given(st.lists(st.integers(-(2**64), 2**64), max_size=20))
def test_every_integer_of_64_bits_is_taken_and_no_other(numbers):
    found = plain_integers(pa.array(map(str, numbers), pa.large_string())).to_pylist()
    assert found == [-(2**63) <= number < 2**63 for number in numbers]
