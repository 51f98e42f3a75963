"""The cross-encoder's score as a feature: which models score which pair, and that order is nothing."""

import numpy as np
import pytest

from reranking.signals.learned.cross import FEATURES, CrossSignals
from reranking.signals.product_rows import ProductRows

TEXTS = ("a", "b", "c", "d", "e")
FOLDS = np.array([0, 0, 1, 1, -1])


def models(number, left, right):
    """Model 0 finds 0.2 everywhere, model 1 finds 0.6."""
    return np.full(len(left), [0.2, 0.6][number], dtype=np.float32)


def signals(*, out_of_fold):
    rows = ProductRows.of(np.arange(5), 5)
    return CrossSignals(models, 2, rows, TEXTS, FOLDS, out_of_fold)


PAIRS = {"both in 0": (0, 1, 0.2), "both in 1": (2, 3, 0.6), "one of each": (1, 2, 0.4), "one in none": (4, 3, 0.6)}


@pytest.mark.parametrize(("left", "right", "expected"), PAIRS.values(), ids=PAIRS)
def test_out_of_fold_the_models_that_did_not_see_the_products_score(left, right, expected):
    found = signals(out_of_fold=True).compute(np.array([left, right]), np.array([right, left]))
    assert found[:, 0].tolist() == pytest.approx([expected, expected])


def test_elsewhere_all_models_do():
    left, right = (np.array([pair[side] for pair in PAIRS.values()]) for side in (0, 1))
    assert signals(out_of_fold=False).compute(left, right)[:, 0].tolist() == pytest.approx([0.4] * 4)


def test_each_model_is_given_the_pairs_of_its_folds_alone():
    asked = {0: [], 1: []}

    def watched(number, left, right):
        asked[number] += list(zip(left, right, strict=True))
        return models(number, left, right)

    rows = ProductRows.of(np.arange(5), 5)
    family = CrossSignals(watched, 2, rows, TEXTS, FOLDS, out_of_fold=True)
    family.compute(np.array([0, 2, 1]), np.array([1, 3, 2]))
    assert asked == {0: [("a", "b"), ("b", "c")], 1: [("c", "d"), ("b", "c")]}


def test_its_one_feature_is_declared_symmetric_and_rising():
    assert [(feature.name, feature.symmetric, feature.direction) for feature in FEATURES] == [("cross_score", True, 1)]
