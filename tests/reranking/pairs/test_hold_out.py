"""The hold-out takes whole product groups, so that nothing learned about a product is asked again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.pairs.hold_out import hold_out
from reranking.pairs.product_groups import product_groups


def split_of(pairs, *, categories=None, share=0.2, seed=0):
    """Hold out of pairs (left group, right group, target)."""
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    codes = np.zeros(len(pairs), np.int64) if categories is None else np.asarray(categories)
    return hold_out(columns[0], columns[1], columns[2].astype(float), codes, share=share, seed=seed)


def matches_within(groups, each=1):
    """Pairs that are matches inside each of these groups."""
    return [(group, group, 1) for group in groups for _ in range(each)]


def test_whole_groups_are_held_out():
    pairs = matches_within(range(50), each=3)
    split = split_of(pairs)
    left = np.array(pairs)[:, 0]
    assert set(left[split.train]).isdisjoint(left[split.valid])
    assert len(split.train) + len(split.valid) == 150
    assert split.left_out == 0


def test_a_non_match_between_both_sides_validates_or_is_left_out_and_never_trains():
    pairs = matches_within(range(20))
    pairs += [(a, b, 0) for a in range(20) for b in range(20) if a != b]
    split = split_of(pairs)
    left, right = np.array(pairs)[:, 0], np.array(pairs)[:, 1]
    held = set(left[split.valid])
    assert not held & (set(left[split.train]) | set(right[split.train]))
    across = [(a in held) != (b in held) for a, b in zip(left, right, strict=True)]
    from_training = [a not in held and b in held for a, b in zip(left, right, strict=True)]
    assert split.left_out == sum(from_training) > 0
    assert sum(across) - split.left_out == sum(b not in held for b in right[split.valid])


def test_each_category_and_class_gives_its_share():
    groups = np.arange(400)
    categories = np.repeat([0, 0, 0, 1], 100)  # 300 of one category, 100 of another
    targets = np.tile([1, 0], 200)
    split = split_of([(g, g, t) for g, t in zip(groups, targets, strict=True)], categories=categories)
    for category, target, expected in [(0, 1, 30), (0, 0, 30), (1, 1, 10), (1, 0, 10)]:
        assert ((categories == category) & (targets == target))[split.valid].sum() == expected


@pytest.mark.parametrize("each", [1, 2])
def test_categories_too_small_to_lose_a_group_give_their_share_together(each):
    groups = np.arange(300 * each)
    pairs = [(g, g, 1) for g in groups] + [(g, g, 0) for g in groups + 1000]
    categories = np.concatenate([groups // each, groups // each])
    split = split_of(pairs, categories=categories)
    targets = np.array(pairs)[split.valid, 2]
    assert [int((targets == kind).sum()) for kind in (0, 1)] == pytest.approx([60 * each, 60 * each], abs=1)
    assert len(np.unique(categories[split.valid])) > 40 * each  # of all over the categories


def test_small_categories_change_nothing_about_large_ones():
    large = matches_within(range(100))
    small = matches_within(range(100, 120))
    alone = split_of(large)
    both = split_of(large + small, categories=[0] * 100 + list(range(1, 21)))
    assert len(both.valid[both.valid < 100]) == len(alone.valid) == 20
    assert len(both.valid[both.valid >= 100]) == 4


def test_one_small_category_alone_stays_in_training():
    split = split_of(matches_within(range(101)), categories=[0] * 100 + [1])
    assert 100 not in split.valid


def test_a_giant_group_stays_in_training():
    pairs = [*matches_within([0], each=1000), *matches_within(range(1, 101), each=10)]
    splits = [split_of(pairs, seed=seed) for seed in range(20)]
    assert all(np.array(pairs)[split.valid, 0].min() > 0 for split in splits)
    assert all(len(split.valid) > 0 for split in splits)


def test_the_seed_alone_chooses():
    pairs = matches_within(range(100))
    assert np.array_equal(split_of(pairs, seed=3).valid, split_of(pairs, seed=3).valid)
    assert not np.array_equal(split_of(pairs, seed=3).valid, split_of(pairs, seed=4).valid)


def test_groups_that_no_pair_touches_change_nothing():
    near, far = (split_of(matches_within(range(0, 50 * step, step))) for step in (1, 7))
    assert near.valid.tolist() == far.valid.tolist()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_about_the_share_is_held_out(share):
    assert len(split_of(matches_within(range(200)), share=share).valid) == pytest.approx(200 * share, abs=1)


@pytest.mark.parametrize("share", [0, 1, -0.1, float("nan")])
def test_a_share_that_holds_out_nothing_or_all_is_refused(share):
    with pytest.raises(InputError, match="between 0 and 1"):
        split_of(matches_within(range(3)), share=share)


drawn_pairs = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 29), st.booleans(), st.integers(0, 2)), min_size=1, max_size=120
)


@given(drawn_pairs, st.sampled_from([0.1, 0.2, 0.5]), st.integers(0, 5))
def test_no_match_crosses_and_every_row_is_accounted_for(drawn, share, seed):
    left, right, targets, categories = np.array(drawn, dtype=np.int64).T
    targets = targets.astype(float)
    groups = product_groups(left, right, targets, 30)
    split = hold_out(groups[left], groups[right], targets, categories, share=share, seed=seed)
    train, valid = set(split.train), set(split.valid)
    assert not train & valid
    assert len(train) + len(valid) + split.left_out == len(drawn)
    assert all(row in train | valid for row in np.flatnonzero(targets == 1))
    trained = set(groups[left[split.train]]) | set(groups[right[split.train]])
    assert not trained & set(groups[left[split.valid]])


@given(drawn_pairs, st.integers(0, 5), st.randoms(use_true_random=False))
def test_swapping_the_order_of_matches_changes_nothing(drawn, seed, random):
    left, right, targets, categories = np.array(drawn, dtype=np.int64).T
    groups = product_groups(left, right, targets.astype(float), 30)
    swap = np.array([random.random() < 0.5 for _ in drawn]) & (targets == 1)
    one = hold_out(groups[left], groups[right], targets.astype(float), categories, seed=seed)
    other_left, other_right = np.where(swap, right, left), np.where(swap, left, right)
    other = hold_out(groups[other_left], groups[other_right], targets.astype(float), categories, seed=seed)
    assert np.array_equal(one.train, other.train)
    assert np.array_equal(one.valid, other.valid)
