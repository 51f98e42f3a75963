"""Bringing the kept neighbours of every view up to date."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import scipy.sparse as sp

from indexing.arrays import Ints1d
from indexing.artefact import link_or_copy
from indexing.catalog import Catalog
from indexing.delta_encoding import DeltaViews
from indexing.delta_joining import DeltaJoin, Moves
from indexing.faiss_index import FLAT, build_faiss
from indexing.index import Index, Rows
from indexing.lexical_index import LexicalIndex
from indexing.product_index import ProductIndex
from indexing.progress import Progress, silent
from indexing.self_join import SelfJoin, SparseRows, with_reserve
from indexing.vectors import from_arrays
from indexing.view_joining import source_codes

REACH = 4  # times the neighbours kept: as far as is looked for who takes a new product among its own
MOST_COMPARED = 2_000_000_000  # products with new ones, where an approximate join does not look at everybody


@dataclass(frozen=True)
class DeltaViewJoining:
    """`touched` are the positions (sorted) of new and changed products, `deleted` how many went."""

    old: ProductIndex
    catalog: Catalog
    moves: Moves
    touched: Ints1d
    deleted: int
    folder: Path
    progress: Progress = silent

    def run(self, views: DeltaViews) -> dict[str, int]:
        """Write the neighbours of every view; for how many products each was searched."""
        across = self.old.manifest.made["match_across_sources"]
        sources = source_codes(self.catalog) if across else None
        moved = self._of_another_source() if across else np.zeros(0, dtype=np.int64)
        searched = {}
        for view in self.old.views:
            rows: Rows | SparseRows
            if view == "lexical":
                index, rows, again = self._lexical()
            else:
                index, again = views.engine(view, self.old, self.folder), views.again[view]
                rows = views.dense(view, self.old)
            searched[view] = self._join(view, index, rows, np.union1d(again, moved), sources)
        return searched

    def _join(self, view: str, index: Index[Any], rows: Any, again: Ints1d, sources: Ints1d | None) -> int:
        target = self.folder / "neighbours" / view
        if not again.size and not self.deleted and len(self.moves.moved) == len(self.moves.origin):
            self._link(Path("neighbours") / view)
            return 0
        before = self.old.kept_neighbours(view)
        width = max(before.k, with_reserve(self.old.k))
        fresh = _index_of(rows, again) if again.size else None
        reach = REACH * width if self._approximate(view) and again.size * len(self.catalog) > MOST_COMPARED else 0
        join = DeltaJoin(before, SelfJoin(index, rows, width, sources), self.moves, again, fresh, self.old.k, reach)
        return join.write(target, stage=f"join {view}", progress=self.progress)

    def _approximate(self, view: str) -> bool:
        """Whether the neighbours of a view were not found by comparing everybody with everybody."""
        made = self.old.manifest.made.get("engines", {}).get(view, {})
        return made.get("join") not in ("exact", None)

    def _lexical(self) -> tuple[Index[Any], SparseRows, Ints1d]:
        """The lexical view with the rows of new and changed texts in their places; n-grams and weights stay."""
        old = self.old.lexical
        assert old is not None
        before = self.moves.origin[self.touched]
        rows = old.rows(self.catalog.take(self.touched).texts(old.options.fields)) if self.touched.size else None
        differs = before < 0
        there = np.flatnonzero(before >= 0)
        if rows is not None and there.size:
            difference = old.matrix[before[there]] - rows[there]
            difference.eliminate_zeros()
            differs[there] = np.diff(difference.indptr) > 0
        again = self.touched[differs]
        if not again.size and not self.deleted:
            self._link(Path("lexical"))
            return old, SparseRows(old), again
        order = self.moves.origin.copy()
        order[again] = len(old) + np.flatnonzero(differs)
        stacked = old.matrix if rows is None else sp.vstack([old.matrix, rows], format="csr")
        index = replace(old, matrix=stacked[order])
        (self.folder / "lexical").mkdir()
        index.save(self.folder / "lexical")
        return index, SparseRows(index), again

    def _of_another_source(self) -> Ints1d:
        """The positions of changed products that another source offers than before."""
        changed = self.touched[self.moves.origin[self.touched] >= 0]
        now = self.catalog.take(changed).table["source"]
        before = self.old.catalog.take(self.moves.origin[changed]).table["source"]
        same = pc.equal(pc.fill_null(now, ""), pc.fill_null(before, ""))
        return changed[~same.to_numpy()] if len(changed) else changed

    def _link(self, part: Path) -> None:
        (self.folder / part).mkdir(parents=True)
        with self.old.hold.read() as place:
            for file in (place / part).iterdir():
                link_or_copy(file, self.folder / part / file.name)


def _index_of(rows: Rows | SparseRows, positions: Ints1d) -> Index[Any]:
    """An exact index of these rows alone."""
    if isinstance(rows, SparseRows):
        lexical: LexicalIndex = rows.index
        return replace(lexical, matrix=lexical.matrix[positions])
    return build_faiss(from_arrays(rows.take(positions)), FLAT)
