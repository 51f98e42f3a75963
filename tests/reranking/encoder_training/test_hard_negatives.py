"""Hard negatives: near, of another group, and labelled."""

import numpy as np

from reranking.encoder_training.hard_negatives import mine_hard_negatives

GROUPS = np.array([0, 0, 1, 1, 2, 3])
ALL = np.ones(6, dtype=bool)


def mined(*views, allowed=ALL, known=None, count=2):
    views = [np.array(view) for view in views]
    return mine_hard_negatives(views, GROUPS, allowed, known=known, count=count).tolist()


def test_the_nearest_of_another_group_are_taken():
    near = [[1, 2, 3], [0, 4, -1], [3, 0, 1], [2, 5, 4], [-1, -1, -1], [0, 1, 2]]
    assert mined(near) == [[2, 3], [4, -1], [0, 1], [5, 4], [-1, -1], [0, 1]]


def test_views_take_turns():
    one = [[2, 3], *[[-1, -1]] * 5]
    other = [[4, 2], *[[-1, -1]] * 5]
    assert mined(one, other, count=3)[0] == [2, 4, 3]


def test_known_non_matches_come_first_on_both_sides():
    near = [[2], [-1], [-1], [-1], [-1], [-1]]
    found = mined(near, known=(np.array([0]), np.array([5])))
    assert found[0] == [5, 2]
    assert found[5] == [0, -1]


def test_products_without_labels_are_nobodys_negatives():
    near = [[4, 2], [-1, -1], [-1, -1], [-1, -1], [0, 2], [-1, -1]]
    found = mined(near, allowed=np.array([True, True, True, True, False, True]))
    assert found[0] == [2, -1]
    assert found[4] == [-1, -1]


def test_nothing_is_there_twice():
    near = [[2, 3], *[[-1, -1]] * 5]
    assert mined(near, near, known=(np.array([0]), np.array([2])), count=4)[0] == [2, 3, -1, -1]
