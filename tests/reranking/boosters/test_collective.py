"""A share of the pairs is handed to XGBoost with all that belongs to it, or not at all."""

import numpy as np
import pytest

from indexing.running.parts import parts_for, put_array
from indexing.running.tasks import Task
from reranking.boosters.collective import TARGETS, WEIGHTS, Sharing, _ShareIterator
from reranking.boosters.feature_blocks import write_feature_blocks


@pytest.fixture
def sharing(tmp_path):
    """What shares of six pairs, in blocks of four, need to hand them over; with or without weights."""
    parts = parts_for(tmp_path / "model", "1")
    parts.make()
    features = np.arange(12, dtype=np.float32).reshape(6, 2)
    blocks = write_feature_blocks(iter([features[:4], features[4:]]), tmp_path)
    put_array(parts, TARGETS, np.array([0.0, 1, 0, 1, 0, 1]))
    return lambda weighted: Sharing(parts, blocks, weighted, (), 1, 1, 1, lambda *_: 0.0, {})


def handed(sharing):
    """Labels and weights of the rows 1 to 4, block by block."""
    found, iterator = [], _ShareIterator(Task(1, 1, 5, "a share"), sharing)
    while iterator.next(lambda data, label, weight: found.append((label.tolist(), weight))):
        pass
    return [labels for labels, _ in found], [weights if weights is None else weights.tolist() for _, weights in found]


def test_pairs_have_their_own_weights(sharing):
    put_array(sharing(True).parts, WEIGHTS, np.arange(6.0))
    assert handed(sharing(True)) == ([[1.0, 0.0, 1.0], [0.0]], [[1.0, 2.0, 3.0], [4.0]])
    assert handed(sharing(False)) == ([[1.0, 0.0, 1.0], [0.0]], [None, None])


def test_weights_that_a_machine_does_not_see_are_not_done_without(sharing):
    with pytest.raises(FileNotFoundError):
        handed(sharing(True))
