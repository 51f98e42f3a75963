"""Features of pairs of rivals are kept, and are those that would be computed."""

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.pairs.labelled import positions_of
from reranking.pairs.pair_files import read_id_pairs
from reranking.signals import kept_pairs
from reranking.signals.kept_pairs import KeptPairs
from reranking.signals.signals import prepare_signals

LEFT, RIGHT = np.array([0, 0, 2, 5]), np.array([3, 7, 4, 6])
FEATURES = np.arange(8, dtype=np.float32).reshape(4, 2)


@pytest.fixture
def kept():
    found = KeptPairs.room(LEFT, RIGHT, 2)
    found.put(0, FEATURES[:3])
    found.put(3, FEATURES[3:])
    return found


def test_a_pair_is_found_where_it_was_put_and_others_are_not(kept):
    rows = kept.rows(np.array([5, 0, 0, 0, 9, 2]), np.array([6, 3, 4, 7, 10, 4]))
    assert rows.tolist() == [3, 0, -1, 1, -1, 2]
    np.testing.assert_array_equal(kept.features, FEATURES)


def test_what_does_not_fit_is_not_kept(monkeypatch):
    monkeypatch.setattr(kept_pairs, "MOST_BYTES", 3 * 4 * 2)
    found = KeptPairs.room(LEFT, RIGHT, 2)
    found.put(0, FEATURES[:2])
    found.put(2, FEATURES[2:])
    assert found.rows(LEFT, RIGHT).tolist() == [0, 1, 2, -1]
    np.testing.assert_array_equal(found.features, FEATURES[:3])


def test_without_any_pairs_none_is_found():
    nobody = np.zeros(0, dtype=np.int64)
    assert KeptPairs.room(nobody, nobody, 2).rows(LEFT, RIGHT).tolist() == [-1] * 4


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.mark.parametrize("room", [128 << 20, 100_000, 0])
def test_scores_of_files_see_the_same_features_whether_kept_or_computed(index, sample, sample_model, monkeypatch, room):
    monkeypatch.setattr(kept_pairs, "MOST_BYTES", room)
    learned = load_reranker(sample_model).learned
    left, right = positions_of(read_id_pairs(sample / "pairs_test.parquet"), index.catalog)
    products = np.unique([left, right])
    keeping = prepare_signals(index, products, learned=learned, keep=True)
    anew = prepare_signals(index, products, learned=learned)
    assert anew.kept is None
    found = (keeping.kept.rows(np.minimum(left, right), np.maximum(left, right)) >= 0).mean()
    assert (found > 0) == (room > 0)
    np.testing.assert_array_equal(keeping.compute(left, right), anew.compute(left, right))
    known = np.flatnonzero(keeping.kept.rows(np.minimum(left, right), np.maximum(left, right)) >= 0)[:7]
    np.testing.assert_array_equal(keeping.compute(right[known], left[known]), anew.compute(left[known], right[known]))
