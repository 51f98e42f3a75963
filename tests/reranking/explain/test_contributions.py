"""Why a pair got its score: by feature, by family, and for a pair of an index."""

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.boosters.boosting import BoostingOptions, boost, contributions, predict
from reranking.boosters.ensemble import Ensemble
from reranking.boosters.examples import Examples
from reranking.explain.contributions import SAMPLED, explain_pair, explain_row, family_importance
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.signals.feature import Feature

FEATURES = [Feature("first", "one", ""), Feature("second", "two", ""), Feature("third", "two", "")]


@pytest.fixture(scope="module")
def examples():
    """The target follows the first column, a little the second, never the third."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(400, 3)).astype(np.float32)
    targets = (features[:, 0] + 0.3 * features[:, 1] > 0).astype(np.float32)
    return Examples(features, targets, np.zeros(400, dtype=np.int64))


def boosters(examples, members):
    options = BoostingOptions(members=members, max_rounds=20, patience=20, colsample_bytree=1, threads=1)
    return boost(examples, examples, lambda s, t, c: float(((s > 0.5) == t).mean()), options=options, seed=0)


def test_with_one_booster_they_add_up_to_the_log_odds_of_the_score(examples):
    members = boosters(examples, 1)
    added = contributions(members, examples.features)
    assert added.shape == (400, 4)
    scores = predict(members, examples.features)
    np.testing.assert_allclose(1 / (1 + np.exp(-added.sum(axis=1))), scores, atol=1e-5)


def test_several_boosters_are_meaned(examples):
    members = boosters(examples, 3)
    parts = [contributions([member], examples.features) for member in members]
    np.testing.assert_allclose(contributions(members, examples.features), np.mean(parts, axis=0), atol=1e-6)


class Model:
    def __init__(self, members):
        self.ensemble = Ensemble(tuple(members), (None,) * len(members))


def test_families_hold_the_sums_of_their_features_strongest_first(examples):
    members = boosters(examples, 2)
    row = np.array([[2.0, -1.0, np.nan]], dtype=np.float32)
    added = contributions(members, row)[0]
    found = explain_row(Model(members), FEATURES, row).by_family()
    assert found.families == ("one", "two")
    np.testing.assert_allclose(found.added, [added[0], added[1] + added[2]], atol=1e-6)
    assert found.strongest == ("first", "second")
    assert found.values.tolist() == [2.0, -1.0]
    assert found.base == pytest.approx(added[3])


class TestPairScorer:
    @pytest.fixture
    def scorer(self, sample_index, sample_model):
        return PairScorer.prepare(open_index(sample_index), load_reranker(sample_model), np.arange(0, 40))

    def test_a_pair_has_one_score_either_way(self, scorer):
        left, right = np.array([0, 1, 2]), np.array([10, 11, 12])
        np.testing.assert_array_equal(scorer.score(left, right), scorer.score(right, left))

    def test_the_score_is_that_of_the_whole_catalogue_prepared(self, scorer):
        whole = PairScorer.prepare(scorer.index, scorer.model, np.arange(len(scorer.index.catalog)))
        left, right = np.array([0, 1, 2]), np.array([10, 11, 12])
        np.testing.assert_array_equal(scorer.score(left, right), whole.score(left, right))

    def test_it_explains_near_the_score(self, scorer):
        found = explain_pair(scorer, 0, 1).by_family()
        near = 1 / (1 + np.exp(-(found.base + found.added.sum())))
        assert near == pytest.approx(scorer.score(np.array([0]), np.array([1]))[0], abs=0.1)
        assert len(found.families) == len(set(found.families))

    def test_the_threshold_is_that_of_the_left_products_category(self, scorer):
        (category,) = scorer.categories(np.array([0]))
        decisions = scorer.model.decisions
        assert scorer.thresholds(np.array([0])).tolist() == [decisions.by_category.get(category, decisions.default)]

    def test_an_index_that_does_not_fit_is_refused(self, sample, sample_model, tmp_path):
        from indexing.build.build_index import build_index
        from indexing.build.options import BuildOptions
        from indexing.encoders.options import EncodingOptions

        options = BuildOptions(encoding=EncodingOptions(image_encoder="none"), k=20)
        index = build_index([sample / "products.parquet"], tmp_path / "index", options=options).index
        with pytest.raises(InputError, match="does not fit the model"):
            PairScorer.prepare(index, load_reranker(sample_model), np.arange(2))


@pytest.fixture(scope="module")
def examples_of_importance():
    """The target follows the first column, a little the second, never the third."""
    features = np.random.default_rng(0).normal(size=(SAMPLED, 3)).astype(np.float32)
    targets = (features[:, 0] + 0.3 * features[:, 1] > 0).astype(np.float32)
    return Examples(features, targets, np.zeros(SAMPLED, dtype=np.int64))


@pytest.fixture(scope="module")
def members(examples_of_importance):
    options = BoostingOptions(members=1, max_rounds=20, patience=20, max_depth=3, colsample_bytree=1, threads=1)
    return boost(
        examples_of_importance,
        examples_of_importance,
        lambda s, t, c: float(((s > 0.5) == t).mean()),
        options=options,
        seed=0,
    )


def test_families_stand_strongest_first_with_what_their_features_add_together(examples_of_importance, members):
    found = family_importance(members, FEATURES, examples_of_importance.features, seed=0)
    assert [(of.family, of.features) for of in found] == [("one", 1), ("two", 2)]
    added = contributions(members, examples_of_importance.features)
    assert found[0].added == pytest.approx(np.abs(added[:, 0]).mean(), rel=1e-4)
    assert found[1].added == pytest.approx(np.abs(added[:, 1] + added[:, 2]).mean(), rel=1e-4)
    assert found[1].strongest[0] == "second"


def test_a_larger_file_is_sampled_the_same_each_time(examples_of_importance, members):
    many = np.tile(examples_of_importance.features, (3, 1))
    assert family_importance(members, FEATURES, many, seed=0) == family_importance(members, FEATURES, many, seed=0)
