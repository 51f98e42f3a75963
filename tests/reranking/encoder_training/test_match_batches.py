"""Batches of matches: what is in them, and what stands beside what."""

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.encoder_training.match_batches import Matches, mine_hard_negatives

NONE = -1
GROUPS = np.array([0, 0, 1, 1, 2, 3])
ALL = np.ones(6, dtype=bool)


def matches(pairs, groups, hard=None):
    left, right = np.array(pairs, dtype=np.int64).T.reshape(2, -1)
    hard = np.full((len(groups), 1), NONE) if hard is None else np.array(hard)
    return Matches(left, right, np.array(groups), hard)


def of_pairs(count):
    """Matches 0-1, 2-3, ... each a group."""
    pairs = [(2 * n, 2 * n + 1) for n in range(count)]
    return pairs, np.repeat(np.arange(count), 2)


def test_a_product_is_in_one_match_of_an_epoch():
    star = matches([(0, 1), (0, 2), (0, 3), (4, 5)], [0, 0, 0, 0, 1, 1])
    for epoch in range(5):
        rows = np.concatenate(star.batches(epoch, size=8, seed=0))
        products = np.concatenate([star.left[rows], star.right[rows]])
        assert len(np.unique(products)) == len(products) == 4


def test_epochs_differ_and_repeat():
    pairs, groups = of_pairs(50)
    many = matches(pairs, groups)
    first, again, other = (many.batches(epoch, size=8, seed=3) for epoch in (0, 0, 1))
    assert [batch.tolist() for batch in first] == [batch.tolist() for batch in again]
    assert [batch.tolist() for batch in first] != [batch.tolist() for batch in other]


def test_all_matches_of_disjoint_products_are_seen_but_a_last_few():
    pairs, groups = of_pairs(50)
    rows = np.concatenate(matches(pairs, groups).batches(0, size=8, seed=0))
    assert len(np.unique(rows)) == len(rows) >= 48


def test_what_is_hard_to_tell_apart_is_in_one_batch():
    pairs, groups = of_pairs(64)
    hard = np.full((128, 1), NONE)
    hard[::2, 0] = (np.arange(0, 128, 2) + 64) % 128  # each product's is that of the pair 32 further
    beside = 0
    batches = matches(pairs, groups, hard).batches(0, size=8, seed=0)
    for batch in batches:
        beside += sum((row + 32) % 64 in batch for row in batch.tolist())
    assert beside == sum(map(len, batches))


def test_no_matches_are_refused():
    with pytest.raises(InputError, match="no matches to learn from"):
        matches(np.zeros((0, 2)), [0, 1])


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
