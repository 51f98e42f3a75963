"""An update encodes only new and changed products, by the encoders that the index was built with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.rejects import Reject
from indexing.encoders.column import ColumnEncoder
from indexing.encoders.pictures.patience import Patience
from indexing.given.encoders import given_encoders
from indexing.machine.progress import Progress, silent
from indexing.product_index import DELTA, ProductIndex
from indexing.running.tasks import Runner
from indexing.search.faiss_index import FLAT, build_faiss
from indexing.search.index import Index
from indexing.search.layered_index import LayeredIndex
from indexing.search.near_lists import Lists, layered_lists, lists_file
from indexing.update.changes import CatalogUpdate, Moves
from indexing.update.encoding.delta_parts import DeltaEncoding
from indexing.update.row_digests import vector_sum
from indexing.vectors.layers import LayeredRows, Layers, unlayered
from indexing.vectors.rows import FusedRows, Rows
from indexing.vectors.vectors import Vectors, open_vectors


@dataclass(frozen=True)
class DeltaViews:
    """They are the dense views after an update: `rows` of each encoded view, `layers` where they are, `again` the
    positions (sorted) whose row in a view is new or another one, what was set aside, and by view what its rows' sum of
    digests grew by (`moved`)."""

    layers: Layers
    rows: dict[str, LayeredRows]
    again: dict[str, Ints1d]
    rejects: list[Reject]
    moved: dict[str, int]

    def dense(self, view: str, index: ProductIndex) -> Rows:
        """Return the rows of a view that is searched."""
        if view == "fused":
            return FusedRows(self.rows["text"], self.rows["image"], index.fusion)
        return self.rows[view]

    def engine(self, view: str, index: ProductIndex, folder: Path) -> Index[Floats2d]:
        """Return the engine of a view: that of `index`, which is from before, with the delta's, which is made here."""
        before = index.engine(view)
        main = before.main if isinstance(before, LayeredIndex) else before  # the new version links to its file
        if not self.layers.delta:
            return LayeredIndex(main, None, self.layers)
        engine = build_faiss(self._delta(view, index), FLAT)
        engine.save(folder / DELTA / "engines" / f"{view}.faiss")
        return LayeredIndex(main, engine, self.layers)

    def lists(self, view: str, index: ProductIndex) -> Lists | None:
        """Return the lists that a view was joined through, None where it was not; they are of the rows as they are
        now."""
        delta = self._delta(view, index) if self.layers.delta else None
        with index.hold.read() as place:
            return layered_lists(place / "engines" / lists_file(view), self.layers, delta)

    def _delta(self, view: str, index: ProductIndex) -> Rows:
        rows: dict[str, Rows] = {name: _delta_rows(layered) for name, layered in self.rows.items()}
        return FusedRows(rows["text"], rows["image"], index.fusion) if view == "fused" else rows[view]


def encode_delta(
    old: ProductIndex,
    update: CatalogUpdate,
    moves: Moves,
    folder: Path,
    *,
    patience: Patience,
    progress: Progress = silent,
    apart: tuple[Runner, Path, float] | None = None,
) -> DeltaViews:
    """Encode what is new or changed and write stored.npy and the delta's vectors into `folder`; `patience` is for pictures
    that are not there. Workers that are `apart` encode in parts beside a path; up to a share of the products may end
    their process."""
    rows = update.rows(moves)
    touched = np.flatnonzero(rows >= 0)
    given, before = update.given.take(rows[touched]), moves.origin[touched]
    encoded: dict[str, Floats2d] = {}
    rejects: list[Reject] = []
    for view, encoder in given_encoders(old, patience).items():
        if apart is None or not len(given) or isinstance(encoder.encoder, ColumnEncoder):
            encoded[view], aside = encoder.encode(given, progress)
        else:
            encoded[view], aside = DeltaEncoding(old, given, patience, *apart, progress).encode(view)
        rejects += aside
    differs = {view: _differing(old, view, now, before) for view, now in encoded.items()}
    moved = np.any(list(differs.values()), axis=0) if differs else np.zeros(len(touched), dtype=bool)
    layers, members = _placed(old, moves, touched[moved])
    (folder / DELTA / "engines").mkdir(parents=True)
    layers.save(folder / DELTA)
    views = {
        view: _write(old, view, layers, moves, members, (touched, now), folder / DELTA) for view, now in encoded.items()
    }
    again = {view: touched[changed] for view, changed in differs.items()}
    if "fused" in old.views:
        again["fused"] = np.union1d(again["text"], again["image"])
    sums = {view: _moved(old, update, view, (given, now), before) for view, now in encoded.items()}
    return DeltaViews(layers, views, again, rejects, sums)


def _differing(old: ProductIndex, view: str, rows: Floats2d, before: Ints1d) -> Bools1d:
    """Return which rows (t,) are not what the product had; those of new products are not."""
    vectors, differs = old.vectors(view), before < 0
    there = np.flatnonzero(before >= 0)
    if vectors is not None and there.size:
        differs[there] = np.any(vectors.take(before[there]) != rows[there], axis=1)
    return differs


def _moved(
    old: ProductIndex, update: CatalogUpdate, view: str, encoded: tuple[Catalog, Floats2d], before: Ints1d
) -> int:
    """Return what the sum of the digests of a view's rows grows by: with those of products given, without those that they
    had (`before`, -1 for new ones) or that went."""
    given, rows = encoded
    vectors = old.vectors(view)
    assert vectors is not None
    gone = np.concatenate([before[before >= 0], update.deleted])
    return vector_sum(given.ids, rows) - vector_sum(old.catalog.ids.take(pa.array(gone)), vectors.take(gone))


def _placed(old: ProductIndex, moves: Moves, moved: Ints1d) -> tuple[Layers, Ints1d]:
    """Return the new layers, and the positions of the delta's rows: those `moved` there now, and who was there and
    stays."""
    base = old.layers or unlayered(len(old.catalog))
    stored = np.where(moves.origin >= 0, np.asarray(base.stored)[np.maximum(moves.origin, 0)], base.main)
    stored[moved] = base.main
    members = np.flatnonzero(stored >= base.main)
    stored[members] = base.main + np.arange(len(members))
    return Layers(stored, base.main, len(members)), members


def _write(
    old: ProductIndex,
    view: str,
    layers: Layers,
    moves: Moves,
    members: Ints1d,
    encoded: tuple[Ints1d, Floats2d],
    folder: Path,
) -> LayeredRows:
    """Write the delta's vectors of one view: as encoded now, else as they were."""
    vectors = old.vectors(view)
    main = vectors.main if isinstance(vectors, LayeredRows) else vectors
    assert vectors is not None
    assert main is not None
    if not len(members):
        return LayeredRows(main, None, layers)
    positions, rows = encoded
    delta = np.empty((len(members), vectors.dim), dtype=np.float32)
    now = np.isin(members, positions)
    delta[now] = rows[np.searchsorted(positions, members[now])]
    delta[~now] = vectors.take(moves.origin[members[~now]])
    target = folder / "vectors" / view
    target.mkdir(parents=True)
    np.save(target / "vectors_00000.npy", delta)
    return LayeredRows(main, open_vectors(target), layers)


def _delta_rows(rows: LayeredRows) -> Vectors:
    assert rows.delta is not None
    return rows.delta
