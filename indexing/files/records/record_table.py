"""Records become blocks of columns: one for each key, and one for all the keys that few records have."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from indexing.files.blocks import Aside, Block
from indexing.files.records.keys import GATHERED, NULL, arrow_type

HELD = 8_192  # records at once, as Python objects

Record = tuple[int, Mapping[str, Any]]  # its number in the file, and what it holds
Records = Callable[[Aside], Iterator[Record]]


@dataclass(frozen=True)
class RecordReader:
    """It reads columns from records, which are read anew each time; `kinds` says what values each key has, and
    `gathered` are the keys that GATHERED holds, of those that are not asked for by name."""

    records: Records
    kinds: Mapping[str, int]
    gathered: frozenset[str]

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield blocks of at most `rows` rows; objects, lists and values of mixed kinds are JSON text."""
        records = self.records(aside)
        own = self.gathered.difference(names)
        while held := list(islice(records, min(rows, HELD))):
            numbers = np.array([number for number, _ in held], dtype=np.int64)
            rows_held = [record for _, record in held]
            columns = [
                _gathered(rows_held, own) if name == GATHERED and own else self._column(rows_held, name)
                for name in names
            ]
            yield Block(numbers, pa.table(columns, names=list(names)))

    def _column(self, records: list[Mapping[str, Any]], name: str) -> pa.Array:
        values = [record.get(name) for record in records]
        kind = arrow_type(self.kinds.get(name, NULL))
        if pa.types.is_large_string(kind):
            values = [value if value is None or type(value) is str else json_text(value) for value in values]
        return pa.array(values, kind)


def _gathered(records: list[Mapping[str, Any]], keys: frozenset[str]) -> pa.Array:
    found = ({key: value for key, value in record.items() if key in keys and value is not None} for record in records)
    return pa.array([json_text(held) if held else None for held in found], pa.large_string())


def json_text(value: Any) -> str:
    """Return a value as JSON, as Python writes what orjson would lose: NaN, and integers of any length."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False) if b"null" in text else text.decode()
