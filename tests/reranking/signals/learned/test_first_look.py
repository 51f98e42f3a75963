"""The first look: it learns, and a pair that it was trained on is seen by a model that was not."""

import numpy as np
import pytest

from reranking.boosters.boosting import BoostingOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.first_look import LEAST_SCORE, log_odds, train_first_look
from reranking.signals.learned.stacking import FOLDS, Stacking

pytestmark = pytest.mark.usefixtures("early_first_look")

OPTIONS = BoostingOptions(threads=1)
N = 600


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
    return train_first_look(compute, ("tells", "names"), Stacking.of(pairs, N, seed=0), options=OPTIONS, seed=0)


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
