"""Products that are given to an index are encoded by the encoders that it was built with."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.catalog.rejects import Reject
from indexing.encoders.by_spec import open_encoder
from indexing.encoders.column import ColumnEncoder
from indexing.encoders.encoder import Encoder, Spec, column_names
from indexing.encoders.pictures.patience import Patience
from indexing.encoders.record import EncoderRecord
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex

GIVEN_ROWS = 8192  # products that are encoded together


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
        for start in range(0, len(given), GIVEN_ROWS):
            stop = min(start + GIVEN_ROWS, len(given))
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
