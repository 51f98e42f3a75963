"""Prices become numbers: of any currency and any locale's separators, one or a range; what is none is told apart."""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d, Ints1d
from indexing.files.json_text import parse_json
from indexing.reading.cells.distinct import Distinct, mended
from indexing.reading.cells.prices.currencies import OF_SYMBOLS
from indexing.reading.cells.prices.digits import numbers_of, shapes_of
from indexing.reading.cells.prices.shapes import PriceKind, Shape, numbers_in, read_shape
from indexing.reading.cells.texts import TEXT, values_of

PLAIN = r"^[0-9]{1,15}(\.[0-9]{1,2})?$"  # these say the same in every locale
MOST = 1e15  # what is more is a sentinel, or was never a price: 2^63 - 1
_OTHER_DIGITS = "[٠-٩۰-۹०-९০-৯੦-੯૦-૯௦-௯౦-౯೦-೯൦-൯๐-๙໐-໙༠-༩၀-၉០-៩０-９]"
Refuse = Callable[[int, str], None]  # a row of the block, and why its price cannot be used


@dataclass(frozen=True)
class PriceFormat:
    """It says how a column's prices are written: the sign that is decimal where it stands alone before three digits ("":
    neither is, `1.299` is one thousand and more), and the currency of cells that name none (None: unknown)."""

    decimal: str = ""
    currency: str | None = None


@dataclass(frozen=True)
class PriceColumns:
    """It holds each product's price, the lowest of a range, the range's `high`est, and the currency; each may be null."""

    price: pa.Array
    high: pa.Array
    currency: pa.Array


def read_price_texts(
    texts: pa.Array, form: PriceFormat, refuse: Refuse, stated: pa.Array | None = None
) -> PriceColumns:
    """Read prices from trimmed texts (n,), null for missing ones; `refuse` is told of each that is no price.

    A price that names no currency, or by the symbol of several, is in the one that its row states elsewhere (`stated`), else
    in the column's.
    """
    reading = _Reading(len(texts), form, refuse)
    plain = pc.fill_null(pc.match_substring_regex(texts, PLAIN), False)
    clean = pc.if_else(plain, texts, pa.scalar(None, TEXT))
    reading.low = clean.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()
    odd = pc.and_(pc.invert(plain), texts.is_valid())
    if pc.any(odd).as_py():
        reading.read(in_ascii_digits(texts), odd, stated)
    return reading.columns(stated)


def read_price_numbers(
    numbers: pa.Array, form: PriceFormat, refuse: Refuse, stated: pa.Array | None = None
) -> PriceColumns:
    """Read prices from numbers (n,) of any type; NaN is missing, `refuse` is told of the negative and the infinite."""
    values = numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).copy()
    reading = _Reading(len(values), form, refuse)
    reading.low = values
    return reading.columns(stated)


def in_ascii_digits(texts: pa.Array) -> pa.Array:
    """Write digits of other scripts as 0 to 9."""
    return mended(texts, pc.match_substring_regex(texts, _OTHER_DIGITS), _ascii_digits)


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(char)) if ord(char) > 127 and char.isdigit() else char for char in text)


class _Reading:
    """It reads one block: `low` and `high` are NaN where there is nothing, `named` are the currencies."""

    def __init__(self, rows: int, form: PriceFormat, refuse: Refuse) -> None:
        self.form, self.refuse = form, refuse
        self.low: Floats1d = np.full(rows, np.nan)
        self.high: Floats1d = np.full(rows, np.nan)
        self.named: pa.Array = pa.nulls(rows, TEXT)

    def columns(self, stated: pa.Array | None) -> PriceColumns:
        """Return the columns, without prices that are none: negative, infinite or larger than any."""
        with np.errstate(invalid="ignore"):
            wrong = (self.low < 0) | (self.low > MOST) | (self.high > MOST)
        for row in np.flatnonzero(wrong):
            value = self.low[row]
            reason = "negative" if value < 0 else "infinite" if np.isinf(value) else f"more than {MOST:g}"
            self.refuse(int(row), reason)
        if wrong.any():
            self.low[wrong], self.high[wrong] = np.nan, np.nan
        price = pa.array(self.low, from_pandas=True)
        named = [self.named, *([] if stated is None else [stated]), pa.scalar(self.form.currency, TEXT)]
        currency = pc.if_else(price.is_valid(), pc.coalesce(*named), pa.scalar(None, TEXT))
        return PriceColumns(price, pa.array(self.high, from_pandas=True), currency)

    def read(self, texts: pa.Array, odd: pa.Array, stated: pa.Array | None) -> None:
        """Read the odd cells by their shapes; a symbol of several currencies is the one that its row has `stated`."""
        chosen = pc.if_else(odd, texts, pa.scalar(None, TEXT))
        shapes = Distinct.of_column(shapes_of(chosen))
        understood = [read_shape(shape, self.form.currency) for shape in shapes.values]
        kinds = np.array([shape.kind.value for shape in understood], dtype=object)[shapes.places]
        currencies = pa.array([shape.currency for shape in understood], TEXT).take(pa.array(shapes.places))
        self._name(shapes.rows, currencies if stated is None else _as_stated(currencies, shapes, stated))
        decimals = np.array([self._decimal(shape) for shape in understood], dtype=object)[shapes.places]
        for sign in set(decimals):
            rows = shapes.rows[(kinds == PriceKind.NUMBER.value) & (decimals == sign)]
            self.low[rows] = numbers_of(chosen.take(pa.array(rows)), sign)
        for place in np.flatnonzero(np.isin(kinds, (PriceKind.ODD_NUMBER.value, PriceKind.RANGE.value))):
            row = int(shapes.rows[place])
            found = numbers_in(chosen[row].as_py(), shapes.values[shapes.places[place]], decimals[place])
            self.low[row] = min(found)
            self.high[row] = max(found) if len(found) > 1 else np.nan
        for place in np.flatnonzero(kinds == PriceKind.UNREADABLE.value):
            self.refuse(int(shapes.rows[place]), understood[shapes.places[place]].reason)

    def _name(self, rows: Ints1d, currencies: pa.Array) -> None:
        there = np.zeros(len(self.low), dtype=np.bool_)
        there[rows] = True
        self.named = pc.replace_with_mask(self.named, pa.array(there), currencies)

    def _decimal(self, shape: Shape) -> str:
        """Return the decimal sign of a shape; where a sign may be either, the column's own decides."""
        return shape.decimal or (shape.either if shape.either and shape.either == self.form.decimal else "")


_AMOUNTS = ("amount", "value", "price", "lowPrice", "low_price", "min", "from")
_HIGHEST = ("highPrice", "high_price", "max", "to")


def _as_stated(currencies: pa.Array, shapes: Distinct, stated: pa.Array) -> pa.Array:
    """Return the currencies that cells (m,) name, those by a symbol of several as their rows have `stated` (n,) them."""
    told = stated.take(pa.array(shapes.rows))
    for one in {*told.unique().to_pylist()} & OF_SYMBOLS:
        understood = pa.array([read_shape(shape, one).currency for shape in shapes.values], TEXT)
        here = pc.fill_null(pc.equal(told, one), False)
        currencies = pc.if_else(here, understood.take(pa.array(shapes.places)), currencies)
    return currencies


_CURRENCIES = ("currency", "priceCurrency", "currency_code", "currencyCode", "unit")


def prices_of_structs(column: pa.Array) -> pa.Array:
    """Write Arrow's structs (n,) of amount and currency as texts, as `price_of_object` does JSON objects."""
    return pa.array([None if cell is None else _price_of(cell, str(cell)) for cell in values_of(column)], TEXT)


def price_of_object(cell: str) -> str | None:
    """Write a price that is a JSON object of amount and currency as text; what is no such object stays."""
    try:
        found = parse_json(cell)
    except ValueError:
        return cell
    return _price_of(found, cell) if isinstance(found, dict) else cell


def _price_of(found: Mapping[str, Any], cell: str) -> str | None:
    """Return the text of a price by its parts, None where all are empty, and `cell` where none is known as an amount."""
    if all(part is None for part in found.values()):
        return None
    low, high, currency = (_written(next((found[key] for key in keys if found.get(key) is not None), ""))
                           for keys in (_AMOUNTS, _HIGHEST, _CURRENCIES))  # fmt: skip
    return f"{low}{f' - {high}' if high != '' else ''} {currency}".strip() if low != "" else cell


def _written(part: Any) -> Any:
    """Return a part of a price; a number with a point never ends three digits behind it, which a text might mean as thousands."""
    if not isinstance(part, float | Decimal) or not math.isfinite(part):
        return part
    text = format(Decimal(repr(part)) if isinstance(part, float) else part, "f")
    return f"{text}0" if text[-4:-3] == "." else text
