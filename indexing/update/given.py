"""What is given to an index is read and encoded as its own products were: new products, and such as it holds already."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.catalog import PICTURES_FILE, Catalog
from indexing.catalog.rejects import Reject
from indexing.encoders.by_spec import open_encoder
from indexing.encoders.column import ColumnEncoder
from indexing.encoders.encoder import Encoder, Spec, column_names, vector_columns
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.record import EncoderRecord
from indexing.errors import InputError
from indexing.index_manifest import IndexManifest
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.reading.inputs import AUTO
from indexing.reading.read_catalog import ReadOptions, read_catalog
from indexing.reading.row_checks import PassedOver
from indexing.reading.schema.yaml_form import inputs_from
from indexing.update.changes import in_types_of
from indexing.vectors.vectors import SHARD_ROWS


@dataclass(frozen=True)
class GivenOptions:
    """These options say how files of products are read for an index (see ReadOptions)."""

    schema: str = AUTO
    images: Path | None = None
    max_rejects: float = 0.01

    def __post_init__(self) -> None:
        if not 0 <= self.max_rejects <= 1:
            raise InputError(f"--max-rejects {self.max_rejects}: give a share from 0 to 1")


@dataclass(frozen=True)
class Given:
    """It holds products that were given, in the types of an index, and the cells that were set aside; `passed_over` counts
    rows that were no products, `notes` are what a user should hear."""

    catalog: Catalog
    rejects: list[Reject]
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
    typed = in_types_of(index.catalog, own, pictures=prefix, blob=blob)
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
    """Return where the folder `new` is as seen from `old`, "" for the same one."""
    return "" if str(old) == str(new) or old.resolve() == new.resolve() else os.path.relpath(new.resolve(), old)


@dataclass(frozen=True)
class GivenEncoder:
    """It encodes products that were given in one view of an index, by the encoder that the index was built with."""

    index: ProductIndex
    view: str
    encoder: Encoder

    def encode(self, given: Catalog, progress: Progress = silent) -> tuple[Floats2d, list[Reject]]:
        """Return their rows (n, d), and what had to be set aside. Raises InputError where the encoder is another one."""
        vectors = self.index.vectors(self.view)
        assert vectors is not None
        rows, rejects = np.zeros((len(given), vectors.dim), dtype=np.float32), list[Reject]()
        for start in range(0, len(given), SHARD_ROWS):
            stop = min(start + SHARD_ROWS, len(given))
            encoded = self.encoder.encode(given.slice(start, stop))
            if encoded.rows.shape[1] != vectors.dim:
                raise InputError(
                    f"{self.encoder.spec}: makes vectors of {encoded.rows.shape[1]} numbers, the index has {vectors.dim}: "
                    "update with the encoder that built it"
                )
            rows[start:stop] = encoded.rows
            rejects += encoded.rejects
            progress(f"encode {self.view}", stop, len(given))
        return rows, rejects


def given_encoders(index: ProductIndex, patience: Patience) -> Mapping[str, GivenEncoder]:
    """Open the encoder of each encoded view of an index; `patience` is for pictures that are not there."""
    return {
        view: GivenEncoder(index, view, _encoder(record, index, view, patience))
        for view, record in index.made.encoders.items()
    }


def _encoder(record: EncoderRecord, index: ProductIndex, view: str, patience: Patience) -> Encoder:
    spec = Spec.of(record.spec)
    if spec.engine == "column":
        return ColumnEncoder(column_names(spec)[0][0], record.dim)
    with index.hold.read() as place:
        return open_encoder(record, place / "vectors" / view, query=False, patience=patience)
