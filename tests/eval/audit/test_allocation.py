"""Allocation: where labels go, within what is possible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.audit.allocation import LEAST_PILOT, allocate, pilot
from eval.audit.strata import Strata


def strata_of(sizes, likely, called):
    sizes = np.array(sizes)
    none = np.zeros(len(sizes), dtype=np.int64)
    return Strata(np.repeat(np.arange(len(sizes)), sizes), sizes, np.array(likely), np.array(called), none, ("rest",))


SIZES = st.lists(st.tuples(st.integers(1, 400), st.floats(0.001, 0.999), st.booleans()), min_size=1, max_size=8)


@given(SIZES, st.integers(60, 400))
def test_bounds_are_kept_and_the_budget_is_spent(cells, budget):
    strata = strata_of(*zip(*cells, strict=True))
    first = pilot(strata, budget)
    found, judged = np.floor(first * strata.likely), first.astype(float)
    second = allocate(strata, found, judged, budget, least=first)
    assert (second <= strata.sizes).all()
    assert (second >= np.minimum(first, strata.sizes)).all()
    assert (first >= np.minimum(LEAST_PILOT, strata.sizes)).all()
    assert second.sum() == min(
        max(budget, int(np.minimum(np.maximum(first, LEAST_PILOT), strata.sizes).sum())), strata.sizes.sum()
    )


def test_equal_strata_get_labels_by_the_deviation_of_their_verdicts():
    strata = strata_of([10_000, 10_000], [0.5, 0.01], [True, True])
    none = np.zeros(2)
    counts = allocate(strata, none, none, 1000, least=np.zeros(2, dtype=np.int64))
    wanted = np.sqrt([0.5 * 0.5, 0.01 * 0.99])
    assert counts == pytest.approx(1000 * wanted / wanted.sum(), abs=1)


def test_a_stratum_that_is_surely_all_matches_is_asked_least():
    strata = strata_of([100, 100, 100], [0.999, 0.5, 0.02], [True, True, False])
    counts = allocate(strata, np.array([10.0, 5, 0]), np.array([10.0, 10, 10]), 100, least=np.array([10, 10, 10]))
    assert counts[1] == counts.max()
    assert counts.sum() == 100


def test_what_pilots_find_moves_labels():
    strata = strata_of([1000, 1000], [0.1, 0.1], [True, True])
    judged, least = np.array([20.0, 20.0]), np.array([20, 20])
    counts = allocate(strata, np.array([0.0, 10.0]), judged, 200, least=least)
    assert counts[1] > 1.3 * counts[0]
