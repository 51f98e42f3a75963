"""Barcodes that were refused are counted, and the first of each kind kept as rejects: they cost a product its barcode alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.catalog.rejects import Reject
from indexing.reading.cells.identifiers.barcodes import GOOD, REASONS, RIGHT_DIGIT, Barcodes

MOST_KEPT = 10_000  # rejects of a kind and column: a shop may give every product a code of its own
LEAST_RIGHT = 0.5  # of the entries of a column of barcodes that end with the right digit
FEW = 20  # entries, of which a share says little


@dataclass
class CodeTally:
    """It counts the entries of each file's column of barcodes by reason, and keeps `rejects` of those refused."""

    counts: dict[tuple[str, str], Ints1d] = field(default_factory=dict)
    products: dict[tuple[str, str], int] = field(default_factory=dict)  # that have a barcode
    _kept: dict[tuple[str, int], list[Reject]] = field(default_factory=lambda: defaultdict(list))
    _more: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, place: tuple[str, str], read: Barcodes, cells: pa.Array, ids: pa.Array, rows: Ints1d) -> None:
        """Take what was read of a block of cells (b,) of a file's column, `place`; `rows` (b,) are their numbers."""
        counts = self.counts.setdefault(place, np.zeros(len(REASONS), dtype=np.int64))
        counts += np.bincount(read.reasons, minlength=len(REASONS))
        self.products[place] = self.products.get(place, 0) + len(read.gtins) - read.gtins.null_count
        for reason in np.unique(read.reasons[read.reasons != GOOD]):
            self._keep(place, int(reason), read.rows[read.reasons == reason], cells, ids, rows)

    def _keep(
        self, place: tuple[str, str], reason: int, refused: Ints1d, cells: pa.Array, ids: pa.Array, rows: Ints1d
    ) -> None:
        file, column = place
        kept = self._kept[column, reason]
        few = refused[: MOST_KEPT - len(kept)]
        self._more[column, reason] += len(refused) - len(few)
        for row in few:
            cell = cells[int(row)].as_py()
            value = ", ".join(map(str, cell)) if isinstance(cell, list) else str(cell)
            kept.append(Reject(str(ids[int(row)].as_py()), column, value, REASONS[reason], file, int(rows[row])))

    @property
    def rejects(self) -> list[Reject]:
        """Return what was kept, by column and reason, in the order of the files."""
        return [reject for kept in self._kept.values() for reject in kept]

    def notes(self) -> Iterator[str]:
        """Yield a line for each column that seems to hold no barcodes, and for kinds of which not all are listed."""
        for (file, column), counts in self.counts.items():
            total, right = int(counts.sum()), int(counts[list(RIGHT_DIGIT)].sum())
            if total >= FEW and right < LEAST_RIGHT * total:
                yield (
                    f"{file}: only {right:,} of {total:,} entries of '{column}' end with the check digit of a barcode: "
                    "if it holds a shop's own numbers, say 'gtin: null' in a schema"
                )
        for (column, reason), more in self._more.items():
            if more:
                yield (
                    f"{MOST_KEPT + more:,} entries of '{column}' {REASONS[reason]}; rejects.parquet lists the first "
                    f"{MOST_KEPT:,}"
                )
