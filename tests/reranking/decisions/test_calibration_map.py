"""Probability maps never turn the order of two scores round, and come back from JSON."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.decisions.calibration_map import BetaMap, Calibration, IsotonicMap, read_calibration

weights = st.floats(0, 5)
knots = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6, unique_by=lambda k: k[0])


def isotonic(knots):
    scores, heights = (sorted(column) for column in zip(*knots, strict=True))
    return IsotonicMap(tuple(s / 100 for s in scores), tuple(h / 100 for h in heights))


maps = st.one_of(st.builds(BetaMap, weights, weights, st.floats(-5, 5)), st.builds(isotonic, knots))


@given(maps, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_score_never_gets_a_lower_probability(one, scores):
    found = one.of(np.sort(np.array(scores))).astype(np.float32)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@given(maps, st.dictionaries(st.text(max_size=3), maps, max_size=2))
def test_it_comes_back_from_json(default, by_category):
    calibration = Calibration(default, by_category)
    assert read_calibration(json.loads(json.dumps(calibration.stored()))) == calibration


def test_without_anything_learned_probabilities_are_the_scores():
    scores = np.array([0.0, 0.2, 0.7, 1.0])
    np.testing.assert_allclose(Calibration().of(scores, pa.array(["a"] * 4, pa.large_string())), scores, atol=1e-6)


def test_a_category_without_a_map_of_its_own_has_the_default():
    calibration = Calibration(IsotonicMap((0.5,), (0.1,)), {"phones": IsotonicMap((0.5,), (0.9,))})
    categories = pa.array(["phones", "cables", None], pa.large_string())
    assert calibration.of(np.array([0.5, 0.5, 0.5]), categories).tolist() == [0.9, 0.1, 0.1]


def test_knots_that_fall_are_refused():
    with pytest.raises(InputError, match="must rise"):
        IsotonicMap((0.1, 0.2), (0.5, 0.4))
    with pytest.raises(InputError, match="must rise"):
        IsotonicMap((0.1, 0.1), (0.4, 0.5))
