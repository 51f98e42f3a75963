"""A JSON file holds its records one a line, or in an array: the whole file, or one inside an object."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import ijson
import orjson

from indexing.errors import InputError
from indexing.files.blocks import NO_JSON, NO_OBJECT, Aside, SetAside
from indexing.files.content.sources import Source, read_fully
from indexing.files.content.text_stream import MARK_BYTES, TextStream, shown
from indexing.files.json_text import parse_json
from indexing.files.records.record_table import Record

CHUNK_BYTES = 1 << 22
SAMPLE_BYTES = 1 << 20
LINE_SUFFIXES = (".jsonl", ".ndjson")
MOST_WHOLE = 256 << 20  # bytes of an array that is parsed at once, where it holds what only Python reads
LONG_NUMBER = b"0" * 19  # digits of what 64 bits may not hold
_DIGITS = bytes(48 if 48 <= byte < 58 else 32 for byte in range(256))


@dataclass(frozen=True)
class JsonRecords:
    """It is the records of a source; `path` leads to the array that holds them, as ijson writes it, None for lines."""

    source: Source
    encoding: str
    path: str | None

    def __call__(self, aside: Aside) -> Iterator[Record]:
        """Yield each record with its number, or its line's; a line that is none is set aside, and counts."""
        if self.path is not None:
            yield from self._elements(self.path, aside)
            return
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            yield from self._lines(text, aside)

    def _lines(self, text: TextStream, aside: Aside) -> Iterator[Record]:
        for number, (line, exact) in enumerate(_split(text), start=1):
            if not line.strip():
                continue
            try:
                record = parse_line(line, exact=exact)
            except ValueError as error:
                reason = f"{NO_JSON}: {error}; one object a line is needed"
                aside(SetAside(number, shown(line.decode()), reason))
                continue
            if isinstance(record, dict):
                yield number, record
            else:
                kind = type(record).__name__
                reason = f"{NO_OBJECT}: it is {kind}; one object a line is needed"
                aside(SetAside(number, shown(line.decode()), reason))

    def _elements(self, path: str, aside: Aside) -> Iterator[Record]:
        """Yield the elements of an array, by the fastest parser that takes them: one of floats and of integers of 64
        bits, one of numbers of any length, and Python's own, which takes NaN and says best what is wrong."""
        done = 0
        for parse in (self._floats, self._decimals, self._whole):
            try:
                for element in islice(parse(path), done, None):
                    done += 1
                    if isinstance(element, dict):
                        yield done, element
                    else:
                        aside(_no_object(done, element))
                return
            except ijson.JSONError:
                continue

    def _floats(self, path: str) -> Iterator[Any]:
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            yield from ijson.items(text, path, multiple_values=path == "", use_float=True)

    def _decimals(self, path: str) -> Iterator[Any]:
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            yield from map(_plain, ijson.items(text, path, multiple_values=path == ""))

    def _whole(self, path: str) -> Iterator[Any]:
        with closing(TextStream(self.source.open(), self.encoding)) as text:
            content = read_fully(text, MOST_WHOLE + 1)
        if len(content) > MOST_WHOLE:
            raise InputError(f"{self.source.path}: is not JSON as it should be: write it as JSON lines")
        try:
            found = parse_json(content.decode())
        except ValueError as error:
            raise InputError(f"{self.source.path}: is not JSON ({error}): is it complete?") from error
        for key in path.split(".")[:-1]:
            found = found[key]
        yield from found if isinstance(found, list) else [found]


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


def parse_line(line: bytes, *, exact: bool = False) -> Any:
    """Return the value of a line of UTF-8. Raises ValueError for what `parse_json` refuses, and bytes that are no text.

    `exact`: it may hold integers of more than 64 bits, which orjson makes floats of.
    """
    if MARK_BYTES in line:
        raise ValueError("it holds bytes that are no text in the file's encoding")
    if not exact:
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            pass  # Python takes NaN and says better what is wrong
    return parse_json(line.decode())


def _split(text: TextStream) -> Iterator[tuple[bytes, bool]]:
    """Yield lines, and whether there may be very long integers in them."""
    rest = b""
    while content := text.read(CHUNK_BYTES):
        *lines, rest = (rest + content).split(b"\n")
        exact = _has_long_number(content) or _has_long_number(lines[0] if lines else rest)
        for line in lines:
            yield line, exact
    yield rest, True


def _has_long_number(content: bytes) -> bool:
    return LONG_NUMBER in content.translate(_DIGITS)


def _no_object(row: int, element: Any) -> SetAside:
    text = json.dumps(element, ensure_ascii=False, default=str)
    return SetAside(row, text, f"{NO_OBJECT}: it is {type(element).__name__}")


def _plain(value: Any) -> Any:
    """Return a value of ijson as Python's json gives it: its decimals are floats."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int) else float(value)
