"""Two products are shown side by side, field by field, and where they differ is marked."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.pages.differences import MarkedText, mark_differences
from indexing.catalog.catalog import Catalog
from indexing.catalog.pictures import BLOB_MARK, url_of

MOST_CHARS = 600  # of a field that are shown
MOST_COMPARED = 20_000  # of a field that are looked at
LEVELS = ("category_1", "category_2", "category_3", "category_4")


@dataclass(frozen=True)
class ShownField:
    """It is one field of both products as pieces, none where a product lacks it, of a long text its beginning; `equal` says that both
    have the same words, beyond what is shown too, up to MOST_COMPARED characters."""

    name: str
    left: tuple[MarkedText, ...]
    right: tuple[MarkedText, ...]
    equal: bool


@dataclass(frozen=True)
class ShownPair:
    """It is what a reviewer sees of a pair: fields in one order for all, and where the pictures are, as paths or URLs."""

    fields: tuple[ShownField, ...]
    left_pictures: tuple[str, ...]
    right_pictures: tuple[str, ...]


def side_by_side(catalog: Catalog, left: int, right: int) -> ShownPair:
    """Return what is shown of the products at two positions. Neither ids nor scores are: they may give the answer away."""
    one, other = catalog.take(np.array([left, right])).table.to_pylist()
    names = dict.fromkeys([*_texts(one), *_texts(other)])
    fields = [_field(name, _texts(one).get(name, ""), _texts(other).get(name, "")) for name in names]
    return ShownPair(tuple(fields), *(tuple(_pictures(product, catalog)) for product in (one, other)))


def _texts(product: dict[str, Any]) -> dict[str, str]:
    """Return the texts of a product by field, attributes last, none of them empty."""
    price = product["price"]
    said = {
        "title": product["title"],
        "brand": product["brand"],
        "price": None if price is None or np.isnan(price) else f"{price:,.2f}",
        "category": " / ".join(product[level] for level in LEVELS if product[level]),
        "source": product["source"],
        "description": product["description"],
        "colors": ", ".join(product["colors"] or []),
    }
    for attribute in product["attributes"] or []:
        known = said.get(attribute["key"])
        said[attribute["key"]] = f"{known}; {attribute['value']}" if known else attribute["value"]
    return {name: text[:MOST_COMPARED] for name, text in said.items() if text}


def _field(name: str, left: str, right: str) -> ShownField:
    """Mark the words of each text that the other lacks anywhere; a text beside none is not marked: that it lacks is seen."""
    if left and right:
        sides = mark_differences(left, right)
        equal = not any(piece.mark for pieces in sides for piece in pieces)
    else:
        one, other = ((MarkedText(text),) if text else () for text in (left, right))
        sides, equal = (one, other), False
    return ShownField(name, _beginning(sides[0]), _beginning(sides[1]), equal)


def _beginning(pieces: tuple[MarkedText, ...]) -> tuple[MarkedText, ...]:
    """Return the first MOST_CHARS characters of a text, marked as the whole is, and a sign where there are more."""
    shown: list[MarkedText] = []
    room = MOST_CHARS
    for piece in pieces:
        if len(piece.text) > room:
            cut = (MarkedText(piece.text[:room], piece.mark),) if room else ()
            return *shown, *cut, MarkedText("…")
        shown.append(piece)
        room -= len(piece.text)
    return tuple(shown)


def _pictures(product: dict[str, Any], catalog: Catalog) -> list[str]:
    """Return where the pictures of a product are: those kept inside the index by their place in it."""
    found = []
    for reference in product["images"] or []:
        url = url_of(reference, catalog.pictures)
        folder = catalog.folder if BLOB_MARK in reference else catalog.pictures
        found.append(url or str(folder / reference))
    return found
