"""Pairs of products that the index's encoder was trained on are told, and can be left out."""

import json
import shutil

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.storage.artefact import MANIFEST
from reranking.pairs.labelled import read_labelled
from reranking.pairs.misleading_pairs import seen_by_encoders, seen_warning, without_seen
from reranking.pairs.seen_products import write_seen


@pytest.fixture
def indexed(sample_index, sample, tmp_path):
    """The sample's index as if its text encoder came from a folder that was trained on the products at positions."""

    def make(positions):
        folder = tmp_path / "index"
        shutil.copytree(sample_index, folder)
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest["made"]["encoders"]["text"]["notes"] = {"folder": str(tmp_path / "encoder")}
        (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        (tmp_path / "encoder").mkdir()
        index = open_index(folder)
        write_seen(tmp_path / "encoder", index.catalog, positions)
        return index, read_labelled([sample / "pairs_train.parquet"], index.catalog)

    return make


def test_what_the_encoder_saw_is_left_out_and_told(indexed):
    seen = np.arange(0, 320, 3)
    index, pairs = indexed(seen)
    assert np.flatnonzero(seen_by_encoders(index)).tolist() == seen.tolist()
    left = without_seen(index, pairs)
    assert 0 < len(left) < len(pairs)
    assert not np.isin(left.left, seen).any()
    dropped = len(pairs) - len(left)
    (warning,) = seen_warning(index, pairs)
    assert f"of {dropped:,} of the {len(pairs):,} training pairs" in warning
    assert "--leave-out-seen" in warning
    assert seen_warning(index, left) == []


def test_an_encoder_that_saw_everything_leaves_nothing_to_train_on(indexed):
    index, pairs = indexed(np.arange(320))
    with pytest.raises(InputError, match="train it with a --hold-out-share"):
        without_seen(index, pairs)


def test_an_encoder_that_was_not_trained_has_seen_nothing(sample_index, sample):
    index = open_index(sample_index)
    pairs = read_labelled([sample / "pairs_train.parquet"], index.catalog)
    assert seen_warning(index, pairs) == []
    assert len(without_seen(index, pairs)) == len(pairs)
