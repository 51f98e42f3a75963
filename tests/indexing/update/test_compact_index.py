"""Compacting: one layer again with the same answers; refitted, an index as if built of its products today."""

import shutil

import numpy as np
import pyarrow as pa
import pytest

from indexing.build.joining import ViewJoining
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.storage.artefact import damaged_files
from indexing.update.compact_index import compact_index


def test_compacted_it_is_one_layer_with_the_same_answers(market, same_index):
    market.build()
    market.update(*market.change(put=9, add=9, take=9))
    before = market.update(*market.change(put=9, add=9, take=9)).index
    done = compact_index(market.index)
    assert done.index.fingerprint == before.fingerprint
    assert (done.index.layers, done.delta, done.dead) == (None, before.layers.delta, before.layers.dead)
    assert damaged_files(market.index, done.index.manifest) == []
    same_index(done.index, before)
    assert not (market.index / "delta").exists()


def test_a_compacted_index_is_updated_as_any_other(market, same_index, monkeypatch):
    market.build()
    market.update(*market.change(put=9, add=9, take=9))
    compact_index(market.index)
    done = market.update(*market.change(put=9, add=9, take=9))
    same_index(done.index, market.rebuild(done.index, monkeypatch))


def test_there_may_be_nothing_to_fold_in(market):
    before = market.build().manifest
    assert compact_index(market.index).nothing
    assert open_index(market.index).manifest == before


def test_compacted_vectors_are_not_taken_for_those_of_a_build(market):
    market.build()
    market.update(*market.change(put=9, add=9, take=9))
    compact_index(market.index)
    rebuilt = market.build()
    anew = market.build("anew")
    assert rebuilt.fingerprint == anew.fingerprint
    everybody = np.arange(len(anew.catalog))
    np.testing.assert_array_equal(rebuilt.rows("text").take(everybody), anew.rows("text").take(everybody))


def test_refitted_it_is_as_if_built_of_its_products_today(market, same_index):
    market.build()
    before = market.update(*market.change(put=30, add=50, take=20)).index.fingerprint
    done = compact_index(market.index, refit=True)
    assert done.refitted == ("text", "image", "lexical")
    assert done.index.fingerprint != before
    assert damaged_files(market.index, done.index.manifest) == []
    same_index(done.index, market.build("anew"))


@pytest.fixture
def own_pictures(market, pictures, tmp_path):
    """The folder of the market's pictures, one of which is of one product alone."""
    market.pictures = tmp_path / "mine"
    shutil.copytree(pictures, market.pictures)
    shutil.copy(pictures / "0.png", market.pictures / "own.png")
    market.rows["p7"]["image"] = "own.png"
    return market.pictures


def test_refitting_counts_a_vector_whose_picture_cannot_be_had_any_more(market, own_pictures):
    before = market.build(images=own_pictures)
    (own_pictures / "own.png").unlink()
    done = compact_index(market.index, refit=True)
    assert done.lost == 1
    place = before.catalog.lookup.positions(pa.array(["p7"]))
    assert before.rows("image").take(place).any()
    assert not done.index.rows("image").take(place).any()


def test_refitting_refuses_to_lose_the_vectors_of_many(market, own_pictures):
    before = market.build(images=own_pictures).fingerprint
    (own_pictures / "3.png").unlink()
    having = [one for one in market.in_order() if market.rows[one]["image"] == "3.png"]
    told = rf"{len(having)} of 150 products would lose their vector of image \(the first: product {having[0]}: 3.png: no such file"
    with pytest.raises(InputError, match=told):
        compact_index(market.index, refit=True)
    assert open_index(market.index).fingerprint == before


def test_refitted_it_is_joined_as_it_was_asked_for(market, monkeypatch):
    asked = {"index": "auto", "join": "exact", "purpose": "queries", "memory": "3G", "recall": 0.8, "float16": False}
    market.build(**asked)
    seen = []
    run = ViewJoining.run
    monkeypatch.setattr(ViewJoining, "run", lambda self, vectors: seen.append(self.options) or run(self, vectors))
    refitted = compact_index(market.index, refit=True).index
    assert vars(seen[0].joining) == asked == vars(refitted.made.asked)


def test_what_is_no_index_is_refused(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(InputError, match="has no manifest"):
        compact_index(tmp_path / "x")
