"""What carries no signal changes no score: sides, the order of pairs, identifiers, the order of the catalogue."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.pairs.labelled import read_labelled
from reranking.signals.signals import prepare_signals


def renumbered(products, folder, seed):
    """The catalogue in another order, under other ids; and the row that each of its products had before."""
    order = np.random.default_rng(seed).permutation(len(products))
    ids = pa.array(np.random.default_rng(seed + 1).permutation(len(products)) * 7 + 1000)
    turned = products.take(pa.array(order))
    turned = turned.set_column(turned.schema.get_field_index("id"), "id", ids)
    folder.mkdir(exist_ok=True)
    pq.write_table(turned, folder / "products.parquet")
    return folder / "products.parquet", order


def place_of(order):
    """Where each product went."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return read_labelled([sample / "pairs_test.parquet"], index.catalog)


@pytest.fixture(scope="module")
def turned(index, sample, tmp_path_factory):
    """The sample's index built again of the catalogue renumbered and permuted, and where each product went."""
    folder = tmp_path_factory.mktemp("turned")
    (folder / "images").symlink_to(sample / "images")
    path, order = renumbered(pq.read_table(sample / "products.parquet"), folder, seed=3)
    return build_index([path], folder / "index", options=BuildOptions(k=index.k)).index, place_of(order)


def scores_of(index, sample_model, left, right):
    products = np.unique(np.concatenate([left, right]))
    return PairScorer.prepare(index, load_reranker(sample_model), products).score(left, right)


def test_renumbering_and_permuting_the_catalogue_changes_no_score(index, turned, pairs, sample_model):
    other, place = turned
    before = scores_of(index, sample_model, pairs.left, pairs.right)
    after = scores_of(other, sample_model, place[pairs.left], place[pairs.right])
    assert len(np.unique(before)) > 50
    assert (before == after).all()


def test_renumbering_and_permuting_the_catalogue_changes_no_feature(index, turned, pairs):
    other, place = turned
    left, right = place[pairs.left], place[pairs.right]
    before = prepare_signals(index, pairs.products).compute(pairs.left, pairs.right)
    after = prepare_signals(other, np.unique(np.concatenate([left, right]))).compute(left, right)
    names = np.array(prepare_signals(index, pairs.products).names)
    differing = ~((before == after) | (np.isnan(before) & np.isnan(after)))
    assert names[differing.any(axis=0)].tolist() == []


def test_swapping_left_and_right_changes_no_score(index, pairs, sample_model):
    given = scores_of(index, sample_model, pairs.left, pairs.right)
    assert (scores_of(index, sample_model, pairs.right, pairs.left) == given).all()


def test_permuting_pairs_permutes_scores(index, pairs, sample_model):
    order = np.random.default_rng(0).permutation(len(pairs))
    given = scores_of(index, sample_model, pairs.left, pairs.right)
    assert (scores_of(index, sample_model, pairs.left[order], pairs.right[order]) == given[order]).all()


def test_twins_beyond_the_end_of_every_list_change_nothing(tmp_path):
    """Twelve offers of each title in four shops, lists of five: which twins a list holds is up to their order."""
    titles = [f"kettle steel {number} litre kx-{number}{number}0" for number in range(1, 9)]
    rows = [(title, f"shop {shop % 4}") for title in titles for shop in range(12)]
    frame = pd.DataFrame({"id": range(len(rows)), "title": [r[0] for r in rows], "source": [r[1] for r in rows]})
    products = pa.Table.from_pandas(frame, preserve_index=False)
    left, right = (side.ravel() for side in np.meshgrid(np.arange(0, 96, 5), np.arange(96)))
    left, right = left[left != right], right[left != right]
    found = []
    for seed in (1, 2):
        path, order = renumbered(products, tmp_path / str(seed), seed)
        options = BuildOptions(encoding=EncodingOptions(image_encoder="none"), match_across_sources=True, k=5)
        index = build_index([path], tmp_path / str(seed) / "index", options=options).index
        place = place_of(order)
        signals = prepare_signals(index, np.arange(len(rows)))
        found.append(signals.compute(place[left], place[right]))
    differing = ~((found[0] == found[1]) | np.isnan(found[0]) & np.isnan(found[1]))
    assert np.array(signals.names)[differing.any(axis=0)].tolist() == []
