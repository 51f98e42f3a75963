"""Slices of pairs by how many of their products training has seen."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from eval.findings.seen import NAMES, products_seen
from eval.findings.slices import measure_slices
from eval.inputs.context import Context
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.pairs.pair_files import IdPairs, read_id_pairs


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture
def judged(sample, tmp_path):
    """Pairs of a split of the sample, all scored alike."""

    def join(name, targets=(0, 1)):
        table = pq.read_table(sample / f"pairs_{name}.parquet")
        table = table.filter(pc.is_in(pc.cast(table["target"], pa.int64()), pa.array(targets)))
        pq.write_table(table, tmp_path / "truth.parquet")
        pq.write_table(table.append_column("score", [[0.5] * len(table)]), tmp_path / "scores.parquet")
        return join_scores(read_scores(tmp_path / "scores.parquet"), read_truth(tmp_path / "truth.parquet"))

    return join


@pytest.fixture
def train(sample):
    return read_id_pairs(sample / "pairs_train.parquet")


def test_training_has_seen_the_matches_it_was_trained_on(judged, train, index):
    pairs = judged("train")
    kinds = products_seen(train, pairs, Context(catalog=index.catalog, index=index))
    assert set(kinds[pairs.targets == 1]) == {NAMES[2]}


def test_by_labels_alone_it_has_not_seen_products_of_other_splits(judged, train, index):
    pairs = judged("test")
    kinds = products_seen(train, pairs, Context(catalog=index.catalog, index=index))
    assert set(kinds) == {NAMES[0]}


def test_the_model_finds_products_that_no_label_tells(judged, train, index, sample_model):
    """Training has half of its matches, the truth none: of a product with more offers the model finds the others."""
    pairs = judged("train", targets=(0,))
    some = np.flatnonzero((train.target == 1) & (np.arange(len(train)) % 2 == 0))
    columns = train.left.take(some), train.right.take(some), train.target[some]
    half = IdPairs(train.path, train.columns, *columns, train.table, train.numbers)
    context = Context(catalog=index.catalog, index=index)
    told = replace(context, model=load_reranker(sample_model))
    alone, found = (products_seen(half, pairs, one) == NAMES[2] for one in (context, told))
    assert found[alone].all()
    assert found.sum() > alone.sum() + 10


def test_products_that_the_index_does_not_have_are_left_out(judged, index, write_table):
    strange = read_id_pairs(write_table("strange.parquet", {"left_id": [-5], "right_id": [-6], "target": [1.0]}))
    kinds = products_seen(strange, judged("test"), Context(catalog=index.catalog, index=index))
    assert set(kinds) == {NAMES[0]}


def test_without_an_index_or_targets_nothing_is_said(judged, train, index, write_table):
    context = Context(catalog=index.catalog, index=index)
    bare = read_id_pairs(write_table("bare.parquet", {"left_id": [1], "right_id": [2]}))
    assert products_seen(train, judged("test"), Context(catalog=index.catalog)) is None
    assert products_seen(bare, judged("test"), context) is None


def test_the_slices_have_it_with_training_pairs_alone(judged, train, index, sample_model):
    pairs = judged("valid")
    context = Context(catalog=index.catalog, index=index, model=load_reranker(sample_model))
    arguments = pairs, np.zeros(len(pairs), dtype=np.int64), np.ones(len(pairs), dtype=bool), context
    mixed = read_id_pairs(train.path)
    found = {part.by for part in measure_slices(*arguments, level=0.75, train=mixed)}
    assert "products seen" not in {part.by for part in measure_slices(*arguments, level=0.75)}
    kinds = products_seen(mixed, pairs, context)
    assert ("products seen" in found) == (len(set(kinds)) > 1)
