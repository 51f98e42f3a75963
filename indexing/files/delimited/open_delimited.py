"""A delimited file is opened: its encoding, its dialect and the names of its columns are found."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from indexing.errors import InputError
from indexing.files.blocks import Aside, Block, Opened
from indexing.files.content.encodings import find_encoding
from indexing.files.content.sources import Source, read_fully
from indexing.files.content.text_stream import TextStream
from indexing.files.delimited.delimited_reader import DelimitedReader
from indexing.files.delimited.dialect import SAMPLE_CHARS, find_dialect
from indexing.files.delimited.header import find_header
from indexing.files.options import FileOptions


class NoRows:
    """It reads a file that ends with its header, which Arrow takes for a row without an end."""

    def read(self, rows: int, names: tuple[str, ...], aside: Aside) -> Iterator[Block]:
        """Yield nothing."""
        return iter(())


def open_delimited(source: Source, how: FileOptions) -> Opened:
    """Open a file with a delimiter. Raises InputError for an empty one and an encoding that cannot be told."""
    encoding = find_encoding(source, how.encoding)
    text, cut = _sample(source, encoding)
    dialect = find_dialect(text, how, cut=cut)
    rows = list(dialect.rows(text))
    header = find_header(rows, how)
    if header is None:
        raise InputError(f"{source.path}: the file is empty: a CSV needs a header line")
    found = replace(
        how,
        format="csv",
        encoding=encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        backslash=dialect.backslash,
        above=header.above,
    )
    if not cut and not any(rows[header.above + how.header :]):
        return Opened(header.names, 0, found, (), NoRows(), namings=header.namings)
    reader = DelimitedReader(source, encoding, dialect, header.names, header.above + how.header)
    return Opened(header.names, None, found, (), reader, namings=header.namings, first_row=reader.first_row)


def _sample(source: Source, encoding: str) -> tuple[str, bool]:
    with closing(TextStream(source.open(), encoding)) as stream:
        text = read_fully(stream, SAMPLE_CHARS).decode("utf-8", "ignore")
        return text, bool(stream.read(1))
