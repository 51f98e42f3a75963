"""An index folder, opened: cosines of pairs, engines for queries."""

import numpy as np
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.catalog import catalog_of
from indexing.errors import InputError


@pytest.fixture
def index(write, shop, tmp_path):
    shop["title"][3], shop["title"][6] = None, None
    shop["image"][4], shop["image"][6] = None, None
    path = write("products.parquet", shop)
    return build_index([path], tmp_path / "index", options=BuildOptions(k=4, text_weight=0.3)).index


@pytest.mark.parametrize("block", [16_384, 5])
@pytest.mark.parametrize("view", ["text", "image", "fused"])
def test_cosines_of_pairs_are_those_of_the_rows(index, view, block, monkeypatch):
    monkeypatch.setattr("indexing.vectors.pair_cosines.COSINE_BLOCK", block)
    left, right = np.divmod(np.arange(64), 8)
    rows = index.rows(view).take(np.arange(8))
    seen = np.any(rows, axis=1)
    expected = np.where(seen[left] & seen[right], np.einsum("ij,ij->i", rows[left], rows[right]), np.nan)
    found = index.cosines(view, left, right)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)
    assert np.isnan(found).any()


def test_cosines_are_symmetric_in_every_view(index):
    left, right = np.divmod(np.arange(64), 8)
    for view in index.views:
        swapped = index.cosines(view, right, left)
        assert index.cosines(view, left, right) == pytest.approx(swapped, abs=1e-6, nan_ok=True)


def test_kept_neighbours_have_the_cosines_of_their_pairs(index):
    for view in index.views:
        found = index.neighbours(view)
        left, column = np.nonzero(found.positions >= 0)
        cosines = index.cosines(view, left, found.positions[left, column])
        assert cosines == pytest.approx(found.cosines[left, column], abs=3e-6)


def test_a_product_without_anything_to_see_has_no_neighbours(index):
    assert index.seen["text"].tolist() == [True, True, True, False, True, True, False, True]
    assert (index.neighbours("fused").positions[6] == -1).all()
    assert not (index.neighbours("fused").positions == 6).any()


def test_a_typed_text_finds_its_product(index):
    encoder = index.encoder("text")
    rows = encoder.encode(catalog_of(title="kettle glass KX-150 1.5 l")).rows
    assert index.engine("text").search(rows, 1).positions.tolist() == [[2]]
    lexical = index.engine("lexical")
    assert lexical.search(lexical.rows(["USB-C 1.5 cable"]), 1).positions.tolist() == [[5]]


def test_a_picture_finds_its_product(index, tmp_path):
    rows = index.encoder("image").encode(catalog_of(images=["5.png"], pictures=tmp_path)).rows
    assert index.engine("image").search(rows, 1).positions.tolist() == [[5]]


def test_a_view_that_was_not_built_is_refused_by_name(index):
    with pytest.raises(InputError, match=r"has no smell view \(has text, image, fused, lexical\)"):
        index.neighbours("smell")
    assert index.vectors("image_extra") is None
