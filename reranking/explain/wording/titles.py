"""Titles tell what two products have alike and what sets them apart: words, numbers, model codes, quantities."""

import re
from collections.abc import Collection

from indexing.words.quantities import DIMENSIONS, Quantities, Quantity, read_quantities
from indexing.words.tokens import fold, words
from reranking.explain.wording.seen_pair import SeenPair, Wording, against, quoted, short
from reranking.signals.texts.codes import Codes, read_codes, read_numbers

MOST_WORDS, MOST_CODES, MOST_NUMBERS, MOST_DIMENSIONS = 3, 2, 3, 2
BOTH, ONE = "both titles", "one title only"
_UNITS = {
    "length": "m", "mass": "g", "volume": "l", "capacity": "GB", "power": "W", "voltage": "V", "current": "A",
    "charge": "mAh", "frequency": "Hz", "time": "s", "resolution": "px", "rotation": "rpm", "pack": "pieces",
}  # fmt: skip
_WRITTEN = re.compile(r"(?:\d[\d.,]*\s?[xх×*/+]\s?)*\d[\d.,]*[\s-]?(?:[^\W\d_]+|\"|''|″|”)")


def word_wording(pair: SeenPair) -> Wording:
    """Tell the rarest words that both titles, and only one, have; numbers and codes have words of their own."""
    left, right = ([word for word in words(fold(title)) if _is_word(word)] for title in pair.titles)
    if not left or not right:
        return Wording(otherwise="a title without words")
    if fold(pair.titles[0]) == fold(pair.titles[1]):
        return Wording(alike="the titles are equal")
    shared, lone = set(left) & set(right), set(left) ^ set(right)
    return Wording(
        alike=f"{quoted(_rarest(shared, pair))} in {BOTH}" if shared else "",
        apart=f"{quoted(_rarest(lone, pair))} in {ONE}" if lone else "",
        otherwise="the same words in both titles" if not lone else "",
    )


def number_wording(pair: SeenPair) -> Wording:
    """Tell the numbers of both titles, those with units too."""
    left, right = (_numbers(title) for title in pair.titles)
    shared = sorted(left & right, key=_by_length)[:MOST_NUMBERS]
    lone = left ^ right
    sides = (_listed(own & lone, MOST_NUMBERS) for own in (left, right))
    apart = against(*sides, both=BOTH, one=ONE)
    return Wording(
        alike=f"{_several('number', shared)} {', '.join(shared)} in {BOTH}" if shared else "",
        apart=f"{_several('number', lone)} {apart}" if apart else "",
        otherwise="no number in either title",
    )


def code_wording(pair: SeenPair) -> Wording:
    """Tell the model codes of both titles, however separated."""
    left, right = (_codes(title) for title in pair.titles)
    shared = _longest((left.own & right.readings) | (right.own & left.readings))
    lone = [_longest(own.own - other.readings) for own, other in ((left, right), (right, left))]
    apart = against(*(", ".join(codes) for codes in lone), both=BOTH, one=ONE)
    return Wording(
        alike=f"{_several('model code', shared)} {', '.join(shared)} in both" if shared else "",
        apart=f"{_several('model code', lone[0] + lone[1])} {apart}" if apart else "",
        otherwise="no model code in either title",
    )


def quantity_wording(pair: SeenPair) -> Wording:
    """Tell quantities by dimension, as the titles write them."""
    sides = tuple(read_quantities(fold(title)) for title in pair.titles)
    alike, apart, lone = [], [], []
    for dimension in DIMENSIONS:
        left, right = (_of(dimension, side) for side in sides)
        if left & right:
            alike.append(f"{dimension} {_spelt(left & right, pair.titles[0])} in both")
        own, other = _spelt(left - right, pair.titles[0]), _spelt(right - left, pair.titles[1])
        if left and right and (own or other):
            apart.append(f"{dimension} {against(own, other, one=ONE)}")
        elif own or other:
            lone.append(f"{dimension} {own or other} in {ONE}")
    return Wording(
        "; ".join(alike[:MOST_DIMENSIONS]),
        "; ".join((apart or lone)[:MOST_DIMENSIONS]),
        otherwise="no quantity in either title",
    )


def _is_word(word: str) -> bool:
    return len(word) > 1 and not any(letter.isdigit() for letter in word)


def _rarest(found: Collection[str], pair: SeenPair) -> list[str]:
    return sorted(found, key=lambda word: (-pair.rarity.get(word, 0.0), -len(word), word))[:MOST_WORDS]


def _numbers(title: str) -> frozenset[str]:
    measured = read_quantities(fold(title))
    return read_numbers(measured.rest, measured.numbers)


def _codes(title: str) -> Codes:
    folded = fold(title)
    return read_codes(folded, read_quantities(folded).rest)


def _longest(codes: Collection[str]) -> list[str]:
    """Return the longest codes as a label prints them, without those that are part of a longer one."""
    kept: list[str] = []
    for code in sorted(codes, key=_by_length):
        if not any(code in longer for longer in kept):
            kept.append(code)
    return [short(code.upper()) for code in kept[:MOST_CODES]]


def _by_length(text: str) -> tuple[int, str]:
    return -len(text), text


def _listed(found: Collection[str], most: int) -> str:
    return ", ".join(short(text) for text in sorted(found, key=_by_length)[:most])


def _several(noun: str, found: Collection[str]) -> str:
    return noun if len(found) == 1 else f"{noun}s"


def _of(dimension: str, measured: Quantities) -> frozenset[Quantity]:
    return frozenset(quantity for quantity in measured.found if quantity.dimension == dimension)


def _spelt(quantities: Collection[Quantity], title: str) -> str:
    """Write quantities as the title does, in the base unit where it writes them in no place of their own."""
    spelt = []
    for quantity in sorted(quantities, key=lambda quantity: quantity.value):
        written = (match[0].strip() for match in _WRITTEN.finditer(title) if quantity in _read(match[0]))
        spelt.append(next(written, f"{quantity.value} {_UNITS.get(quantity.dimension, '')}".rstrip()))
    return ", ".join(dict.fromkeys(spelt))


def _read(fragment: str) -> frozenset[Quantity]:
    return read_quantities(fold(fragment)).found
