"""A picture's cell holds one reference or several: paths and URLs, data URIs, bytes, or objects that have one of them."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.files.content.cell_bytes import any_holds, which_begin
from indexing.reading.cells.distinct import Distinct
from indexing.reading.cells.literals import read_literal
from indexing.reading.cells.texts import MISSING, TEXT, as_plain, as_text, is_bytes, values_of

IMAGES = pa.large_list(TEXT)
Keep = Callable[[bytes], str]  # takes a picture's bytes, returns its reference
Refuse = Callable[[int, str], None]
_ENDINGS = "jpe?g|jpe|jfif|png|gif|webp|bmp|tiff?|avif|heic|svg"
_ENDED = re.compile(rf"\.(?:{_ENDINGS})(?:[?#][^\s]*)?$", re.IGNORECASE)
_NEXT = (
    rf"(?=[A-Za-z][A-Za-z0-9+.-]*://|//|data:|(?P<path>[^\s,;|]+\.(?:{_ENDINGS})(?:[?#][^\s,;|]*)?\s*(?:$|[\s,;|])))"
)
_PART = re.compile(rf"\s*[,;]\s*{_NEXT}|\s+{_NEXT.replace('path', 'other')}|\s*\|\s*|\s*[\r\n]+\s*", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DATA = re.compile(r"data:(?P<type>[^,;]*)(?P<how>[^,]*),(?P<content>[^\s|,;\"']*)", re.IGNORECASE)
_ODD = r"^[\[{]|^//|[,;|\s]|^(?i:data:)"
_PICTURED = re.compile(r"pic|image|img|photo|foto|bild|media|item|main|additional|фото|картин|изображ", re.IGNORECASE)
_PARTING, _BEGINNING = b",;| \t\n\r\f\v", b"[{/dD"  # bytes of odd texts: anywhere, or at their beginning
_FIELDS = (
    "bytes",
    "path",
    "url",
    "src",
    "link",
    "href",
    "image",
    "contentUrl",
    "hi_res",
    "hiRes",
    "large",
    "medium",
    "thumb",
)


def split_references(text: str) -> list[str]:
    """Return the references in a text, parted by `|`, line ends, and by `,`, `;` or spaces where another one follows.

    A comma inside a URL parts nothing: what follows it must begin as a URL, or both sides end as pictures do.
    """
    text = text.strip().strip(",;|").strip()
    if text[:5].lower() == "data:":
        return [found[0] for found in _DATA.finditer(text)] or [text]
    found, start = [], 0
    for part in _PART.finditer(text):
        before = text[start : part.start()]
        named = part["path"] or part["other"]
        if named and not _ENDED.search(before):
            continue
        found.append(before)
        start = part.end()
    return [one for one in (*found, text[start:]) if one]


def read_references(column: pa.Array | pa.ChunkedArray, keep: Keep, prefix: str, refuse: Refuse) -> pa.Array:
    """Return lists of references (n,), empty where there is none; `prefix` leads to relative paths.

    Bytes, in a column of them, an object or a data URI, are handed to `keep`. `refuse` is told of data URIs that hold none.
    """
    plain = as_plain(column)
    reader = _Reader(keep, prefix, refuse)
    if is_bytes(plain.type) or pa.types.is_nested(plain.type):
        flat = as_plain(plain.flatten()) if _is_list(plain.type) else None
        if flat is None or is_bytes(flat.type) or pa.types.is_nested(flat.type):
            return reader.of_values(values_of(plain))
        whole = plain.drop_null()
        lengths = pc.list_value_length(whole).to_numpy(zero_copy_only=False)
        rows = np.repeat(np.flatnonzero(plain.is_valid().to_numpy(zero_copy_only=False)), lengths)
        return _once_each(reader.of_texts(as_text(flat, "the column"), rows, len(plain)))
    return reader.of_texts(as_text(plain, "the column"), np.arange(len(plain)), len(plain))


def _may_be_odd(texts: pa.Array) -> bool:
    """Return whether any text has a byte that odd ones have."""
    return any_holds(texts, _PARTING) or bool(pc.any(which_begin(texts, _BEGINNING)).as_py())


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


class _Reader:
    """It reads the references of one block."""

    def __init__(self, keep: Keep, prefix: str, refuse: Refuse) -> None:
        self.keep, self.prefix, self.refuse = keep, prefix, refuse

    def of_texts(self, texts: pa.Array, rows: Ints1d, count: int) -> pa.Array:
        """Read texts (m,) that stand in `rows`, rising; only odd ones are taken apart."""
        if not _may_be_odd(texts):
            there = texts.is_valid().to_numpy(zero_copy_only=False)
            return _lists(self._prefixed(texts.drop_null()), rows[there], count)
        apart = pc.fill_null(pc.match_substring_regex(texts, _ODD), False)
        found = Distinct.of_column(texts, apart)
        clean = np.flatnonzero(pc.and_not(texts.is_valid(), apart).to_numpy(zero_copy_only=False))
        whole = self._prefixed(texts.take(pa.array(clean)))
        if not found.rows.size:
            return _lists(whole, rows[clean], count)
        lists = pa.array([self._of_cell(cell, rows[found.rows_of(p)]) for p, cell in enumerate(found.values)], IMAGES)
        lists = lists.take(pa.array(found.places))
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        where = np.concatenate([clean, np.repeat(found.rows, lengths)])
        order = np.argsort(where, kind="stable")
        return _lists(pa.concat_arrays([whole, lists.flatten()]).take(pa.array(order)), rows[where[order]], count)

    def of_values(self, cells: Sequence[Any]) -> pa.Array:
        """Read values of any kind (n,), one after another."""
        return pa.array([self._of_value(cell, [row]) for row, cell in enumerate(cells)], IMAGES)

    def _prefixed(self, texts: pa.Array) -> pa.Array:
        if not self.prefix:
            return texts
        whole = pc.match_substring_regex(texts, r"^(/|[A-Za-z][A-Za-z0-9+.-]+://)")
        led = pc.binary_join_element_wise(pa.scalar(self.prefix, TEXT), texts, pa.scalar("", TEXT))
        return pc.if_else(whole, texts, led)

    def _of_cell(self, cell: str, rows: Sequence[int] | Ints1d) -> list[str]:
        if cell[0] in "[{":
            try:
                return self._of_value(read_literal(cell), rows)
            except ValueError:
                pass  # a file may be named [a].jpg
        found = [one for text in split_references(cell) for one in self._of_value(text, rows)]
        return list(dict.fromkeys(found))

    def _of_value(self, value: Any, rows: Sequence[int] | Ints1d) -> list[str]:
        if isinstance(value, list | tuple):
            return [one for part in value for one in self._of_value(part, rows)]
        if isinstance(value, Mapping):
            return self._of_value(_pictured(value), rows)
        if isinstance(value, bytes):
            return [self.keep(value)] if value else []
        text = "" if value is None or value != value else str(value).strip()
        if text in MISSING:
            return []
        if text[:5].lower() == "data:":
            return self._of_data(text, rows)
        text = f"https:{text}" if text.startswith("//") else text
        return [text if text.startswith("/") or _URL.match(text) else self.prefix + text]

    def _of_data(self, uri: str, rows: Sequence[int] | Ints1d) -> list[str]:
        try:
            return [self.keep(bytes_of(uri))]
        except ValueError as error:
            for row in rows:
                self.refuse(int(row), f"malformed data URI: {error}")
            return []


def _pictured(found: Mapping[str, Any]) -> Any:
    """Return what an object says of pictures: its one reference, else the values whose names speak of pictures, as XML
    has them (`<pictures><picture>`), or its only value."""
    named = next((found[name] for name in _FIELDS if found.get(name)), None)
    if named is not None:
        return named
    inside = [value for name, value in found.items() if _PICTURED.search(str(name))]
    return inside or (next(iter(found.values())) if len(found) == 1 else None)


def bytes_of(uri: str) -> bytes:
    """Return the bytes of a data URI. Raises ValueError where it holds none."""
    found = _DATA.fullmatch(uri)
    if found is None or not found["content"]:
        raise ValueError("no content")
    if "base64" not in found["how"].lower():
        return unquote_to_bytes(found["content"])
    content = unquote_to_bytes(found["content"])
    try:
        return base64.b64decode(
            content + b"=" * (-len(content) % 4), altchars=b"-_" if b"-" in content else None, validate=True
        )
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _once_each(lists: pa.Array) -> pa.Array:
    """Return lists without what stands in them again, as the main picture does among all of a product."""
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    if max(lengths, default=0) < 2:
        return lists
    values, rows = lists.flatten(), np.repeat(np.arange(len(lists)), lengths)
    codes = values.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    _, first = np.unique(rows * len(values) + codes, return_index=True)
    kept = np.sort(first)
    return lists if len(kept) == len(values) else _lists(values.take(pa.array(kept)), rows[kept], len(lists))


def _lists(values: pa.Array, rows: Ints1d, count: int) -> pa.Array:
    """Return lists (count,) of values that stand in `rows`, rising."""
    counts = np.bincount(rows, minlength=count)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return pa.LargeListArray.from_arrays(pa.array(offsets), values)
