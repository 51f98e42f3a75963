"""Ranges are values that hold more than one number: `10-20 kg`, `от 5 до 7 лет`, `up to 30 m`, `20+`, `42/44`."""

import math
import re
from dataclasses import dataclass

from indexing.words.quantities import UNITS

_CALENDAR = {
    "day": {1.0: "day days день дня дней", 7.0: "week weeks неделя недели недель"},
    "month": {1.0: "month months mo мес месяц месяца месяцев", 12.0: "year years yr yrs год года лет"},
}
_KNOWN = UNITS | {
    word: (dimension, factor)
    for dimension, factors in _CALENDAR.items()
    for factor, spellings in factors.items()
    for word in spellings.split()
}
MOST_APART = 1.5  # times the smaller of two sizes: `42/44`, not `1/2` or `8/256`
_MOST_DIGITS = 3  # of a bare number in a range, but for years: longer ones are parts of codes
MOST_CHARS = 40  # of a range
_DASHES = str.maketrans("–—−‐‑‒", "------")
_NUMBER = r"([+-]?\d+(?:\.\d+)?)"
_UNIT = r"\s?([^\W\d_]+|°\s?[^\W\d_]?|[%\"″”]|''|′′)?\.?"
_BETWEEN = re.compile(rf"(?:(?:от|с|from)\s)?{_NUMBER}{_UNIT}\s?(?:-|~|\.\.\.?|to|до|по|bis)\s?{_NUMBER}{_UNIT}")
_BOTH = re.compile(rf"(?:between|между)\s{_NUMBER}{_UNIT}\s(?:and|и)\s{_NUMBER}{_UNIT}")
_AT_MOST = re.compile(rf"(?:до|не более|макс\.?|up to|at most|max\.?|<=|≤)\s?{_NUMBER}{_UNIT}")
_AT_LEAST = re.compile(rf"(?:от|не менее|мин\.?|from|at least|min\.?|>=|≥)\s?{_NUMBER}{_UNIT}")
_OR_MORE = re.compile(rf"{_NUMBER}{_UNIT}\s?(?:\+|и более|и выше|и старше|or more|or older|and more|and older|and up)")
_PLUS = re.compile(rf"{_NUMBER}\+{_UNIT}")
_TWO_SIZES = re.compile(r"(\d{2,3})/(\d{2,3})")
_ONE = re.compile(rf"{_NUMBER}{_UNIT}")


@dataclass(frozen=True)
class Extent:
    """It is what a value measures, `low` to `high` of a `unit`, empty without one; one number is both."""

    unit: str
    low: float
    high: float

    @property
    def is_range(self) -> bool:
        """Return whether it holds more than one number."""
        return self.low < self.high

    def overlaps(self, other: "Extent") -> bool:
        """Return whether one of both is a range that holds what the other says, or a part of it."""
        apart = self.unit != other.unit or not (self.is_range or other.is_range)
        return not apart and max(self.low, other.low) <= min(self.high, other.high)

    @property
    def spelling(self) -> str:
        """Return the same text for the same extent."""
        return f"{self.unit}:{self.low:g}..{self.high:g}"


def read_extent(folded: str) -> Extent | None:
    """Read a folded text (`tokens.fold`) that is a number or a range and nothing else; None for any other.

    Numbers that are written as dates or codes are (`2023-24`, `05-12`, `4711-4712`) are no range.
    """
    if len(folded) > MOST_CHARS or not any(map(str.isdigit, folded)):
        return None
    text = folded.translate(_DASHES).strip()
    if (match := _ONE.fullmatch(text)) is not None:
        return _extent(match[1], match[2], match[1], match[2])
    if (match := _BETWEEN.fullmatch(text) or _BOTH.fullmatch(text)) is not None:
        return _between(match[1], match[2], match[3], match[4])
    if (match := _AT_MOST.fullmatch(text)) is not None:
        return _extent(None, None, match[1], match[2])
    if (match := _AT_LEAST.fullmatch(text) or _OR_MORE.fullmatch(text) or _PLUS.fullmatch(text)) is not None:
        return _extent(match[1], match[2], None, None)
    if (match := _TWO_SIZES.fullmatch(text)) is not None and float(match[2]) <= MOST_APART * float(match[1]):
        return _between(match[1], None, match[2], None)
    return None


def _between(low: str, unit: str | None, high: str, other: str | None) -> Extent | None:
    if unit is None and other is None and not (_is_counted(low) and _is_counted(high)):
        return None
    found = _extent(low, unit or other, high, other or unit)
    return found if found is not None and found.is_range else None


def _is_counted(number: str) -> bool:
    digits = number.lstrip("+-").split(".")[0]
    plain = len(digits) <= _MOST_DIGITS or (len(digits) == 4 and "1900" <= digits < "2100")
    return plain and (digits == "0" or not digits.startswith("0"))


def _extent(low: str | None, unit: str | None, high: str | None, other: str | None) -> Extent | None:
    """Return the extent between two numbers with units, None for an open end."""
    ends = [None if number is None else _measured(number, name) for number, name in ((low, unit), (high, other))]
    dimensions = {end[0] for end in ends if end is not None}
    if len(dimensions) != 1:
        return None
    least, most = (None if end is None else end[1] for end in ends)
    return Extent(dimensions.pop(), -math.inf if least is None else least, math.inf if most is None else most)


def _measured(number: str, unit: str | None) -> tuple[str, float]:
    """Return the dimension, or the unit where it is not known, and the value in the dimension's base unit."""
    name = "".join((unit or "").split())
    dimension, factor = _KNOWN.get(name, (f"unit {name}" if name else "", 1.0))
    value = float(number) * factor
    if dimension == "capacity" and value >= 1024 and value % 1024 == 0:  # 1024 GB are sold as 1 TB
        value = value / 1024 * 1000
    return dimension, float(f"{value:.6g}")
