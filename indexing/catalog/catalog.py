"""A catalogue holds all products, in columns, in file order. The row number is a product's position."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.ids import FEW, IdLookup
from indexing.errors import InputError, UnknownId
from indexing.storage.versions import Hold
from indexing.words.reading import NORMAL, TODAYS, Reading

LEVELS = ("1", "2", "3", "4")
CATEGORY_LEVEL = 3  # that of a name alone, and of indexes that do not say another
TEXT_FIELDS = ("title", "brand", "attributes", "description")
TEXT_BLOCK = 65_536  # products whose texts are held at once
CATALOG_FILE = "catalog.arrow"
PICTURES_FILE = "pictures.bin"  # pictures that the catalogue's files gave as bytes
DELETED_FILE = "deleted.arrow"  # in the index folder: the ids that updates took away
ATTRIBUTES = pa.large_list(pa.struct([("key", pa.large_string()), ("value", pa.large_string())]))
FIELDS = pa.schema(
    [
        ("title", pa.large_string()),
        ("description", pa.large_string()),
        ("brand", pa.large_string()),
        ("attributes", ATTRIBUTES),  # one entry a value: a key with two values stands twice
        ("colors", pa.large_list(pa.large_string())),
        ("price", pa.float64()),  # the lowest of a range
        ("price_high", pa.float64()),  # the highest of a range, null for one price
        ("currency", pa.large_string()),  # an ISO 4217 code, or the symbol where it stands for several
        *((f"category_{level}", pa.large_string()) for level in LEVELS),
        ("source", pa.large_string()),
        ("images", pa.large_list(pa.large_string())),  # references, the main picture first
        ("gtin", pa.large_list(pa.large_string())),  # barcodes of 14 digits, each with its check digit
        ("mpn", pa.large_list(pa.large_string())),  # part numbers of the maker, as written
    ]
)
LATER_FIELDS = ("price_high", "currency", "gtin", "mpn")  # which indexes of earlier versions lack

NAME_SOURCES = "name its column in a schema file, or each file's shop (source: =shop-a); 'heroic sniff FILES --out schema.yaml' writes one, with such lines behind #"


@dataclass(frozen=True)
class Catalog:
    """A catalogue keeps products as an arrow table of `id` (int64 or large_string) and the columns of FIELDS.

    Columns named `column:NAME` hold ready-made vectors while an index is built. `pictures` is the folder where
    relative picture references lead, `folder` the one of `pictures.bin`, which holds pictures given as bytes;
    `hold` keeps that folder's version there. `reading` says how its texts are read, `category_level` which level of
    categories is evaluated, joined within and shown.
    """

    table: pa.Table
    pictures: Path = Path()
    folder: Path = Path()
    hold: Hold | None = None
    reading: Reading = TODAYS
    category_level: int = CATEGORY_LEVEL

    def __post_init__(self) -> None:
        wanted = ["id", *FIELDS.names]
        missing = [name for name in wanted if name not in self.table.column_names]
        if missing:
            raise InputError(f"the catalogue has no column '{missing[0]}': read it with read_catalog")

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def ids(self) -> pa.ChunkedArray:
        """Return the user's identifiers (n,), in their own type."""
        return self.table["id"]

    @cached_property
    def lookup(self) -> IdLookup:
        """Return the lookup that finds positions by id; it is made on first use."""
        return IdLookup.from_ids(self.ids)

    def position(self, product_id: int | str) -> int:
        """Return the position of one id. Raises UnknownId. Where nothing was looked up before, ids are gone through once: that
        takes a hundredth of the time that making the lookup of a million does."""
        if "lookup" not in self.__dict__ and isinstance(product_id, str) and pa.types.is_large_string(self.ids.type):
            found = int(pc.index(self.ids, pa.scalar(product_id, pa.large_string())).as_py())
            if found >= 0:
                return found
        return int(self.positions(pa.array([product_id]))[0])

    def positions(self, ids: pa.Array | pa.ChunkedArray) -> Ints1d:
        """Return the position of each id. Raises UnknownId, which says so of an id that was deleted."""
        try:
            return self.lookup.positions(ids)
        except UnknownId as error:
            missing = ids.filter(pa.array(self.lookup.find(ids) < 0))
            if not self.were_deleted(missing.slice(0, 1))[0]:
                raise
            raise UnknownId(f"id {missing[0].as_py()!r} was deleted from the index: {error}") from error

    def were_deleted(self, ids: pa.Array | pa.ChunkedArray) -> Bools1d:
        """Return which ids (n,), not in the catalogue, an update took away."""
        path = self.folder / DELETED_FILE
        if not path.exists():
            return np.zeros(len(ids), dtype=bool)
        with pa.memory_map(str(path)) as source:
            gone = pa.ipc.open_file(source).read_all()["id"].cast(pa.large_string())
            found: Bools1d = pc.is_in(ids.cast(pa.large_string()), value_set=gone).to_numpy(zero_copy_only=False)
        return found

    def slice(self, start: int, stop: int) -> "Catalog":
        """Return the products from position `start` up to, but without, `stop`."""
        return replace(self, table=self.table.slice(start, stop - start))

    def take(self, positions: Ints1d) -> "Catalog":
        """Return the products at these positions, in this order."""
        return replace(self, table=rows_at(self.table, positions))

    def texts(self, fields: Sequence[str] = TEXT_FIELDS, max_chars: int | None = None) -> list[str]:
        """Return one text a product, as the `reading` has it: the fields joined by spaces, empty where all are missing.

        Each field is cut to `max_chars` characters, to what the reading says where that is None. Raises InputError for an
        unknown field, or none at all.
        """
        unknown = [field for field in fields if field not in TEXT_FIELDS]
        if unknown or not fields:
            raise InputError(f"text field {', '.join(unknown) or '(none)'}: choose from {', '.join(TEXT_FIELDS)}")
        first, *others = (cut(self._field_text(field), max_chars or self.reading.chars_of(field)) for field in fields)
        first = pc.fill_null(first, "")  # rows of nulls alone would be skipped: their row, not their text
        joined = pc.binary_join_element_wise(first, *others, pa.scalar(" ", pa.large_string()), null_handling="skip")
        return self.read(joined)

    def cut_short(self, fields: Sequence[str] = TEXT_FIELDS) -> dict[str, int]:
        """Count the products of whose text a field is read in part, by field, as far as there are any."""
        counts = {}
        for field in fields:
            most = self.reading.chars_of(field)
            longer = None if most is None else pc.sum(pc.greater(pc.utf8_length(self._field_text(field)), most)).as_py()
            if longer:
                counts[field] = int(longer)
        return counts

    def read(self, column: pa.ChunkedArray) -> list[str]:
        """Return texts as the `reading` has them."""
        from indexing.words.normal_form import normal_column  # late: who looks products up reads no texts

        formed = normal_column(column) if self.reading.form == NORMAL else column
        return list(pc.utf8_trim_whitespace(formed).to_pylist())

    def _field_text(self, field: str) -> pa.ChunkedArray:
        column = self.table[field]
        if column.type != ATTRIBUTES:
            return column
        return pa.chunked_array([_values_text(chunk) for chunk in column.chunks], pa.large_string())

    def text_blocks(self, fields: Sequence[str] = TEXT_FIELDS) -> Iterator[list[str]]:
        """Yield the same texts, TEXT_BLOCK products at a time: all of a large catalogue would fill the memory."""
        for start in range(0, len(self), TEXT_BLOCK):
            yield self.slice(start, min(start + TEXT_BLOCK, len(self))).texts(fields)

    def category(self, level: int | None = None) -> pa.ChunkedArray:
        """Return the category name of each product at a level from 1 to 4 (None: the evaluated one), null where it has
        none."""
        return self.table[f"category_{level or self.category_level}"]

    def prices(self) -> Floats1d:
        """Return each product's price, float64 (n,), NaN where it has none."""
        return np.asarray(self.table["price"].to_numpy(), dtype=np.float64)

    def price_ranges(self) -> tuple[Floats1d, Floats1d]:
        """Return the lowest and the highest price of each product, float64 (n,) each, NaN where it has none."""
        highest = pc.coalesce(self.table["price_high"], self.table["price"])
        return self.prices(), np.asarray(highest.to_numpy(), dtype=np.float64)

    def currencies(self) -> Ints1d:
        """Return each product's currency as a code (n,) int64, -1 where none is known."""
        encoded = pc.dictionary_encode(self.table["currency"].combine_chunks())
        return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)

    def sources(self) -> Ints1d:
        """Return each product's source as a code (n,) int64, -1 where it has none."""
        encoded = pc.dictionary_encode(self.table["source"].combine_chunks())
        return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)

    def source_codes(self) -> Ints1d:
        """Return what `sources` does. Raises InputError when no product has one."""
        codes = self.sources()
        if (codes < 0).all():
            raise InputError(f"--match-across-sources: no product has a 'source': {NAME_SOURCES}")
        return codes

    def sourceless_note(self) -> list[str]:
        """Return a warning, where some products have no source, that they are matched with those of their own one too."""
        lacking = int((self.sources() < 0).sum())
        if not lacking:
            return []
        return [
            f"--match-across-sources: {lacking:,} of {len(self):,} products have no 'source', and are compared with everybody, "
            f"other offers of their own shop too: {NAME_SOURCES}"
        ]

    def category_codes(self) -> tuple[Ints1d, list[str]]:
        """Return each product's category of the evaluated level as a code (n,), -1 where it has none, and the
        categories' names."""
        encoded = pc.dictionary_encode(self.category().combine_chunks())
        if hasattr(encoded, "combine_chunks"):
            encoded = encoded.combine_chunks()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        return np.asarray(codes, dtype=np.int64), [str(name) for name in encoded.dictionary.to_pylist()]

    def main_pictures(self) -> list[str | None]:
        """Return the reference of each product's main picture (n,), None where it has none."""
        images = self.table["images"].combine_chunks()
        images = pc.if_else(pc.greater(pc.list_value_length(images), 0), images, None)
        return list(pc.list_element(images, 0).to_pylist())

    def extra_pictures(self) -> list[list[str]]:
        """Return the references of each product's other pictures (n,), empty where it has none."""
        return [(images or [])[1:] for images in self.table["images"].to_pylist()]


def rows_at(table: pa.Table, positions: Ints1d) -> pa.Table:
    """Return the rows at these positions, in this order. Arrow's own way joins all chunks of a column before it takes a few
    rows of them; a few are cut out one by one, in a tenth of the time that looking into the chunks takes."""
    if 0 < len(positions) <= FEW:
        return pa.concat_tables([table.slice(position, 1) for position in positions.tolist()]).combine_chunks()
    ends = np.cumsum([len(chunk) for chunk in table["id"].chunks])
    if len(ends) < 2 or len(positions) * 4 > len(table):
        return table.take(pa.array(positions))
    chunks = np.searchsorted(ends, positions, side="right")
    order = np.argsort(chunks, kind="stable")
    parts = [table.slice(0, 0)]
    for chunk in np.unique(chunks).tolist():
        start = int(ends[chunk - 1]) if chunk else 0
        own = table.slice(start, int(ends[chunk]) - start)
        parts.append(own.take(pa.array(positions[chunks == chunk] - start)))
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_tables(parts).combine_chunks().take(pa.array(back))


def cut(column: pa.ChunkedArray, max_chars: int | None) -> pa.ChunkedArray:
    """Return the first characters of each text, all of them where `max_chars` is None."""
    return column if max_chars is None else pc.utf8_slice_codeunits(column, 0, max_chars)


def _values_text(attributes: pa.LargeListArray) -> pa.LargeStringArray:
    """Join the values of each product's attributes by spaces."""
    flat = attributes.flatten()
    lengths = pc.fill_null(pc.list_value_length(attributes), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = pa.LargeListArray.from_arrays(pa.array(offsets), flat.field("value"))
    return pc.binary_join(values, pa.scalar(" ", pa.large_string()))


def open_catalog(
    folder: Path,
    pictures: Path,
    *,
    hold: Hold | None = None,
    reading: Reading = TODAYS,
    category_level: int = CATEGORY_LEVEL,
) -> Catalog:
    """Open the catalogue that stands in a folder, memory-mapped. Raises InputError when it is damaged."""
    path = Path(folder) / CATALOG_FILE
    try:
        with pa.memory_map(str(path)) as source:
            table = _with_later_fields(pa.ipc.open_file(source).read_all())
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot be read ({error}): build the index again") from error
    return Catalog(table, Path(pictures), Path(folder), hold, reading, category_level)


def _with_later_fields(table: pa.Table) -> pa.Table:
    """Return a table with nulls for the columns that an earlier version did not know."""
    later = [field for field in FIELDS if field.name in LATER_FIELDS and field.name not in table.column_names]
    if not later:
        return table
    for field in later:
        table = table.append_column(field, pa.nulls(len(table), field.type))
    names = ["id", *FIELDS.names]
    return table.select([*names, *(name for name in table.column_names if name not in names)])


def catalog_of(
    *,
    title: str | None = None,
    images: Sequence[str] = (),
    pictures: Path = Path(),
    folder: Path = Path(),
    reading: Reading = TODAYS,
) -> Catalog:
    """Make a catalogue of one product without an id of its own: a query made of a text, a picture or both."""
    columns = {name: pa.nulls(1, kind) for name, kind in zip(FIELDS.names, FIELDS.types, strict=True)}
    columns["title"] = pa.array([title], pa.large_string())
    columns["images"] = pa.array([list(images)], pa.large_list(pa.large_string()))
    table = pa.table({"id": pa.array([0], pa.int64()), **columns})
    return Catalog(table, pictures, folder, reading=reading)
