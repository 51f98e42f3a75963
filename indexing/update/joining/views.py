"""Every view's kept neighbours are brought up to date, by tiles or by searching."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import scipy.sparse as sp

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.self_join import SelfJoin, SparseRows, list_length
from indexing.machine.progress import Progress, silent
from indexing.product_index import DELTA, ProductIndex
from indexing.running.parts import parts_for
from indexing.running.tasks import Runner
from indexing.search.faiss_index import FLAT, build_faiss
from indexing.search.lexical_index import LexicalIndex
from indexing.search.near_lists import Lists
from indexing.shared_index import shared_place
from indexing.storage.artefact import fingerprint_of, link_or_copy
from indexing.update.changes import Moves
from indexing.update.encoding.delta_views import DeltaViews
from indexing.update.joining.by_search import DeltaSearch
from indexing.update.joining.by_tiles import DeltaTiles
from indexing.update.joining.kept_lists import OldLists
from indexing.update.joining.partners import Cells, everybody, near_cells
from indexing.update.joining.parts.open_tiles import TileRecipe
from indexing.update.joining.parts.search_parts import DeltaSearchRecipe, search_in_parts
from indexing.update.joining.parts.stored_lists import StoredLists, digest_of_lists
from indexing.update.joining.parts.tile_parts import TileParts
from indexing.vectors.rows import seen_rows
from indexing.vectors.vectors import from_arrays


@dataclass(frozen=True)
class JoinsApart:
    """They are the workers of a runner who join in parts `beside` the index; `made` is all that the rows of the new version depend
    on, besides the index of before."""

    runner: Runner
    beside: Path
    made: tuple[Any, ...]


@dataclass(frozen=True)
class DeltaViewJoining:
    """It brings the neighbours of all views up to date; `touched` are the positions (sorted) of new and changed
    products, `deleted` is how many went."""

    old: ProductIndex
    catalog: Catalog
    moves: Moves
    touched: Ints1d
    deleted: int
    folder: Path
    progress: Progress = silent
    apart: JoinsApart | None = None

    def run(self, views: DeltaViews) -> dict[str, int]:
        """Write the neighbours of every view; return for how many products each was searched."""
        across = self.old.made.match_across_sources
        sources = self.catalog.source_codes() if across else None
        moved = self._of_another_source() if across else np.zeros(0, dtype=np.int64)
        searched = {}
        for view in self.old.views:
            if view == "lexical":
                searched[view] = self._join_lexical(moved, sources)
            else:
                searched[view] = self._join_dense(view, views, moved, sources)
        return searched

    def _join_lexical(self, moved: Ints1d, sources: Ints1d | None) -> int:
        index, rows, again = self._lexical()
        old = self._old_lists("lexical", np.union1d(again, moved))
        if self._all_same(old):
            return self._keep_lists("lexical")
        if self.apart is not None:
            return self._search_apart(self.apart, old, sources)
        fresh = index.take(old.again) if old.again.size else None
        return self._write("lexical", DeltaSearch(old, SelfJoin(index, rows, old.k, sources), fresh))

    def _join_dense(self, view: str, views: DeltaViews, moved: Ints1d, sources: Ints1d | None) -> int:
        engine, rows = views.engine(view, self.old, self.folder), views.dense(view, self.old)
        old = self._old_lists(view, np.union1d(views.again[view], moved))
        if self._all_same(old):
            return self._keep_lists(view)
        if self.old.device == "cuda":
            fresh = build_faiss(from_arrays(rows.take(old.again)), FLAT) if old.again.size else None
            return self._write(view, DeltaSearch(old, SelfJoin(engine, rows, old.k, sources), fresh))
        lists = views.lists(view, self.old)
        cells = everybody(seen_rows(rows)) if lists is None else self._near(view, lists)
        join = DeltaTiles(old, rows, cells, sources)
        return self._write(view, join) if self.apart is None else self._tiles_apart(self.apart, view, join, views)

    def _search_apart(self, apart: JoinsApart, old: OldLists, sources: Ints1d | None) -> int:
        files, recipe = self._files("lexical", old), self._stored(apart, "lexical", old, sources)
        lexical = DeltaSearchRecipe(recipe, (self.folder / "lexical").absolute())
        searched = search_in_parts(lexical, files, apart.runner, "join lexical", self.progress)
        files.finish()
        return searched

    def _tiles_apart(self, apart: JoinsApart, view: str, join: DeltaTiles, views: DeltaViews) -> int:
        files, stored = self._files(view, join.old), self._stored(apart, view, join.old, join.sources)
        recipe = TileRecipe(stored, self.folder.absolute(), views.layers.main, views.layers.delta)
        searched = TileParts(join, recipe, apart.runner).write(files, f"join {view}", self.progress)
        files.finish()
        return searched

    def _files(self, view: str, old: OldLists) -> NeighbourFiles:
        return NeighbourFiles(self.folder / "neighbours" / view, len(old), old.k)

    def _stored(self, apart: JoinsApart, view: str, old: OldLists, sources: Ints1d | None) -> StoredLists:
        """Return where workers find the lists of a view, which are kept now."""
        before = self.old.manifest.digests("neighbours", "engines", "lexical", "vectors", DELTA)
        named = fingerprint_of("join", view, self.old.fingerprint, before, *apart.made, digest_of_lists(old, sources))
        parts = parts_for(apart.beside.absolute(), named)
        parts.make()
        place, across = shared_place(self.old.folder), sources is not None
        stored = StoredLists(place, self.old.fingerprint, view, old.k, old.least, across, parts)
        stored.put(old, sources)
        return stored

    def _near(self, view: str, lists: Lists) -> Cells:
        """Return whom the view's join compared with one another, as far as one side of a pair can tell."""
        join = self.old.made.engines[view].join
        assert join.near_lists_alone is not None  # it was joined through lists
        groups = self.catalog.category_codes()[0] if join.join == "category" else None
        return near_cells(lists, join.near_lists_alone, groups)

    def _old_lists(self, view: str, again: Ints1d) -> OldLists:
        before = self.old.kept_neighbours(view)
        return OldLists.of(
            before, self.moves, again, max(before.k, list_length(self.old.k, len(self.moves.origin))), self.old.k
        )

    def _all_same(self, old: OldLists) -> bool:
        return not old.again.size and not self.deleted and len(self.moves.moved) == len(self.moves.origin)

    def _keep_lists(self, view: str) -> int:
        self._link(Path("neighbours") / view)
        return 0

    def _write(self, view: str, join: DeltaTiles | DeltaSearch) -> int:
        return join.write(self.folder / "neighbours" / view, stage=f"join {view}", progress=self.progress)

    def _lexical(self) -> tuple[LexicalIndex, SparseRows, Ints1d]:
        """Return the lexical view with the rows of new and changed texts in their places, its rows, and the positions
        (sorted) whose row is new or another one; n-grams and weights stay."""
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
        index = old.of_rows(stacked[order])
        (self.folder / "lexical").mkdir()
        index.save(self.folder / "lexical")
        return index, SparseRows(index), again

    def _of_another_source(self) -> Ints1d:
        """Return the positions of changed products that another source offers than before."""
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
