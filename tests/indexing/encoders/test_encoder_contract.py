"""What every encoder promises: unit rows or zeros, one a product, in their order, whatever the block."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.catalog.catalog import Catalog
from indexing.encoders.column import ColumnEncoder
from indexing.encoders.encoder import Spec
from indexing.encoders.lsa import fit_lsa
from indexing.encoders.pictures.patches.fitting import fit_patches
from indexing.encoders.pictures.patches.model import PatchEncoder
from indexing.encoders.pictures.patches.options import PatchOptions
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.vectors.ngram_options import LsaOptions

BLIND = 3  # the product with nothing to see


@pytest.fixture
def catalog(catalog_of, shop):
    titles, images = list(shop["title"]), [[name] for name in shop["image"]]
    titles[BLIND], images[BLIND] = None, []
    found = catalog_of(id=shop["id"], title=titles, images=images)
    rows = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    rows[BLIND] = 0
    column = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), 5)
    return Catalog(found.table.append_column("column:v", column), found.pictures, found.folder)


@pytest.fixture(params=["lsa", "thumbnail", "patches", "column", "clip", "clip-text"])
def encoder(request, catalog, tmp_path):
    if request.param.startswith("clip"):
        from indexing.encoders.options import EncodingOptions
        from indexing.encoders.pictures.plan import plan_clip

        spec = Spec(request.param, str(request.getfixturevalue("clip_folder")))
        return plan_clip(spec, EncodingOptions(), catalog, tmp_path, device="auto").make()
    if request.param == "lsa":
        return fit_lsa(catalog, LsaOptions(dim=4))
    if request.param == "patches":
        return PatchEncoder(fit_patches(catalog, PatchOptions(components=4)), workers=2)
    return ThumbnailEncoder(workers=2) if request.param == "thumbnail" else ColumnEncoder("v", 5)


def test_rows_are_unit_rows_or_zeros(encoder, catalog):
    encoded = encoder.encode(catalog)
    lengths = np.linalg.norm(encoded.rows, axis=1)
    assert encoded.rows.dtype == np.float32
    assert encoded.rows.shape == (8, encoder.dim)
    assert lengths[BLIND] == 0
    assert np.delete(lengths, BLIND) == pytest.approx(1.0, abs=1e-5)
    assert encoded.rejects == []


@pytest.mark.parametrize("length", [1, 3])
def test_blocks_equal_the_whole(encoder, catalog, length):
    whole = encoder.encode(catalog).rows
    blocks = [encoder.encode(catalog.slice(start, min(start + length, 8))).rows for start in range(0, 8, length)]
    assert np.concatenate(blocks) == pytest.approx(whole, abs=1e-6)


def test_rows_follow_the_order_of_the_products(encoder, catalog):
    order = np.array([5, 3, 0, 7, 1])
    assert encoder.encode(catalog.take(order)).rows == pytest.approx(encoder.encode(catalog).rows[order], abs=1e-6)


def test_duplicates_have_the_same_row(encoder, catalog):
    again = encoder.encode(catalog.take(np.array([2, 2]))).rows
    assert again[0] == pytest.approx(again[1], abs=1e-6)
