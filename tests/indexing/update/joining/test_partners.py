"""Whom an update compares with whom: cells of near lists and of groups, and who looks at which."""

from itertools import pairwise

import numpy as np
import pytest

from indexing.search.near_lists import Lists
from indexing.update.joining.partners import everybody, near_cells

CENTRES = np.eye(3, dtype=np.float32)
CODES = np.array([0, 2, 0, -1, 1, 2, 0])  # the fourth has nothing to see
GROUPS = np.array([0, 0, -1, 0, 1, -1, 0])


def members_of(cells):
    return [cells.order[a:b].tolist() for a, b in pairwise(cells.bounds.tolist())]


def test_without_lists_there_is_one_cell_of_all_that_have_something_to_see():
    cells = everybody(CODES >= 0)
    assert (cells.order.tolist(), cells.bounds.tolist()) == ([0, 1, 2, 4, 5, 6], [0, 6])
    visits = cells.visits(np.array([5, 2]), CENTRES[:2])
    assert (visits.targets.tolist(), visits.own.tolist()) == ([5, 2], [0, 0])
    assert [one.tolist() for one in visits.visitors] == [[0, 1]]


def test_a_cell_is_a_list_or_what_one_group_has_of_it():
    assert members_of(near_cells(Lists(CODES, CENTRES), 1)) == [[0, 2, 6], [4], [1, 5]]
    assert members_of(near_cells(Lists(CODES, CENTRES), 1, GROUPS)) == [[2], [5], [0, 6], [1], [4]]


@pytest.mark.parametrize("probes", [1, 2, 9])
@pytest.mark.parametrize("groups", [None, GROUPS], ids=["lists", "category"])
def test_who_looks_at_a_cell_looks_at_its_list_or_is_of_its_group(probes, groups):
    cells = near_cells(Lists(CODES, CENTRES), probes, groups)
    members = members_of(cells)
    targets = np.array([6, 1, 4, 5])
    rows = np.array([[0.9, 0.3, 0.1], [0.2, 0.1, 0.9], [0.1, 0.8, 0.5], [0.3, 0.2, 0.7]], dtype=np.float32)
    of_target = dict(zip(targets.tolist(), rows, strict=True))
    visits = cells.visits(targets, rows)
    assert sorted(visits.targets.tolist()) == [1, 4, 5, 6]
    for number, product in enumerate(visits.targets.tolist()):
        np.testing.assert_array_equal(visits.rows[number], of_target[product])
        assert product in members[visits.own[number]]
    assert (np.diff(visits.own) >= 0).all()
    for cell, visitors in zip(members, visits.visitors, strict=True):
        one = cell[0]
        expected = [
            number
            for number, product in enumerate(visits.targets.tolist())
            if CODES[one] in np.argsort(-of_target[product])[:probes]
            or (groups is not None and groups[one] >= 0 and groups[one] == groups[product])
        ]
        assert visitors.tolist() == expected


def test_the_first_lists_may_be_empty():
    assert members_of(near_cells(Lists(np.array([1, 2, 1]), CENTRES), 1)) == [[0, 2], [1]]
    assert members_of(near_cells(Lists(np.array([2, 2, -1]), CENTRES), 1)) == [[0, 1]]
