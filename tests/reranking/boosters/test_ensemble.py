"""Boosters for all pairs and for single categories: who scores what, and how it is explained."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from reranking.boosters.boosting import BoostingOptions, contributions, predict
from reranking.boosters.ensemble import Ensemble, train_ensemble
from reranking.boosters.examples import Examples
from reranking.pairs.evaluation_category import SideCategories

NAMES = ["large", "small"]
QUICK = {"eta": 0.3, "max_rounds": 8, "patience": 8, "members": 1, "threads": 1, "min_child_weight": 1.0}


def metric(scores, targets, categories):
    return -float(np.mean((scores - targets) ** 2))


@pytest.fixture(scope="module")
def examples():
    """In the large category the first feature decides, in the small one (too few matches) the second."""
    random = np.random.default_rng(0)
    features = random.normal(size=(900, 2)).astype(np.float32)
    codes = (np.arange(900) % 9 == 0).astype(np.int64)
    targets = np.where(codes == 0, features[:, 0] > 0, features[:, 1] > 0).astype(np.float64)
    return Examples(features, targets, codes)


def trained(examples, layout):
    options = BoostingOptions(layout=layout, **QUICK)
    return train_ensemble(examples, examples, NAMES, metric, options=options, seed=0)


def named(examples):
    column = pa.array([NAMES[code] for code in examples.categories], pa.large_string())
    return SideCategories(column, column)


def test_one_layout_needs_no_categories(examples):
    ensemble = trained(examples, "one")
    assert (ensemble.specialised, ensemble.scopes) == ((), (None,))
    assert (ensemble.score(examples.features) == predict(ensemble.members, examples.features)).all()


def test_only_categories_with_enough_matches_have_boosters_of_their_own(examples):
    ensemble = trained(examples, "categories")
    assert ensemble.specialised == ("large",)
    assert ensemble.monotone == (False,) * len(ensemble.members)


def test_a_category_of_its_own_is_scored_by_its_own(examples):
    ensemble = trained(examples, "categories")
    scores = ensemble.score(examples.features, named(examples))
    large = examples.categories == 0
    assert (scores[large] == predict(ensemble.of("large"), examples.features[large])).all()
    assert (scores[~large] == predict(ensemble.general, examples.features[~large])).all()
    assert (scores[large] != predict(ensemble.general, examples.features[large])).any()


def test_a_blend_is_the_mean_of_both(examples):
    ensemble = trained(examples, "blend")
    large = examples.categories == 0
    both = [predict(of, examples.features[large]) for of in (ensemble.general, ensemble.of("large"))]
    scores = ensemble.score(examples.features, named(examples))
    np.testing.assert_allclose(scores[large], np.mean(both, axis=0), rtol=1e-6)


@pytest.mark.parametrize("layout", ["categories", "blend"])
def test_a_pair_of_two_categories_has_the_mean_of_its_scores_in_both(examples, layout):
    ensemble = trained(examples, layout)
    large, small = (pa.array([name] * 50, pa.large_string()) for name in NAMES)
    features = examples.features[:50]
    in_large, in_small = (ensemble.score(features, SideCategories(one, one)) for one in (large, small))
    assert (in_large != in_small).any()
    for sides in (SideCategories(large, small), SideCategories(small, large)):
        np.testing.assert_array_equal(ensemble.score(features, sides), (in_large + in_small) / 2)


def test_pairs_of_two_categories_teach_the_boosters_of_both(examples):
    turned = replace(examples, categories=1 - examples.categories, others=examples.categories)
    given = replace(examples, others=1 - examples.categories)
    ensembles = [trained(one, "categories") for one in (given, turned)]
    assert ensembles[0].specialised == ensembles[1].specialised == ("large", "small")
    own = [predict(ensemble.of("large"), examples.features) for ensemble in ensembles]
    np.testing.assert_array_equal(*own)
    assert (own[0] != predict(trained(examples, "categories").of("large"), examples.features)).any()


def test_contributions_are_shared_as_the_scores_are(examples):
    ensemble = trained(examples, "blend")
    large = np.flatnonzero(examples.categories == 0)[:5]
    both = [contributions(of, examples.features[large]) for of in (ensemble.general, ensemble.of("large"))]
    found = ensemble.contributions(examples.features, named(examples))[large]
    np.testing.assert_allclose(found, np.mean(both, axis=0), atol=1e-6)


def test_without_categories_a_specialised_model_refuses(examples):
    with pytest.raises(ValueError, match="give the categories of each pair's products"):
        trained(examples, "blend").score(examples.features)


def test_members_and_scopes_belong_together():
    with pytest.raises(ValueError, match="1 members, but 0 scopes"):
        Ensemble((object(),), ())
