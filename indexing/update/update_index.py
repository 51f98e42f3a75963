"""An update puts products into an index and takes others out, without encoding or joining the rest again."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.catalog.catalog import CATALOG_FILE, DELETED_FILE, Catalog, open_catalog
from indexing.catalog.digest import DIGEST_VERSION
from indexing.catalog.missing_pictures import MissingPictures, missing_pictures
from indexing.catalog.rejects import REJECTS_FILE, Reject, StoredRejects, write_rejects
from indexing.encoders.pictures.patience import TAKE_WHAT_COMES, Patience
from indexing.errors import InputError
from indexing.given.read_given import GivenOptions, read_given
from indexing.given.untaught_pictures import untaught_pictures
from indexing.index_manifest import KIND, IndexManifest, LayersRecord, UpdatesRecord
from indexing.machine.progress import Progress, silent
from indexing.product_index import DELTA, ProductIndex, open_index
from indexing.reading.inputs import open_inputs
from indexing.reading.row_checks import NONE_PASSED, PassedOver
from indexing.reading.schema.stored_form import inputs_from
from indexing.running.local import HERE
from indexing.running.parts import clear_leftovers
from indexing.running.tasks import Runner
from indexing.search.device import choose_device
from indexing.storage.artefact import Manifest, fingerprint_of, link_or_copy, read_manifest, write_manifest, writing
from indexing.storage.records import stored_record
from indexing.update.changes import CatalogUpdate, plan_update
from indexing.update.deleted import find_deleted, read_delete_list, write_record
from indexing.update.encoding.delta_views import DeltaViews, encode_delta
from indexing.update.joining.views import DeltaViewJoining, JoinsApart
from indexing.update.picture_views import PictureView, picture_views, unseen_pictures, write_seen
from indexing.update.row_digests import add_hex

REWRITTEN = (CATALOG_FILE, DELETED_FILE, REJECTS_FILE, "neighbours", "lexical", DELTA)  # the rest is linked


@dataclass(frozen=True)
class UpdateOptions(GivenOptions):
    """These options say how the files of an update are read, whether ids to delete that the index lacks are passed over,
    and where neighbours are searched."""

    ignore_unknown: bool = False
    device: str = "auto"


@dataclass(frozen=True)
class Updated:
    """It says what an update did. `unknown` ids to delete were not there; `searched` says for how many products the
    neighbours of each view were searched; `rejects` are of the products put in, `missing` says where pictures of all are
    missing if any of theirs are; `share` is how much of the index is delta or dead now; `passed_over` counts rows that
    were no products, `notes` are what a user should hear."""

    index: ProductIndex
    added: int
    changed: int
    same: int
    deleted: int
    unknown: int
    searched: dict[str, int]
    rejects: StoredRejects
    missing: list[MissingPictures]
    passed_over: PassedOver = NONE_PASSED
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return 0.0 if self.index.layers is None else self.index.layers.share


class _NothingToDo(Exception):
    """The index is as it should be: no new version is made."""


def update_index(
    index: Path,
    products: Sequence[Path] = (),
    *,
    delete: Path | None = None,
    options: UpdateOptions | None = None,
    progress: Progress = silent,
    runner: Runner = HERE,
) -> Updated:
    """Put the products of files into an index, in the place of those with the same id, and take out those of a list.

    The changed keep their places, the new follow the others: as if the index had been built of such a catalogue by the
    same fitted encoders. A new version takes the place of the old one in one step. A `runner` with workers apart has them
    encode and join. Raises InputError, and leaves the index as it was, for anything wrong in what is given.
    """
    options = options or UpdateOptions()
    _refuse_nothing(str(index), products, delete)
    read_manifest(index, KIND)
    device = choose_device(options.device)
    ids = None if delete is None else read_delete_list(delete)
    work = _Updating(Path(index), options, device, progress, runner)
    try:
        with writing(Path(index), KIND, afresh=True) as folder:
            work.run(folder, products, (delete, ids))
            clear_leftovers(
                Path(index).absolute()
            )  # while nobody else updates it: what is there is of the version before
    except _NothingToDo:
        pass
    return work.updated()


def check_given(
    made: IndexManifest, where: str, products: Sequence[Path], *, delete: Path | None, options: UpdateOptions
) -> None:
    """Raise InputError for what an update of an index would refuse at once: files that are missing, or that do not begin as products of
    that index or a list of ids do. The index, which is said to lie `where`, need not be here."""
    _refuse_nothing(where, products, delete)
    choose_device(options.device)
    if delete is not None:
        read_delete_list(delete)
    if products:
        open_inputs(products, options.schema, inputs_from(made.catalog.inputs, f"{where}: its manifest"))


def _refuse_nothing(where: str, products: Sequence[Path], delete: Path | None) -> None:
    if not products and delete is None:
        raise InputError(f"{where}: nothing to do: name files of products, or --delete a list of ids")


class _Updating:
    """It is one update on its way."""

    def __init__(self, path: Path, options: UpdateOptions, device: str, progress: Progress, runner: Runner) -> None:
        self.path, self.options, self.device, self.progress = path, options, device, progress
        self.apart = (runner, path, options.max_rejects) if runner.apart else None
        self.kept: int | None = None  # rejects of others, which stand before those of the products put in
        self.missing: list[MissingPictures] = []
        self.pictures: dict[str, PictureView] = {}
        self.passed_over, self.notes = NONE_PASSED, tuple[str, ...]()
        self.counts: dict[str, int] = {}
        self.searched: dict[str, int] = {}

    def run(self, folder: Path, products: Sequence[Path], delete: tuple[Path | None, Any]) -> None:
        old = open_index(self.path, device=self.device)
        try:
            self.pictures = picture_views(old)
            given, rejects = self._read(old, products, folder) if products else (None, [])
            update = self._plan(old, given, delete)
            if update.nothing:
                raise _NothingToDo
            self._write(old, update, rejects, folder)
        finally:
            old.hold.release()  # or this process would keep the old version from going away

    def updated(self) -> Updated:
        index = open_index(self.path, device=self.device)
        stored = StoredRejects(index.folder / REJECTS_FILE)
        return Updated(
            index,
            **self.counts,
            searched=self.searched,
            rejects=replace(stored, first=len(stored) if self.kept is None else self.kept),
            missing=self.missing,
            passed_over=self.passed_over,
            notes=(*self.notes, *untaught_pictures(index)),
        )

    def _read(self, old: ProductIndex, products: Sequence[Path], folder: Path) -> tuple[Catalog, Iterable[Reject]]:
        """Read the products given in the types of the index; return them and the cells that were set aside."""
        blob = f"pictures-{1 if old.made.updates is None else old.made.updates.number + 1}.bin"
        given = read_given(old, products, folder, options=self.options, blob=blob, progress=self.progress)
        self.passed_over, self.notes = given.passed_over, (*given.notes, *unseen_pictures(old, given.catalog))
        return given.catalog, given.rejects

    def _plan(self, old: ProductIndex, given: Catalog | None, delete: tuple[Path | None, Any]) -> CatalogUpdate:
        path, ids = delete
        deleted = np.zeros(0, dtype=np.int64)
        if path is not None:
            deleted = find_deleted(old.catalog, ids, path=path, ignore_unknown=self.options.ignore_unknown)
        update = plan_update(old.catalog, given, deleted, looks=tuple(self.pictures.values()))
        changed, added = int(update.changed.sum()), len(update.added)
        self.counts = {
            "added": added,
            "changed": changed,
            "same": len(update.given) - changed - added,
            "deleted": len(deleted),
            "unknown": 0 if ids is None else len(ids) - len(deleted),
        }
        return update

    def _write(self, old: ProductIndex, update: CatalogUpdate, rejects: Iterable[Reject], folder: Path) -> None:
        """Write the new version: links to what stays, the delta, and what is rewritten."""
        known = link_unchanged(old, folder, REWRITTEN)
        moves = update.moves()
        digest = update.write(folder, moves)
        level = old.catalog.category_level
        catalog = open_catalog(folder, old.catalog.pictures, reading=old.made.reading, category_level=level)
        patience = Patience(self.options.max_rejects >= 1, TAKE_WHAT_COMES)
        views = encode_delta(old, update, moves, folder, patience=patience, progress=self.progress, apart=self.apart)
        write_seen(self.pictures, update, moves, folder)
        touched = np.flatnonzero(update.rows(moves) >= 0)
        apart = None
        if self.apart is not None:
            apart = JoinsApart(self.apart[0], self.path, (digest, views.moved, views.layers.main, views.layers.delta))
        joining = DeltaViewJoining(old, catalog, moves, touched, self.counts["deleted"], folder, self.progress, apart)
        self.searched = joining.run(views)
        put_in = chain(_of(rejects, catalog, touched), views.rejects)
        every, self.kept = _write_rejects(old, update, touched, catalog, put_in, folder)
        some = every > self.kept
        self.missing = missing_pictures(catalog, StoredRejects(folder / REJECTS_FILE)) if some else []
        write_record(old.catalog, update.deleted, catalog, folder)
        shutil.rmtree(folder / "given", ignore_errors=True)
        made = _made(old, catalog, digest, views, every)
        write_manifest(folder, Manifest(KIND, stored_record(made), _fingerprint(made)), known=known)


def link_unchanged(old: ProductIndex, folder: Path, rewritten: Sequence[str]) -> dict[str, Any]:
    """Link every file of an index into a new version's folder, except what is rewritten; return their manifest
    entries."""
    known = {name: entry for name, entry in old.manifest.files.items() if Path(name).parts[0] not in rewritten}
    with old.hold.read() as place:
        for name in known:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(place / name, folder / name)
    return known


def _made(old: ProductIndex, catalog: Catalog, digest: str, views: DeltaViews, rejects: int) -> IndexManifest:
    """Return what the manifest says of the new version."""
    updates, layers = old.made.updates or UpdatesRecord(0, old.fingerprint, old.manifest.created), views.layers
    rows = {view: add_hex(updates.rows.get(view), moved) for view, moved in views.moved.items()}
    return replace(
        old.made,
        catalog=replace(old.made.catalog, products=len(catalog), digest=digest, digest_version=DIGEST_VERSION),
        layers=LayersRecord(layers.main, layers.delta, layers.dead),
        updates=replace(updates, number=updates.number + 1, rows={view: sum_ for view, sum_ in rows.items() if sum_}),
        rejects=rejects,
    )


def _fingerprint(made: IndexManifest) -> str:
    """Return the fingerprint of an updated index: another one for every catalogue that it was brought to, for all other
    vectors of the same catalogue, and for encoders fitted again."""
    assert made.updates is not None
    rows, refitted = made.updates.rows, made.refitted
    return fingerprint_of(made.updates.built, made.catalog.digest, *filter(None, [dict(rows), refitted]))


def _of(rejects: Iterable[Reject], catalog: Catalog, touched: Ints1d) -> Iterator[Reject]:
    """Yield the rejects of products that were put in, and of rows without an id; what was set aside of the unchanged ones
    is known already."""
    ids = set(catalog.ids.take(pa.array(touched)).cast(pa.large_string()).to_pylist())
    return (reject for reject in rejects if reject.id in ids or not reject.id)


def _write_rejects(
    old: ProductIndex, update: CatalogUpdate, touched: Ints1d, catalog: Catalog, rejects: Iterable[Reject], folder: Path
) -> tuple[int, int]:
    """Write the rejects of all products of the new version: those that stay, then `rejects`. Return how many they are, and
    how many stay. Few are in memory at once, since each may hold a cell of 64 KiB."""
    columns = old.catalog.ids.take(pa.array(update.deleted)), catalog.ids.take(pa.array(touched))
    gone = {ident for column in columns for ident in column.cast(pa.large_string()).to_pylist()}
    kept = 0

    def staying(stored: StoredRejects) -> Iterator[Reject]:
        nonlocal kept
        for reject in stored:
            if reject.id not in gone:
                kept += 1
                yield reject

    with old.hold.read() as place:
        stored = staying(StoredRejects(place / REJECTS_FILE))
        every = write_rejects(chain(stored, rejects), folder / REJECTS_FILE)
    return every, kept
