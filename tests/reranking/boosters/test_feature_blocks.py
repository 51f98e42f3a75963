"""Features in blocks on disk, and boosting through them."""

import numpy as np
import pytest

from reranking.boosters.boosting import BoostingOptions, boost, predict, to_bytes
from reranking.boosters.examples import Examples
from reranking.boosters.feature_blocks import write_feature_blocks

OPTIONS = BoostingOptions(eta=0.3, max_rounds=10, patience=10, members=1, threads=1)


def sums(left, right):
    """Two features of a pair of positions: left plus right, and left less right."""
    return np.stack([left + right, np.where(left > 990, np.nan, left - right)], axis=1).astype(np.float32)


@pytest.fixture
def pairs():
    return np.random.default_rng(0).integers(0, 1000, (2, 700))


@pytest.fixture
def blocks(pairs, tmp_path):
    return write_feature_blocks(np.split(sums(*pairs), [300, 600]), tmp_path / "blocks")


def test_blocks_hold_what_was_computed(pairs, blocks):
    whole = sums(*pairs)
    assert (len(blocks), len(blocks.starts)) == (700, 3)
    np.testing.assert_array_equal(blocks.read(), whole)
    np.testing.assert_array_equal(blocks[np.array([650, 3, 299, 300])], whole[[650, 3, 299, 300]])
    np.testing.assert_array_equal(blocks.column(1), whole[:, 1])


def test_boosting_through_files_learns_what_boosting_in_memory_learns(pairs, blocks):
    whole = sums(*pairs)
    targets = (whole[:, 0] > 1000).astype(np.float64)
    codes = np.zeros(700, dtype=np.int64)
    weights = np.where(np.arange(700) % 2, 0.5, 2.0).astype(np.float32)
    judged = Examples(whole, targets, codes)

    def train(features):
        examples = Examples(features, targets, codes, weights)
        return boost(examples, judged, lambda s, t, c: -float(np.mean((s - t) ** 2)), options=OPTIONS, seed=0)

    in_memory, through_files, again = train(whole), train(blocks), train(blocks)
    assert [to_bytes(one) for one in again] == [to_bytes(one) for one in through_files]
    np.testing.assert_allclose(predict(through_files, whole), predict(in_memory, whole), atol=0.02)
