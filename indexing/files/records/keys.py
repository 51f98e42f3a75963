"""The keys of records and the kinds of their values are found in one pass, and decide what the columns are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

GATHERED = "other attributes"  # the column that holds, as JSON objects, the keys that few records have
MOST_COLUMNS = 200  # above so many keys, those that few records have are gathered
RARE = 0.05  # of the records
MOST_SHAPES = 4096  # kept at once
EXACT = 2**53  # integers up to here are exact in float64

NULL, BOOL, INT, LONG, HUGE, FLOAT, TEXT, EMPTY, VECTOR, VECTORS, OTHER = (1 << place for place in range(11))
_KINDS = {type(None): NULL, bool: BOOL, float: FLOAT, str: TEXT}
_ONLY = (  # the kinds that a column of each type may hold, without nulls
    (BOOL, pa.bool_()),
    (INT | LONG, pa.int64()),
    (INT | FLOAT, pa.float64()),
    (VECTOR | EMPTY, pa.large_list(pa.float64())),
    (VECTORS | EMPTY, pa.large_list(pa.large_list(pa.float64()))),
)


def kind_of(value: Any) -> int:
    """Return the kind of a value that JSON can hold. A list of numbers is a vector, a list of vectors several."""
    if type(value) is int:
        return INT if -EXACT <= value <= EXACT else LONG if -(2**63) <= value < 2**63 else HUGE
    if type(value) is list:
        return _list_kind(value)
    return _KINDS.get(type(value), OTHER)


def _list_kind(values: list[Any]) -> int:
    if not values:
        return EMPTY
    if type(values[0]) is list:
        return (
            VECTORS if all(type(value) is list and _list_kind(value) in (VECTOR, EMPTY) for value in values) else OTHER
        )
    return VECTOR if all(type(value) is float or kind_of(value) == INT for value in values) else OTHER


def arrow_type(kinds: int) -> pa.DataType:
    """Return the type of a column whose values have these kinds: text for what no other type holds exactly."""
    kinds &= ~NULL
    if kinds in (0, EMPTY):
        return pa.large_string()
    return next((kind for held, kind in _ONLY if not kinds & ~held), pa.large_string())


@dataclass
class Keys:
    """It counts records, and how many have each key, with the kinds of its values.

    Most records of a file have one of a few shapes, which keys with values of which types: what a type says by itself
    is looked up once a shape, and only integers and lists are looked at one by one.
    """

    records: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, int] = field(default_factory=dict)
    _shapes: dict[tuple[Any, ...], "_Shape"] = field(default_factory=dict)

    def look(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Count the keys of more records."""
        kinds, shapes = self.kinds, self._shapes
        for record in records:
            shape = (*record, *map(type, record.values()))
            known = shapes.get(shape)
            if known is None:
                known = self._add_shape(shape, record)
            known.records += 1
            for key in known.looked_at:
                kinds[key] |= kind_of(record[key])
        self._sum_up()

    def _add_shape(self, shape: tuple[Any, ...], record: Mapping[str, Any]) -> "_Shape":
        if len(self._shapes) >= MOST_SHAPES:
            self._sum_up()
        for key, value in record.items():
            self.kinds[key] = self.kinds.get(key, 0) | kind_of(value)
        looked_at = tuple(key for key, value in record.items() if type(value) in (int, list))
        found = self._shapes[shape] = _Shape(tuple(record), looked_at)
        return found

    def _sum_up(self) -> None:
        for shape in self._shapes.values():
            self.records += shape.records
            for key in shape.keys:
                self.counts[key] += shape.records
        self._shapes.clear()

    def rare(self) -> tuple[str, ...]:
        """Return the keys to gather: of more than MOST_COLUMNS, those that less than RARE of the records have."""
        if len(self.counts) <= MOST_COLUMNS:
            return ()
        return tuple(key for key in self.kinds if self.counts[key] < RARE * self.records)


@dataclass
class _Shape:
    """It is how many records have the same keys with values of the same types, and the keys whose values are looked at."""

    keys: tuple[str, ...]
    looked_at: tuple[str, ...]
    records: int = 0
