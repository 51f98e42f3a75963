"""The shape of a price is its text with every digit as 9: a column has few of them, and each is understood once."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from indexing.reading.cells.prices.currencies import WITHOUT_DECIMALS, currency_of
from indexing.reading.cells.prices.digits import LONE_ZERO

_SPACES = " \xa0\u202f\u2009"
_DIGIT = f"[9{LONE_ZERO}]"
_GROUPED = rf"9{{1,3}}(?:[{_SPACES}'’٬]999)+(?!9)"
_NUMBERS = re.compile(rf"(?:{_GROUPED}|{_DIGIT}+(?:[.,]9+)*)(?:[.,٫]9+)?|(?<!\w)[.,]9+(?![.,]?9)")
_EXPONENT = re.compile(rf"{_DIGIT}+(?:\.9+)?e[+-]?9+")
_DASH = r"(?:-|–|—|−|~|\.\.+|…|(?<!\w)(?:to|до|bis|à|a|至)(?!\w))"
_BETWEEN = re.compile(rf"\s*(?:{_DASH})\s*", re.IGNORECASE)
_MINUS = re.compile(r"(?:^|[\s(:])[-−–](?=\S*$)|[-−–]$")
_NO_CENTS = re.compile(r"([.,])\s?[-–—]")  # 12,- and 12.–
NOTHING = frozenset(
    [
        "-",
        "--",
        "–",
        "—",
        "?",
        ".",
        "n/a",
        "na",
        "nan",
        "none",
        "null",
        "nil",
        "tbd",
        "tba",
        "#n/a",
        "<na>",
        "nat",
        "\\n",
        "нет",
    ]
)
INFINITE = frozenset(["inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "∞"])
MOST_CHARS = 80  # of a price with its words


class PriceKind(Enum):
    """A cell says nothing, one number, a number that only Python reads, a range of two, or what is no price."""

    MISSING = "missing"
    NUMBER = "number"
    ODD_NUMBER = "odd number"
    RANGE = "range"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Shape:
    """It says how to read the cells of one shape: which `decimal` sign they have, if any, or which sign is their only one,
    before three digits, and so may be `either`; whether a sign parts thousands (`groups`); the currency; the `reason`
    why they cannot be read."""

    kind: PriceKind
    decimal: str = ""
    either: str = ""
    groups: str = ""
    currency: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Signs:
    """They are the signs of one number: the decimal one, or the one that may be `either`, and that of thousands."""

    decimal: str = ""
    either: str = ""
    groups: str = ""


@lru_cache(maxsize=65_536)
def read_shape(shape: str, stated: str | None = None) -> Shape:
    """Understand a shape; `stated` is the currency that a symbol of several stands for."""
    plain = shape.strip(_SPACES).casefold()
    if plain in NOTHING or not plain:
        return Shape(PriceKind.MISSING)
    if plain in INFINITE:
        return Shape(PriceKind.UNREADABLE, reason="infinite")
    if _EXPONENT.fullmatch(plain):
        return Shape(PriceKind.ODD_NUMBER, ".")
    found = list(_NUMBERS.finditer(shape))
    if not found or len(shape) > MOST_CHARS or "%" in shape:
        return Shape(PriceKind.UNREADABLE, reason="not a number")
    before, after = shape[: found[0].start()], shape[found[-1].end() :]
    if _MINUS.search(before) or (before.strip() == "(" and after.strip() == ")"):
        return Shape(PriceKind.UNREADABLE, reason="negative")
    if len(found) == 1:
        return _number(found[0][0], after, currency_of(f"{before} {after}".strip(), stated), stated)
    return _range(shape, found, stated)


def _number(token: str, after: str, currency: str | None, stated: str | None) -> Shape:
    signs, no_cents = signs_of(token), _NO_CENTS.match(after)
    if signs is None:
        return Shape(PriceKind.UNREADABLE, reason="not a number")
    if no_cents and signs.either:
        signs = Signs(no_cents[1], groups=signs.either)
    signs = _whole(signs, currency or stated)
    kind = PriceKind.ODD_NUMBER if token[0] in ".," else PriceKind.NUMBER
    return Shape(kind, signs.decimal, signs.either, signs.groups, currency)


def _range(shape: str, found: list[re.Match[str]], stated: str | None) -> Shape:
    """Read two numbers with nothing but a dash and currencies between them."""
    low, high = found[0], found[-1]
    between = shape[low.end() : high.start()]
    dash = _BETWEEN.search(between)
    rest = "" if dash is None else f"{between[: dash.start()]} {between[dash.end() :]}".strip()
    if len(found) != 2 or dash is None or (rest and currency_of(rest) is None):
        return Shape(PriceKind.UNREADABLE, reason="several numbers")
    around = f"{shape[: low.start()]} {rest} {shape[high.end() :]}"
    both = [signs for one in (low, high) if (signs := signs_of(one[0])) is not None]
    if len(both) < 2:
        return Shape(PriceKind.UNREADABLE, reason="not a number")
    currency = currency_of(around.strip(), stated)
    lowest, highest = (_whole(signs, currency or stated) for signs in both)
    decimal, either = lowest.decimal or highest.decimal, lowest.either or highest.either
    return Shape(PriceKind.RANGE, decimal, either, lowest.groups or highest.groups, currency)


def _whole(signs: Signs, currency: str | None) -> Signs:
    """Return the signs as a currency has them: without a smaller unit, what may be either sign is that of thousands."""
    return Signs(groups=signs.either) if signs.either and currency in WITHOUT_DECIMALS else signs


def signs_of(token: str) -> Signs | None:
    """Return what the signs of a number's shape are, None where it is no number (a date, a version)."""
    if "٫" in token or "٬" in token:
        return Signs("٫" if "٫" in token else "", groups="٬")
    points = [char for char in token if char in ".,"]
    if not points:
        return Signs()
    groups = re.split("[.,]", token)
    if len(set(points)) == 2:
        return Signs(points[-1], groups=points[0]) if points.count(points[-1]) == 1 else None
    if len(points) > 1:
        return Signs(groups=points[0]) if _are_thousands(groups) else None
    either = len(groups[1]) == 3 and 1 <= len(groups[0]) <= 3 and groups[0] != LONE_ZERO
    return Signs(either=points[0]) if either else Signs(points[0])


def _are_thousands(groups: list[str]) -> bool:
    """Return whether digits stand in groups of three, or in India's of two before the last."""
    return len(groups[-1]) == 3 and {len(group) for group in groups[1:-1]} <= {2, 3} and len(groups[0]) <= 3


def numbers_in(text: str, shape: str, decimal: str) -> list[float]:
    """Return the numbers of a text whose shape and decimal sign are known; one with an exponent is the only one."""
    if _EXPONENT.fullmatch(shape.strip(_SPACES).casefold()):
        return [float(text)]
    return [_number_of(text[found.start() : found.end()], decimal) for found in _NUMBERS.finditer(shape)]


def _number_of(token: str, decimal: str) -> float:
    digits = "".join(char for char in token if char.isdigit() or char == decimal)
    return float(digits.replace(decimal, ".") if decimal else digits)
