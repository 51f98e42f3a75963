"""Facts put two products side by side: each field of both, and whether they agree on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from indexing.catalog.catalog import LEVELS
from indexing.words.tokens import fold, words
from reranking.signals.texts.attribute_values import plain_key, plain_value
from reranking.signals.texts.colors import COLORS, colors_in, colors_named, colors_stated
from reranking.signals.texts.ranges import Extent, read_extent

MOST_ONE_SIDED = 8  # attributes that only one of the products has, shown


class FieldAgreement(Enum):
    """Two values of a field agree, conflict, or are unjudged: one is missing, or offers of one product differ."""

    EQUAL = "="
    CONFLICTING = "≠"
    UNJUDGED = ""


@dataclass(frozen=True)
class Fact:
    """It shows a field of both products as text, empty where there is none; `family` is that of its features, if
    any. Values that agree without being equal are `overlapping`, of ranges."""

    name: str
    left: str
    right: str
    agreement: FieldAgreement
    family: str = ""
    overlapping: bool = False


@dataclass(frozen=True)
class Facts:
    """It holds all facts of two products; `hidden` attributes that only one of them has are left out."""

    facts: tuple[Fact, ...]
    hidden: int


@dataclass
class _Attribute:
    """It keeps a key as it is written, and the values of one product, as written, in one spelling, and what they measure."""

    key: str
    written: list[str] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)
    extents: list[Extent] = field(default_factory=list)

    def overlaps(self, other: "_Attribute") -> bool:
        """Return whether any two ranges, or a range and a number, do."""
        return any(ours.overlaps(theirs) for ours in self.extents for theirs in other.extents)


def compare_products(left: Mapping[str, Any], right: Mapping[str, Any]) -> Facts:
    """Return the facts of two products (rows of the catalogue's table): fields, then attributes, conflicts first."""
    facts = [
        *(Fact(name, _text(left[name]), _text(right[name]), FieldAgreement.UNJUDGED) for name in ("id", "title")),
        _texts("brand", left["brand"], right["brand"]),
        _prices(left, right),
        _texts("category", _category(left), _category(right)),
        Fact("source", left["source"] or "", right["source"] or "", FieldAgreement.UNJUDGED, "source"),
        _colors(left, right),
        *(_codes(name, left.get(key), right.get(key)) for name, key in (("barcode", "gtin"), ("part number", "mpn"))),
    ]
    attributes = _attributes(left["attributes"], right["attributes"])
    one_sided = [fact for fact in attributes if fact.agreement is FieldAgreement.UNJUDGED]
    shown = [fact for fact in attributes if fact.agreement is not FieldAgreement.UNJUDGED] + one_sided[:MOST_ONE_SIDED]
    there = tuple(fact for fact in (*facts, *shown) if fact.left or fact.right)
    return Facts(there, max(0, len(one_sided) - MOST_ONE_SIDED))


def _text(value: int | str | None) -> str:
    return "" if value is None else str(value)


def _texts(name: str, left: str | None, right: str | None) -> Fact:
    return _fact(name, left or "", right or "", words(fold(left or "")) == words(fold(right or "")))


def _fact(name: str, left: str, right: str, equal: bool, family: str = "") -> Fact:
    both = FieldAgreement.EQUAL if equal else FieldAgreement.CONFLICTING
    return Fact(name, left, right, both if left and right else FieldAgreement.UNJUDGED, family or name)


def price_text(product: Mapping[str, Any], places: bool = False) -> str:
    """Return a product's price, with its range and its currency where they are known; empty for none above 0. Whole
    amounts have decimals only with `places`."""
    low, high = product["price"], product["price_high"]
    if low is None or not (places or low > 0):
        return ""
    texts = [f"{price:,.2f}" for price in (low, high) if price is not None]
    amounts = "–".join(text if places else text.removesuffix(".00") for text in texts)
    return f"{amounts} {product['currency'] or ''}".strip()


def in_other_currencies(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Return whether both prices name a currency, and not the same."""
    named = [product["currency"] for product in (left, right) if product["price"] is not None and product["currency"]]
    return len(set(named)) == 2


def _prices(left: Mapping[str, Any], right: Mapping[str, Any]) -> Fact:
    equal = left["price"] is not None and (left["price"], left["price_high"]) == (right["price"], right["price_high"])
    equal = equal and not in_other_currencies(left, right)
    texts = [price_text(product, places=True) for product in (left, right)]
    return Fact("price", texts[0], texts[1], FieldAgreement.EQUAL if equal else FieldAgreement.UNJUDGED, "price")


def _category(product: Mapping[str, Any]) -> str:
    levels = [product[f"category_{level}"] for level in LEVELS]
    return " / ".join(level for level in levels if level)


def _colors(left: Mapping[str, Any], right: Mapping[str, Any]) -> Fact:
    """Compare the colours that the colour field, the title and attributes name; those in common make them agree."""
    bits = [
        colors_named(name for name in product["colors"] or () if name)
        | colors_in(words(fold(product["title"] or "")))
        | colors_stated(product["attributes"] or ())
        for product in (left, right)
    ]
    names = [", ".join(color for place, color in enumerate(COLORS) if side >> place & 1) for side in bits]
    return _fact("colours", names[0], names[1], bool(bits[0] & bits[1]))


def _codes(name: str, left: list[str] | None, right: list[str] | None) -> Fact:
    """Compare barcodes, or part numbers, however separated; one in common makes them agree."""
    sides = [{"".join(filter(str.isalnum, fold(code))) for code in codes or ()} for codes in (left, right)]
    texts = [", ".join(codes or ()) for codes in (left, right)]
    return _fact(name, texts[0], texts[1], bool(sides[0] & sides[1]), "identifiers")


def _attributes(left: list[dict[str, str]] | None, right: list[dict[str, str]] | None) -> list[Fact]:
    """Return conflicts, agreements, then what only one product states."""
    sides = _by_key(left), _by_key(right)
    facts = []
    for key in dict.fromkeys([*sides[0], *sides[1]]):
        found = [side.get(key, _Attribute(key)) for side in sides]
        written = [", ".join(attribute.written) for attribute in found]
        name = next(attribute.key for side in sides if (attribute := side.get(key)))
        equal = bool(found[0].plain & found[1].plain)
        overlapping = not equal and found[0].overlaps(found[1])
        fact = _fact(name, written[0], written[1], equal or overlapping, "attributes")
        facts.append(replace(fact, overlapping=overlapping))
    order = [FieldAgreement.CONFLICTING, FieldAgreement.EQUAL, FieldAgreement.UNJUDGED]
    return sorted(facts, key=lambda fact: order.index(fact.agreement))


def _by_key(entries: list[dict[str, str]] | None) -> dict[str, _Attribute]:
    found: dict[str, _Attribute] = {}
    for entry in entries or ():
        key, value = plain_key(entry["key"] or ""), plain_value(entry["value"] or "")
        if key and value:
            attribute = found.setdefault(key, _Attribute(entry["key"]))
            attribute.written.append(entry["value"])
            attribute.plain.add(value)
            if (extent := read_extent(fold(entry["value"]))) is not None:
                attribute.extents.append(extent)
    return found
