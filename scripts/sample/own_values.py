"""Sellers say what attributes state in ways of their own: in the other language, as a range, as a yes or no for each feature,
that nothing is known, and a colour among them instead of in a field of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from indexing.words.quantities import read_quantities
from indexing.words.tokens import fold
from scripts.sample.attributes import COLOR, COUNTRY, FEATURES, FILLED, MATERIAL, TYPE, WEIGHT, Attributes
from scripts.sample.chance import chance, pick, stream
from scripts.sample.kinds import KINDS
from scripts.sample.offers import SELLERS, Offer
from scripts.sample.products import Product
from scripts.sample.words import COLORS, COUNTRIES, MATERIALS, Word

WORDS = (
    *(color.name for color in COLORS),
    *COUNTRIES,
    *MATERIALS,
    *(word for kind in KINDS for word in (*kind.nouns, *kind.features)),
)
TRANSLATIONS = {word.ru: word.en for word in WORDS} | {word.en: word.ru for word in reversed(WORDS)}
TRANSLATED = (COLOR, COUNTRY, MATERIAL, TYPE, FEATURES)
UNITS = {
    "length": Word("м", "m"),
    "mass": Word("г", "g"),
    "capacity": Word("ГБ", "GB"),
    "pack": Word("шт", "pcs"),
}
MEASURED = (WEIGHT, *dict.fromkeys(kind.option_name for kind in KINDS if kind.options[0].unit in ("m", "gb", "pcs")))
CLASSES: Mapping[str, tuple[tuple[float, ...], ...]] = {
    "length": ((0, 1, 2, 3, 10), (0, 1.5, 5, 10)),
    "mass": (tuple(range(0, 1000, 100)), (0, 50, 250, 500, 900)),
    "capacity": ((0, 32, 128, 512, 2048), (0, 64, 256, 2048)),
    "pack": ((0, 4, 12, 24), (0, 2, 8, 24)),
}
"""A seller's ranges of a dimension hold what is more than one of these and at most the next."""
RANGES = (
    Word("{low}-{high} {unit}", "{low}-{high} {unit}"),
    Word("{low} – {high} {unit}", "{low} – {high} {unit}"),
    Word("от {low} до {high} {unit}", "from {low} to {high} {unit}"),
    Word("{low} {unit} - {high} {unit}", "{low}{unit} to {high}{unit}"),
)
FIRST_RANGES = (Word("до {high} {unit}", "up to {high} {unit}"), Word("0-{high} {unit}", "0-{high} {unit}"))
UNKNOWN = (Word("нет данных", "n/a"), Word("не указано", "not specified"), Word("неизвестно", "unknown"))
ANSWERS = (
    (Word("да", "yes"), Word("нет", "no")),
    (Word("есть", "yes"), Word("нет", "none")),
    (Word("true", "true"), Word("false", "false")),
)


@dataclass(frozen=True)
class _Ways:
    """They are one seller's ways: which attributes are said in the other language, and which as ranges, by which classes and in which
    spelling; the words for what is not known and for yes and no, where there are any; whether there is a field for the colour."""

    translated: tuple[Word, ...]
    ranges: Mapping[Word, int]
    spelling: Word
    first: Word
    unknown: Word | None
    answers: tuple[Word, Word] | None
    has_color: bool

    @classmethod
    def draw(cls, share: float, rng: np.random.Generator) -> _Ways:
        translated = tuple(key for key in TRANSLATED if chance(rng, share))
        classes = {key: int(rng.integers(2)) for key in MEASURED}
        ranges = {key: drawn for key, drawn in classes.items() if chance(rng, share)}
        spelling, first = pick(rng, RANGES), pick(rng, FIRST_RANGES)
        unknown, answers = pick(rng, UNKNOWN), pick(rng, ANSWERS)
        says_unknown, answers_each, no_color = (chance(rng, share) for _ in range(3))
        told = unknown if says_unknown else None, answers if answers_each else None
        return cls(translated, ranges, spelling, first, *told, has_color=not no_color)


def say_otherwise(
    offers: tuple[Offer, ...], products: tuple[Product, ...], share: float, seed: int
) -> tuple[Offer, ...]:
    """Return the offers with so much of what attributes state said in each seller's own way."""
    rng = stream(seed, "own values")
    ways = [_Ways.draw(share, rng) for _ in SELLERS]
    return tuple(_said_by(ways[offer.seller], offer, products[offer.product]) for offer in offers)


def _said_by(ways: _Ways, offer: Offer, product: Product) -> Offer:
    attributes = None if offer.attributes is None else _said(offer.attributes, product, ways)
    return replace(offer, attributes=attributes, color=offer.color if ways.has_color else None)


def _said(attributes: Attributes, product: Product, ways: _Ways) -> Attributes:
    said = dict(attributes)
    language = "ru" if any(key.ru in said for key in (*FILLED, product.kind.option_name)) else "en"
    for key in ways.translated:
        name = key.said(language)
        if name in said:
            said[name] = _each(said[name], lambda text: TRANSLATIONS.get(text, text))
    for key in ways.ranges:
        name = key.said(language)
        if name in said:
            said[name] = _each(said[name], partial(_ranged, classes=ways.ranges[key], language=language, ways=ways))
    if ways.answers is not None and said.pop(FEATURES.said(language), ""):
        yes, no = (answer.said(language) for answer in ways.answers)
        said |= {each.said(language): yes if each in product.features else no for each in product.kind.features}
    if ways.unknown is not None:
        missing = {key.said(language): ways.unknown.said(language) for key in FILLED if key is not FEATURES}
        said = {**missing, **said}
    return said


def _each(value: str | list[str], change: Callable[[str], str]) -> str | list[str]:
    return change(value) if isinstance(value, str) else [change(text) for text in value]


def _ranged(text: str, *, classes: int, language: str, ways: _Ways) -> str:
    """Return the range that holds a quantity; any other text as it is."""
    found = read_quantities(fold(text)).found
    if len(found) != 1:
        return text
    (quantity,) = found
    edges = CLASSES[quantity.dimension][classes]
    place = int(np.searchsorted(edges, float(quantity.value)))
    if not 0 < place < len(edges):
        return text
    low, high = edges[place - 1], edges[place]
    spelling = ways.spelling if low else ways.first
    unit = UNITS[quantity.dimension].said(language)
    return spelling.said(language).format(low=f"{low:g}", high=f"{high:g}", unit=unit)
