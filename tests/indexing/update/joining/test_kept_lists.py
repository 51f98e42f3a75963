"""What an update leaves of kept lists, on lists that can be read: which newcomers enter, and which lists are searched."""

import numpy as np
import pytest

from indexing.search.neighbours import RESOLUTION, Neighbours
from indexing.update.changes import Moves
from indexing.update.joining.kept_lists import UNSETTLED, LeftLists, OldLists


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


def test_what_ties_with_the_end_enters_where_it_stands_earlier_in_the_catalogue():
    before = lists_of([(1, 0.9), (5, 0.8)], [(1, 0.9), (5, 0.8)], [(1, 0.9), (5, 0.8)])
    came = lists_of([(4, 0.8)], [(6, 0.8)], [(9, 0.8 + 2 * RESOLUTION)])
    changed, lists = left_of(before, whole=[False] * 3).with_entrants(came)
    assert changed.tolist() == [0, 2]
    assert lists.positions.tolist() == [[1, 4], [1, 9]]


def test_of_those_that_come_each_list_takes_its_own():
    before = lists_of([(1, 0.9), (2, 0.5)], [(3, 0.9), (4, 0.8)], [(5, 0.9), (-1, np.nan)])
    came = lists_of([(7, 0.7), (8, 0.4)], [(-1, np.nan), (8, 0.9)], [(-1, np.nan), (-1, np.nan)])
    changed, lists = left_of(before, whole=[False, False, True]).with_entrants(came)
    assert changed.tolist() == [0, 1]
    assert lists.positions.tolist() == [[1, 7], [3, 8]]
    np.testing.assert_allclose(lists.cosines, [[0.9, 0.7], [0.9, 0.9]], atol=1e-6)


def test_what_may_come_in_is_bounded_by_the_end_of_a_list_less_what_engines_differ_by():
    left = left_of(lists_of([(1, 0.9), (2, 0.8)], [(1, 0.9)], [(1, 0.9), (2, 0.4)]), whole=[False, False, True])
    assert left.floors.dtype == np.float32
    np.testing.assert_allclose(left.floors, [0.8 - UNSETTLED, 0.9 - UNSETTLED, -np.inf], rtol=0, atol=1e-7)
    assert left.ends.positions.tolist() == [[2], [1], [2]]


def old_lists(before, *, origin, moved, again, k, least):
    return OldLists.of(before, Moves(np.array(origin), np.array(moved)), np.array(again, dtype=np.int64), k, least)


BEFORE = lists_of(
    [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)],
    [(0, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)],
    [(0, 0.9), (1, 0.8)],
    [(4, 0.9), (1, 0.8), (0, 0.7), (2, 0.6)],
    [(3, 0.9), (0, 0.8), (1, 0.7), (2, 0.6)],
)


def test_a_list_loses_who_went_and_who_looks_otherwise_and_closes_its_gaps():
    """Of five products the second is deleted, so that later ones move up, and the last looks otherwise."""
    old = old_lists(BEFORE, origin=[0, 2, 3, 4], moved=[0, -1, 1, 2, 3], again=[3], k=4, least=2)
    left = old.left(np.arange(4))
    assert left.lists.positions.tolist() == [[1, 2, -1, -1], [0, -1, -1, -1], [0, 1, -1, -1], [2, 0, 1, -1]]
    np.testing.assert_allclose(left.lists.cosines[0], [0.8, 0.7, np.nan, np.nan], atol=1e-7)
    assert (left.whole.tolist(), left.search.tolist()) == ([False] * 4, [False, True, False, True])


def test_a_list_shorter_than_needed_held_everybody_and_is_not_searched_again():
    old = old_lists(BEFORE, origin=[0, 1, 2, 3, 4], moved=[0, 1, 2, 3, 4], again=[], k=4, least=3)
    left = old.left(np.array([2, 0]))
    assert (left.whole.tolist(), left.search.tolist()) == ([True, False], [False, False])
    assert left.lists.positions.tolist() == [[0, 1, -1, -1], [1, 2, 3, 4]]


def test_a_new_product_has_an_empty_list_and_is_searched_for():
    old = old_lists(BEFORE, origin=[0, 1, 2, 3, 4, -1], moved=[0, 1, 2, 3, 4], again=[5], k=4, least=1)
    left = old.left(np.array([5, 4]))
    assert left.lists.positions.tolist() == [[-1] * 4, [3, 0, 1, 2]]
    assert (left.whole.tolist(), left.search.tolist()) == ([False, False], [True, False])


@pytest.mark.parametrize(("k", "expected"), [(2, [[1, 2]]), (6, [[1, 2, 3, 4, -1, -1]])])
def test_lists_are_carried_over_to_another_length(k, expected):
    old = old_lists(BEFORE, origin=[0, 1, 2, 3, 4], moved=[0, 1, 2, 3, 4], again=[], k=k, least=1)
    assert old.left(np.array([0])).lists.positions.tolist() == expected


def test_the_first_product_of_the_catalogue_enters_as_any_other():
    before = lists_of([(1, 0.9), (2, 0.8)])
    changed, lists = left_of(before, whole=[False]).with_entrants(lists_of([(0, 0.85)]))
    assert (changed.tolist(), lists.positions.tolist()) == ([0], [[1, 0]])


def test_the_first_product_of_the_catalogue_leaves_no_gap_either():
    old = old_lists(BEFORE, origin=[1, 2, 3, 4], moved=[-1, 0, 1, 2, 3], again=[], k=4, least=1)
    assert old.left(np.array([0])).lists.positions.tolist() == [[1, 2, 3, -1]]
