"""Rows that a shop does not sell are left out: those that only hold what variants share, and kinds that a schema names."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d
from indexing.reading.schema.raw_columns import RawBlock, as_text, is_empty, raw_column
from indexing.reading.schema.row_parents import RowParents
from indexing.reading.schema.schema import InputSchema


class RowsLeftOut:
    """It takes rows out of the blocks of an input, and counts them."""

    def __init__(self, schema: InputSchema, parents: RowParents | None) -> None:
        self.schema, self.parents, self.count = schema, parents, 0

    def sold(self, blocks: Iterable[RawBlock]) -> Iterator[RawBlock]:
        """Yield the blocks without rows that others name as their parent and that have no price, and without rows of a
        kind to `skip`."""
        if self.parents is None and not self.schema.skip:
            yield from blocks
            return
        for block in blocks:
            out = self._of_kinds(block) | self._of_parents(block)
            self.count += int(out.sum())
            if not out.all():
                yield block.take(np.flatnonzero(~out)) if out.any() else block

    def _of_kinds(self, block: RawBlock) -> Bools1d:
        out = np.zeros(len(block), dtype=bool)
        for name, kinds in self.schema.skip:
            if name in block.columns:
                is_one = pc.is_in(as_text(block.columns[name]), value_set=pa.array(kinds, pa.large_string()))
                out |= np.asarray(is_one, dtype=bool)
        return out

    def _of_parents(self, block: RawBlock) -> Bools1d:
        if self.parents is None:
            return np.zeros(len(block), dtype=bool)
        price = raw_column(block, self.schema.price)
        priceless = np.ones(len(block), dtype=bool) if price is None else np.asarray(is_empty(price), dtype=bool)
        parents: Bools1d = self.parents.named(block) & priceless
        return parents
