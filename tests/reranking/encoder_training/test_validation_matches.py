"""Recall of validation matches among the nearest."""

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.encoder_training.validation_matches import ValidationMatches


def at(*degrees):
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def matches(left, right, sources=None, products=4):
    found = None if sources is None else np.array(sources)
    return ValidationMatches(np.arange(products), np.array(left), np.array(right), found)


def test_recall_is_the_mean_of_both_directions():
    rows = at(0, 10, 12, 40)
    assert matches([0], [1]).recall(rows, k=1) == 0.5  # 1 is nearest to 0, but 2 to 1
    assert matches([0], [1]).recall(rows, k=2) == 1.0
    assert matches([0, 3], [1, 0], products=4).recall(rows, k=1) == 0.25


def test_those_of_the_same_source_are_not_neighbours():
    rows = at(0, 10, 12, 40)
    assert matches([0], [1], sources=[5, 6, 6, 7]).recall(rows, k=1) == 1.0
    assert matches([0], [1], sources=[-1, -1, -1, -1]).recall(rows, k=1) == 0.5  # no source is not one source


def test_many_matches_are_ranked_in_blocks(monkeypatch):
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 5)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    of = matches(np.arange(30), np.arange(30, 60), products=60)
    whole = of.recall(rows, k=10)
    monkeypatch.setattr("reranking.encoder_training.validation_matches.RANKED_ROWS", 7)
    assert of.recall(rows, k=10) == whole
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -2)
    nearest = np.argsort(-cosines, axis=1)[:, :10]
    found = [b in nearest[a] for x, y in zip(range(30), range(30, 60), strict=True) for a, b in ((x, y), (y, x))]
    assert whole == np.mean(found)


def test_no_matches_are_refused():
    with pytest.raises(InputError, match="no validation matches to judge by"):
        matches([], [])
