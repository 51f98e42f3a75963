"""Groups follow the likeliest matches; each brake refuses what it is for."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.grouping.bounds import Bounds
from reranking.grouping.decisions import Decision, DecisionKind, DecisionsDisagree, KeptDecision
from reranking.grouping.group_products import Brake, GroupOptions, count_overruled, group_products, inside
from reranking.grouping.scored_pairs import ScoredPairs

LEAST = 0.5
LOCK, MERGE, SPLIT = DecisionKind


def pairs_of(*rows, least=LEAST):
    """Rows of (left, right, score); the score is the probability, from `least` on a match."""
    left, right, scores = zip(*rows, strict=True)
    values = np.array(scores, dtype=np.float64)
    ids, places = np.unique([*left, *right], return_inverse=True)
    return ScoredPairs(pa.array(ids), *np.split(places, 2), values, values, values >= least)


def members(pairs, *, sources=None, **options):
    """The groups of two and more as sets of ids, in the order of their first id."""
    if sources is not None:
        sources = np.array([sources[ident] for ident in pairs.ids.to_pylist()])
    groups = group_products(pairs, GroupOptions(**options), sources=sources).groups
    found = [set(pairs.ids.filter(pa.array(groups == group)).to_pylist()) for group in np.unique(groups)]
    return [group for group in found if len(group) > 1]


def test_matches_tie_products_into_a_group():
    assert members(pairs_of(("a", "b", 0.9), ("b", "c", 0.8), ("d", "e", 0.7), ("e", "f", 0.1))) == [
        {"a", "b", "c"},
        {"d", "e"},
    ]


def test_a_match_that_the_other_pairs_contradict_is_cut():
    bridge = ("a", "b", 0.9), ("c", "d", 0.9), ("b", "c", 0.6), ("a", "c", 0.1), ("b", "d", 0.1), ("a", "d", 0.1)
    assert members(pairs_of(*bridge)) == [{"a", "b"}, {"c", "d"}]
    assert members(pairs_of(*bridge), agreement=0) == [{"a", "b", "c", "d"}]
    assert group_products(pairs_of(*bridge), GroupOptions()).brakes.tolist() == [0, 0, Brake.AGREEMENT, 0, 0, 0]


def test_a_match_that_the_other_pairs_support_is_kept():
    assert members(pairs_of(("a", "b", 0.9), ("b", "c", 0.8), ("a", "c", 0.4))) == [{"a", "b", "c"}]


def test_a_group_grows_no_larger_than_asked_and_keeps_the_likeliest():
    chain = ("a", "b", 0.7), ("b", "c", 0.9), ("c", "d", 0.8)
    assert members(pairs_of(*chain), max_size=3) == [{"b", "c", "d"}]
    assert group_products(pairs_of(*chain), GroupOptions(max_size=3)).brakes.tolist() == [Brake.SIZE, 0, 0]


def test_a_group_has_one_product_a_source_where_asked():
    rows = ("a", "b", 0.9), ("b", "c", 0.8), ("b", "d", 0.7)
    sources = {"a": 0, "b": 1, "c": 0, "d": -1}
    assert members(pairs_of(*rows), sources=sources) == [{"a", "b", "d"}]
    assert members(pairs_of(*rows)) == [{"a", "b", "c", "d"}]


def test_products_without_a_source_may_share_a_group():
    assert members(pairs_of(("a", "b", 0.9)), sources={"a": -1, "b": -1}) == [{"a", "b"}]


def test_a_match_that_was_refused_but_ends_inside_a_group_is_not_cut():
    """b-c is refused while nothing but the pairs of a and b is known; the pair d-c brings both together later."""
    rows = ("a", "b", 0.9), ("b", "c", 0.8), ("a", "c", 0.1), ("a", "d", 0.79), ("b", "d", 0.79), ("c", "d", 0.78)
    grouping = group_products(pairs_of(*rows), GroupOptions(agreement=0.55))
    assert len(set(grouping.groups)) == 1
    assert grouping.brakes.tolist() == [0] * 6


scored = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]),
    st.integers(0, 10).map(lambda tenths: tenths / 10),
    min_size=1,
    max_size=25,
)
options = st.builds(GroupOptions, max_size=st.sampled_from([0, 2, 3, 5]), agreement=st.sampled_from([0, 0.5, 0.8]))


@given(scored, options, st.randoms())
def test_order_of_rows_and_of_left_and_right_changes_nothing(scored, options, random):
    rows = [(left, right, score) for (left, right), score in scored.items()]
    mixed = [(right, left, score) if random.random() < 0.5 else (left, right, score) for left, right, score in rows]
    random.shuffle(mixed)
    one, other = (group_products(pairs_of(*given), options).groups for given in (rows, mixed))
    np.testing.assert_array_equal(one, other)


@given(scored, options, st.lists(st.integers(-1, 3), min_size=10, max_size=10))
def test_the_brakes_hold(scored, options, sources):
    pairs = pairs_of(*((left, right, score) for (left, right), score in scored.items()))
    own = np.array(sources)[pairs.ids.to_numpy()]
    grouping = group_products(pairs, options, sources=own)
    for group in np.unique(grouping.groups):
        named = own[(grouping.groups == group) & (own >= 0)]
        assert len(named) == len(set(named))
    assert not options.max_size or np.bincount(grouping.groups).max() <= options.max_size
    cut = grouping.brakes != Brake.NONE
    np.testing.assert_array_equal(cut, pairs.called & ~inside(pairs, grouping))


@given(scored)
def test_without_brakes_groups_are_what_matches_connect(scored):
    pairs = pairs_of(*((left, right, score) for (left, right), score in scored.items()))
    groups = group_products(pairs, GroupOptions(agreement=0)).groups
    assert inside(pairs, group_products(pairs, GroupOptions(agreement=0)))[pairs.called].all()
    for group in np.unique(groups):
        assert (groups == group).sum() - 1 <= (pairs.called & (groups[pairs.left] == group)).sum()


def bound(pairs, *decided):
    """What decisions, couples of kind and sides, bind among the products of pairs."""
    kept = [
        KeptDecision(seq, "", Decision(kind, tuple(one), tuple(other), "anna"))
        for seq, (kind, one, other) in enumerate(decided, 1)
    ]
    return Bounds.of(kept).over(pairs.ids, Path("decisions.db"))


def grouped(pairs, *decided, **options):
    groups = group_products(pairs, GroupOptions(**options), bounds=bound(pairs, *decided)).groups
    found = [set(pairs.ids.filter(pa.array(groups == group)).to_pylist()) for group in np.unique(groups)]
    return [group for group in found if len(group) > 1]


class TestDecisions:
    chain = ("a", "b", 0.9), ("b", "c", 0.8), ("c", "d", 0.7)

    def test_what_is_kept_together_needs_no_match(self):
        pairs = pairs_of(("a", "b", 0.1), ("c", "d", 0.2))
        assert grouped(pairs, (LOCK, "ad", "")) == [{"a", "d"}]

    def test_sides_of_a_split_do_not_meet_through_a_third(self):
        pairs = pairs_of(*self.chain)
        assert grouped(pairs, (SPLIT, "a", "c")) == [{"a", "b"}, {"c", "d"}]
        grouping = group_products(pairs, GroupOptions(), bounds=bound(pairs, (SPLIT, "a", "c")))
        assert grouping.brakes.tolist() == [0, Brake.DECISION, 0]

    def test_a_split_holds_for_what_a_side_is_kept_with(self):
        """x is in no pair of the scores that counts, and yet what it stays with must not meet b."""
        pairs = pairs_of(*self.chain, ("x", "y", 0.1))
        assert grouped(pairs, (SPLIT, "x", "b"), (LOCK, "xc", "")) == [{"a", "b"}, {"c", "d", "x"}]

    def test_decisions_come_before_brakes(self):
        pairs = pairs_of(*self.chain)
        assert grouped(pairs, (LOCK, "abc", ""), max_size=2) == [{"a", "b", "c"}]
        bounds = bound(pairs, (LOCK, "abc", ""))
        sources = np.array([0, 1, 0, 2])
        assert group_products(pairs, GroupOptions(), sources=sources, bounds=bounds).groups.tolist() == [0, 0, 0, 0]
        assert count_overruled(bounds, GroupOptions(max_size=2), None) == 1
        assert count_overruled(bounds, GroupOptions(max_size=3), None) == 0
        assert count_overruled(bounds, GroupOptions(), sources) == 1

    def test_agreement_is_of_all_pairs_between_what_is_kept_together(self):
        pairs = pairs_of(("a", "c", 0.8), ("b", "c", 0.1), ("b", "d", 0.1))
        assert grouped(pairs, (LOCK, "ab", "")) == [{"a", "b"}]
        assert grouped(pairs, (LOCK, "ab", ""), agreement=0.4) == [{"a", "b", "c"}]


@given(
    scored,
    options,
    st.lists(st.tuples(st.sampled_from([LOCK, SPLIT]), st.sets(st.integers(0, 9), min_size=2, max_size=3)), max_size=5),
)
def test_decisions_hold_whatever_the_scores(scored, options, decided):
    pairs = pairs_of(*((left, right, score) for (left, right), score in scored.items()))
    given = [
        (kind, sorted(ids)[:1] if kind == SPLIT else sorted(ids), sorted(ids)[1:] if kind == SPLIT else ())
        for kind, ids in decided
    ]
    try:
        bounds = bound(pairs, *given)
    except DecisionsDisagree:
        return
    grouping = group_products(pairs, options, bounds=bounds)
    of = dict(zip(pairs.ids.to_pylist(), grouping.groups.tolist(), strict=True))
    for kind, one, other in given:
        if kind == LOCK:
            assert len({of[product] for product in one if product in of}) <= 1
        else:
            assert not {of[product] for product in one if product in of} & {
                of[product] for product in other if product in of
            }
    cut = grouping.brakes != Brake.NONE
    np.testing.assert_array_equal(cut, pairs.called & ~inside(pairs, grouping))


def test_without_decisions_groups_are_as_without_bounds():
    pairs = pairs_of(*TestDecisions.chain)
    one, other = (group_products(pairs, GroupOptions(), bounds=bounds) for bounds in (None, bound(pairs)))
    np.testing.assert_array_equal(one.groups, other.groups)


@pytest.mark.parametrize("wrong", [{"max_size": 1}, {"max_size": -2}, {"agreement": 1.2}, {"agreement": -0.1}])
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(InputError, match=r"--max-size|--agreement"):
        GroupOptions(**wrong)


def test_a_probability_above_1_is_refused():
    with pytest.raises(InputError, match="probability 3: it is from 0 to 1"):
        pairs_of(("a", "b", 3.0))
