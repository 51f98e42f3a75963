"""Pairs of products that the index's encoder was trained on are told, and can be left out."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import catalog_of
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.storage.artefact import MANIFEST
from reranking.pairs.labelled import read_labelled
from reranking.pairs.misleading_pairs import (
    SEEN,
    seen_by_encoders,
    seen_products,
    seen_warning,
    without_seen,
    write_seen,
)


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


def catalog(ids):
    one = catalog_of(title="a")
    table = pa.concat_tables([one.table] * len(ids)).set_column(0, "id", pa.array(ids))
    return type(one)(table)


def test_what_was_written_is_found_in_another_order(tmp_path):
    write_seen(tmp_path, catalog([5, 6, 7]), np.array([0, 2]))
    assert seen_products(tmp_path, catalog([7, 8, 6, 5])).tolist() == [True, False, False, True]


def test_beside_a_file_it_is_found_too(tmp_path):
    write_seen(tmp_path, catalog([5]), np.array([0]))
    (tmp_path / "weights.pt").touch()
    assert seen_products(tmp_path / "weights.pt", catalog([5])).all()


def test_an_encoder_that_does_not_say_has_seen_nothing(tmp_path):
    assert not seen_products(tmp_path, catalog([5])).any()


def test_ids_of_another_kind_are_other_products(tmp_path):
    write_seen(tmp_path, catalog([5]), np.array([0]))
    assert not seen_products(tmp_path, catalog(["5"])).any()


def test_a_damaged_list_is_refused(tmp_path):
    (tmp_path / SEEN).write_bytes(b"no parquet")
    with pytest.raises(InputError, match="train the encoder again"):
        seen_products(tmp_path, catalog([5]))
