"""Tables on disk (parquet, CSV, JSON lines) are read as blocks of rows, so that memory does not grow with the file."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from indexing.errors import InputError
from indexing.files.json_text import parse_json

SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
BLOCK_ROWS = 65_536


@dataclass(frozen=True)
class TableFile:
    """A table file says where it is, its format, its column names and, where that is free to know, its rows."""

    path: Path
    format: str
    names: tuple[str, ...]
    rows: int | None

    def blocks(self, rows: int = BLOCK_ROWS, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield blocks of at most `rows` rows in file order. CSV columns are strings (see `as_integers`).

        Raises InputError when the file ends early or a line cannot be read.
        """
        reader = _READERS[self.format]
        names = self.names if columns is None else tuple(columns)
        try:
            yield from reader(self.path, rows, names)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{self.path}: cannot be read to its end ({_first_line(error)}): write the file again"
            ) from error

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the whole file as one table."""
        blocks = list(self.blocks(columns=columns))
        return (
            pa.concat_tables(blocks, promote_options="permissive")
            if blocks
            else pa.table({n: pa.nulls(0) for n in self.names})
        )


def open_table(path: Path) -> TableFile:
    """Look up a file's format, by its suffix, and its columns. Raises InputError for what is missing or unreadable."""
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_dir():
        raise InputError(f"{path}: is a folder, a file is needed")
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: unknown kind of file {path.suffix!r}: give one of {', '.join(sorted(SUFFIXES))}")
    try:
        if kind == "parquet":
            with pq.ParquetFile(path) as file:
                names, rows = tuple(file.schema_arrow.names), int(file.metadata.num_rows)
        else:
            names, rows = (_csv_header(path) if kind == "csv" else _jsonl_names(path)), None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as {kind} ({_first_line(error)}): is it complete?") from error
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{path}: has the column '{twice[0]}' {names.count(twice[0])} times: rename all but one")
    return TableFile(path, kind, names, rows)


def list_tables(paths: Sequence[Path]) -> list[Path]:
    """List the files named, and of a folder the table files in it by name. Raises InputError when it has none."""
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        if not inside:
            raise InputError(f"{path}: the folder holds no file ending in {', '.join(sorted(SUFFIXES))}")
        found += inside
    if not found:
        raise InputError("no files: name a parquet, CSV or JSONL file, or a folder of them")
    return found


def _parquet_blocks(path: Path, rows: int, names: tuple[str, ...]) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=rows, columns=list(names)):
            yield pa.Table.from_batches([batch])


def _csv_blocks(path: Path, rows: int, names: tuple[str, ...]) -> Iterator[pa.Table]:
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.large_string()),
        include_columns=list(names),
        strings_can_be_null=True,
        null_values=[""],
    )
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    with pa.csv.open_csv(path, parse_options=parse, convert_options=convert) as reader:
        for batch in reader:
            whole = pa.Table.from_batches([batch])
            for start in range(0, len(whole), rows):
                yield whole.slice(start, rows)


def _csv_header(path: Path) -> tuple[str, ...]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        names = next(csv.reader(file), [])
    if not names:
        raise InputError(f"{path}: the file is empty: a CSV needs a header line")
    return tuple(names)


def _jsonl_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = parse_json(line)
            except ValueError as error:
                raise InputError(f"{path}: line {number} is not JSON ({error}): one object a line") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}: line {number} holds {type(row).__name__}, not an object: one object a line")
            yield row


def _jsonl_names(path: Path) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for row in _jsonl_rows(path):
        names.update(dict.fromkeys(row))
    if not names:
        raise InputError(f"{path}: the file is empty: one JSON object a line is needed")
    return tuple(names)


def _jsonl_blocks(path: Path, rows: int, names: tuple[str, ...]) -> Iterator[pa.Table]:
    block: list[dict[str, Any]] = []
    for row in _jsonl_rows(path):
        block.append(row)
        if len(block) == rows:
            yield _jsonl_table(block, names)
            block = []
    if block:
        yield _jsonl_table(block, names)


def _jsonl_table(rows: list[dict[str, Any]], names: tuple[str, ...]) -> pa.Table:
    return pa.table({name: _jsonl_column([row.get(name) for row in rows]) for name in names})


def _jsonl_column(values: list[Any]) -> pa.Array:
    """Make a column: objects stay JSON text, as in the other formats, and values of mixed types become it too."""
    if any(isinstance(value, dict) for value in values):
        values = [json.dumps(v, ensure_ascii=False) if isinstance(v, dict | list) else v for v in values]
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values])


_READERS: dict[str, Callable[[Path, int, tuple[str, ...]], Iterator[pa.Table]]] = {
    "parquet": _parquet_blocks,
    "csv": _csv_blocks,
    "jsonl": _jsonl_blocks,
}


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
