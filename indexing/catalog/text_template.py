"""A template over a product's fields, such as `{title} {description:200}`, gives the text that a model reads of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from string import Formatter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import ATTRIBUTES, TEXT_FIELDS, Catalog, cut
from indexing.catalog.contents import Contents, text_contents
from indexing.errors import InputError

PLACES = (*TEXT_FIELDS, "price", "currency", "category_1", "category_2", "category_3", "category_4", "source")


@dataclass(frozen=True)
class Piece:
    """A piece holds words as they stand, then a field (empty: none) and, of `attributes`, the one named.

    At most `chars` characters of the field are read, None: as many as the catalogue's reading says.
    """

    words: str
    field: str = ""
    attribute: str = ""
    chars: int | None = None


@dataclass(frozen=True)
class TextTemplate:
    """A template names what is read of a product: `{title}`, `{attributes}` (all values), `{attributes.Color}` (one),
    `{description:200}` (at most 200 characters; where nothing is said, what the catalogue's reading says).

    Raises InputError for a field that there is not.
    """

    template: str

    def __post_init__(self) -> None:
        if not any(piece.field for piece in self.pieces):
            raise InputError(f"--text-template {self.template}: names no field: write for example {{title}} {{brand}}")

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Take the template apart. Raises InputError for text that is no template."""
        try:
            parsed = list(Formatter().parse(self.template))
        except ValueError as error:
            raise InputError(f"--text-template {self.template}: {error}: fields stand in braces, {{title}}") from error
        return tuple(self._piece(words, field, chars, how) for words, field, chars, how in parsed)

    def texts(self, catalog: Catalog) -> list[str]:
        """Return one text a product (n,), as the catalogue reads it, spaces run together; empty where every field is
        missing."""
        pieces = self.pieces
        cells = [_cells(catalog, piece) for piece in pieces]
        words = [part for piece, cell in zip(pieces, cells, strict=True) for part in (piece.words, cell)]
        joined = pc.binary_join_element_wise(*map(_text, words), _text(""))
        joined = pc.utf8_trim_whitespace(pc.replace_substring_regex(joined, r"\s+", " "))
        empty = [pc.equal(pc.utf8_trim_whitespace(cell), "") for cell in cells if not isinstance(cell, str)]
        nothing = empty[0]
        for more in empty[1:]:
            nothing = pc.and_(nothing, more)
        return catalog.read(pc.if_else(nothing, _text(""), joined))

    def contents(self, catalog: Catalog) -> Contents:
        """Return the content (n, 2) of what a model reads of each product."""
        return text_contents(self.texts(catalog))

    def _piece(self, words: str, field: str | None, chars: str | None, how: str | None) -> Piece:
        if field is None:
            return Piece(words)
        name, _, attribute = field.partition(".")
        if name not in PLACES or (attribute and name != "attributes") or how:
            raise InputError(
                f"--text-template {self.template}: no field '{field}': choose from {', '.join(PLACES)}, "
                "attributes.NAME for one attribute"
            )
        if chars and not (chars.isascii() and chars.isdigit() and int(chars) > 0):
            raise InputError(
                f"--text-template {self.template}: '{chars}' is no number of characters: write {{{field}:200}}"
            )
        return Piece(words, name, attribute, int(chars) if chars else None)


def template_of(fields: Sequence[str]) -> TextTemplate:
    """Return the template of fields joined by spaces. Raises InputError for an unknown field, or none at all."""
    unknown = [field for field in fields if field not in TEXT_FIELDS]
    if unknown or not fields:
        raise InputError(f"text field {', '.join(unknown) or '(none)'}: choose from {', '.join(TEXT_FIELDS)}")
    return TextTemplate(" ".join(f"{{{field}}}" for field in fields))


def _cells(catalog: Catalog, piece: Piece) -> pa.ChunkedArray | str:
    if not piece.field:
        return ""
    column = catalog.table[piece.field]
    if column.type == ATTRIBUTES:
        chunks = [_attribute_text(chunk, piece.attribute) for chunk in column.chunks]
        column = pa.chunked_array(chunks, pa.large_string())
    if pa.types.is_floating(column.type):
        column = pc.cast(column, pa.large_string())
    return cut(pc.fill_null(column, ""), piece.chars or catalog.reading.chars_of(piece.field))


def _attribute_text(attributes: pa.LargeListArray, name: str) -> pa.LargeStringArray:
    """Join the values of one attribute (empty name: of all) of each product by spaces."""
    flat, parents = pc.list_flatten(attributes), pc.list_parent_indices(attributes)
    keys, values = flat.field("key"), flat.field("value")
    kept = pc.is_valid(values)
    if name:
        kept = pc.and_(kept, pc.fill_null(pc.equal(keys, name), False))
    counts = np.bincount(parents.filter(kept).to_numpy(), minlength=len(attributes))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return pc.binary_join(pa.LargeListArray.from_arrays(pa.array(offsets), values.filter(kept)), _text(" "))


def _text(value: pa.ChunkedArray | str) -> pa.ChunkedArray | pa.Scalar:
    return pa.scalar(value, pa.large_string()) if isinstance(value, str) else value
