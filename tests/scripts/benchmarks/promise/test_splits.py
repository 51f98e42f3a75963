import numpy as np
import pytest

from reranking.pairs.labelled import LabelledPairs
from scripts.benchmarks.promise.splits import (
    deal_sides,
    draw_matches,
    draw_share,
    has_both_kinds,
    seen_matches,
    touching,
    within,
)

TARGETS = np.repeat([1.0, 0.0], [100, 300])
GROUPS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4])  # of six, two, three and single offers


def pairs_of(*rows):
    """Pairs as rows (left, right, target)."""
    left, right, targets = zip(*rows, strict=True)
    return LabelledPairs(np.array(left), np.array(right), np.array(targets, dtype=float))


@pytest.mark.parametrize(("ratio", "matches", "others"), [(1, 100, 100), (4, 100, 25), (0.25, 75, 300), (0.1, 30, 300)])
def test_as_many_rows_are_drawn_as_there_are_at_a_ratio(ratio, matches, others):
    rows = draw_share(TARGETS, ratio, seed=0)
    assert (np.diff(rows) > 0).all()
    assert [int((TARGETS[rows] == target).sum()) for target in (1, 0)] == [matches, others]


def test_a_seed_draws_the_same_rows_and_another_draws_others():
    first, again, other = (draw_share(TARGETS, 0.1, seed).tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_all_matches_are_drawn_with_a_few_others():
    rows = draw_matches(TARGETS, 20, seed=3)
    assert rows[:100].tolist() == list(range(100))
    assert len(np.unique(rows)) == 120
    assert draw_matches(TARGETS, 0, seed=3).tolist() == list(range(100))


class TestSides:
    def test_whole_groups_go_to_a_side(self):
        sides = deal_sides(GROUPS, np.arange(13), halved=False, seed=0)
        assert [len(set(sides[group == GROUPS])) for group in range(5)] == [1] * 5
        assert set(sides) == {0, 1}

    @pytest.mark.parametrize("seed", range(5))
    def test_half_of_the_offers_of_large_groups_go_to_each_side(self, seed):
        sides = deal_sides(GROUPS, np.arange(13), halved=True, seed=seed)
        assert np.bincount(sides[GROUPS == 0]).tolist() == [3, 3]
        assert [len(set(sides[group == GROUPS])) for group in range(1, 5)] == [1] * 4

    def test_products_without_pairs_are_on_no_side_and_do_not_make_a_group_large(self):
        sides = deal_sides(GROUPS, np.array([0, 1, 2, 6, 7]), halved=True, seed=0)
        assert (sides < 0).tolist() == [product not in (0, 1, 2, 6, 7) for product in range(13)]
        assert len(set(sides[:3])) == 1  # three offers: not halved


def test_halved_products_make_matches_seen_though_no_product_is_shared():
    left, right = np.triu_indices(6, 1)
    pairs = LabelledPairs(left, right, np.ones(len(left)))
    halved, whole = (deal_sides(GROUPS, np.arange(13), halved=halved, seed=0) for halved in (True, False))
    train, valid = within(pairs, halved == 0), within(pairs, halved == 1)
    assert len(train) == len(valid) == 3
    assert not set(train.products) & set(valid.products)
    assert seen_matches(valid, train, GROUPS) == 1
    assert seen_matches(within(pairs, whole == 1), within(pairs, whole == 0), GROUPS) == 0


def test_matches_that_are_seen_are_a_share_of_the_matches_alone():
    train, valid = pairs_of((0, 1, 1), (6, 11, 0)), pairs_of((2, 3, 1), (8, 9, 1), (4, 12, 0))
    assert seen_matches(valid, train, GROUPS) == 0.5


def test_pairs_without_a_source_and_pairs_that_have_it():
    own = np.array([True, False, False, True])
    pairs = pairs_of((0, 1, 1), (1, 2, 0), (2, 3, 0), (0, 3, 1))
    assert within(pairs, ~own).left.tolist() == [1]
    assert touching(pairs, own).right.tolist() == [1, 3, 3]


def test_pairs_of_both_kinds():
    assert has_both_kinds(pairs_of((0, 1, 1), (1, 2, 0)))
    assert not has_both_kinds(pairs_of((0, 1, 1)))
    assert not has_both_kinds(pairs_of((0, 1, 1)).take(np.array([], dtype=int)))
