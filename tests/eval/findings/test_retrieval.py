"""Recall of true matches by neighbour rank."""

import numpy as np
import pytest

from eval.findings.retrieval import recall_at
from indexing.errors import InputError

NAN = np.nan


def test_a_match_is_found_if_either_side_ranks_the_other_within_k():
    there, back = np.array([1.0, 5.0, NAN, NAN]), np.array([NAN, 2.0, 1.0, NAN])
    recall = recall_at(there, back, ks=[1, 2, 10])
    assert recall.either.tolist() == [0.5, 0.75, 0.75]
    assert recall.matches == 4


def test_directed_recall_is_the_mean_over_both_directions():
    there, back = np.array([1.0, 5.0, NAN, NAN]), np.array([NAN, 2.0, 1.0, NAN])
    assert recall_at(there, back, ks=[1, 2, 10]).directed.tolist() == [0.25, 0.375, 0.5]


def test_without_matches_recall_is_unknown():
    recall = recall_at(np.zeros(0), np.zeros(0), ks=[1, 10])
    assert np.isnan(recall.either).all()
    assert np.isnan(recall.directed).all()
    assert recall.matches == 0


def test_a_k_below_one_is_refused():
    with pytest.raises(InputError, match="k 0"):
        recall_at(np.ones(1), np.ones(1), ks=[0, 5])


def test_ranks_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="2 ranks one way, 1 the other"):
        recall_at(np.ones(2), np.ones(1), ks=[1])
