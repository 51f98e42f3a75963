"""Sellers write a product's title in Russian or English, with their habits and slips."""

from __future__ import annotations

import numpy as np

from scripts.sample.chance import chance, pick
from scripts.sample.kinds import Option
from scripts.sample.products import Product
from scripts.sample.words import Word

MISTYPED = 0.15
USUAL = 0.6
OPTION_DROPPED = 0.04
COLOR_NAMED = 0.6
"""Titles name the colour this often, where a product's titles name it at all."""

ORDERS = {
    "ru": (
        ("noun", "brand", "series", "code", "trait", "feature", "option", "color"),
        ("noun", "trait", "brand", "series", "code", "option", "color", "feature"),
        ("brand", "noun", "series", "code", "option", "trait", "feature", "color"),
    ),
    "en": (
        ("brand", "series", "code", "noun", "trait", "option", "feature", "color"),
        ("noun", "brand", "series", "code", "option", "trait", "color", "feature"),
        ("brand", "code", "series", "trait", "noun", "feature", "color", "option"),
    ),
}
DROPPED = {"noun": 0.04, "brand": 0.06, "series": 0.08, "code": 0.03, "trait": 0.08, "feature": 0.4}


def write_title(product: Product, language: str, rng: np.random.Generator) -> str:
    """Write one seller's title: parts in some order, some left out, now and then a slip of the keyboard."""
    parts = {
        "noun": _usual(rng, product.kind.nouns).said(language),
        "brand": write_brand(product, language, rng),
        "series": product.series,
        "code": write_code(product.code, rng),
        "trait": product.trait if chance(rng, 0.75) else product.trait.replace(" - ", "/").replace(".", ","),
        "feature": _usual(rng, product.features).said(language),
        "option": write_option(product.option, language, rng),
        "color": product.color.name.said(language),
    }
    left_out = {name for name, share in DROPPED.items() if chance(rng, share)}
    if product.option.unit != "edition" and chance(rng, OPTION_DROPPED):
        left_out.add("option")
    if not (product.names_color and chance(rng, COLOR_NAMED)):
        left_out.add("color")
    if {"brand", "code"} <= left_out:
        left_out.discard("code")
    order = [name for name in pick(rng, ORDERS[language]) if name not in left_out]
    if product.option.unit == "edition":
        order = _with_edition(order)
    return _finish(" ".join(parts[name] for name in order if parts[name]), rng)


def _usual(rng: np.random.Generator, words: tuple[Word, ...]) -> Word:
    """Pick a word; the first is what most sellers say."""
    return words[0] if chance(rng, USUAL) else pick(rng, words)


def _with_edition(order: list[str]) -> list[str]:
    """Put the edition, which belongs to the model, right after the code, or the series, or last."""
    rest = [name for name in order if name != "option"]
    anchor = next((name for name in ("code", "series") if name in rest), rest[-1])
    place = rest.index(anchor) + 1
    return [*rest[:place], "option", *rest[place:]]


def _finish(title: str, rng: np.random.Generator) -> str:
    if chance(rng, MISTYPED):
        title = mistype(title, rng)
    roll = rng.random()
    if roll < 0.05:
        return title.upper()
    return title.lower() if roll < 0.12 else title


def write_brand(product: Product, language: str, rng: np.random.Generator) -> str:
    """Write the brand, in Latin letters mostly, in Russian titles sometimes in Cyrillic ones."""
    return product.brand.ru if language == "ru" and chance(rng, 0.1) else product.brand.en


def write_code(code: str, rng: np.random.Generator) -> str:
    """Write "NX-510" as "NX-510", "NX510", "NX 510" or "nx-510"."""
    roll = rng.random()
    if roll < 0.5:
        return code
    if roll < 0.75:
        return code.replace("-", "")
    return code.replace("-", " ") if roll < 0.93 else code.lower()


def write_option(option: Option, language: str, rng: np.random.Generator) -> str:
    """Write the option in one of its spellings."""
    if option.unit == "edition":
        return option.name
    if option.unit == "device":
        return ("для " if language == "ru" else "for ") + option.name
    spellings = {"m": _length_spellings, "gb": _capacity_spellings, "pcs": _count_spellings}[option.unit](option.value)
    return pick(rng, spellings[language])


def _length_spellings(metres: float) -> dict[str, tuple[str, ...]]:
    plain, cm = f"{metres:g}", f"{metres * 100:g}"
    comma = plain.replace(".", ",")
    short = metres < 3
    return {
        "ru": (f"{plain} м", f"{comma}м", f"{comma} м", f"{plain}м", f"{cm} см" if short else f"{plain} метров"),
        "en": (f"{plain}m", f"{plain} m", f"{plain}M", f"{cm}cm" if short else f"{plain} meters"),
    }


def _capacity_spellings(gigabytes: float) -> dict[str, tuple[str, ...]]:
    if gigabytes >= 1024:
        plain = f"{gigabytes / 1024:g}"
        return {"ru": (f"{plain} ТБ", f"{plain}Тб", f"{plain}TB"), "en": (f"{plain}TB", f"{plain} TB")}
    plain = f"{gigabytes:g}"
    return {
        "ru": (f"{plain} ГБ", f"{plain}Гб", f"{plain}GB", f"{plain} Гб"),
        "en": (f"{plain}GB", f"{plain} GB", f"{plain}gb"),
    }


def _count_spellings(count: float) -> dict[str, tuple[str, ...]]:
    plain = f"{count:g}"
    return {
        "ru": (f"{plain} шт", f"{plain} шт.", f"{plain}шт", f"упаковка {plain} шт"),
        "en": (f"{plain} pcs", f"pack of {plain}", f"x{plain}", f"{plain}-pack"),
    }


def mistype(title: str, rng: np.random.Generator) -> str:
    """Make one slip in one word of letters: two swapped, one lost, or one doubled. Numbers and codes stay."""
    words = title.split(" ")
    long = [place for place, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return title
    place = pick(rng, long)
    words[place] = _slip(words[place], int(rng.integers(1, len(words[place]) - 1)), int(rng.integers(3)))
    return " ".join(words)


def _slip(word: str, at: int, how: int) -> str:
    if how == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if how == 1 else word[:at] + word[at] + word[at:]
