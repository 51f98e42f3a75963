"""Neighbours: their order, who is left out, ranks and what two products share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.search.neighbours import (
    RESOLUTION,
    Neighbours,
    allowed_for,
    best,
    eligible,
    in_order,
    keep,
    no_neighbours,
    rank_of,
    shared_neighbours,
    without_self,
)

NAN = float("nan")


def neighbours(positions, cosines):
    return Neighbours(np.array(positions, dtype=np.int64), np.array(cosines, dtype=np.float32))


THREE = neighbours([[1, 2, 3], [0, 3, -1], [-1, -1, -1]], [[0.9, 0.9, 0.5], [0.9, 0.4, NAN], [NAN, NAN, NAN]])


def test_positions_and_cosines_of_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"\(1, 2\), cosines \(1, 3\)"):
        neighbours([[1, 2]], [[0.5, 0.4, 0.3]])


def test_the_first_k_are_the_k_best():
    assert THREE.first(2).positions.tolist() == [[1, 2], [0, 3], [-1, -1]]


def test_missing_neighbours_go_last_in_order():
    found = in_order(np.array([[-1, 4, 7]]), np.array([[2.0, 0.1, 0.3]], dtype=np.float32))
    assert found.positions.tolist() == [[7, 4, -1]]
    assert np.isnan(found.cosines[0, 2])


def test_cosines_nearer_than_the_resolution_tie():
    cosines = np.array([[0.5, 0.5 + RESOLUTION / 10, 0.5 + 3 * RESOLUTION]])
    assert in_order(np.array([[2, 5, 9]]), cosines).positions.tolist() == [[9, 2, 5]]


def test_a_cosine_a_little_above_one_is_one():
    assert in_order(np.array([[3, 1]]), np.array([[1.0, 1.0000002]])).cosines.tolist() == [[1.0, 1.0]]


def test_self_is_left_out_wherever_it_stands():
    found = neighbours([[4, 0, 2], [1, 4, 5], [7, 8, 9]], [[1.0, 1.0, 0.3], [1.0, 0.2, 0.1], [0.3, 0.2, 0.1]])
    assert without_self(found, np.array([0, 1, 2]), 2).positions.tolist() == [[4, 2], [4, 5], [7, 8]]


def test_keeping_keeps_the_order_and_fills_up_with_nobody():
    kept = keep(THREE, THREE.positions != 2, 4)
    assert kept.positions.tolist() == [[1, 3, -1, -1], [0, 3, -1, -1], [-1] * 4]
    assert kept.cosines[0, :2].tolist() == pytest.approx([0.9, 0.5])
    assert np.isnan(kept.cosines[0, 2:]).all()


@given(st.lists(st.sampled_from([0.9, 0.7, 0.5]), min_size=1, max_size=60), st.integers(1, 12), st.integers(0, 9))
def test_the_best_are_found_whatever_the_engine_does_with_ties(cosines, k, seed):
    cosines = np.array(cosines)
    whim = np.random.default_rng(seed).permutation(len(cosines))

    def fetch(rows, ask):  # ties at the end of what is asked for are broken by a whim
        chosen = np.lexsort((whim, -cosines))[:ask]
        return in_order(np.tile(chosen, (len(rows), 1)), np.tile(cosines[chosen], (len(rows), 1)))

    expected = np.full(k, -1)
    order = np.lexsort((np.arange(len(cosines)), -cosines))[:k]
    expected[: len(order)] = order
    assert best(fetch, 2, k, len(cosines), margin=2).positions.tolist() == [expected.tolist()] * 2


def test_ranks_begin_with_one_and_are_nan_beyond_the_neighbours():
    ranks = rank_of(THREE, np.array([0, 1, 1, 0, 2]), np.array([3, 0, 3, 9, 0]))
    assert ranks.dtype == np.float32
    assert ranks.tolist() == pytest.approx([3, 1, 2, NAN, NAN], nan_ok=True)


def test_ties_share_the_best_rank():
    assert rank_of(THREE, np.array([0, 0, 0]), np.array([1, 2, 3])).tolist() == [1, 1, 3]


def test_ranks_do_not_depend_on_the_block(monkeypatch):
    queries, others = np.array([0, 1, 0, 2, 1]), np.array([2, 3, 3, 1, 0])
    whole = rank_of(THREE, queries, others)
    monkeypatch.setattr("indexing.search.neighbours.RANK_BLOCK", 2)
    assert rank_of(THREE, queries, others).tolist() == pytest.approx(whole.tolist(), nan_ok=True)


def test_shared_neighbours_are_counted():
    found = neighbours([[1, 2, 3], [2, 3, 4], [5, -1, -1], [-1, -1, -1]], np.zeros((4, 3)))
    left, right = np.array([0, 0, 2, 0, 3]), np.array([1, 2, 2, 0, 3])
    assert shared_neighbours(found, left, right, 3).tolist() == pytest.approx([2, 0, 1, 3, NAN], nan_ok=True)
    nearer = neighbours(found.positions, np.tile([0.9, 0.8, 0.7], (4, 1)))
    assert shared_neighbours(nearer, left[:1], right[:1], 2).tolist() == [1]


def test_neighbours_that_tie_with_those_left_out_are_not_shared():
    found = neighbours([[1, 2, 3], [2, 1, 3]], [[0.9, 0.8, 0.8], [0.9, 0.8, 0.7]])
    assert shared_neighbours(found, np.array([0]), np.array([1]), 2).tolist() == [1]


@given(st.integers(0, 999), st.integers(1, 8))
def test_shared_neighbours_equal_those_of_sets(seed, k):
    generator = np.random.default_rng(seed)
    positions = np.array([generator.permutation(9)[:6] for _ in range(5)])
    for row, length in enumerate(generator.integers(0, 7, 5)):
        positions[row, length:] = -1
    left, right = generator.integers(0, 5, (2, 20))
    for a, b, found in zip(
        left, right, shared_neighbours(neighbours(positions, positions), left, right, k), strict=True
    ):
        one, other = (set(positions[row, :k]) - {-1} for row in (a, b))
        assert found == pytest.approx(len(one & other) if one and other else NAN, nan_ok=True)


def test_nobody_has_no_neighbours():
    found = no_neighbours(2, 3)
    assert (len(found), found.k) == (2, 3)
    assert (found.positions == -1).all()
    assert np.isnan(found.cosines).all()


def test_a_product_of_another_source_or_of_none_may_be_a_neighbour():
    sources = np.array([0, 1, 0, -1])
    positions = np.array([[0, 1, 2, 3]] * 3)
    assert eligible(sources, np.array([0, 1, -1]), positions).tolist() == [
        [False, True, False, True],
        [True, False, True, True],
        [True] * 4,
    ]
    assert allowed_for(sources, 0).tolist() == [False, True, False, True]
    assert allowed_for(sources, -1).tolist() == [True] * 4


@pytest.mark.parametrize(("k", "room"), [(3, 0), (5, 2)])
def test_self_is_left_out_of_lists_no_longer_than_asked_for(k, room):
    found = neighbours([[4, 0, 2], [1, 4, 5], [7, 8, 9]], [[1.0, 1.0, 0.3], [1.0, 0.2, 0.1], [0.3, 0.2, 0.1]])
    left = without_self(found, np.array([0, 1, 2]), k)
    expected = [[4, 2, -1], [4, 5, -1], [7, 8, 9]]
    assert left.positions.tolist() == [row + [-1] * room for row in expected]
    assert left.cosines[0, :2].tolist() == pytest.approx([1.0, 0.3])
