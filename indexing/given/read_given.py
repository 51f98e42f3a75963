"""Products that are given to an index are read as its own were, in its types."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.catalog.catalog import PICTURES_FILE, Catalog
from indexing.catalog.pictures import BLOB_MARK, relisted
from indexing.catalog.reject_log import RejectLog
from indexing.catalog.rejects import DEFAULT_REJECTS
from indexing.encoders.encoder import Spec, vector_columns
from indexing.errors import InputError
from indexing.index_manifest import IndexManifest
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.reading.inputs import AUTO
from indexing.reading.read_catalog import ReadOptions, read_catalog
from indexing.reading.row_checks import PassedOver
from indexing.reading.schema.stored_form import inputs_from
from indexing.storage.stores import url_of, without_secrets


@dataclass(frozen=True)
class GivenOptions:
    """These options say how files of products are read for an index (see ReadOptions); with `own_ids` they keep the type of their
    ids, which need not fit the index's."""

    schema: str = AUTO
    images: Path | None = None
    max_rejects: float = DEFAULT_REJECTS
    own_ids: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.max_rejects <= 1:
            raise InputError(f"--max-rejects {self.max_rejects}: give a share from 0 to 1")


@dataclass(frozen=True)
class Given:
    """It holds products that were given, in the types of an index, and the cells that were set aside; `passed_over` counts
    rows that were no products, `notes` are what a user should hear."""

    catalog: Catalog
    rejects: RejectLog
    passed_over: PassedOver
    notes: tuple[str, ...]


def read_given(
    index: ProductIndex,
    products: Sequence[Path],
    folder: Path,
    *,
    options: GivenOptions,
    blob: str = PICTURES_FILE,
    progress: Progress = silent,
) -> Given:
    """Read files of products for an index into `folder/given`; pictures that they hold as bytes go into the file `blob` of
    `folder`. Raises InputError for files that do not read as those that the index was built of."""
    made, scratch = index.made, folder / "given"
    scratch.mkdir()
    read = read_catalog(products, folder=scratch, options=_reading(index, options), progress=progress)
    if options.schema == AUTO and not made.catalog.inputs and read.schema.name != made.catalog.schema:
        raise InputError(
            f"{index.folder}: was built with the schema {made.catalog.schema}, these products read as "
            f"{read.schema.name}: give --schema as then"
        )
    if (scratch / PICTURES_FILE).exists():
        os.rename(scratch / PICTURES_FILE, folder / blob)
    own = replace(read.catalog, folder=folder)
    prefix = _seen_from(index.catalog.pictures, read.catalog.pictures)
    typed = in_types_of(index.catalog, own, pictures=prefix, blob=blob, own_ids=options.own_ids)
    return Given(typed, read.rejects, read.passed_over, read.notes)


def _reading(index: ProductIndex, options: GivenOptions) -> ReadOptions:
    made: IndexManifest = index.made
    specs = {view: Spec.of(record.spec) for view, record in made.encoders.items()}
    always, optional = vector_columns(specs)
    return ReadOptions(
        options.schema,
        options.images,
        always,
        optional,
        options.max_rejects,
        inputs_from(made.catalog.inputs, f"{index.folder}: its manifest"),
        made.catalog.category_level,
    )


def _seen_from(old: Path, new: Path) -> str:
    """Return where the folder `new` is as seen from `old`, "" for the same one. One at a URL is the same from everywhere,
    and kept without what it lets in with."""
    url = url_of(new)
    if url is not None:
        known, kept = url_of(old), without_secrets(url.rstrip("/"))
        return "" if known is not None and without_secrets(known.rstrip("/")) == kept else kept
    return "" if str(old) == str(new) or old.resolve() == new.resolve() else os.path.relpath(new.resolve(), old)


def in_types_of(old: Catalog, given: Catalog, *, pictures: str, blob: str, own_ids: bool = False) -> Catalog:
    """Return products just read as the old catalogue would hold them: its type of ids, unless they keep their own, pictures as
    seen from its folder (their own is `pictures` from there, "" for the same one), pictures given as bytes in the file `blob`.

    Raises InputError for ids and vectors that cannot be of the old types.
    """
    table = given.table if own_ids else given.table.set_column(0, "id", _ids(old.ids.type, given.ids))
    images = _references(given.table["images"].combine_chunks(), pictures, blob)
    table = table.set_column(table.column_names.index("images"), "images", images)
    for name in (name for name in old.table.column_names if name.startswith("column:")):
        column = _vectors(table[name].combine_chunks(), old.table.schema.field(name).type, name)
        table = table.set_column(table.column_names.index(name), name, column)
    place = old.table.column_names.index("id")
    schema = old.table.schema.set(place, old.table.schema.field("id").with_type(table.schema.field("id").type))
    table = table.select(old.table.column_names).cast(schema)
    return replace(old, table=table, folder=given.folder, hold=None)


def _ids(kind: pa.DataType, ids: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        typed = ids.cast(kind)
    except pa.ArrowInvalid as error:
        raise InputError(f"the index's ids are integers: {error}: give the same ids as its products have") from error
    if pa.types.is_large_string(ids.type) and not typed.cast(ids.type).equals(ids):
        odd = ids.filter(pc.not_equal(typed.cast(ids.type), ids))[0].as_py()
        raise InputError(
            f"the index's ids are integers, '{odd}' is written otherwise: give the same ids as its products have"
        )
    return typed


def _references(images: pa.LargeListArray, pictures: str, blob: str) -> pa.LargeListArray:
    names = pc.list_flatten(images)
    inside = pc.starts_with(names, PICTURES_FILE + BLOB_MARK)
    renamed = pc.replace_substring(names, PICTURES_FILE + BLOB_MARK, blob + BLOB_MARK, max_replacements=1)
    if pictures:
        folder, slash = (pa.scalar(text, pa.large_string()) for text in (pictures, "/"))
        moved = pc.binary_join_element_wise(folder, names, slash)
        own = pc.or_(pc.starts_with(names, "/"), pc.match_substring(names, "://"))
        names = pc.if_else(own, names, moved)
    names = pc.if_else(inside, renamed, names)
    return relisted(images, names)


def _vectors(column: pa.Array, kind: pa.DataType, name: str) -> pa.Array:
    """Return vectors of the length that the index has; where no product has one, they are zeros of that length. Raises
    InputError for others."""
    if column.type.list_size == kind.list_size:
        return column
    if np.any(column.flatten().to_numpy()):
        found = column.type.list_size
        raise InputError(
            f"{name.removeprefix('column:')}: vectors of {found} numbers, the index has {kind.list_size}: "
            "give those of the same model"
        )
    zeros = np.zeros(len(column) * kind.list_size, dtype=np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(zeros), kind.list_size)
