"""Rival features on the sample: there with the model, the same in any company and either way round."""

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import load_reranker
from reranking.pairs.labelled import positions_of
from reranking.pairs.pair_files import read_id_pairs
from reranking.signals.feature import Feature
from reranking.signals.learned.rivals import FEATURES
from reranking.signals.signals import prepare_signals

pytestmark = pytest.mark.usefixtures("early_first_look")

NAMES = [feature.name for feature in FEATURES]


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def model(sample_model):
    return load_reranker(sample_model)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return positions_of(read_id_pairs(sample / "pairs_test.parquet"), index.catalog)


@pytest.fixture(scope="module")
def signals(index, model, pairs):
    return prepare_signals(index, np.unique(pairs), learned=model.learned)


@pytest.fixture(scope="module")
def rivals(signals, pairs):
    return signals.compute(*pairs)[:, -len(NAMES) :]


def test_they_come_last(signals):
    assert list(signals.names[-len(NAMES) :]) == NAMES
    assert all(isinstance(feature, Feature) for feature in signals.features)


def test_the_model_needs_them_and_keeps_its_first_look(model):
    assert set(NAMES) <= set(model.feature_names)
    assert len(model.learned.look.members) == 1
    assert not set(NAMES) & set(model.learned.look.feature_names)


def test_they_are_known_of_every_pair(rivals):
    assert np.isfinite(rivals).all()


def test_the_smaller_is_never_above_the_larger(rivals):
    assert (rivals[:, 0::2] <= rivals[:, 1::2]).all()


def test_a_source_has_no_better_offers_than_everybody(rivals):
    lead, offer_lead = (rivals[:, NAMES.index(name)] for name in ("rival_lead_smaller", "rival_offer_lead_smaller"))
    assert (offer_lead >= lead).all()
    assert (offer_lead > lead).any()


def test_swapping_left_and_right_leaves_them_as_they_are(signals, pairs, rivals):
    np.testing.assert_array_equal(signals.compute(pairs[1], pairs[0])[:, -len(NAMES) :], rivals)


def test_a_pair_has_the_same_ones_in_any_company(index, model, pairs, rivals):
    left, right = (side[:3] for side in pairs)
    scorer = PairScorer.prepare(index, model, np.unique([left, right]))
    np.testing.assert_array_equal(scorer.signals.compute(left, right)[:, -len(NAMES) :], rivals[:3])
