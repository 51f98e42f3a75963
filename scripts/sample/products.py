"""The products of the sample come in lines of models, each model in several looks and options.

Two products of a model differ in the look (only the picture shows it), the option (only the text says it), or both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as grid

import numpy as np

from scripts.sample.chance import Thing, chance, pick, stream
from scripts.sample.kinds import KINDS, Kind, Option
from scripts.sample.looks import Look, make_looks
from scripts.sample.words import BRANDS, COUNTRIES, MATERIALS, Color, Word

KEPT_VARIANTS = 0.85
COLOR_NAMING_MODELS = 0.3


@dataclass(frozen=True)
class Product:
    kind: Kind
    line: int
    """Products of one line are near-variants of one another; a line lies whole in one split."""
    model: int
    brand: Word
    series: str
    code: str
    trait: str
    features: tuple[Word, ...]
    option: Option
    color: Color
    look: Look
    names_color: bool
    """It tells whether titles ever say the colour."""
    price: float
    weight_g: int
    country: Word
    material: Word


def make_products(number: int, seed: int) -> tuple[Product, ...]:
    """Return `number` products over all kinds by their shares, ordered by kind and line."""
    rng = stream(seed, "products")
    products: list[Product] = []
    for kind, quota in zip(KINDS, _quotas(number), strict=True):
        start = len(products)
        while len(products) < start + quota:
            line = products[-1].line + 1 if products else 0
            products += _make_line(kind, line, len(products), rng)
        del products[start + quota :]
    return tuple(products)


def _quotas(number: int) -> list[int]:
    """Say how many products each kind gets: the shares, rounded so that they add up."""
    shares = np.array([kind.share for kind in KINDS])
    ends = np.rint(np.cumsum(shares) / shares.sum() * number).astype(int)
    return [int(quota) for quota in np.diff(ends, prepend=0)]


def _make_line(kind: Kind, line: int, first_model: int, rng: np.random.Generator) -> list[Product]:
    """Make sister models of one brand and series; their codes differ in a digit."""
    brand, series, number = pick(rng, BRANDS), pick(rng, kind.series), int(rng.integers(10, 98))
    letters = "".join(pick(rng, "ABCDEGHKLMNPRSTVXZ") for _ in range(rng.integers(1, 3)))
    step = pick(rng, (1, 5, 10))
    products: list[Product] = []
    for place in range(_within(rng, kind.models_per_line)):
        code = f"{letters}-{number * 10 + place * step}"
        products += _make_model(_Model(kind, line, first_model + place, brand, series, code), rng)
    return products


@dataclass(frozen=True)
class _Model:
    kind: Kind
    line: int
    number: int
    brand: Word
    series: str
    code: str


def _make_model(model: _Model, rng: np.random.Generator) -> list[Product]:
    """Return most of the combinations of the model's looks and options."""
    kind = model.kind
    looks = make_looks(kind, model.brand.en, _within(rng, kind.looks_per_model), rng)
    options = _choose(rng, kind.options, _within(rng, kind.options_per_model))
    variants = list(grid(looks, options))
    kept = [variant for variant in variants if chance(rng, KEPT_VARIANTS)] or variants[:1]
    features = tuple(_choose(rng, kind.features, 2))
    trait, names_color = pick(rng, kind.traits), chance(rng, COLOR_NAMING_MODELS)
    price = kind.price * float(rng.lognormal(0.0, 0.5))
    country, material, weight_g = pick(rng, COUNTRIES), pick(rng, MATERIALS), int(rng.integers(20, 900))
    return [
        Product(
            kind=kind,
            line=model.line,
            model=model.number,
            brand=model.brand,
            series=model.series,
            code=model.code,
            trait=trait,
            features=features,
            option=option,
            color=color,
            look=look,
            names_color=names_color,
            price=round(price * (0.7 + 0.6 * kind.options.index(option) / len(kind.options)), 2),
            weight_g=weight_g,
            country=country,
            material=material,
        )
        for (color, look), option in kept
    ]


def _within(rng: np.random.Generator, limits: tuple[int, int]) -> int:
    return int(rng.integers(limits[0], limits[1] + 1))


def _choose(rng: np.random.Generator, things: tuple[Thing, ...], number: int) -> list[Thing]:
    """Return `number` different things, in their own order."""
    chosen = rng.choice(len(things), size=min(number, len(things)), replace=False)
    return [things[int(position)] for position in np.sort(chosen)]
