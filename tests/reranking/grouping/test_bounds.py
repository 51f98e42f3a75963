"""Decisions bind products through whatever third one, and contradictions are named."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.grouping.bounds import Bounds
from reranking.grouping.decisions import Decision, DecisionKind, DecisionsDisagree, KeptDecision

LOCK, MERGE, SPLIT = DecisionKind
HERE = Path("decisions.db")


def kept(*decided):
    """Decisions of anna, numbered from 1."""
    rows = enumerate(decided, 1)
    return [
        KeptDecision(seq, "2026-11-29T10:00:00", Decision(kind, tuple(one), tuple(other), "anna"))
        for seq, (kind, one, other) in rows
    ]


def placed(ids, *decided):
    return Bounds.of(kept(*decided)).over(pa.array(ids), HERE)


def test_without_decisions_nothing_is_bound():
    bounds = placed(["a", "b"])
    assert (bounds.together.tolist(), bounds.apart.tolist(), bounds.gone) == ([0, 1], [], 0)


def test_locks_and_merges_that_share_a_product_are_one_set():
    bounds = placed(["a", "b", "c", "d", "e"], (LOCK, "bd", ""), (MERGE, "d", "e"))
    assert bounds.together.tolist() == [0, 1, 2, 1, 1]


def test_a_set_holds_through_a_product_that_is_gone():
    bounds = placed(["a", "c"], (LOCK, "ab", ""), (LOCK, "bc", ""))
    assert (bounds.together.tolist(), bounds.gone) == ([0, 0], 1)


def test_a_split_holds_for_all_that_stay_with_a_side():
    bounds = placed(["a", "b", "c"], (SPLIT, "x", "b"), (LOCK, "xa", ""))
    assert bounds.apart.tolist() == [[0, 0], [1, 1]]


def test_a_contradiction_names_ids_and_the_fewest_decisions():
    decided = (LOCK, "abc", ""), (MERGE, "c", "de"), (MERGE, "d", "f"), (SPLIT, "a", "f")
    with pytest.raises(DecisionsDisagree) as caught:
        Bounds.of(kept(*decided))
    assert str(caught.value) == (
        "'a' and 'f' are apart by decision 4 (split, anna, 2026-11-29), and together by decision 1 (lock, anna, 2026-11-29), "
        "decision 2 (merge, anna, 2026-11-29), decision 3 (merge, anna, 2026-11-29): take one of them back"
    )


def test_of_many_contradictions_three_are_told():
    splits = [(SPLIT, [number], [number + 1]) for number in range(5)]
    with pytest.raises(DecisionsDisagree, match=r"^0 and 1 are apart .*; 2 and 3 are apart .*; and 2 more: take"):
        Bounds.of(kept((LOCK, range(6), ""), *splits))


def test_ids_that_are_integers_in_one_and_text_in_the_other_meet():
    bounds = Bounds.of(kept((LOCK, ["1", "3"], "")))
    assert bounds.over(pa.array([1, 2, 3]), HERE).together.tolist() == [0, 1, 0]
    with pytest.raises(InputError, match=r"^decisions\.db: id 'x' is text"):
        Bounds.of(kept((LOCK, ["1", "x"], ""))).over(pa.array([1, 2]), HERE)


sides = st.sets(st.integers(0, 7), min_size=2, max_size=4)
ties = st.lists(st.tuples(st.sampled_from([LOCK, SPLIT]), sides), max_size=8)


@given(ties, st.sets(st.integers(0, 7)))
def test_bounds_equal_a_plain_closure(ties, here):
    """The model: sets that are joined as long as two of them share a product."""
    decided = [
        (kind, sorted(ids)[: 1 if kind == SPLIT else None], sorted(ids)[1:] if kind == SPLIT else ())
        for kind, ids in ties
    ]
    sets = [{product} for product in range(8)]
    for kind, one, _ in decided:
        if kind == LOCK:
            joined = [found for found in sets if found & set(one)]
            sets = [found for found in sets if not found & set(one)] + [set().union(*joined)]
    torn = any(
        found & set(one) and found & set(other) for kind, one, other in decided if kind == SPLIT for found in sets
    )
    if torn:
        with pytest.raises(DecisionsDisagree):
            Bounds.of(kept(*decided))
        return
    ids = sorted(here)
    bounds = Bounds.of(kept(*decided)).over(pa.array(ids, pa.int64()), HERE)
    expected = [ids.index(min(next(found for found in sets if product in found) & here)) for product in ids]
    np.testing.assert_array_equal(bounds.together, expected)


class TestRefused:
    @pytest.mark.parametrize(
        ("kind", "one", "other", "said"),
        [
            (LOCK, ["a"], [], "two products together, or more"),
            (LOCK, ["a", "b"], ["c"], "two products together, or more"),
            (SPLIT, ["a"], [], "a split is of two sides"),
            (MERGE, [], ["a"], "a merge is of two sides"),
            (SPLIT, ["a", "b"], ["b"], "names a product twice"),
            (MERGE, ["a"], [1], "of one type"),
            (MERGE, [""], ["a"], "an id is empty"),
            (LOCK, list(range(100_001)), [], "at most 100,000 are decided at once"),
        ],
    )
    def test_what_is_no_decision(self, kind, one, other, said):
        with pytest.raises(InputError, match=said):
            Decision(kind, tuple(one), tuple(other), "anna")

    def test_a_decision_of_nobody(self):
        with pytest.raises(InputError, match="somebody's"):
            Decision(LOCK, ("a", "b"), (), " ")
