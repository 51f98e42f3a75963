"""All features together: on the sample, and on the sample with its rows shuffled and its ids renamed."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.pairs.labelled import positions_of
from reranking.pairs.pair_files import read_id_pairs
from reranking.signals import signals as signals_module
from reranking.signals.signals import prepare_signals

TOLERANCE = 1e-4  # of a score: sums of float32 depend on the order of the rows
NEARLY_ALL = 0.97  # a feature that such a sum moves over the value at which a tree splits moves the score more


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return positions_of(read_id_pairs(sample / "pairs_test.parquet"), index.catalog)


@pytest.fixture(scope="module")
def signals(index, pairs):
    return prepare_signals(index, np.unique(pairs))


@pytest.fixture(scope="module")
def features(signals, pairs):
    return signals.compute(*pairs)


def test_every_feature_has_a_name_of_its_own(signals):
    assert [name for name, times in Counter(signals.names).items() if times > 1] == []


def test_every_feature_says_what_it_means_and_to_which_family_it_belongs(signals):
    assert all(feature.meaning and feature.family for feature in signals.features)


def test_there_is_a_column_a_feature(signals, features, pairs):
    assert features.shape == (len(pairs[0]), len(signals.names))
    assert features.dtype == np.float32


def test_no_feature_is_infinite(signals, features):
    assert [name for name, column in zip(signals.names, features.T, strict=True) if np.isinf(column).any()] == []


def test_swapping_left_and_right_leaves_every_feature_as_it_is(signals, features, pairs):
    swapped = signals.compute(pairs[1], pairs[0])
    moved = ~np.isclose(features, swapped, rtol=1e-5, atol=1e-6, equal_nan=True)
    assert [name for name, column in zip(signals.names, moved.T, strict=True) if column.any()] == []


def test_a_pair_has_the_same_features_in_any_company(signals, features, pairs):
    left, right = pairs
    alone = np.vstack([signals.compute(left[row : row + 1], right[row : row + 1]) for row in range(5)])
    np.testing.assert_array_equal(alone, features[:5])


def test_other_products_prepared_beside_change_nothing(index, features, pairs):
    everything = prepare_signals(index, np.arange(len(index.catalog)))
    np.testing.assert_array_equal(everything.compute(*pairs), features)


def test_blocks_put_together_are_the_whole(signals, features, pairs, monkeypatch):
    monkeypatch.setattr(signals_module, "BLOCK_PAIRS", 50)
    told = []
    found = signals.compute_all(*pairs, stage="features", progress=lambda *step: told.append(step))
    np.testing.assert_array_equal(found, features)
    assert told[-1] == ("features", len(features), len(features))


def test_same_source_is_a_feature_only_when_asked_for(index, pairs):
    products = np.unique(pairs)
    plain, asked = (set(prepare_signals(index, products, same_source=ask).names) for ask in (False, True))
    assert len(asked - plain) == 1
    assert "source" in (asked - plain).pop()


def test_a_model_that_was_trained_with_more_neighbours_is_refused(index, pairs):
    with pytest.raises(InputError, match="keeps 20 neighbours, the model was trained with 21: build with -k 21"):
        prepare_signals(index, np.unique(pairs), k=21)


def test_only_the_views_asked_for_are_computed(index, pairs):
    names = prepare_signals(index, np.unique(pairs), views=("text",)).names
    assert not any(name.startswith(("fused_", "lexical_")) for name in names)


@pytest.fixture(scope="module")
def shuffled(sample, tmp_path_factory):
    """An index of the sample in another order, and the new name of each id."""
    folder = tmp_path_factory.mktemp("shuffled")
    products = pd.read_parquet(sample / "products.parquet").sample(frac=1, random_state=1)
    renamed = {ident: number for number, ident in enumerate(products["id"])}
    products.assign(id=products["id"].map(renamed)).to_parquet(folder / "products.parquet")
    options = BuildOptions(images=sample, k=20)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index, renamed


def test_ids_and_the_order_of_the_catalogue_change_no_score(index, pairs, shuffled, sample_model):
    other, renamed = shuffled
    model = load_reranker(sample_model)
    ids = index.catalog.ids.to_pylist()
    there = {ident: position for position, ident in enumerate(other.catalog.ids.to_pylist())}
    left, right = (np.array([there[renamed[ids[position]]] for position in side]) for side in pairs)
    before = PairScorer.prepare(index, model, np.unique(pairs)).score(*pairs)
    after = PairScorer.prepare(other, model, np.unique([left, right])).score(left, right)
    assert np.ptp(before) > 0.1
    assert (np.abs(before - after) <= TOLERANCE).mean() >= NEARLY_ALL
