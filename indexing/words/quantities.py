"""Quantities are numbers with units in a text, Russian and English, read as values of a dimension in one base unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from indexing.words.tokens import with_points

DIMENSIONS = (
    "length",  # metres
    "mass",  # grams
    "volume",  # litres
    "capacity",  # gigabytes
    "power",  # watts
    "voltage",  # volts
    "current",  # amperes
    "charge",  # milliampere hours
    "frequency",  # hertz
    "time",  # seconds
    "resolution",  # pixels, megapixels
    "rotation",  # turns a minute
    "pack",  # pieces
    "year",
)
_UNITS = {
    "length": {
        0.001: "mm millimetre millimeter мм миллиметр миллиметра миллиметров",
        0.01: "cm centimetre centimeter см сантиметр сантиметра сантиметров",
        1.0: "m metre meter metres meters mtr м метр метра метров",
        0.0254: "\" '' ″ ” in inch inches дюйм дюйма дюймов",
        0.3048: "ft foot feet фут фута футов",
        1000.0: "km км",
    },
    "mass": {
        0.001: "mg мг",
        1.0: "g gr gram grams гр г грамм грамма",
        1000.0: "kg kgs kilo kilogram kilograms кг килограмм килограмма",
        28.35: "oz ounce ounces унций унция",
        453.6: "lb lbs pound pounds фунт фунта фунтов",
    },
    "volume": {
        0.001: "ml millilitre millilitres milliliter milliliters мл миллилитр миллилитров",
        0.01: "cl сл",
        1.0: "l ltr ltrs litre litres liter liters lt л литр литра литров",
        28.317: "cu cuft",
    },
    "capacity": {
        0.000001: "kb кб",
        0.001: "mb мб mbyte",
        1.0: "gb гб gig gbyte gigabyte гигабайт",
        1000.0: "tb тб tbyte terabyte терабайт",
    },
    "power": {1.0: "w watt watts вт ватт", 1000.0: "kw квт киловатт", 745.7: "hp"},
    "voltage": {0.001: "mv мв", 1.0: "v volt volts в вольт", 1000.0: "kv кв"},
    "current": {0.001: "ma ма", 1.0: "a amp amps а ампер"},
    "charge": {1.0: "mah мач", 1000.0: "ah ач"},
    "frequency": {1.0: "hz гц", 1e3: "khz кгц", 1e6: "mhz мгц", 1e9: "ghz ггц"},
    "time": {
        0.001: "ms мс",
        1.0: "s sec secs second seconds с сек секунд секунды",
        60.0: "min mins minute minutes мин минут минуты",
        3600.0: "h hr hrs hour hours ч час часа часов",
    },
    "resolution": {1.0: "px pixel pixels пикс", 1e6: "mp mpix mpx megapixel megapixels мп мпикс мегапикселей"},
    "rotation": {1.0: "rpm об"},
    "pack": {
        1.0: "x х × pc pcs piece pieces pk pack packs ct count set sets шт штука штуки штук упак уп набор",
        2.0: "pair pairs пара пары пар",
    },
}
UNITS = {
    word: (dimension, factor)
    for dimension, factors in _UNITS.items()
    for factor, spellings in factors.items()
    for word in spellings.split()
}
_NUMBER = r"\d+(?:\.\d+)?"
_MOST_FACTORS = 8  # before the last one of `3 x 20 x 10 cm`; unbounded, a cell of numbers would be read once from each
_MEASURED = re.compile(
    rf"(?<![\w.])((?:{_NUMBER}\s?[xх×*/+]\s?){{0,{_MOST_FACTORS}}})({_NUMBER})(\s|-)?([^\W\d_]+|\"|''|″|”)(?![^\W_])"
)
_EACH = re.compile(_NUMBER)
_PIXELS = re.compile(r"(?<![\w.])(\d{3,4})\s?[xх×*]\s?(\d{3,4})(?![\w.])")
_PACK_OF = re.compile(r"(?<![^\W_])(?:pack|set|box|kit|набор|комплект|упаковка)\s(?:of|из)\s(\d+)(?![\w.])")
_TIMES = re.compile(r"(?<![^\W_])[xх×](\d{1,2})(?![\w.])")
_YEAR = re.compile(r"(?<![\w.])(?:19[89]\d|20[0-4]\d)(?![\w.])")
_BY_HAND = {"a", "а", "s", "с", "set", "sets", "набор"}  # words of their own: a unit only when written together
_OFTEN_WORDS = _BY_HAND | {"in", "в", "v", "x", "х", "×", "g"}
_ZOOM = re.compile(r"\s?(?:zoom|optical|digital|зум|опт|крат)")
_BREAK = "\0"  # between texts that are read as one
_PRIVATE = 0xF0000  # the first of 65,534 letters that stand for nothing in Unicode, and in no shop's text


@dataclass(frozen=True)
class Quantity:
    """It is a value of a dimension in its base unit.

    It is rounded to three digits and written out, so that equal values are equal texts.
    """

    dimension: str
    value: str


@dataclass(frozen=True)
class Quantities:
    """It holds what a text measures: its quantities, the numbers with units as written, and the text without either."""

    found: frozenset[Quantity]
    numbers: tuple[str, ...]
    rest: str


def read_quantities(folded: str) -> Quantities:
    """Read the quantities of a folded text (`tokens.fold`)."""
    found: set[Quantity] = set()
    numbers: list[str] = []
    rest: list[str] = []
    end = 0
    for match in _MEASURED.finditer(folded):
        before, number, _, unit = match.groups()
        if unit in UNITS and not _is_word(match):
            found.update(_quantities(before, number, unit))
            numbers += [*_EACH.findall(before), number]
            rest += [folded[end : match.start()], " "]
            end = match.end()
    rest.append(folded[end:])
    found.update(_bare(folded))
    return Quantities(frozenset(found), tuple(numbers), "".join(rest))


def quantities_alike(texts: Sequence[str], letters: int) -> list[str]:
    """Return texts in normal form with every number with a unit as a word of its own, the same however it is written:
    `1.5 м`, `1,5м` and `150 cm` are one word, `1 m` is another.

    The words are `letters` long, and have no n-gram in common unless they are equal. No letters: the texts stay as they are.
    """
    if not letters:
        return list(texts)
    joined = _BREAK.join(texts)
    if joined.count(_BREAK) != len(texts) - 1:  # one of them holds a break itself
        return [_alike(text, letters) for text in texts]
    return _alike(joined, letters).split(_BREAK)


def _alike(text: str, letters: int) -> str:
    def words(match: re.Match[str]) -> str:
        before, number, _, unit = match.groups()
        if unit not in UNITS or _is_word(match):
            return match[0]
        return _words(before, number, unit, letters)

    return _MEASURED.sub(words, with_points(text))


@lru_cache(1 << 16)
def _words(before: str, number: str, unit: str, letters: int) -> str:
    """Return the words, with spaces around them, of what a number with a unit and the factors before it measure."""
    return " ".join(["", *(_word(quantity, letters) for quantity in _quantities(before, number, unit)), ""])


@lru_cache(1 << 16)
def _word(quantity: Quantity, letters: int) -> str:
    """Return a word of private letters, drawn by hash: two quantities of one letter are the same once in 65,534 pairs."""
    digest = blake2b(f"{quantity.dimension} {quantity.value}".encode(), digest_size=4 * letters).digest()
    numbers = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, len(digest), 4)]
    return "".join(chr(_PRIVATE + number % 65_534) for number in numbers)


@lru_cache(1 << 16)
def _quantities(before: str, number: str, unit: str) -> tuple[Quantity, ...]:
    """Return what a number with a unit measures, and the factors before it."""
    dimension, factor = UNITS[unit]
    factors = _EACH.findall(before)
    own = _quantity(dimension, float(number) * factor)
    if dimension == "length" or "/" in before or "+" in before:  # 50x70 cm, 8/256 GB
        return own, *(_quantity(dimension, float(number) * factor) for number in factors)
    return own, *(_quantity("pack", float(number)) for number in factors)  # 2 x 8 GB


def _is_word(match: re.Match[str]) -> bool:
    """Return whether what stands after the number is no unit here: `2 in 1`, `10x zoom`, `5g` of a network."""
    unit, apart = match[4], match[3]
    if unit not in _OFTEN_WORDS:
        return False
    following = match.string[match.end() : match.end() + 12]
    if unit in ("in", "в", "v") and following.lstrip()[:1].isdigit():
        return True
    if unit in ("x", "х", "×") and (apart or _ZOOM.match(following) or following.lstrip()[:1].isdigit()):
        return True
    if unit == "g" and not apart and match[2] in ("2", "3", "4", "5"):
        return True
    return unit in _BY_HAND and apart is not None


def _bare(folded: str) -> list[Quantity]:
    pixels = [Quantity("resolution", f"{match[1]}x{match[2]}") for match in _PIXELS.finditer(folded)]
    packs = [_quantity("pack", float(number)) for number in _PACK_OF.findall(folded) + _TIMES.findall(folded)]
    years = [Quantity("year", year) for year in _YEAR.findall(folded)]
    return [*pixels, *packs, *years]


def _quantity(dimension: str, value: float) -> Quantity:
    if dimension == "capacity" and value >= 1024 and value % 1024 == 0:  # 1024 GB are sold as 1 TB
        value = value / 1024 * 1000
    return Quantity(dimension, f"{value:.3g}")
