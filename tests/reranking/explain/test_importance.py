"""What a model looks at, by family."""

import numpy as np
import pytest

from reranking.boosters.boosting import BoostingOptions, Examples, boost, contributions
from reranking.explain.importance import SAMPLED, family_importance
from reranking.signals.feature import Feature

FEATURES = [Feature("first", "one", ""), Feature("second", "two", ""), Feature("third", "two", "")]


@pytest.fixture(scope="module")
def examples():
    """The target follows the first column, a little the second, never the third."""
    features = np.random.default_rng(0).normal(size=(SAMPLED, 3)).astype(np.float32)
    targets = (features[:, 0] + 0.3 * features[:, 1] > 0).astype(np.float32)
    return Examples(features, targets, np.zeros(SAMPLED, dtype=np.int64))


@pytest.fixture(scope="module")
def members(examples):
    options = BoostingOptions(members=1, max_rounds=20, patience=20, max_depth=3, colsample_bytree=1, threads=1)
    return boost(examples, examples, lambda s, t, c: float(((s > 0.5) == t).mean()), options=options, seed=0)


def test_families_stand_strongest_first_with_what_their_features_add_together(examples, members):
    found = family_importance(members, FEATURES, examples.features, seed=0)
    assert [(of.family, of.features) for of in found] == [("one", 1), ("two", 2)]
    added = contributions(members, examples.features)
    assert found[0].added == pytest.approx(np.abs(added[:, 0]).mean(), rel=1e-4)
    assert found[1].added == pytest.approx(np.abs(added[:, 1] + added[:, 2]).mean(), rel=1e-4)
    assert found[1].strongest[0] == "second"


def test_a_larger_file_is_sampled_the_same_each_time(examples, members):
    many = np.tile(examples.features, (3, 1))
    assert family_importance(members, FEATURES, many, seed=0) == family_importance(members, FEATURES, many, seed=0)
