"""The answers to a list: numbers, and what is none."""

import pytest

from scripts.terminal.asking_products import numbers_of


@pytest.mark.parametrize(
    ("said", "numbers"),
    [("", []), ("3", [3]), ("1 12", [1, 12]), ("1, 2;3", [1, 2, 3]), ("0", None), ("13", None), ("x", None), ("1 -2", None), ("²", None)],
)  # fmt: skip
def test_numbers_are_read_whatever_stands_between(said, numbers):
    assert numbers_of(said, 12) == numbers
