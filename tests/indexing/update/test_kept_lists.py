"""What an update leaves of kept lists, on lists that can be read: which newcomers enter, and which lists are searched."""

import numpy as np

from indexing.search.neighbours import Neighbours
from indexing.update.kept_lists import LeftLists


def lists_of(*rows):
    """Lists of (position, cosine) as neighbours; what a shorter list lacks is no neighbour."""
    width = max(len(row) for row in rows)
    filled = [[*row, *[(-1, np.nan)] * (width - len(row))] for row in rows]
    positions = np.array([[position for position, _ in row] for row in filled], dtype=np.int64)
    return Neighbours(positions, np.array([[cosine for _, cosine in row] for row in filled], dtype=np.float32))


def left_of(lists, *, whole):
    return LeftLists(lists, np.array(whole), np.zeros(len(lists), dtype=bool))


def test_a_list_that_held_everybody_gains_a_newcomer_behind_its_end():
    before = lists_of([(1, 0.9), (2, 0.8), (-1, np.nan)])
    changed, lists = left_of(before, whole=[True]).with_entrants(lists_of([(7, 0.1)]))
    assert changed.tolist() == [0]
    assert lists.positions.tolist() == [[1, 2, 7]]


def test_a_list_that_left_somebody_out_gains_none_behind_its_end():
    before = lists_of([(1, 0.9), (2, 0.8), (-1, np.nan)])
    changed, _ = left_of(before, whole=[False]).with_entrants(lists_of([(7, 0.1)]))
    assert changed.tolist() == []
