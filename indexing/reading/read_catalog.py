"""The user's files become a catalogue on disk in two passes, in blocks of rows, and every fault is named."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from indexing.catalog.catalog import CATALOG_FILE, FIELDS, PICTURES_FILE, Catalog, open_catalog
from indexing.catalog.digest import PRODUCTS, ValueDigest
from indexing.catalog.ids import IdLookup
from indexing.catalog.pictures import kept_reference
from indexing.catalog.rejects import Reject
from indexing.errors import InputError
from indexing.files.blocks import BLOCK_ROWS
from indexing.files.integers import as_integers
from indexing.files.listing import list_tables
from indexing.files.tables import TableFile, open_table
from indexing.machine.progress import Progress, silent
from indexing.reading.cells.cell_reader import CellReader
from indexing.reading.cells.looks import CellFormats, CellLooks
from indexing.reading.schema import OZON, Schema, choose_schema
from indexing.reading.vector_columns import VectorColumn

LOOK_ROWS = 1024  # read at once when looking for the first vector of an optional column


@dataclass(frozen=True)
class ReadOptions:
    """These options say how files are read: `schema` is auto, generic, ozon or a YAML file; `images` the folder of
    relative pictures (None: the folder of each file); `vector_columns` are kept for `column:NAME` encoders,
    `optional_vectors` too, where a product may have none; `max_rejects` is the largest share of products with a
    malformed cell accepted."""

    schema: str = "auto"
    images: Path | None = None
    vector_columns: tuple[str, ...] = ()
    optional_vectors: tuple[str, ...] = ()
    max_rejects: float = 0.01


@dataclass(frozen=True)
class CatalogRead:
    """It holds what came of reading: the catalogue, what was set aside, the schema, a digest of the products, and
    one of each column of vectors, so that the products are the same ones whichever of their vectors are asked for.
    `unread` are the columns that nothing was made of, `notes` what a person should know of how cells were read."""

    catalog: Catalog
    rejects: list[Reject]
    schema: Schema
    digest: str
    vector_digests: dict[str, str]
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_catalog(
    paths: Sequence[Path], *, folder: Path, options: ReadOptions | None = None, progress: Progress = silent
) -> CatalogRead:
    """Read parquet, CSV or JSONL files (or folders of them) into `folder`/catalog.arrow, memory-mapped.

    Raises InputError for missing or unreadable files, a missing column, no products, ids that are null or doubled,
    bad vectors, and more malformed cells than `max_rejects` allows.
    """
    options = options or ReadOptions()
    files = [open_table(path) for path in list_tables(paths)]
    schema = choose_schema(options.schema, files[0].names)
    _check_columns(files, schema, options)
    ids = _scan_ids(files, schema)
    progress("read", 0, len(ids))
    pictures = options.images or files[0].path.parent
    looks = {file.path: _look(file, schema) for file in files}
    writer = _CatalogWriter(folder, schema, options, pictures, ids.type)
    writer.formats = {path: look.formats for path, look in looks.items()}
    rejects = writer.write(files, len(ids), progress)
    _check_rejects(rejects, len(ids), options.max_rejects, files[0].path)
    vectors = {name: digest.hexdigest() for name, digest in writer.vectors.items()}
    unread = tuple(sorted(writer.unread))
    notes = [f"{path}: {told}" for path, look in looks.items() for told in look.warnings(schema.price)]
    notes += [f"{writer.deeper:,} products have a category below level 4, which is left out"] if writer.deeper else []
    return CatalogRead(
        open_catalog(folder, pictures), rejects, schema, writer.digest.hexdigest(), vectors, unread, tuple(notes)
    )


def _look(file: TableFile, schema: Schema) -> CellLooks:
    """Look at all prices and categories of a file, to know how they are written."""
    looks = CellLooks()
    columns = [name for name in dict.fromkeys((schema.price, schema.category)) if name in file.names]
    for block in file.blocks(columns=columns) if columns else ():
        looks.look(block, price=schema.price, category=schema.category)
    return looks


def _check_columns(files: list[TableFile], schema: Schema, options: ReadOptions) -> None:
    for file in files:
        for name in (schema.id, *options.vector_columns, *options.optional_vectors):
            if name not in file.names:
                raise InputError(
                    f"{file.path}: no column '{name}', has {', '.join(file.names)}: "
                    "say in a schema file which columns mean what (--schema FILE.yaml)"
                )
    names = {name for file in files for name in file.names}
    missing = [] if schema == OZON else [name for name in schema.mapped_columns() if name not in names]
    if missing:
        raise InputError(
            f"{files[0].path}: no column '{missing[0]}', which --schema {options.schema} names: mend the schema"
        )


def _scan_ids(files: list[TableFile], schema: Schema) -> pa.ChunkedArray:
    """Return all ids in their final type. Raises InputError for nulls, doubled ids, and no products at all."""
    ids = _in_one_type([_file_ids(file, schema.id) for file in files])
    if len(ids) == 0:
        raise InputError(f"{files[0].path}: no products: the catalogue is empty")
    try:
        IdLookup.from_ids(ids)
    except InputError as error:
        raise InputError(f"{', '.join(str(file.path) for file in files)}: column '{schema.id}': {error}") from error
    return ids


def _file_ids(file: TableFile, name: str) -> pa.ChunkedArray:
    blocks = [block[name] for block in file.blocks(columns=[name])]
    nulls = np.flatnonzero(np.concatenate([np.zeros(0, bool), *(block.is_null().to_numpy() for block in blocks)]))
    if nulls.size:
        raise InputError(f"{file.path}: row {nulls[0]} has no '{name}' ({nulls.size} such rows): every row needs an id")
    ids = _in_one_type([_integers_or_text(block, file, name) for block in blocks])
    integers = as_integers(ids) if file.format == "csv" and len(ids) else None
    return ids if integers is None else integers


def _integers_or_text(column: pa.ChunkedArray, file: TableFile, name: str) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    if not pa.types.is_integer(kind):
        raise InputError(f"{file.path}: column '{name}' is {kind}: ids are integers or text")
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise InputError(f"{file.path}: column '{name}': {error}: write such large ids as text") from error


def _in_one_type(parts: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Put the ids one after another: as int64, or as text when some of them are. What holds no rows has no say."""
    parts = [part for part in parts if len(part)]
    kind = pa.large_string() if any(pa.types.is_large_string(part.type) for part in parts) else pa.int64()
    return pa.chunked_array([chunk for part in parts for chunk in part.cast(kind).chunks], kind)


def _check_rejects(rejects: list[Reject], rows: int, most: float, path: Path) -> None:
    bad = len({reject.id for reject in rejects})
    if bad <= most * rows:
        return
    first = rejects[0]
    raise InputError(
        f"{path}: {bad} of {rows} products have a malformed cell, more than --max-rejects {most:g} allows; the first: "
        f"{first.file} row {first.row}, id {first.id}, column '{first.column}', value {first.value!r}: {first.reason}"
    )


class _CatalogWriter:
    """The writer writes catalog.arrow block by block, so that only one block of the catalogue is in memory."""

    def __init__(
        self, folder: Path, schema: Schema, options: ReadOptions, pictures: Path, id_type: pa.DataType
    ) -> None:
        self.folder, self.schema, self.options, self.pictures = Path(folder), schema, options, pictures
        self.id_type = id_type
        required, optional = options.vector_columns, set(options.optional_vectors) - set(options.vector_columns)
        self._vectors = [VectorColumn(name) for name in required]
        self._vectors += [VectorColumn(name, optional=True) for name in sorted(optional)]
        self.digest = ValueDigest(PRODUCTS)
        self.vectors = {column.name: ValueDigest([f"column:{column.name}"]) for column in self._vectors}
        self.unread: set[str] = set()
        self.deeper = 0
        self.formats: dict[Path, CellFormats] = {}
        self._blob: BinaryIO | None = None

    def write(self, files: list[TableFile], rows: int, progress: Progress) -> list[Reject]:
        (self.folder / PICTURES_FILE).unlink(missing_ok=True)  # an interrupted run may have left it
        for vectors in self._vectors:
            if vectors.optional:
                name = vectors.name
                vectors.look(block[name] for _, _, block in _blocks(files, rows=LOOK_ROWS, columns=[name]))
        rejects: list[Reject] = []
        done = 0
        target: pa.ipc.RecordBatchFileWriter | None = None
        with ExitStack() as stack:
            for file, first_row, block in _blocks(files):
                table = self._normal(file, first_row, block, rejects)
                if target is None:
                    target = stack.enter_context(pa.ipc.new_file(self.folder / CATALOG_FILE, table.schema))
                for batch in table.to_batches():
                    target.write_batch(batch)
                    for digest in (self.digest, *self.vectors.values()):
                        digest.add(batch)
                done += len(block)
                progress("read", done, rows)
            if self._blob is not None:
                self._blob.close()
        return rejects

    def _normal(self, file: TableFile, first_row: int, block: pa.Table, rejects: list[Reject]) -> pa.Table:
        schema, columns = self.schema, {n: block[n].combine_chunks() for n in block.column_names}
        ids = columns[schema.id].cast(self.id_type)
        cells = CellReader(file.path, first_row, ids, self.formats[file.path])

        def column(name: str) -> pa.Array:
            found = columns.get(name)
            return pa.nulls(len(block), pa.large_string()) if found is None else found

        extra = {n: columns[n] for n in schema.extra_columns(file.names) if self._is_attribute(columns[n].type, n)}
        used = {*extra, *(vectors.name for vectors in self._vectors)}
        self.unread |= set(schema.extra_columns(file.names)) - used
        normal = {
            "title": cells.text(column(schema.title), schema.title),
            "description": cells.text(column(schema.description), schema.description, breaks="\n"),
            "brand": cells.text(column(schema.brand), schema.brand),
            "attributes": cells.attributes(column(schema.attributes), schema.attributes, extra),
            "colors": cells.strings(column(schema.color), schema.color),
            **cells.prices(column(schema.price), schema.price),
            **cells.categories(column(schema.category), schema.category),
            "source": cells.text(column(schema.source), schema.source),
            "images": cells.images(column(schema.image), schema.image, self._keep_picture, self._prefix(file)),
        }
        rejects += cells.rejects
        self.deeper += cells.deeper
        fields = FIELDS.insert(0, pa.field("id", self.id_type))
        table = pa.table({"id": ids, **normal}, schema=fields)
        for vectors in self._vectors:
            cells_of = vectors.read(columns[vectors.name], file.path, first_row)
            table = table.append_column(f"column:{vectors.name}", cells_of)
        return table

    def _is_attribute(self, kind: pa.DataType, name: str) -> bool:
        """Return whether a column is an attribute.

        Numbers, text, yes/no and lists of text are attributes; vectors, bytes and objects are not.
        """
        if (
            name in (vectors.name for vectors in self._vectors)
            or pa.types.is_binary(kind)
            or pa.types.is_large_binary(kind)
        ):
            return False
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return bool(pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type))
        return not pa.types.is_nested(kind)

    def _prefix(self, file: TableFile) -> str:
        """Return what leads to the relative pictures of a file in another folder than the first, seen from the first
        one's.

        It is empty where a folder of pictures was given, or the folder is the same.
        """
        if self.options.images is not None or file.path.parent == self.pictures:
            return ""
        return os.path.relpath(file.path.parent, self.pictures) + "/"

    def _keep_picture(self, content: bytes) -> str:
        """Append a picture given as bytes to pictures.bin; return its reference, which says where it stands there."""
        if self._blob is None:
            self._blob = (self.folder / PICTURES_FILE).open("wb")
        start = self._blob.tell()
        self._blob.write(content)
        return kept_reference(PICTURES_FILE, start, content)


def _blocks(
    files: list[TableFile], *, rows: int = BLOCK_ROWS, columns: Sequence[str] | None = None
) -> Iterator[tuple[TableFile, int, pa.Table]]:
    for file in files:
        first_row = 0
        for block in file.blocks(rows, columns):
            yield file, first_row, block
            first_row += len(block)
