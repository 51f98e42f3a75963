"""Product groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.pairs.product_groups import PairedGroups, product_groups

LEFT, RIGHT, TARGETS = np.array([0, 1, 3, 4]), np.array([1, 2, 4, 5]), np.array([1.0, 1.0, 1.0, 0.0])


def test_matches_tie_products_through_others():
    assert product_groups(LEFT, RIGHT, TARGETS, 7).tolist() == [0, 0, 0, 1, 1, 2, 3]


def test_by_pairs_a_non_match_ties_too():
    assert product_groups(LEFT, RIGHT, TARGETS, 7, by="pairs").tolist() == [0, 0, 0, 1, 1, 1, 2]


def test_by_pairs_needs_no_targets():
    assert product_groups(LEFT, RIGHT, None, 7, by="pairs").tolist() == [0, 0, 0, 1, 1, 1, 2]


def test_by_matches_without_targets_is_refused():
    with pytest.raises(InputError, match="needs targets"):
        product_groups(LEFT, RIGHT, None, 7)


def test_another_way_of_grouping_is_refused():
    with pytest.raises(InputError, match="'colour'"):
        product_groups(LEFT, RIGHT, TARGETS, 7, by="colour")


def test_without_pairs_every_product_is_alone():
    nothing = np.zeros(0, dtype=np.int64)
    groups = product_groups(nothing, nothing, np.zeros(0), 3)
    assert groups.tolist() == [0, 1, 2]
    assert groups.dtype == np.int64


edges = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19), st.booleans()), max_size=40)


def slow_groups(pairs):
    group = list(range(20))
    for left, right, match in pairs:
        if match:
            old, new = group[right], group[left]
            group = [new if g == old else g for g in group]
    return group


@given(edges, st.randoms(use_true_random=False))
def test_they_equal_a_slow_merge_whatever_the_order_of_the_pairs(pairs, random):
    shuffled = [(b, a, m) if random.random() < 0.5 else (a, b, m) for a, b, m in random.sample(pairs, len(pairs))]
    columns = np.array(shuffled, dtype=np.int64).reshape(-1, 3).T
    groups = product_groups(columns[0], columns[1], columns[2].astype(float), 20)
    slow = slow_groups(pairs)
    assert all((groups[a] == groups[b]) == (slow[a] == slow[b]) for a in range(20) for b in range(20))


def test_what_pairs_say_of_groups():
    left, right = np.array([0, 3, 3, 1]), np.array([0, 1, 3, 4])
    found = PairedGroups.of(left, right, np.array([1.0, 0.0, 1.0, 0.0]), np.array([5, 6, 7, 8]))
    assert found.pairs.tolist() == [2, 2, 0, 3, 1]
    assert found.matches.tolist() == [1, 0, 0, 1, 0]
    assert found.categories.tolist() == [5, 8, -1, 6, 8]
