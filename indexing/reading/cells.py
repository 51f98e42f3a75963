"""Cells of a catalogue file are brought to the normal form. What cannot be used becomes null and a reject."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import ATTRIBUTES, LEVELS
from indexing.catalog.rejects import Reject
from indexing.errors import InputError
from indexing.files.json_text import parse_json

SHOWN_CHARS = 80  # of a rejected value


@dataclass
class CellReader:
    """A cell reader reads the cells of one block and collects rejects with the file and row that they stand in."""

    file: Path
    first_row: int
    ids: pa.Array
    rejects: list[Reject] = field(default_factory=list)

    def reject(self, row: int, column: str, value: Any, reason: str) -> None:
        shown = str(value)[:SHOWN_CHARS]
        ident = str(self.ids[row].as_py())
        self.rejects.append(Reject(ident, column, shown, reason, self.file.name, self.first_row + row))

    def text(self, column: pa.Array, name: str) -> pa.Array:
        """Return the cells as strings, trimmed; empty ones are null. Numbers become text.

        Raises InputError for nested and binary columns.
        """
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise InputError(f"{self.file}: column '{name}' is {kind}: text is needed")
        trimmed = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
        return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.large_string()), trimmed)

    def numbers(self, column: pa.Array, name: str) -> pa.Array:
        """Return the cells as float64; text that is no number is rejected, NaN and infinity are null.

        Raises InputError for a column that holds neither numbers nor text.
        """
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            values = [self._number(row, name, value) for row, value in enumerate(column.to_pylist())]
            return pa.array(values, pa.float64())
        kinds = (pa.types.is_null, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
        if not any(is_kind(column.type) for is_kind in kinds):
            raise InputError(f"{self.file}: column '{name}' is {column.type}: numbers are needed")
        numbers = column.cast(pa.float64())
        return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))

    def _number(self, row: int, name: str, value: str | None) -> float | None:
        if value is None or not value.strip():
            return None
        try:
            number = float(value)
        except ValueError:
            self.reject(row, name, value, "not a number")
            return None
        return number if math.isfinite(number) else None

    def attributes(self, column: pa.Array, name: str, extra: dict[str, pa.Array]) -> pa.Array:
        """Read attributes from JSON objects of value or list, and one attribute from each extra column."""
        rows: list[list[dict[str, str]] | None] = [
            self._attributes(row, name, cell) for row, cell in enumerate(column.to_pylist())
        ]
        for key, values in extra.items():
            for row, cell in enumerate(values.to_pylist()):
                entries = _entries(key, cell)
                if entries:
                    rows[row] = [*(rows[row] or []), *entries]
        return pa.array(rows, ATTRIBUTES)

    def _attributes(self, row: int, name: str, cell: Any) -> list[dict[str, str]] | None:
        found = self._json_object(row, name, cell)
        if found is None:
            return None
        return [entry for key, value in found.items() for entry in _entries(str(key), value)]

    def categories(self, column: pa.Array, name: str) -> dict[str, pa.Array]:
        """Return one column a level. A plain text is level 3; a JSON object has levels "1" to "4"."""
        cells = [self._levels(row, name, cell) for row, cell in enumerate(column.to_pylist())]
        return {
            f"category_{level}": pa.array([levels.get(level) for levels in cells], pa.large_string())
            for level in LEVELS
        }

    def _levels(self, row: int, name: str, cell: Any) -> dict[str, str]:
        if isinstance(cell, int):
            cell = str(cell)
        if isinstance(cell, str) and cell.strip() and not cell.lstrip().startswith("{"):
            return {"3": cell.strip()}
        found = self._json_object(row, name, cell) or {}
        levels = {str(level): str(value).strip() for level, value in found.items() if value is not None}
        return {level: value for level, value in levels.items() if value}

    def _json_object(self, row: int, name: str, cell: Any) -> dict[str, Any] | None:
        """Return a JSON object or a struct or map cell as a dictionary, None for an empty one; reject anything else."""
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        try:
            found = parse_json(cell) if isinstance(cell, str) else dict(cell)
        except (ValueError, TypeError) as error:
            self.reject(row, name, cell, f"malformed JSON: {error}")
            return None
        if not isinstance(found, dict):
            self.reject(row, name, cell, f"JSON holds {type(found).__name__}, an object is needed")
            return None
        return found

    def strings(self, column: pa.Array, name: str, separators: str = ",;/") -> pa.Array:
        """Return lists of text; a plain text is split at the separators."""
        return pa.array([_parts(cell, separators) for cell in column.to_pylist()], pa.large_list(pa.large_string()))

    def images(self, column: pa.Array, name: str, keep: Callable[[bytes], str], prefix: str) -> pa.Array:
        """Return picture references, main first. Bytes are handed to `keep`, which returns their reference."""
        rows = [[_reference(part, keep, prefix) for part in _image_parts(cell) if part] for cell in column.to_pylist()]
        return pa.array(rows, pa.large_list(pa.large_string()))


def _entries(key: str, value: Any) -> list[dict[str, str]]:
    values = value if isinstance(value, list) else [value]
    texts = [_value_text(v) for v in values if v is not None]
    return [{"key": key, "value": text} for text in texts if text]


def _value_text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:.0f}" if value.is_integer() else f"{value:.9g}"  # a code is whole: all its digits
    return str(value).strip()


def _parts(cell: Any, separators: str) -> list[str] | None:
    if cell is None:
        return None
    if isinstance(cell, str):
        for separator in separators[1:]:
            cell = cell.replace(separator, separators[0])
        cell = cell.split(separators[0])
    if not isinstance(cell, list):
        cell = [cell]
    return [str(part).strip() for part in cell if part is not None and str(part).strip()]


def _image_parts(cell: Any) -> Sequence[Any]:
    """Return the pictures of a cell, which is one or a list: text, bytes, or an object with `bytes` and `path`."""
    if isinstance(cell, str) and cell.lstrip().startswith(("[", "{")):
        try:
            cell = parse_json(cell)
        except ValueError:
            return [cell]
    parts = cell if isinstance(cell, list) else [cell]
    return [(part.get("bytes") or part.get("path")) if isinstance(part, dict) else part for part in parts]


def _reference(part: Any, keep: Callable[[bytes], str], prefix: str) -> str:
    if isinstance(part, bytes):
        return keep(part)
    reference = str(part)
    return reference if Path(reference).is_absolute() else prefix + reference
