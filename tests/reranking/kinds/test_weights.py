"""Judged pairs are weighed to the mix of what is met."""

import numpy as np
import pyarrow as pa
import pytest

from reranking.kinds.weights import MOST_TIMES, mix_weights


def shares(pairs, weights, names):
    return [float(weights[pairs.of_category(name)].sum() / weights.sum()) for name in names]


def test_categories_have_the_shares_that_are_met(made_pairs):
    judged, met = made_pairs(900, seed=0, mix={"x": 0.8, "y": 0.2}), made_pairs(900, seed=1, mix={"x": 0.3, "y": 0.7})
    weights = mix_weights(judged, met, {})
    assert shares(judged, weights, "xy") == pytest.approx(shares(met, np.ones(900), "xy"), abs=1e-6)
    assert weights.mean() == pytest.approx(1)


def test_matches_have_the_share_that_was_found_in_their_category(made_pairs):
    judged = made_pairs(3000, seed=0, share=0.5)
    weights = mix_weights(judged, judged, {"x": (0.5, 0.2)})
    for name, expected in (("x", 0.2), ("y", 0.5)):
        inside = judged.of_category(name)
        assert np.average(judged.targets[inside], weights=weights[inside]) == pytest.approx(expected, abs=0.04)


def test_sources_that_were_never_judged_leave_the_others_as_they_are(made_pairs):
    judged = made_pairs(600, seed=0)
    met = made_pairs(600, seed=1, odd=0.5, mix={"x": 0.5, "y": 0.5})
    weights = mix_weights(judged, met, {})
    assert weights.max() / weights.min() < 1.5


def test_no_pair_counts_for_more_than_so_many(made_pairs):
    judged, met = (
        made_pairs(600, seed=0, mix={"x": 0.99, "y": 0.01}),
        made_pairs(600, seed=1, mix={"x": 0.01, "y": 0.99}),
    )
    weights = mix_weights(judged, met, {})
    assert weights.max() / weights.min() <= MOST_TIMES**2 + 1e-9


def test_pairs_without_sources_are_weighed_by_category_alone(made_pairs):
    judged, met = made_pairs(300, seed=0), made_pairs(300, seed=1)
    for pairs in (judged, met):
        for side in ("left_sources", "right_sources"):
            object.__setattr__(pairs, side, pa.nulls(300, pa.large_string()))
    assert np.isfinite(mix_weights(judged, met, {})).all()
