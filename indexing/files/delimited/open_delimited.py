"""A delimited file is opened: its encoding, its dialect and the names of its columns are found."""

from collections import Counter
from contextlib import closing
from dataclasses import replace

from indexing.errors import InputError
from indexing.files.blocks import Opened
from indexing.files.content.encodings import find_encoding
from indexing.files.content.sources import Source, read_fully
from indexing.files.content.text_stream import TextStream
from indexing.files.delimited.delimited_reader import DelimitedReader
from indexing.files.delimited.dialect import SAMPLE_CHARS, find_dialect
from indexing.files.delimited.header import column_names, numbered_names, rows_above
from indexing.files.options import FileOptions


def open_delimited(source: Source, how: FileOptions) -> Opened:
    """Open a file with a delimiter. Raises InputError for an empty one and an encoding that cannot be told."""
    encoding = find_encoding(source, how.encoding)
    text, cut = _sample(source, encoding)
    dialect = find_dialect(text, how, cut=cut)
    rows = list(dialect.rows(text))
    places = [place for place, row in enumerate(rows) if row]
    if not places:
        raise InputError(f"{source.path}: the file is empty: a CSV needs a header line")
    filled = [rows[place] for place in places]
    above = min(rows_above(filled) if how.above is None else how.above, len(filled) - 1)
    names, notes = _names(filled[above:], how)
    found = replace(
        how,
        format="csv",
        encoding=encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        backslash=dialect.backslash,
        above=above,
    )
    reader = DelimitedReader(source, encoding, dialect, names, places[above] + how.header)
    return Opened(names, None, found, notes, reader)


def _sample(source: Source, encoding: str) -> tuple[str, bool]:
    with closing(TextStream(source.open(), encoding)) as stream:
        text = read_fully(stream, SAMPLE_CHARS).decode("utf-8", "ignore")
        return text, bool(stream.read(1))


def _names(rows: list[list[str]], how: FileOptions) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns' names and notes on them; rows that end in one more delimiter than the header have one more."""
    if not how.header:
        return numbered_names(len(rows[0])), ()
    header, below = rows[0], rows[1:]
    width, _ = Counter(map(len, below)).most_common(1)[0] if below else (len(header), 0)
    ended = width == len(header) + 1 and all(not row[-1] for row in below if len(row) == width)
    return column_names(header, width if ended else len(header))
