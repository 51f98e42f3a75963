"""Pairs that stand there again, and of a product with itself, are left out up to a share."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.pairs.positioned_blocks import PositionedBlock, UnknownPairs, odd_pair_finder

IDS = pa.chunked_array([pa.array([f"p{number}" for number in range(9)])])
FILE = Path("pairs.csv")


def blocks_of(pairs, size=3):
    """Blocks of pairs (left, right), with their row as a column."""
    sides = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    for start in range(0, len(pairs), size):
        rows = np.arange(start, min(start + size, len(pairs)))
        yield PositionedBlock(pa.table({"row": rows}), sides[0][rows], sides[1][rows], rows, UnknownPairs())


def find(pairs, most=1.0, *, size=3):
    with odd_pair_finder(IDS, len(pairs), FILE, most) as finder:
        for block in blocks_of(pairs, size):
            finder.add(block)
        return finder.found()


def kept(pairs, size=3):
    return [int(row) for block in find(pairs, size=size).left_out_of(blocks_of(pairs, size), 9) for row in block.rows]


def first_ones(pairs):
    """The slow and obvious way."""
    seen, rows = set(), []
    for row, (left, right) in enumerate(pairs):
        if left != right and frozenset((left, right)) not in seen:
            rows.append(row)
        seen.add(frozenset((left, right)))
    return rows


drawn = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


@given(drawn, st.integers(1, 7))
def test_the_first_of_each_pair_stays_whatever_the_blocks(pairs, size):
    pairs = [*pairs, (7, 8)]  # so that one stays
    assert kept(pairs, size) == first_ones(pairs)
    assert find(pairs, size=size).count == len(pairs) - len(first_ones(pairs))


def test_it_says_what_was_left_out():
    odd = find([(0, 1), (1, 0), (2, 2), (3, 4)])
    assert odd.summary(FILE) == (
        "2 of 4 pairs of pairs.csv: a pair again, in either order (1, such as 'p0' and 'p1'), "
        "a product with itself (1, such as row 2 with 'p2')"
    )


@pytest.mark.parametrize(
    ("pairs", "most", "said"),
    [
        (
            [(0, 1), (1, 0), (2, 3)],
            0,
            r"pairs\.csv: the pair 'p0' and 'p1' occurs again, in either order \(1 rows too many\)",
        ),
        ([(0, 1), (2, 2)], 0, "pairs.csv: row 1 pairs product 'p2' with itself"),
        (
            [(0, 1), (1, 0), (2, 3)],
            0.3,
            r"1 of 3 pairs of .* --max-rejects 0\.3 allows fewer: .* give --max-rejects 0\.334",
        ),
        ([(0, 0), (1, 1)], 1, "2 of 2 pairs of "),
    ],
)
def test_more_than_allowed_are_refused(pairs, most, said):
    with pytest.raises(InputError, match=said):
        find(pairs, most)


def test_as_many_as_allowed_are_not():
    assert find([(0, 1), (1, 0), (2, 3), (3, 4)], 0.25).repeats == 1
    assert find([(0, 1), (2, 3)], 0).count == 0
