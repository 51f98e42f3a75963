"""Rival features on the sample: there with the model, the same in any company and either way round."""

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.boosters.boosting import BoostingOptions
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.pairs.labelled import LabelledPairs, positions_of
from reranking.pairs.pair_files import read_id_pairs
from reranking.signals.feature import Feature
from reranking.signals.learned.rival_lists import NOBODY
from reranking.signals.learned.rivals import FEATURES, LEAST_SCORE, log_odds, train_first_look
from reranking.signals.learned.stacking import FOLDS, Stacking
from reranking.signals.signals import prepare_signals

pytestmark = pytest.mark.usefixtures("early_first_look")
NAMES = [feature.name for feature in FEATURES]
OPTIONS = BoostingOptions(threads=1)
N = 600


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
    assert (rivals[:, 0:6:2] <= rivals[:, 1:6:2]).all()


def test_some_pairs_have_a_rival_in_common(rivals):
    shared = rivals[:, NAMES.index("rival_shared")]
    assert (shared == NOBODY).any()
    assert (shared > NOBODY).any()


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


def pairs_of(matches, others, seed=0):
    """Pairs of products 2i and 2i + 1 that match, and of others that do not."""
    rng = np.random.default_rng(seed)
    own = 2 * np.arange(matches)
    wrong = 2 * rng.choice(N // 2, others)
    left, right = np.concatenate([own, wrong]), np.concatenate([own + 1, (wrong + 3) % N])
    return LabelledPairs(left, right, np.concatenate([np.ones(matches), np.zeros(others)]))


def telling(left, right):
    """One feature that tells matches, and one that tells which pair it is."""
    return np.column_stack([right - left == 1, left * 1000 + right]).astype(np.float32)


def trained(pairs, compute=telling):
    stacking = Stacking.of(pairs, N, seed=0)
    features = compute(stacking.pairs.left, stacking.pairs.right)
    return train_first_look(features, ("tells", "names"), stacking, options=OPTIONS, seed=0)


def test_it_tells_matches_from_others():
    look = trained(pairs_of(200, 200))
    found = log_odds(look.members[0], telling(np.array([10, 10]), np.array([11, 13])))
    assert found[0] > 1 > -1 > found[1]


def test_there_is_none_where_matches_are_few(early_first_look):
    assert Stacking.of(pairs_of(early_first_look - 1, 300), N, seed=0) is None
    assert Stacking.of(pairs_of(early_first_look + FOLDS, 300), N, seed=0) is not None


def test_a_pair_is_seen_by_a_model_that_did_not_learn_it_by_heart():
    pairs = pairs_of(300, 300)
    left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    drawn = np.random.default_rng(1).random((N, N, 8), dtype=np.float32)

    def noise(left, right):
        return drawn[left, right]

    targets = np.random.default_rng(2).permutation(pairs.targets)
    look = trained(LabelledPairs(left, right, targets), noise)
    models = look.models_of(left, out_of_fold=True)
    assert set(models) == set(range(1, FOLDS + 1))
    assert (look.models_of(left, out_of_fold=False) == 0).all()
    by_member = np.array([log_odds(member, noise(left, right)) for member in look.members])
    known, unknown = by_member[0], by_member[models, np.arange(len(left))]
    assert ((known > 0) == targets).mean() > 0.8
    assert ((unknown > 0) == targets).mean() < 0.65


def test_products_of_one_group_are_in_one_fold():
    look = trained(pairs_of(200, 200))
    assert (look.folds[0:400:2] == look.folds[1:400:2]).all()


def test_what_is_stored_knows_no_fold():
    stored = trained(pairs_of(200, 200)).stored()
    assert len(stored.members) == 1
    assert (stored.models_of(np.array([0]), out_of_fold=True) == 0).all()


def test_log_odds_stay_from_certainty():
    look = trained(pairs_of(300, 300))
    bound = np.log((1 - LEAST_SCORE) / LEAST_SCORE)
    assert np.abs(log_odds(look.members[0], telling(np.arange(0, 100, 2), np.arange(1, 101, 2)))).max() <= bound + 1e-3


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_folds(seed):
    first, again = (Stacking.of(pairs_of(200, 200), N, seed=seed) for _ in "ab")
    np.testing.assert_array_equal(first.folds, again.folds)
