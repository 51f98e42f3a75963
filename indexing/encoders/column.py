"""A column encoder takes vectors that the user's file already holds."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats2d
from indexing.catalog.catalog import Catalog
from indexing.encoders.encoder import Encoded, Spec
from indexing.errors import InputError
from indexing.vectors.vectors import unit_rows


@dataclass(frozen=True)
class ColumnEncoder:
    """It gives the rows of the catalogue's column `column:NAME`, scaled to length 1."""

    column: str
    dim: int

    @property
    def spec(self) -> str:
        return str(Spec("column", self.column))

    def encode(self, catalog: Catalog) -> Encoded:
        """Return the column's rows.

        Raises InputError for a text or picture that was typed in: its vector cannot be made here.
        """
        return Encoded(unit_rows(column_rows(catalog, self.column)))


def column_rows(catalog: Catalog, column: str) -> Floats2d:
    """Return the vectors (n, d) of a column as they stand in the file. Raises InputError when it is not there."""
    name = f"column:{column}"
    if name not in catalog.table.column_names:
        raise InputError(
            f"the vectors come ready-made from the column '{column}': a text or picture cannot be encoded, query by id"
        )
    cells = catalog.table[name]
    values = np.asarray(cells.combine_chunks().flatten().to_numpy(), dtype=np.float32)
    return values.reshape(len(catalog), cells.type.list_size)
