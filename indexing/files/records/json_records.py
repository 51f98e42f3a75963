"""A JSON file holds its records one a line, or in an array: the whole file, or one inside an object."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import ijson
import orjson

from indexing.errors import InputError
from indexing.files.blocks import Aside, SetAside
from indexing.files.json_text import parse_json
from indexing.files.records.record_table import Record
from indexing.files.sources import Source, read_fully
from indexing.files.texts.text_stream import MARK_BYTES, TextStream, shown

CHUNK_BYTES = 1 << 22
SAMPLE_BYTES = 1 << 20
LINE_SUFFIXES = (".jsonl", ".ndjson")
MOST_WHOLE = 256 << 20  # bytes of an array that is parsed at once, where it holds what only Python reads
_LONG_NUMBER = re.compile(rb"[0-9]{19}")  # orjson makes a float of what 64 bits do not hold


@dataclass(frozen=True)
class JsonRecords:
    """It is the records of a source; `path` leads to the array that holds them, as ijson writes it, None for lines."""

    source: Source
    encoding: str
    path: str | None

    def __call__(self, aside: Aside) -> Iterator[Record]:
        """Yield each record with its number; a line that is none is set aside, and counts."""
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            yield from self._lines(text, aside) if self.path is None else self._elements(text, self.path, aside)

    def _lines(self, text: TextStream, aside: Aside) -> Iterator[Record]:
        row = -1
        for number, line in enumerate(_split(text), start=1):
            if not line.strip():
                continue
            row += 1
            try:
                record = parse_line(line)
            except ValueError as error:
                reason = f"line {number} is not JSON ({error}): one object a line"
                aside(SetAside(row, shown(line.decode()), reason))
                continue
            if isinstance(record, dict):
                yield row, record
            else:
                kind = type(record).__name__
                aside(
                    SetAside(row, shown(line.decode()), f"line {number} holds {kind}, not an object: one object a line")
                )

    def _elements(self, text: TextStream, path: str, aside: Aside) -> Iterator[Record]:
        done = 0
        try:
            for element in ijson.items(text, path, multiple_values=path == ""):
                yield from _record(done, _plain(element), aside)
                done += 1
        except ijson.JSONError as error:
            for place, element in enumerate(self._whole(path, error)[done:]):
                yield from _record(done + place, element, aside)

    def _whole(self, path: str, error: ijson.JSONError) -> list[Any]:
        """Return all elements as Python parses them: it takes NaN, and says better what is wrong."""
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            content = read_fully(text, MOST_WHOLE + 1)
        try:
            found = parse_json(content.decode()) if len(content) <= MOST_WHOLE else None
        except ValueError as malformed:
            raise InputError(f"{self.source.path}: is not JSON ({malformed}): is it complete?") from error
        if found is None:
            raise InputError(f"{self.source.path}: is not JSON ({_one_line(error)}): is it complete?") from error
        for key in path.split(".")[:-1]:
            found = found[key]
        return found if isinstance(found, list) else [found]


def find_path(source: Source, encoding: str) -> str | None:
    """Return where in a JSON file its records are: None for one a line, else the path of the array's elements."""
    if source.suffix in LINE_SUFFIXES:
        return None
    with closing(TextStream(source.open(), encoding)) as text:
        sample = read_fully(text, SAMPLE_BYTES).lstrip()
    if not sample:
        return None
    if sample.startswith(b"["):
        return "item"
    first, _, rest = sample.partition(b"\n")
    if rest.strip() and _is_object(first):
        return None
    arrays = _arrays(sample)
    if arrays:
        return max(arrays, key=lambda path: (arrays[path], -path.count(".")))
    return None if _is_object(first) else ""


def _arrays(sample: bytes) -> Counter[str]:
    """Count the objects in each array that stands in no other array, as far as the sample goes."""
    found: Counter[str] = Counter()
    try:
        for path, event, _ in ijson.parse(io.BytesIO(sample)):
            if event == "start_map" and path.endswith(".item") and path.split(".").count("item") == 1:
                found[path] += 1
    except ijson.JSONError:  # the sample is cut
        pass
    return found


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parse_line(line), dict)
    except ValueError:
        return False


def parse_line(line: bytes) -> Any:
    """Return the value of a line of UTF-8. Raises ValueError for what `parse_json` refuses, and bytes that are no text."""
    if MARK_BYTES in line:
        raise ValueError("it holds bytes that are no text in the file's encoding")
    if not _LONG_NUMBER.search(line):
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            pass  # Python takes NaN and says better what is wrong
    return parse_json(line.decode())


def _split(text: TextStream) -> Iterator[bytes]:
    rest = b""
    while content := text.read(CHUNK_BYTES):
        *lines, rest = (rest + content).split(b"\n")
        yield from lines
    yield rest


def _record(row: int, element: Any, aside: Aside) -> Iterator[Record]:
    if isinstance(element, dict):
        yield row, element
    else:
        text = json.dumps(element, ensure_ascii=False, default=str)
        aside(SetAside(row, text, f"element {row} holds {type(element).__name__}, not an object"))


def _plain(value: Any) -> Any:
    """Return a value of ijson as Python's json gives it: its decimals are floats."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int) else float(value)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:100]
