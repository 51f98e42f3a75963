"""The fast way to the metric gives what the whole ranking gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.curves import rank_pairs
from eval.metrics.precision_auc import areas_of, weighted, weighted_of
from eval.metrics.top_ranking import can_rank_top, top_areas


@st.composite
def pairs(draw):
    size, distinct = draw(st.integers(1, 400)), draw(st.integers(1, 300))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    scores = generator.integers(0, distinct, size) / distinct
    scores = (scores - draw(st.sampled_from([0.0, 0.5, 1.0]))) * draw(st.sampled_from([1.0, 1e-6, 1e6]))
    likely = draw(st.floats(0, 1)) * generator.random(size) + draw(st.floats(0, 1)) * (scores > np.median(scores))
    targets = (generator.random(size) < likely).astype(float)
    return scores.astype(np.float32), targets, generator.integers(0, draw(st.integers(1, 5)), size)


@given(pairs(), st.sampled_from([0.5, 0.7, 0.75, 0.9, 1.0]))
def test_each_category_has_the_value_of_the_whole_ranking(data, level):
    assert can_rank_top(*data)
    areas, sizes = top_areas(*data, level)
    there = np.unique(data[2])
    points = rank_pairs(*data).points()
    assert areas[there] == pytest.approx(areas_of(points, level), abs=1e-12)
    assert sizes[there].tolist() == points.pairs.tolist()
    assert weighted(*data, level) == pytest.approx(weighted_of(points, level), abs=1e-12)


def test_it_takes_float64_that_float32_holds_and_nothing_else():
    codes, targets = np.zeros(2, dtype=np.int64), np.ones(2)
    assert can_rank_top(np.array([0.5, 0.25]), targets, codes)
    assert not can_rank_top(np.array([0.1, 0.25]), targets, codes)
    assert not can_rank_top(np.array([np.nan, 0.25], dtype=np.float32), targets, codes)
    assert not can_rank_top(np.array([0.5, 0.25]), targets, codes - 1)
    assert not can_rank_top(np.array([0.5, 0.25]), targets, codes + 10**6)
    assert not can_rank_top(np.array([0.5]), targets, codes)


def test_negative_zero_ties_with_zero():
    scores = np.array([0.0, -0.0, -1.0], dtype=np.float32)
    data = scores, np.array([0.0, 1.0, 0.0]), np.zeros(3, dtype=np.int64)
    assert weighted(*data, 0.5) == weighted_of(rank_pairs(*data).points(), 0.5)


@pytest.mark.parametrize("count", [256, 257, 300])
def test_many_categories_are_kept_apart(count):
    generator = np.random.default_rng(count)
    scores = generator.integers(0, 50, 20 * count).astype(np.float32)
    data = scores, (generator.random(20 * count) < 0.8).astype(float), np.arange(20 * count) % count
    areas, sizes = top_areas(*data, 0.75)
    assert areas == pytest.approx(areas_of(rank_pairs(*data).points(), 0.75), abs=1e-12)
    assert sizes.tolist() == [20] * count


@pytest.mark.parametrize("first", [1.0, -1.0])
def test_scores_that_are_next_to_one_another_are_no_tie(first):
    bits = np.float32(first).view(np.uint32) + np.arange(6, dtype=np.uint32)
    scores = np.sort(bits.view(np.float32))[::-1]
    data = scores, np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]), np.zeros(6, dtype=np.int64)
    assert top_areas(*data, 0.5)[0] == pytest.approx(areas_of(rank_pairs(*data).points(), 0.5), abs=1e-12)
