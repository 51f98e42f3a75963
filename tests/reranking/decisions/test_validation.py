"""Folds of validation pairs are of whole product groups."""

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.decisions.validation import ValidationPairs


def pairs_of(left):
    column = np.zeros(len(left))
    return ValidationPairs(column, column, np.zeros(len(left), np.int64), left, left + 100)


def test_every_pair_is_judged_once_by_folds_that_share_no_left_group():
    groups = np.random.default_rng(0).integers(0, 30, 400)
    judged = []
    for rest, fold in pairs_of(groups).folds(seed=0):
        assert not np.intersect1d(groups[rest], groups[fold]).size
        assert len(rest) + len(fold) == 400
        judged.append(fold)
    np.testing.assert_array_equal(np.sort(np.concatenate(judged)), np.arange(400))
    assert min(map(len, judged)) > 40


def test_columns_of_several_lengths_are_refused():
    with pytest.raises(InputError, match="differ in length"):
        ValidationPairs(np.zeros(2), np.zeros(3), np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64))
