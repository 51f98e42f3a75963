"""What is true of an export: its file, and what a catalogue must say of each of its offers."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exports.made_products import Product

SHOP = "https://shop.example/img/"


@dataclass(frozen=True)
class Offer:
    """What a catalogue must say of one row. None is what the export leaves open; `words` must all be in the title."""

    id: str
    words: str
    product: int
    price: float | None
    currency: str | None = None
    levels: tuple[str, ...] | None = None
    brand: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    pictures: list[str] | None = None


@dataclass(frozen=True)
class Export:
    """A file and its offers; `broken` is how many cells in it cannot be read, each in a row of its own."""

    path: Path
    offers: list[Offer]
    broken: int = 0


def addresses(product: Product) -> list[str]:
    """Return where a product's pictures are, the main one first."""
    return [SHOP + name for name in product.pictures]


def write_table(
    path: Path,
    names: Sequence[str],
    rows: Iterable[dict[str, object]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    lines: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> Path:
    """Write rows of some of the names; what a row lacks is empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", delimiter=delimiter, lineterminator=lines, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def with_dirt(rows: Sequence[dict[str, object]], names: Sequence[str]) -> list[dict[str, object]]:
    """Return the rows as exports have them: one row twice in a row, and two without a word at the end."""
    blank: dict[str, object] = dict.fromkeys(names, "")
    return [*rows[:6], rows[5], *rows[6:], blank, blank]
