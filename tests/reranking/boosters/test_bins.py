"""Bins begin with values of sorted columns."""

import tracemalloc

import numpy as np

from reranking.boosters.bins import COLUMNS, first_values
from reranking.boosters.feature_blocks import write_feature_blocks


def test_each_of_few_values_begins_a_bin_however_rare_and_unknown_ones_none():
    column = np.array([0.0] * 900 + [3.0, np.nan, -1.0, 3.0], dtype=np.float32)
    found = first_values(column[:, None], 4)
    np.testing.assert_array_equal(found[:, 0], [-1, 0, 3, np.nan])


def test_many_values_are_parted_into_bins_of_as_many_pairs():
    column = np.random.default_rng(0).permutation(1000).astype(np.float32) ** 2
    found = first_values(column[:, None], 11)[:, 0]
    np.testing.assert_array_equal(np.searchsorted(np.sort(column), found), np.arange(11) * 999 // 10)


def test_a_value_that_most_pairs_have_begins_one_bin():
    column = np.concatenate([np.zeros(900), np.arange(1, 101)]).astype(np.float32)
    found = first_values(column[:, None], 20)[:, 0]
    known = found[~np.isnan(found)]
    assert known[0] == 0
    assert (np.diff(known) > 0).all()
    assert known[-1] == 100


def test_a_feature_that_nobody_has_begins_none():
    assert np.isnan(first_values(np.full((5, 1), np.nan, np.float32), 4)).all()


def test_neither_the_order_of_pairs_nor_who_stands_beside_matters():
    generator = np.random.default_rng(1)
    features = generator.normal(size=(300, COLUMNS + 3)).astype(np.float32)
    features[generator.random(features.shape) < 0.2] = np.nan
    found = first_values(features, 32)
    np.testing.assert_array_equal(first_values(features[generator.permutation(300)], 32), found)
    alone = [first_values(features[:, [number]], 32)[:, 0] for number in range(features.shape[1])]
    np.testing.assert_array_equal(np.stack(alone, axis=1), found)


def test_blocks_on_disk_have_the_bins_of_memory_of_which_they_take_a_few_columns(tmp_path):
    features = np.random.default_rng(2).normal(size=(20_000, 8 * COLUMNS + 3)).astype(np.float32)
    features[::7, 1] = np.nan
    blocks = write_feature_blocks(np.array_split(features, 20), tmp_path)
    tracemalloc.start()
    found = first_values(blocks, 32)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, first_values(features, 32))
    assert peak < features.nbytes / 2


def test_values_whose_difference_is_no_number_are_told_apart():
    column = np.array([np.inf, -np.inf, 2.0**127, -(2.0**127), np.inf, -np.inf], dtype=np.float32)
    found = first_values(column[:, None], 4)[:, 0]
    np.testing.assert_array_equal(found, [-np.inf, -(2.0**127), 2.0**127, np.inf])
