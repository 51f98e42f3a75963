"""What shops put in attributes, lists and objects of many shapes, becomes pairs of a key and a value's text."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson

from indexing.reading.cells.literals import read_pairs

KEYS = frozenset(
    [
        "name",
        "key",
        "k",
        "attribute",
        "attribute_name",
        "attributename",
        "attribute_code",
        "label",
        "title",
        "property",
        "param",
        "parameter",
        "code",
        "feature",
        "field",
    ]
)
VALUES = frozenset(
    [
        "value",
        "values",
        "v",
        "val",
        "value_name",
        "attribute_value",
        "attributevalue",
        "text",
        "option",
        "options",
        "content",
        "data",
    ]
)
UNITS = frozenset(["unit", "units", "uom", "unit_of_measure", "unit_name"])
ASIDE = frozenset(
    [
        "id",
        "type",
        "slug",
        "position",
        "order",
        "visible",
        "variation",
        "code",
        "lang",
        "language",
        "key_id",
        "value_id",
        "attribute_id",
    ]
)  # beside a value they say nothing of the product
MOST_LEVELS = 12
_MARKS = "@#$_"  # before the names of XML's attributes and texts
PAIRED = frozenset(
    mark + written for name in VALUES for written in (name, name.title(), name.upper()) for mark in ("", *_MARKS)
)
"""Names that an object has where it may be a pair of a key and a value; without any of them it is none."""
Entry = tuple[str, str]


def entries(found: Any, key: str = "", level: int = 0) -> Iterator[Entry]:
    """Yield the key and text of each value in what a cell holds; values of a plain list have the key "", unless each is
    written as a pair.

    A list of objects with a name and a value gives a pair each, wherever it stands; a nested object gives `size.w`;
    `{"value": 2200, "unit": "W"}` is one value. Nulls, NaN and empty texts are left out. Raises ValueError for what is
    nested too deeply.
    """
    if isinstance(found, Mapping):
        yield from _of_object(found, key, level)
    elif isinstance(found, list | tuple | set | frozenset):
        if found and all(_is_plain_pair(one) for one in found):
            yield from ((text_of(name), text_of(value)) for name, value in found if text_of(value))
            return
        written = [] if key else [read_pairs(one) if isinstance(one, str) else None for one in found]
        if written and None not in written:  # ["Colour: Red", "Size: XL"]
            yield from (pair for pairs in written for pair in pairs or ())
            return
        for one in found:
            yield from entries(one, key, level + 1) if level < MOST_LEVELS else [(key, _as_json(one))]
    else:
        text = text_of(found)
        if text:
            yield key, text


def text_of(value: Any) -> str:
    """Return a single value as text, empty for null and NaN; whole numbers have all their digits."""
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:.0f}" if value.is_integer() else f"{value:.9g}"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value if not isinstance(value, Decimal) else value.normalize()).strip()


def _of_object(found: Mapping[Any, Any], key: str, level: int) -> Iterator[Entry]:
    names = {str(name).lower().strip(_MARKS): name for name in found}
    value_name = next((name for name in names if name in VALUES), None)
    key_name = next((name for name in names if name in KEYS and _is_text(found[names[name]])), None)
    measured = bool(key) and value_name is not None and names.keys() <= {value_name, *UNITS, *ASIDE}
    if value_name is not None and (key_name is not None or measured):
        own = text_of(found[names[key_name]]) if key_name is not None else key
        unit = next((text_of(found[names[name]]) for name in names if name in UNITS), "")
        told = entries(found[names[value_name]], own, level + 1) if level < MOST_LEVELS else ()
        yield from ((name, f"{text} {unit}" if unit else text) for name, text in told)
        return
    if key and key_name in ("name", "label", "title") and names.keys() <= {key_name, *ASIDE}:
        yield key, text_of(found[names[key_name]])  # a value that is an object with a name
        return
    for name, value in found.items():
        under = f"{key}.{name}" if key else str(name)
        yield from entries(value, under, level + 1) if level < MOST_LEVELS else [(under, _as_json(value))]


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _is_plain_pair(found: Any) -> bool:
    return (
        isinstance(found, list | tuple)
        and len(found) == 2
        and isinstance(found[0], str)
        and not isinstance(found[1], list | tuple | dict)
        and bool(found[0].strip())
    )


def _as_json(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError as error:
        raise ValueError("nested too deeply") from error
