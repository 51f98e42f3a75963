"""Folds of whole product groups."""

import numpy as np
import pytest

from eval.metrics.precision_auc import weighted
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.boosters.examples import Examples
from reranking.pairs.labelled import read_labelled
from reranking.training.judging.cross_validation import CrossValidation, prepare_folds


@pytest.fixture(scope="module")
def folds(sample, sample_index):
    from reranking.model.train_options import TrainOptions

    index = open_index(sample_index)
    pairs = read_labelled([sample / "pairs_train.parquet"], index.catalog)
    return prepare_folds(index, pairs, TrainOptions(), count=4)


def test_each_pair_is_judged_once(folds):
    judged = np.concatenate([folds.judged(number) for number in range(folds.count)])
    assert sorted(judged.tolist()) == list(range(len(folds.examples.targets)))


def test_what_is_outside_touches_no_group_of_the_fold(folds):
    for number in range(folds.count):
        rows = folds.outside(number)
        assert not (folds.left_folds[rows] == number).any()
        assert not (folds.right_folds[rows] == number).any()
        assert not np.isin(rows, folds.judged(number)).any()


def test_folds_are_much_alike(folds):
    sizes = [len(folds.judged(number)) for number in range(folds.count)]
    shares = [folds.examples.targets[folds.judged(number)].mean() for number in range(folds.count)]
    assert max(sizes) < 1.5 * min(sizes)
    assert max(shares) < 2 * min(shares)


def test_a_fold_without_matches_is_refused():
    examples = Examples(np.zeros((4, 1), np.float32), np.array([1.0, 0, 0, 0]), np.zeros(4, np.int64))
    with pytest.raises(InputError, match="2 folds of whole product groups leave one without matches"):
        CrossValidation(examples, np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2)


def test_scores_out_of_fold_rank_the_pairs(folds, brief_training):
    scores = folds.scores_out_of_fold(weighted, brief_training().boosting, 0)
    assert weighted(scores, folds.examples.targets, folds.examples.categories) > 0.5
    assert not np.isnan(scores).any()


def test_each_fold_has_its_metric(folds, brief_training):
    found = list(folds.fold_metrics(weighted, brief_training().boosting, 0))
    assert len(found) == 4
    assert all(0 < value <= 1 for value in found)
