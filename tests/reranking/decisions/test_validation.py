"""Folds of validation pairs are of whole product groups."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.decisions.validation import RankedCategory, ValidationPairs, rank


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


@pytest.fixture
def pairs():
    """Two categories, of three pairs and of one; no pair is of the third name."""
    codes = np.array([0, 0, 1, 0])
    return ValidationPairs(np.array([0.9, 0.2, 0.6, 0.4]), np.array([1.0, 0, 1, 1]), codes, codes, codes)


def test_the_share_of_matches_counts_pairs_as_often_as_they_weigh(pairs):
    assert pairs.share == 0.75
    assert replace(pairs, weights=np.array([1.0, 3, 1, 1])).share == 0.5


def mean_score(scores, targets, categories):
    return scores.mean()


def test_each_category_with_pairs_is_measured_alone(pairs):
    report = rank(pairs, ["a", "b", "c"], mean_score, lambda of: (0.0, float(len(of))))
    assert report.metric == pytest.approx(0.525)
    assert report.interval == (0.0, 4.0)
    assert report.categories == (
        RankedCategory("a", 3, 2, pytest.approx(0.5), (0.0, 3.0)),
        RankedCategory("b", 1, 1, pytest.approx(0.6), (0.0, 1.0)),
    )


def test_without_an_interval_there_is_none(pairs):
    report = rank(pairs, ["a", "b"], mean_score, None)
    assert report.interval is None
    assert [row.interval for row in report.categories] == [None, None]


def test_the_metric_gets_scores_targets_and_categories(pairs):
    def share(scores, targets, categories):
        return (scores * targets * (categories + 1)).sum()

    report = rank(pairs, ["a", "b"], share, None)
    assert report.metric == pytest.approx(0.9 + 2 * 0.6 + 0.4)
    assert [row.metric for row in report.categories] == pytest.approx([0.9 + 0.4, 2 * 0.6])


def test_another_seed_deals_other_folds():
    pairs = pairs_of(np.arange(40))
    deals = [[fold.tolist() for _, fold in pairs.folds(seed)] for seed in (0, 1, 0)]
    assert deals[0] == deals[2] != deals[1]
