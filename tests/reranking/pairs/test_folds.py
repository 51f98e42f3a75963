"""Folds of whole product groups."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reranking.pairs.folds import deal_alike, deal_at_random, deal_by_size


def rng(seed=0):
    return np.random.default_rng(seed)


def test_at_random_every_fold_has_about_as_many_groups():
    dealt = deal_at_random(11, count=4, random=rng())
    assert sorted(Counter(dealt.tolist()).items()) == [(0, 3), (1, 3), (2, 3), (3, 2)]
    assert dealt.tolist() != deal_at_random(11, count=4, random=rng(1)).tolist()


def test_by_size_the_largest_groups_go_to_different_folds():
    dealt = deal_by_size(np.array([1, 9, 2, 8, 7, 1]), count=3, random=rng())
    assert dealt[[1, 3, 4]].tolist() == [0, 1, 2]
    assert dealt[2] == 0
    assert sorted(dealt[[0, 5]]) == [1, 2]


def test_groups_that_no_pair_touches_take_no_turn():
    dealt = deal_by_size(np.array([0, 5, 0, 4, 3, 0]), count=2, random=rng())
    assert dealt[[1, 3, 4]].tolist() == [0, 1, 0]
    assert not dealt[[0, 2, 5]].any()


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=30),
    st.integers(1, 5),
    st.integers(0, 9),
)
def test_the_groups_of_a_stratum_are_spread_over_the_folds(groups, count, seed):
    sizes, *strata = np.array(groups).T
    dealt = deal_by_size(sizes, count=count, random=rng(seed), strata=strata)
    for stratum in set(zip(*strata, strict=True)):
        inside = dealt[np.all(stratum == np.array(strata).T, axis=1)]
        of_folds = np.bincount(inside, minlength=count)
        assert of_folds.max() - of_folds.min() <= 1


def test_of_a_category_groups_with_matches_and_those_without_are_in_every_fold():
    groups = np.arange(24)
    targets, categories = np.tile([0.0, 1.0], 12), np.repeat([0, 1], 12)
    dealt = deal_alike(groups, groups, targets, categories, count=3, seed=0)
    for target in (0, 1):
        for category in (0, 1):
            assert sorted(dealt[(targets == target) & (categories == category)]) == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_first_group_is_dealt_like_any_other(swapped):
    left, right = np.zeros(4, dtype=np.int64), np.arange(1, 5)
    sides = (right, left) if swapped else (left, right)
    dealt = deal_alike(*sides, np.zeros(4), np.zeros(4, dtype=np.int64), count=5, seed=0)
    assert dealt[0] == 0
    assert sorted(dealt) == [0, 1, 2, 3, 4]


def test_another_seed_deals_otherwise():
    groups = np.arange(60)
    targets, categories = np.tile([0.0, 1.0], 30), np.zeros(60, dtype=np.int64)
    dealt = [deal_alike(groups, groups, targets, categories, count=3, seed=seed).tolist() for seed in (0, 0, 1)]
    assert dealt[0] == dealt[1] != dealt[2]
    assert sorted(dealt[0]) == [0] * 20 + [1] * 20 + [2] * 20
