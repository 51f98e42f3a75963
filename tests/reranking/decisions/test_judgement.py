"""What validation pairs say of a model: thresholds, probabilities, and a warning where nothing can be a match."""

import numpy as np
import pytest

from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import calibrate
from reranking.decisions.judgement import judge
from reranking.decisions.thresholds import decide
from reranking.decisions.validation import ValidationPairs, rank

NAMES = ["phones", "cables", "chairs"]
ASKED = AskedPrecision(0.8, {"cables": 0.6})


@pytest.fixture
def pairs():
    """600 pairs of three categories; of the third, scores say nothing and a fifth are matches."""
    random = np.random.default_rng(2)
    codes, scores = np.arange(600) % 3, random.random(600)
    targets = (random.random(600) < np.where(codes == 2, 0.2, scores > 0.5)).astype(float)
    return ValidationPairs(scores, targets, codes, np.arange(600) // 2, np.arange(600) // 2 + 1000)


def test_it_holds_the_decisions_and_the_maps_of_its_seed(pairs):
    judged = judge(pairs, NAMES, asked=ASKED, seed=8)
    assert judged.decided == decide(pairs, NAMES, ASKED, seed=8)
    assert judged.calibrated == calibrate(pairs, NAMES, seed=8)
    assert judged.decided != decide(pairs, NAMES, ASKED)
    assert judged.calibrated != calibrate(pairs, NAMES)


def test_the_ranking_is_measured_over_all_and_by_category(pairs):
    def metric(scores, targets, categories):
        return float((scores * targets).mean())

    def interval(of):
        return 0.0, float(len(of))

    judged = judge(pairs, NAMES, asked=ASKED, seed=0)
    assert judged.ranking(metric, interval) == rank(pairs, NAMES, metric, interval)


def test_categories_in_which_nothing_is_called_are_named(pairs):
    (warning,) = judge(pairs, NAMES, asked=ASKED, seed=0).never_warning()
    assert warning.startswith("in chairs nothing is called a match: ")
    assert judge(pairs.take(pairs.categories < 2), NAMES[:2], asked=ASKED, seed=0).never_warning() == []
