"""Strings that are compared pair by pair."""

import numpy as np
from rapidfuzz.distance import Indel

from reranking.signals.texts.string_ratios import FEW, string_ratios


def test_many_pairs_score_as_each_alone():
    left = [f"phone {number} of {number % 7}" for number in range(2 * FEW)]
    right = [f"fone {number * 3} of {number % 5}" for number in range(2 * FEW)]
    alone = [Indel.normalized_similarity(one, other) for one, other in zip(left, right, strict=True)]
    assert np.array_equal(string_ratios(left, right, Indel.normalized_similarity), np.float32(alone))
    few = string_ratios(left[:3], right[:3], Indel.normalized_similarity)
    assert np.array_equal(few, np.float32(alone[:3]))
