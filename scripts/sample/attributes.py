"""Sellers fill in more than the title: attributes, in either language and in many formats, and descriptions."""

from __future__ import annotations

import numpy as np

from scripts.sample.chance import chance, pick
from scripts.sample.products import Product
from scripts.sample.titles import write_brand, write_code, write_option
from scripts.sample.words import COUNTRIES, Word

Attributes = dict[str, str | list[str]]

BRAND = Word("Бренд", "Brand")
MODEL = Word("Модель", "Model")
TYPE = Word("Тип", "Type")
COLOR = Word("Цвет товара", "Color")
WEIGHT = Word("Вес", "Weight")
COUNTRY = Word("Страна-изготовитель", "Country of origin")
MATERIAL = Word("Материал", "Material")
WARRANTY = Word("Гарантийный срок", "Warranty")
FEATURES = Word("Особенности", "Features")

FILLED = {
    BRAND: 0.7,
    MODEL: 0.55,
    TYPE: 0.7,
    COLOR: 0.3,
    WEIGHT: 0.4,
    COUNTRY: 0.6,
    MATERIAL: 0.45,
    WARRANTY: 0.5,
    FEATURES: 0.5,
}
OPTION_FILLED = 0.6
MISTAKEN = 0.04
"""So many options are filled in wrong, and as many countries differ between sellers."""


def write_attributes(
    product: Product, language: str, rng: np.random.Generator, filled_in: float | None = None
) -> Attributes:
    """Return one attribute at least; a value is text or a list of texts. So many are `filled_in`, by default some oftener than others."""
    values: dict[Word, str | list[str]] = {
        BRAND: write_brand(product, language, rng),
        MODEL: " ".join(part for part in (product.series, write_code(product.code, rng)) if part),
        TYPE: pick(rng, product.kind.nouns).said(language),
        COLOR: product.color.name.said(language),
        WEIGHT: _write_weight(product.weight_g, language, rng),
        COUNTRY: (pick(rng, COUNTRIES) if chance(rng, MISTAKEN) else product.country).said(language),
        MATERIAL: product.material.said(language),
        WARRANTY: pick(rng, ("1 год", "12 мес", "2 года") if language == "ru" else ("1 year", "12 months", "2 years")),
        FEATURES: [feature.said(language) for feature in product.features] + [product.trait],
    }
    filled: Attributes = {
        name.said(language): _shaped(value, rng)
        for name, value in values.items()
        if chance(rng, filled_in or FILLED[name])
    }
    option = pick(rng, product.kind.options) if chance(rng, MISTAKEN) else product.option
    written = write_option(option, language, rng)
    if written and chance(rng, filled_in or OPTION_FILLED):
        filled[product.kind.option_name.said(language)] = _shaped(written, rng)
    return filled or {BRAND.said(language): product.brand.en}


def _shaped(value: str | list[str], rng: np.random.Generator) -> str | list[str]:
    """Give a text as a list of one now and then; a list stays as it is."""
    return [value] if isinstance(value, str) and chance(rng, 0.4) else value


def _write_weight(grams: int, language: str, rng: np.random.Generator) -> str:
    if chance(rng, 0.3):
        return f"{grams / 1000:g} кг" if language == "ru" else f"{grams / 1000:g} kg"
    return f"{grams} г" if language == "ru" else f"{grams}g"


def write_description(product: Product, language: str, rng: np.random.Generator) -> str:
    """Return one to three sentences."""
    noun = pick(rng, product.kind.nouns).said(language)
    option = write_option(product.option, language, rng)
    features = ", ".join(feature.said(language) for feature in product.features)
    material, country = product.material.said(language), product.country.said(language)
    name = f"{product.brand.en} {product.series}"
    if language == "ru":
        sentences = (
            f"{noun} {name} {option}: {features}.",
            f"Материал: {material}, страна: {country}.",
            "Доставка по всей России, возврат в течение 14 дней.",
            f"Оригинальный товар {name}, официальная гарантия.",
            f"Отличный подарок. {product.trait}.",
        )
    else:
        sentences = (
            f"{noun} {name} {option}: {features}.",
            f"Material: {material}, made in {country}.",
            "Ships within two days, free returns.",
            f"Genuine {name} product with full warranty.",
            f"A great gift. {product.trait}.",
        )
    chosen = rng.choice(len(sentences), size=int(rng.integers(1, 4)), replace=False)
    return " ".join(" ".join(sentences[int(place)].split()) for place in chosen)
