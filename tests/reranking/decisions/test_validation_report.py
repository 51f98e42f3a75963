"""The metric on validation pairs, over all and by category."""

import numpy as np
import pytest

from reranking.decisions.validation import ValidationPairs
from reranking.decisions.validation_report import ranked_report


@pytest.fixture
def pairs():
    """Two categories, of three pairs and of one; no pair is of the third name."""
    codes = np.array([0, 0, 1, 0])
    return ValidationPairs(np.array([0.9, 0.2, 0.6, 0.4]), np.array([1.0, 0, 1, 1]), codes, codes, codes)


def mean_score(scores, targets, categories):
    return scores.mean()


def test_each_category_with_pairs_is_measured_alone(pairs):
    report = ranked_report(pairs, ["a", "b", "c"], mean_score, lambda of: (0.0, float(len(of))))
    assert report["metric"] == pytest.approx(0.525)
    assert report["interval"] == (0.0, 4.0)
    assert report["categories"] == [
        {"category": "a", "pairs": 3, "matches": 2, "metric": pytest.approx(0.5), "interval": (0.0, 3.0)},
        {"category": "b", "pairs": 1, "matches": 1, "metric": pytest.approx(0.6), "interval": (0.0, 1.0)},
    ]


def test_without_an_interval_there_is_none(pairs):
    report = ranked_report(pairs, ["a", "b"], mean_score, None)
    assert report["interval"] is None
    assert [row["interval"] for row in report["categories"]] == [None, None]
