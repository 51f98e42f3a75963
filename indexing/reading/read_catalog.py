"""The user's files become a catalogue on disk in two passes, in blocks of rows, and every fault is named."""

import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from indexing.catalog.catalog import CATALOG_FILE, FIELDS, PICTURES_FILE, Catalog, open_catalog
from indexing.catalog.category_level import category_level
from indexing.catalog.digest import PRODUCTS, ValueDigest
from indexing.catalog.pictures import kept_reference
from indexing.catalog.reject_log import RejectLog
from indexing.catalog.rejects import DEFAULT_REJECTS, Reject, allowed_rejects, reject_kinds
from indexing.errors import InputError
from indexing.files.blocks import SetAside
from indexing.files.columnar.staging import stage
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import ahead
from indexing.reading.cells.cell_reader import CellReader
from indexing.reading.cells.identifiers.tally import CodeTally
from indexing.reading.first_look import FirstPass, as_found, look_first, raw_blocks
from indexing.reading.inputs import CatalogInputs, InputFile, check_columns, open_inputs
from indexing.reading.normal_columns import in_their_columns, normal_columns
from indexing.reading.notes import OpenQuotes, few_rejects, file_notes, named, notes_of_titles
from indexing.reading.row_checks import NONE_PASSED, PassedOver, RowChecks
from indexing.reading.rows_left_out import RowsLeftOut
from indexing.reading.schema.raw_columns import RawBlock
from indexing.reading.schema.row_groups import grouped
from indexing.reading.schema.schema import InputSchema, Schema
from indexing.reading.vector_columns import VectorColumn
from indexing.storage.stores import file_name

PARSED = "parsed"  # a folder that is there while the files are read
SET_ASIDE = "set-aside"  # a folder of the rejects that are too many for the memory
LOOK_ROWS = 1024  # read at once when looking for the first vector of an optional column


@dataclass(frozen=True)
class ReadOptions:
    """These options say how files are read: `schema` is auto, the name of a known export or a YAML file; `images` the
    folder of relative pictures (None: the folder of each file); `vector_columns` are kept for `column:NAME` encoders,
    `optional_vectors` too, where a product may have none; `max_rejects` is the largest share of rows with a malformed
    cell, or set aside, accepted (see `allowed_rejects`); `stored` are the inputs of the index that an update is of,
    `category_level` is evaluated (None: chosen by what the files hold)."""

    schema: str = "auto"
    images: Path | None = None
    vector_columns: tuple[str, ...] = ()
    optional_vectors: tuple[str, ...] = ()
    max_rejects: float = DEFAULT_REJECTS
    stored: tuple[InputSchema, ...] = ()
    category_level: int | None = None


@dataclass(frozen=True)
class CatalogRead:
    """It holds what came of reading: the catalogue, what was set aside, the schema, a digest of the products, and
    one of each column of vectors, so that the products are the same ones whichever of their vectors are asked for.
    `unread` are the columns that nothing was made of, `passed_over` counts rows that are no products, and `notes` are
    what a user should hear."""

    catalog: Catalog
    rejects: RejectLog
    schema: Schema
    digest: str
    vector_digests: dict[str, str]
    unread: tuple[str, ...] = ()
    passed_over: PassedOver = NONE_PASSED
    notes: tuple[str, ...] = ()


def read_catalog(
    products: Sequence[Path] | CatalogInputs,
    *,
    folder: Path,
    options: ReadOptions | None = None,
    progress: Progress = silent,
) -> CatalogRead:
    """Read tables, by their paths (or those of folders) or opened, into `folder`/catalog.arrow, memory-mapped.

    Ids are read first, which takes 16 bytes a row while they are sorted; everything else is in memory a block at a
    time, but for rows that others name as their parents. Files of text are parsed once, into `folder`, and go when they
    were read. Raises InputError for missing or unreadable files, a missing column, no products, bad vectors, and more
    rows that cannot be read, are without an id, with one that stands already or with malformed cells than
    `max_rejects` allows.
    """
    options = options or ReadOptions()
    inputs = products if isinstance(products, CatalogInputs) else open_inputs(products, options.schema, options.stored)
    check_columns(inputs, [*options.vector_columns, *options.optional_vectors])
    rejects, quotes = RejectLog(Path(folder) / SET_ASIDE), OpenQuotes()
    with _parsed(inputs.files, Path(folder), (rejects, quotes), progress) as (files, lost):
        seen = look_first(files)
        if not seen.ids.rows:
            raise InputError(f"{files[0].table.path}: no products: the catalogue is empty")
        progress("read", 0, seen.ids.rows)
        pictures = options.images or files[0].table.folder
        writer = _CatalogWriter(folder, options, pictures, seen, rejects, lost)
        writer.write(files, progress)
    rows = seen.ids.rows + lost
    _check_rejects(rejects, rows, options.max_rejects, files)
    notes = *few_rejects(rejects, rows, options.max_rejects, named(files)), *inputs.notes
    rejects.extend(writer.codes.rejects)
    catalog = open_catalog(folder, pictures)
    if not len(catalog):
        raise InputError(f"{files[0].table.path}: no products: every row is blank or was set aside")
    of_paths = any(form.categories.paths for form in seen.formats.values())
    level = options.category_level or category_level(catalog.table, paths=of_paths)
    titles = notes_of_titles(inputs, rows, catalog)
    return CatalogRead(
        replace(catalog, category_level=level),
        rejects,
        as_found(inputs.schema, files, seen.formats),
        writer.digest.hexdigest(),
        {name: digest.hexdigest() for name, digest in writer.vectors.items()},
        tuple(sorted(writer.unread)),
        replace(writer.checks.passed_over, left_out=writer.left_out),
        (*quotes.notes(), *notes, *file_notes(files), *titles, *seen.notes, *writer.notes()),
    )


@contextmanager
def _parsed(
    files: Sequence[InputFile], folder: Path, logs: tuple[RejectLog, OpenQuotes], progress: Progress
) -> Iterator[tuple[list[InputFile], int]]:
    """Give the files as ones whose columns can be read alone, with the count of rows that are lost to them, and take these
    away again. Rows and cells that cannot be read are rejects; of quotes that are not closed there is a word more."""
    rejects, quotes = logs
    lost = 0

    def set_aside(file: InputFile, found: SetAside) -> None:
        nonlocal lost
        lost += found.rows
        quotes.look(file.table.path, found)
        rejects.append(Reject("", found.column or "", found.text, found.reason, file_name(file.table.path), found.row))

    place = folder / PARSED
    shutil.rmtree(place, ignore_errors=True)  # an interrupted run may have left it
    place.mkdir()
    try:
        staged = [
            InputFile(stage(file.table, place, aside=partial(set_aside, file), progress=progress), file.schema)
            for file in files
        ]
        yield staged, lost
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _check_rejects(rejects: RejectLog, rows: int, most: float, files: Sequence[InputFile]) -> None:
    """Raise InputError for more bad rows than are allowed."""
    if rejects.bad_rows > allowed_rejects(rejects, rows, most):
        raise InputError(
            f"{named(files)}: {rejects.bad_rows} of {rows} rows have a malformed cell or are no products, more than --max-rejects {most:g} "
            f"allows; the commonest: {'; '.join(kind.line() for kind in reject_kinds(rejects))}"
        )


class _CatalogWriter:
    """The writer writes catalog.arrow block by block, so that only one block of the catalogue is in memory."""

    def __init__(
        self,
        folder: Path,
        options: ReadOptions,
        pictures: Path,
        seen: FirstPass,
        rejects: RejectLog,
        lost: int,
    ) -> None:
        self.lost = lost  # rows that could not be read, of those that were set aside
        self.folder, self.options, self.pictures = Path(folder), options, pictures
        self.seen, self.checks, self.deeper, self.left_out = seen, RowChecks(seen.ids, rejects), 0, 0
        self.codes = CodeTally()
        required, optional = options.vector_columns, set(options.optional_vectors) - set(options.vector_columns)
        self._vectors = [VectorColumn(name) for name in required]
        self._vectors += [VectorColumn(name, optional=True) for name in sorted(optional)]
        self.digest = ValueDigest(PRODUCTS)
        self.vectors = {column.name: ValueDigest([f"column:{column.name}"]) for column in self._vectors}
        self.unread: set[str] = set()
        self._blob: BinaryIO | None = None

    def write(self, files: Sequence[InputFile], progress: Progress) -> None:
        (self.folder / PICTURES_FILE).unlink(missing_ok=True)  # an interrupted run may have left it
        for vectors in self._vectors:
            if vectors.optional:
                name = vectors.name
                vectors.look(block[name] for file in files for block in file.table.blocks(LOOK_ROWS, [name]))
        target: pa.ipc.RecordBatchFileWriter | None = None
        with ExitStack() as stack:
            stack.callback(self._close)
            pool = stack.enter_context(ThreadPoolExecutor(1))
            for table, done in ahead(self._tables(files)):
                if target is None:
                    target = stack.enter_context(pa.ipc.new_file(self.folder / CATALOG_FILE, table.schema))
                written = pool.submit(target.write_table, table)
                try:
                    self._digest(table)
                finally:
                    written.result()
                progress("read", min(done, self.checks.scan.rows - 1), self.checks.scan.rows)
        progress("read", self.checks.scan.rows, self.checks.scan.rows)

    def _digest(self, table: pa.Table) -> None:
        for batch in table.to_batches():
            for digest in (self.digest, *self.vectors.values()):
                digest.add(batch)

    def _tables(self, files: Sequence[InputFile]) -> Generator[tuple[pa.Table, int], None, None]:
        """Yield the catalogue's blocks in order, each with how many rows of the files were read by then."""
        before = 0
        for file in files:
            done = before
            for block in self._products(file):
                done = before + int(block.rows[-1]) - file.table.first_row + 1
                table = self._normal(file, *self.checks.check(block, file))
                rows = self.checks.scan.rows + self.lost
                _check_rejects(self.checks.rejects, rows, self.options.max_rejects, files)
                yield table, done
            before = done

    def _close(self) -> None:
        if self._blob is not None:
            self._blob.close()

    def _products(self, file: InputFile) -> Iterator[RawBlock]:
        """Yield blocks in which a row is a product, in order."""
        vectors = {vectors.name for vectors in self._vectors}
        names = file.table.names
        used = {*file.schema.used_columns(names), *vectors}
        blocks = raw_blocks(file, columns=[name for name in names if name in used])
        parents = self.seen.parents.get(file.schema)
        left_out = RowsLeftOut(file.schema, parents)
        if parents is not None:
            blocks = map(parents.fill, blocks)
        yield from grouped(left_out.sold(blocks), file.schema)
        self.left_out += left_out.count

    def _normal(self, file: InputFile, block: RawBlock, ids: pa.Array) -> pa.Table:
        extra = file.schema.extra_columns(file.table.names)
        attributes = {name: block.columns[name] for name in extra if self._is_attribute(block.columns[name].type, name)}
        self.unread |= {*extra} - {*attributes, *(vectors.name for vectors in self._vectors)}
        cells = CellReader(file.table.path, 0, ids, self.seen.formats[file.table.path])
        normal = normal_columns(
            cells, file, block, extra=attributes, keep=self._keep_picture, prefix=self._prefix(file.table.folder)
        )
        self.deeper += cells.deeper
        for name, (column, coded) in cells.coded.items():
            self.codes.add((file_name(file.table.path), name), coded, column, ids, block.rows)
        self.checks.rejects.extend(in_their_columns(cells.rejects, file, block))
        table = pa.table({"id": ids, **normal}, schema=FIELDS.insert(0, pa.field("id", ids.type)))
        for vectors in self._vectors:
            cells = vectors.read(block.columns[vectors.name], file.table.path, block.rows)
            table = table.append_column(f"column:{vectors.name}", cells)
        return table

    def notes(self) -> list[str]:
        """Return what a user should hear of what was left out of cells."""
        have = "1 product has" if self.deeper == 1 else f"{self.deeper:,} products have"
        deeper = f"{have} a category below level 4, which is left out"
        return [*([deeper] if self.deeper else []), *self.codes.notes()]

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

    def _prefix(self, folder: Path) -> str:
        """Return what leads to the relative pictures of a file in another folder than the first, seen from the first
        one's.

        It is empty where a folder of pictures was given, or the folder is the same.
        """
        if self.options.images is not None or folder == self.pictures:
            return ""
        return os.path.relpath(folder, self.pictures) + "/"

    def _keep_picture(self, content: bytes) -> str:
        """Append a picture given as bytes to pictures.bin; return its reference, which says where it stands there."""
        if self._blob is None:
            self._blob = (self.folder / PICTURES_FILE).open("wb")
        start = self._blob.tell()
        self._blob.write(content)
        return kept_reference(PICTURES_FILE, start, content)
