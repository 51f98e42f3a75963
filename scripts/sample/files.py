"""The sample's files hold everything that is made, written as one folder."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Floats2d
from indexing.errors import InputError
from indexing.storage.outputs import output, parents, refuse_unwritable
from scripts.sample.chance import stream
from scripts.sample.descriptors import PICTURE_NUMBERS, describe_picture
from scripts.sample.key_names import rename_keys
from scripts.sample.offers import SELLERS, Offer, make_offers
from scripts.sample.own_values import say_otherwise
from scripts.sample.ozon import make_vectors, write_ozon
from scripts.sample.pairs import SPLITS, SamplePairs, make_pairs
from scripts.sample.pictures import compress, photograph
from scripts.sample.products import Product, make_products

ID_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ID_LENGTH = 6
EXTRA_PX = 32
"""The further pictures have this side; only their vectors are kept."""


@dataclass(frozen=True)
class SampleCounts:
    """It says how large a sample is; `pairs` and `matches` are by split."""

    products: int
    offers: int
    pairs: dict[str, int]
    matches: dict[str, int]


@dataclass(frozen=True)
class Album:
    """An album has the pictures of the offers in order: JPEG bytes, and descriptors (rows of 192 numbers)."""

    jpegs: tuple[bytes, ...]
    main: Floats2d
    extra: tuple[Floats2d | None, ...]


def write_sample(
    out: Path,
    *,
    products: int,
    offers: int,
    seed: int,
    schema: str,
    picture_px: int,
    renamed_keys: float,
    own_values: float,
    filled_in: float | None,
) -> SampleCounts:
    """Write a sample into the folder `out`; `make_sample` says what its arguments mean and what is raised."""
    if not products <= offers <= products * len(SELLERS):
        raise InputError(f"{offers} offers of {products} products cannot be: each has 1 to {len(SELLERS)} offers")
    refuse_unwritable(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is in use: give a new or an empty folder")
    with (
        output(out),
        parents(out),
        tempfile.TemporaryDirectory(prefix=f".{out.name}.", suffix=".partial", dir=out.parent) as partial,
    ):
        folder = Path(partial) / "sample"
        folder.mkdir()
        made = make_products(products, seed)
        said = say_otherwise(make_offers(made, offers, seed, filled_in), made, own_values, seed)
        offered = rename_keys(said, renamed_keys, seed)
        counts = _fill(folder, made, offered, seed=seed, schema=schema, picture_px=picture_px)
        os.replace(folder, out)
    return counts


def _fill(
    folder: Path, made: tuple[Product, ...], offered: tuple[Offer, ...], *, seed: int, schema: str, picture_px: int
) -> SampleCounts:
    album = _take_pictures(made, offered, picture_px, with_extras=schema != "generic")
    has_picture = np.array([offer.has_picture for offer in offered])
    pairs = make_pairs(made, offered, np.where(has_picture[:, None], album.main, np.float32(0)), seed)
    if schema != "ozon":
        _write_generic(folder, made, offered, album, pairs, seed)
    if schema != "generic":
        vectors = make_vectors(offered, album.main, album.extra)
        write_ozon(folder / "ozon", made, offered, vectors, pairs, seed)
    return _count(made, offered, pairs)


def _count(products: tuple[Product, ...], offers: tuple[Offer, ...], pairs: SamplePairs) -> SampleCounts:
    return SampleCounts(
        products=len(products),
        offers=len(offers),
        pairs={name: int((pairs.split == place).sum()) for place, name in enumerate(SPLITS)},
        matches={name: int(pairs.target[pairs.split == place].sum()) for place, name in enumerate(SPLITS)},
    )


def _take_pictures(
    products: tuple[Product, ...], offers: tuple[Offer, ...], picture_px: int, *, with_extras: bool
) -> Album:
    """Take all pictures, look by look, so that each look is drawn once."""
    jpegs = [b""] * len(offers)
    main = np.zeros((len(offers), PICTURE_NUMBERS), dtype=np.float32)
    extra: list[Floats2d | None] = [None] * len(offers)
    for position in sorted(range(len(offers)), key=lambda position: offers[position].product):
        offer, look = offers[position], products[offers[position].product].look
        picture = photograph(look, offer.shot, picture_px, np.random.default_rng(offer.grain))
        jpegs[position], main[position] = compress(picture, offer.shot.quality), describe_picture(picture)
        if with_extras and offer.extras is not None:
            rng = np.random.default_rng([offer.grain, 1])
            extra[position] = np.stack(
                [describe_picture(photograph(look, shot, EXTRA_PX, rng)) for shot in offer.extras]
            )
    return Album(tuple(jpegs), main, tuple(extra))


def _write_generic(
    folder: Path,
    products: tuple[Product, ...],
    offers: tuple[Offer, ...],
    album: Album,
    pairs: SamplePairs,
    seed: int,
) -> None:
    ids = _make_ids(len(offers), seed)
    (folder / "images").mkdir()
    for offer, id_, jpeg in zip(offers, ids, album.jpegs, strict=True):
        if offer.has_picture:
            (folder / "images" / f"{id_}.jpg").write_bytes(jpeg)
    pq.write_table(_products_table(products, offers, ids), folder / "products.parquet", compression="zstd")
    for place, name in enumerate(SPLITS):
        table = _pairs_table(pairs, np.array(ids), pairs.split == place)
        pq.write_table(table, folder / f"pairs_{name}.parquet", compression="zstd")


def _make_ids(number: int, seed: int) -> list[str]:
    """Return different random ids such as "A7F3K2", in no order."""
    rng = stream(seed, "ids")
    ids: dict[str, None] = {}
    while len(ids) < number:
        ids["".join(ID_LETTERS[int(letter)] for letter in rng.integers(len(ID_LETTERS), size=ID_LENGTH))] = None
    return list(ids)


def _products_table(products: tuple[Product, ...], offers: tuple[Offer, ...], ids: list[str]) -> pa.Table:
    levels = [dict(zip("1234", products[offer.product].kind.levels, strict=True)) for offer in offers]
    return pa.table(
        {
            "id": ids,
            "title": [offer.title for offer in offers],
            "description": pa.array([offer.description for offer in offers], pa.string()),
            "brand": pa.array([offer.brand for offer in offers], pa.string()),
            "attributes": pa.array(
                [offer.attributes and json.dumps(offer.attributes, ensure_ascii=False) for offer in offers], pa.string()
            ),
            "price": pa.array([offer.price for offer in offers], pa.float64()),
            "category": [json.dumps(level, ensure_ascii=False) for level in levels],
            "source": [SELLERS[offer.seller] for offer in offers],
            "image": pa.array(
                [f"images/{id_}.jpg" if offer.has_picture else None for offer, id_ in zip(offers, ids, strict=True)],
                pa.string(),
            ),
            "color": pa.array([offer.color for offer in offers], pa.string()),
        }
    )


def _pairs_table(pairs: SamplePairs, ids: npt.NDArray[np.str_], kept: Bools1d) -> pa.Table:
    one, other = ids[pairs.left[kept]], ids[pairs.right[kept]]
    return pa.table(
        {
            "left_id": np.where(one < other, one, other).tolist(),
            "right_id": np.where(one < other, other, one).tolist(),
            "target": pairs.target[kept],
        }
    )
