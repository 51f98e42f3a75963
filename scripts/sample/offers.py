"""Sellers offer the sample's products: who offers what, and what each says of it, is drawn here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.sample.attributes import Attributes, write_attributes, write_description
from scripts.sample.chance import chance, pick, stream
from scripts.sample.pictures import Shot, take_shot
from scripts.sample.products import Product
from scripts.sample.titles import write_title

SELLERS = (
    "tehnomir",
    "gadget-plus",
    "elektron24",
    "mega-store",
    "SmartLand",
    "digital_hub",
    "byteshop",
    "radiorynok",
    "volt-market",
    "techno.family",
    "city gadgets",
    "prime-seller",
)
RUSSIAN = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.9, 0.65, 0.5, 0.35, 0.15)
"""Each seller writes this share of titles in Russian."""
MARKUPS = (1.0, 0.95, 1.05, 0.98, 1.1, 0.92, 1.02, 0.9, 1.0, 1.15, 1.2, 0.97)

COPIED = 0.06
"""So many offers are exact duplicates of another seller's offer of the product."""
COPIED_TITLES = 0.10
"""So many offers have a title that the seller took over from a sibling that differs in its look alone."""
STOCK_PHOTOS = 0.35
"""So many offers show the maker's own picture of the look, byte for byte."""


@dataclass(frozen=True)
class Offer:
    """An offer is what one seller says of one product. `product` and `seller` are positions."""

    product: int
    seller: int
    title: str
    description: str | None
    brand: str | None
    attributes: Attributes | None
    price: float | None
    color: str | None
    parsed_colors: tuple[str, ...] | None
    shot: Shot
    grain: int
    """It seeds the picture's noise: offers of equal look, shot and grain show the same picture."""
    has_picture: bool
    extras: tuple[Shot, ...] | None


def make_offers(
    products: tuple[Product, ...], number: int, seed: int, filled_in: float | None = None
) -> tuple[Offer, ...]:
    """Return `number` offers in random order; every product has one at least, no seller has a product twice. So many of their
    attributes are `filled_in`, by default some oftener than others."""
    placed = _place(products, number, stream(seed, "sellers"))
    rng = stream(seed, "offers")
    stock = _take_stock_photos(products, stream(seed, "stock photos"))
    offers = [_write_offer(products, product, seller, stock, rng, filled_in) for product, seller in placed]
    offers = _copy_titles(offers, products, stream(seed, "copied titles"))
    offers = _copy_offers(offers, stream(seed, "copied offers"))
    return tuple(offers[int(position)] for position in stream(seed, "file order").permutation(len(offers)))


def _place(products: tuple[Product, ...], number: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return (product, seller) of every offer. Popular products have more offers, up to one from each seller."""
    counts = np.ones(len(products), dtype=np.int64)
    weights = np.array([product.kind.demand for product in products]) * rng.gamma(3.0, size=len(products))
    for _ in range(number - len(products)):
        free = weights * (counts < len(SELLERS))
        counts[rng.choice(len(products), p=free / free.sum())] += 1
    return [
        (product, int(seller))
        for product, count in enumerate(counts)
        for seller in rng.choice(len(SELLERS), size=count, replace=False)
    ]


def _take_stock_photos(products: tuple[Product, ...], rng: np.random.Generator) -> list[tuple[Shot, int]]:
    """Return the shot and the grain of the maker's picture of every product; products of one look share it."""
    photos = {product.look: (take_shot(rng), int(rng.integers(2**31))) for product in products}
    return [photos[product.look] for product in products]


def _write_offer(
    products: tuple[Product, ...],
    position: int,
    seller: int,
    stock: list[tuple[Shot, int]],
    rng: np.random.Generator,
    filled_in: float | None,
) -> Offer:
    product = products[position]
    language = "ru" if chance(rng, RUSSIAN[seller]) else "en"
    shot, grain = (take_shot(rng), int(rng.integers(2**31)))
    if chance(rng, STOCK_PHOTOS):
        shot, grain = stock[position]
    elif chance(rng, 0.12):
        shot = take_shot(rng, detail=True)
    return Offer(
        product=position,
        seller=seller,
        title=write_title(product, language, rng),
        description=write_description(product, language, rng) if chance(rng, 0.55) else None,
        brand=None if chance(rng, 0.12) else product.brand.en,
        attributes=None if chance(rng, 0.02) else write_attributes(product, language, rng, filled_in),
        price=_write_price(product, seller, rng),
        color=None if chance(rng, 0.25) else product.color.name.said(language),
        parsed_colors=None if chance(rng, 0.17) else pick(rng, product.color.parsed),
        shot=shot,
        grain=grain,
        has_picture=not chance(rng, 0.08),
        extras=_take_extras(rng),
    )


def _write_price(product: Product, seller: int, rng: np.random.Generator) -> float | None:
    """Return the product's price at this seller's markup, ending as prices do."""
    if chance(rng, 0.08):
        return None
    price = product.price * MARKUPS[seller] * float(rng.normal(1.0, 0.08))
    return float(max(9, round(price / 10) * 10 - 1))


def _take_extras(rng: np.random.Generator) -> tuple[Shot, ...] | None:
    """Return the shots of the further pictures: none for a third of the offers, else 1 to 15."""
    if chance(rng, 0.34):
        return None
    return tuple(take_shot(rng, detail=chance(rng, 0.4)) for _ in range(min(15, int(rng.geometric(0.42)))))


def _copy_titles(offers: list[Offer], products: tuple[Product, ...], rng: np.random.Generator) -> list[Offer]:
    """Let some sellers reuse the title of a sibling product that differs in its look alone."""
    titles: dict[tuple[int, str, float], list[str]] = {}
    for offer in offers:
        titles.setdefault(_text_identity(products[offer.product]), []).append(offer.title)
    return [
        replace(offer, title=pick(rng, titles[_text_identity(products[offer.product])]))
        if chance(rng, COPIED_TITLES) and not products[offer.product].names_color
        else offer
        for offer in offers
    ]


def _text_identity(product: Product) -> tuple[int, str, float]:
    """Return what two products share when nothing but their look differs."""
    return product.model, product.option.name, product.option.value


def _copy_offers(offers: list[Offer], rng: np.random.Generator) -> list[Offer]:
    """Let some sellers take another's offer over whole: the same words, the same picture, another price."""
    originals: dict[int, Offer] = {}
    copied: list[Offer] = []
    for offer in offers:
        original = originals.setdefault(offer.product, offer)
        if original is not offer and chance(rng, COPIED):
            offer = replace(original, seller=offer.seller, price=offer.price)
        copied.append(offer)
    return copied
