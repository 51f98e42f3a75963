import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from reranking.signals.learned.logistic import Logistic

FREEDOM = 0.3


def drawn(seed, pairs=400, tokens=60):
    random = np.random.default_rng(seed)
    counts = csr_matrix((random.random((pairs, tokens)) < 0.1).astype(np.float64))
    odds = counts @ random.normal(scale=3, size=tokens) - 1
    return counts, (random.random(pairs) < 1 / (1 + np.exp(-odds))).astype(np.float64)


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_are_those_of_another_solver(seed):
    counts, targets = drawn(seed)
    found = Logistic(counts, targets, FREEDOM).fit(1e-4)
    other = LogisticRegression(C=FREEDOM, solver="liblinear", tol=1e-10, max_iter=10_000).fit(counts, targets)
    np.testing.assert_allclose(found, np.append(other.coef_[0], other.intercept_), atol=1e-4)


@pytest.mark.parametrize("start", [np.full(61, 5.0), np.linspace(-30, 30, 61)])
def test_where_it_starts_does_not_matter(start):
    counts, targets = drawn(0)
    regression = Logistic(counts, targets, FREEDOM)
    before = start.copy()
    np.testing.assert_allclose(regression.fit(1e-4, start), regression.fit(1e-4), atol=1e-4)
    np.testing.assert_array_equal(start, before)


def test_words_that_tell_all_stay_finite():
    """Without the penalty the weights of counts that part all pairs would grow for ever."""
    counts, targets = csr_matrix(np.repeat(np.eye(2), 50, axis=0)), np.repeat([0.0, 1.0], 50)
    found = Logistic(counts, targets, FREEDOM).fit(1e-6)
    slope = found + FREEDOM * np.append(
        (1 / (1 + np.exp(-(counts @ found[:-1] + found[-1]))) - targets) @ counts, [0.0]
    )
    assert np.isfinite(found).all()
    np.testing.assert_allclose(slope[:2], 0, atol=1e-6)


def test_without_any_words_the_constant_is_the_share():
    found = Logistic(csr_matrix((1000, 0)), np.repeat([0.0, 1.0], [900, 100]), FREEDOM).fit(1e-6)
    assert found == pytest.approx([np.log(100 / 900)], abs=0.1)
