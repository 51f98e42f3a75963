import numpy as np
import pytest

from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.stacking import FOLDS, Stacking, models_of

N = 600


@pytest.fixture(scope="module")
def stacking():
    """Folds of 600 products, two offers each, with the matches of all and 3,000 non-matches, in either order."""
    random = np.random.default_rng(0)
    one, other = random.integers(0, N, (2, 3_000))
    apart = one // 2 != other // 2
    left = np.concatenate([np.arange(0, N, 2), one[apart]])
    right = np.concatenate([np.arange(1, N, 2), other[apart]])
    targets = (np.arange(len(left)) < N // 2).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reranking.signals.learned.stacking.LEAST_MATCHES", 1)
        return Stacking.of(LabelledPairs(left, right, targets), N, seed=0)


def test_the_left_product_is_the_one_that_comes_first(stacking):
    assert (stacking.pairs.left < stacking.pairs.right).all()


def test_the_model_of_a_fold_learned_from_no_pair_that_has_a_product_of_it(stacking):
    models = models_of(stacking.folds, stacking.pairs.left, out_of_fold=True)
    for number in range(1, FOLDS + 1):
        read, learned = np.flatnonzero(models == number), stacking.pairs.take(stacking.rows[number])
        groups = [np.unique(part // 2) for part in (stacking.pairs.left[read], learned.products)]
        assert not np.intersect1d(*groups).size


def test_it_learned_from_all_others(stacking):
    for number in range(1, FOLDS + 1):
        left_out = np.setdiff1d(np.arange(len(stacking.pairs)), stacking.rows[number])
        sides = stacking.pairs.left[left_out], stacking.pairs.right[left_out]
        assert np.logical_or(*(stacking.folds[side] == number - 1 for side in sides)).all()
