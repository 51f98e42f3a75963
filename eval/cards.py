"""Products and pairs as a reader wants to see them: picture, title, what is known."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from PIL import Image

from eval.context import Context
from eval.mistakes import Mistakes
from eval.report import Report
from indexing.arrays import Ints1d
from indexing.catalog import Catalog
from indexing.images import PictureError, load_picture

PICTURE_SIDE = 160
MOST_FACTS = 10
MOST_CHARS = 120


@dataclass(frozen=True)
class ProductCard:
    """One product; `picture` is a data URI; title, picture and facts are empty without an index."""

    id: str
    title: str | None = None
    picture: str | None = None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PairCard:
    """Two products side by side, their score and what was decided."""

    left: ProductCard
    right: ProductCard
    category: str
    score: float
    called: bool


@dataclass(frozen=True)
class MistakeCards:
    """The worst mistakes of each kind, worst first."""

    false_matches: tuple[PairCard, ...]
    missed_matches: tuple[PairCard, ...]


def show_mistakes(report: Report, mistakes: Mistakes, context: Context) -> MistakeCards:
    """The cards of these mistakes of a report. Pictures that cannot be loaded are left out."""
    return MistakeCards(
        _show_pairs(report, mistakes.false_matches, context), _show_pairs(report, mistakes.missed_matches, context)
    )


def _show_pairs(report: Report, rows: Ints1d, context: Context) -> tuple[PairCard, ...]:
    pairs = report.pairs
    lefts, rights = (_show_products(ids.take(pa.array(rows)), context) for ids in (pairs.left, pairs.right))
    return tuple(
        PairCard(
            left,
            right,
            report.categories.names[report.categories.codes[row]],
            float(pairs.scores[row]),
            bool(report.called[row]),
        )
        for left, right, row in zip(lefts, rights, rows, strict=True)
    )


def _show_products(ids: pa.Array, context: Context) -> list[ProductCard]:
    if context.catalog is None:
        return [ProductCard(str(value)) for value in ids.to_pylist()]
    products = context.catalog.take(context.catalog.positions(ids))
    return [_show_product(row, context.catalog) for row in products.table.to_pylist()]


def _show_product(row: dict[str, Any], catalog: Catalog) -> ProductCard:
    return ProductCard(str(row["id"]), row["title"], _first_picture(row["images"] or [], catalog), _facts(row))


def _facts(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is known beside the title, the most telling first; missing fields are left out."""
    price = None if row["price"] is None else f"{row['price']:,.2f}"
    facts = [("price", price), ("brand", row["brand"]), ("colour", ", ".join(row["colors"] or []))]
    facts += [(entry["key"], entry["value"]) for entry in row["attributes"] or []]
    facts += [("category", row["category_3"]), ("source", row["source"]), ("description", row["description"])]
    return tuple((name, _short(value)) for name, value in facts if value)[:MOST_FACTS]


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 1].rstrip() + "…"


def _first_picture(references: Sequence[str], catalog: Catalog) -> str | None:
    """The first picture that can be loaded: an unreadable one is a fact of the catalogue, not of the report."""
    for reference in references:
        try:
            return _data_uri(load_picture(reference, catalog, side=PICTURE_SIDE))
        except PictureError:
            continue
    return None


def _data_uri(picture: Image.Image) -> str:
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode("ascii")
