"""What is learned beside the boosters reads training pairs out of fold, and all others by the model of all pairs."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.boosters.boosting import BoostingOptions
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import read_labelled
from reranking.signals.feature import columns_of
from reranking.signals.learned.rivals import FEATURES as RIVAL_FEATURES
from reranking.signals.learned.rivals import log_odds
from reranking.signals.learned.stacking import Stacking
from reranking.signals.learned.words import FEATURES as WORD_FEATURES
from reranking.training.examples import prepare_training_signals

pytestmark = pytest.mark.usefixtures("early_first_look")


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return read_labelled([sample / "pairs_train.parquet"], index.catalog)


@pytest.fixture(scope="module")
def signals(index, pairs, early_first_look):
    return prepare_training_signals(
        index, pairs, pairs.products, TrainOptions(boosting=BoostingOptions(threads=1), seed=0)
    )


@pytest.fixture(scope="module")
def computed(signals, pairs):
    return {among: signals.of_training_pairs(among).compute(pairs.left, pairs.right) for among in (True, False)}


def names_of(features):
    return [feature.name for feature in features]


@pytest.fixture(scope="module")
def word_columns(signals):
    return columns_of(signals.names, names_of(WORD_FEATURES))


def test_words_are_read_out_of_fold_among_training_pairs_alone(signals, pairs, computed, word_columns):
    left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    folds = signals.words.learned.folds[left]
    assert set(folds) == set(range(5))
    for fold in range(5):
        own = folds == fold
        unseen = signals.words.compute_by(fold + 1, left[own], right[own])
        np.testing.assert_array_equal(computed[True][own][:, word_columns], unseen)
    np.testing.assert_array_equal(computed[False][:, word_columns], signals.words.compute_by(0, left, right))


@pytest.mark.parametrize("among", [True, False])
def test_rivals_are_looked_at_out_of_fold_among_training_pairs_alone(signals, pairs, computed, among):
    left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    needed = computed[among][:, columns_of(signals.names, signals.rivals.look.feature_names)]
    own = computed[among][:, columns_of(signals.names, names_of(RIVAL_FEATURES))]
    expected, other = (
        replace(signals.rivals, out_of_fold=asked).compute(left, right, needed) for asked in (among, not among)
    )
    np.testing.assert_array_equal(own, expected)
    assert (own != other).any()


def test_what_learns_nothing_is_the_same_for_all_pairs(signals, computed):
    plain = slice(0, len(signals.plain.features))
    np.testing.assert_array_equal(computed[True][:, plain], computed[False][:, plain])


def test_the_words_of_one_model_are_put_where_words_are_and_nowhere_else(signals, pairs, computed, word_columns):
    seen = computed[False].copy()
    signals.read_words_by(3, seen, pairs.right, pairs.left)
    left, right = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    np.testing.assert_array_equal(seen[:, word_columns], signals.words.compute_by(3, left, right))
    others = np.setdiff1d(np.arange(len(signals.names)), word_columns)
    np.testing.assert_array_equal(seen[:, others], computed[False][:, others])


def test_each_first_look_scores_rivals_by_the_words_of_its_own_fold(index, pairs, signals):
    lists = [given.log_odds for given in signals.rivals.lists]
    assert len(lists) == 6
    for number in (0, 4):
        rivals = signals.rivals.lists[number].pairs
        plain = type(signals)(signals.plain, signals.words)
        seen = plain.compute(rivals.left, rivals.right)
        plain.read_words_by(number, seen, rivals.left, rivals.right)
        columns = columns_of(plain.names, signals.rivals.look.feature_names)
        expected = log_odds(signals.rivals.look.members[number], seen[:, columns])
        np.testing.assert_array_equal(lists[number], expected[rivals.pair_of])


def test_too_few_matches_teach_neither_words_nor_rivals(index, pairs):
    few = pairs.take(np.flatnonzero(pairs.targets == 1)[:40])
    signals = prepare_training_signals(
        index, few, few.products, TrainOptions(boosting=BoostingOptions(threads=1), seed=0)
    )
    assert signals.words is signals.rivals is None
    assert Stacking.of(few, len(index.catalog), seed=0) is None
