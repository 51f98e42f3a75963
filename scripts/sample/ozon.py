"""The sample can also take the schema of the Ozon contest, with ready-made vectors of titles and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Floats2d, Ints1d
from scripts.sample.attributes import Attributes
from scripts.sample.chance import stream
from scripts.sample.descriptors import BUCKETS, PICTURE_NUMBERS, describe_title
from scripts.sample.offers import Offer
from scripts.sample.pairs import SamplePairs
from scripts.sample.products import Product

PICTURE_DIMENSIONS, TITLE_DIMENSIONS = 128, 64
TITLE_CONTRAST = 0.06
"""This share of a title vector's squared length depends on the title: cosines lie between 0.94 and 1."""
MANTISSA_BITS = 10
"""Vectors are rounded to this many bits, which the file compresses well."""
VECTORS = pa.list_(pa.list_(pa.float32()))
SCHEMA = pa.schema(
    {
        "variantid": pa.int64(),
        "name": pa.string(),
        "categories": pa.string(),
        "color_parsed": pa.list_(pa.string()),
        "pic_embeddings_resnet_v1": VECTORS,
        "main_pic_embeddings_resnet_v1": VECTORS,
        "name_bert_64": pa.list_(pa.float32()),
        "characteristic_attributes_mapping": pa.string(),
    }
)


@dataclass(frozen=True)
class OfferVectors:
    """It holds one row an offer; `extra[i]` is (n, 128), or None where an offer has no further pictures."""

    title: Floats2d
    main: Floats2d
    extra: tuple[Floats2d | None, ...]


def make_vectors(offers: tuple[Offer, ...], main: Floats2d, extra: tuple[Floats2d | None, ...]) -> OfferVectors:
    """Project descriptors (rows of 192 numbers a picture) as an encoder would; the projections are the same always."""
    rng = stream(0, "projections")
    see = rng.normal(size=(PICTURE_NUMBERS, PICTURE_DIMENSIONS)).astype(np.float32) / np.sqrt(PICTURE_DIMENSIONS)
    read = rng.normal(size=(BUCKETS, TITLE_DIMENSIONS)).astype(np.float32)
    shared = rng.normal(size=TITLE_DIMENSIONS).astype(np.float32)
    told = _units(np.stack([describe_title(offer.title) for offer in offers]) @ read)
    title = np.sqrt(1 - TITLE_CONTRAST) * _units(shared[None, :]) + np.sqrt(TITLE_CONTRAST) * told
    return OfferVectors(
        title=_rounded(title),
        main=_rounded(main @ see),
        extra=tuple(None if pictures is None else _rounded(pictures @ see) for pictures in extra),
    )


def _units(rows: Floats2d) -> Floats2d:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _rounded(rows: Floats2d) -> Floats2d:
    mantissa, exponent = np.frexp(rows)
    scale = 2.0**MANTISSA_BITS
    return np.asarray(np.ldexp(np.round(mantissa * scale) / scale, exponent), dtype=np.float32)


def write_ozon(
    folder: Path,
    products: tuple[Product, ...],
    offers: tuple[Offer, ...],
    vectors: OfferVectors,
    pairs: SamplePairs,
    seed: int,
) -> None:
    """Write the contest's four files, and `test_pairs.parquet` with the truth of the test pairs."""
    folder.mkdir(parents=True)
    ids = stream(seed, "variant ids").choice(2**31 - 10**8, size=len(offers), replace=False).astype(np.int64) + 10**8
    table = _products_table(products, offers, vectors, ids)
    tested = pairs.split == 2
    test_offers = np.zeros(len(offers), dtype=np.bool_)
    test_offers[np.concatenate([pairs.left[tested], pairs.right[tested]])] = True
    _write(table.filter(pa.array(~test_offers)), folder / "train_data.parquet")
    _write(table.filter(pa.array(test_offers)), folder / "test_data.parquet")
    _write(_pairs_table(pairs, ids, ~tested), folder / "train_pairs.parquet")
    truth = _pairs_table(pairs, ids, tested)
    _write(truth, folder / "test_pairs.parquet")
    _write(truth.drop_columns(["target"]), folder / "test_pairs_wo_target.parquet")


def _products_table(
    products: tuple[Product, ...], offers: tuple[Offer, ...], vectors: OfferVectors, ids: Ints1d
) -> pa.Table:
    levels = [dict(zip("1234", products[offer.product].kind.levels, strict=True)) for offer in offers]
    return pa.table(
        {
            "variantid": ids,
            "name": [offer.title for offer in offers],
            "categories": [json.dumps(level, ensure_ascii=False) for level in levels],
            "color_parsed": [offer.parsed_colors for offer in offers],
            "pic_embeddings_resnet_v1": [None if rows is None else rows.tolist() for rows in vectors.extra],
            "main_pic_embeddings_resnet_v1": [[row] for row in vectors.main.tolist()],
            "name_bert_64": vectors.title.tolist(),
            "characteristic_attributes_mapping": [_lists_only(offer.attributes) for offer in offers],
        },
        schema=SCHEMA,
    )


def _lists_only(attributes: Attributes | None) -> str | None:
    """Return the attributes as JSON text; in this schema every value is a list."""
    if attributes is None:
        return None
    lists = {name: value if isinstance(value, list) else [value] for name, value in attributes.items()}
    return json.dumps(lists, ensure_ascii=False)


def _pairs_table(pairs: SamplePairs, ids: Ints1d, kept: Bools1d) -> pa.Table:
    left, right = ids[pairs.left[kept]], ids[pairs.right[kept]]
    return pa.table(
        {
            "variantid1": np.minimum(left, right),
            "variantid2": np.maximum(left, right),
            "target": pairs.target[kept],
        }
    )


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
