"""Compacting folds an index's updates in: it has one layer again, with the neighbours that it has, or with encoders
fitted again."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np

from indexing.build.encode_view import encode_view
from indexing.build.joining import ViewJoining
from indexing.build.options import BuildOptions
from indexing.build.shard_folder import STATE, ShardFolder
from indexing.catalog.contents import write_contents
from indexing.catalog.rejects import DEFAULT_REJECTS, REJECTS_FILE, Reject, StoredRejects, write_rejects
from indexing.encoders.by_spec import fit_again, open_encoder
from indexing.encoders.encoder import Encoder
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.missed import faulty_products, gone_pictures
from indexing.encoders.pictures.patience import RUN_AGAIN, Patience
from indexing.encoders.pictures.picture_encoder import picture_contents
from indexing.errors import InputError
from indexing.index_manifest import KIND, IndexManifest
from indexing.join.options import JoiningOptions
from indexing.machine.progress import Progress, silent
from indexing.product_index import DELTA, ProductIndex, open_index
from indexing.running.parts import clear_leftovers
from indexing.search.device import choose_device
from indexing.search.faiss_index import build_faiss
from indexing.search.near_lists import lists_file
from indexing.storage.artefact import Manifest, fingerprint_of, read_manifest, write_json, write_manifest, writing
from indexing.storage.records import stored_record
from indexing.update.second_look import SecondLook, looking_views, of_picture
from indexing.update.update_index import link_unchanged
from indexing.vectors.rows import dense_rows, seen_rows
from indexing.vectors.vectors import SHARD_ROWS, Vectors, open_vectors

ANSWER = f"{RUN_AGAIN}, or build the index again, which takes what there is with --max-rejects 1"


@dataclass(frozen=True)
class Compacted:
    """It holds the index, opened, and says how many rows of the delta were folded in, how many dead ones went,
    which views were fitted again, in which others pictures that were missing were `looked` at again, and how many vectors were
    `found` of pictures that can be had now, or `lost` to those that cannot any more."""

    index: ProductIndex
    delta: int
    dead: int
    refitted: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()
    found: int = 0
    lost: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.delta or self.dead or self.refitted or self.looked)


def compact_index(index: Path, *, refit: bool = False, device: str = "auto", progress: Progress = silent) -> Compacted:
    """Make one layer of an index that was updated: the products, vectors and kept neighbours stay, and the fingerprint.

    With `refit` the encoders that are fitted on a catalogue (lsa, patches, the lexical view) are fitted on this one, and every view
    is joined again: another index, for which models are to be trained again. Pictures that could not be had are looked at again by
    the other encoders, too. Raises InputError for what is no index, and where more than DEFAULT_REJECTS of the products would lose
    their vector, as their pictures cannot be had any more.
    """
    read_manifest(index, KIND)
    chosen = choose_device(device)
    old = open_index(index, device=chosen)
    layers = old.layers
    delta, dead = (0, 0) if layers is None else (layers.delta, layers.dead)
    refitted = _fitted(old) if refit else ()
    looked = looking_views(old, refitted) if refit else ()
    if layers is None and not refitted and not looked:
        return Compacted(old, 0, 0)
    old.hold.release()
    with writing(Path(index), KIND, afresh=True) as folder:
        work = _Compacting(open_index(index, device=chosen), folder, refitted, looked, progress)
        work.run()
        clear_leftovers(Path(index).absolute())  # of an update that was killed: its index is another one now
    found, lost = sum(work.found), sum(work.lost)
    return Compacted(open_index(index, device=chosen), delta, dead, refitted, looked, found, lost)


def _fitted(index: ProductIndex) -> tuple[str, ...]:
    """Return the views whose encoders were fitted on the catalogue."""
    lexical = ("lexical",) if "lexical" in index.views else ()
    return (*(view for view, record in index.made.encoders.items() if record.options() is not None), *lexical)


@dataclass(frozen=True)
class _Compacting:
    """It makes one version of another."""

    old: ProductIndex
    folder: Path
    refitted: tuple[str, ...]
    looked: tuple[str, ...]
    progress: Progress
    found: list[int] = field(default_factory=list)  # vectors, of each view whose pictures were looked at again
    lost: list[int] = field(default_factory=list)
    rejects: list[Iterable[Reject]] = field(default_factory=list)  # of each such view

    def run(self) -> None:
        """Write the version."""
        again = self.refitted or self.looked
        try:
            rewritten = ("vectors", "engines", DELTA, *(("neighbours", "lexical", REJECTS_FILE) if again else ()))
            known = link_unchanged(self.old, self.folder, rewritten)
            vectors = {view: self._vectors(view) for view in self.old.made.encoders}
            made, fingerprint = replace(self.old.made, layers=None), self.old.fingerprint
            if again:
                made = replace(self._joined(vectors, made), refitted=made.catalog.digest, rejects=self._told())
                fingerprint = fingerprint_of(fingerprint, "refitted", made.catalog.digest)
            else:
                self._engines(vectors)
            write_manifest(self.folder, Manifest(KIND, stored_record(made), fingerprint), known=known)
        finally:
            self.old.hold.release()

    def _vectors(self, view: str) -> Vectors:
        target = self.folder / "vectors" / view
        target.mkdir(parents=True)
        if view in self.refitted:
            return self._refit(view, target)
        looked = self._look(view) if view in self.looked else None
        rows = self.old.vectors(view)
        assert rows is not None
        for number, start in enumerate(range(0, len(rows), SHARD_ROWS)):
            here = np.arange(start, min(start + SHARD_ROWS, len(rows)))
            taken = rows.take(here)
            if looked is not None:
                looked.fill(taken, start)
            np.save(target / f"vectors_{number:05d}.npy", taken)
            self.progress(f"compact {view}", int(here[-1]) + 1, len(rows))
        shards = ShardFolder(target, {"compacted": self.old.fingerprint})  # never taken for what a build would make
        with self.old.hold.read() as place:
            shards.take_encoder(place / "vectors" / view)
        contents = self.old.contents(view)
        if contents is not None:
            write_contents(target, contents if looked is None else looked.seen(contents))
        write_json(target / STATE, shards.made)
        vectors = open_vectors(target)
        if looked is not None:
            self._compare(view, vectors, looked.rejects)
        return vectors

    @cached_property
    def _aside(self) -> list[Reject]:
        """Return what was set aside of pictures."""
        with self.old.hold.read() as place:
            return [reject for reject in StoredRejects(place / REJECTS_FILE) if of_picture(reject)]

    def _look(self, view: str) -> SecondLook:
        """Return what looks at pictures again. It does so whatever comes: it cannot lose what is not there."""
        chosen = faulty_products(self.old.catalog, self._aside, extra=view == "image_extra")

        def opened() -> Encoder:
            with self.old.hold.read() as place:
                folder, record = place / "vectors" / view, self.old.made.encoders[view]
                return open_encoder(record, folder, query=False, patience=Patience(endless=True))

        return SecondLook(self.old, view, chosen, opened, self.progress)

    def _told(self) -> int:
        """Write the rejects, with those of pictures as they are now where these were looked at again; return how many there are."""
        with self.old.hold.read() as place:
            stored = StoredRejects(place / REJECTS_FILE)
            stay = (reject for reject in stored if not (self.rejects and of_picture(reject)))
            return write_rejects(chain(stay, *self.rejects), self.folder / REJECTS_FILE)

    def _refit(self, view: str, target: Path) -> Vectors:
        before, catalog = self.old.encoder(view), self.old.catalog
        patience = Patience(answer=ANSWER, gone=gone_pictures(self._aside))

        def fitted() -> Encoder:
            self.progress(f"fit {view}", 0, 1)
            return fit_again(before, catalog, target, patience)

        shards = ShardFolder(target, {"refitted": self.old.fingerprint})
        encoded = encode_view(catalog, shards, fitted, stage=f"encode {view}", progress=self.progress)
        if view != "text":
            write_contents(target, picture_contents(catalog, extra=view == "image_extra"))
            self._compare(view, encoded.vectors, encoded.rejects)
        return encoded.vectors

    def _compare(self, view: str, vectors: Vectors, rejects: Iterable[Reject]) -> None:
        """Count the products that had a vector and have none now, and those that have one and had none. Raises InputError where too
        many lost theirs."""
        before = self.old.vectors(view)
        assert before is not None
        had, have = seen_rows(before), seen_rows(vectors)
        lost = np.flatnonzero(had & ~have)
        if len(lost) > DEFAULT_REJECTS * len(self.old.catalog):
            first = str(self.old.catalog.ids[int(lost[0])].as_py())
            why = next((one for one in rejects if one.id == first), Reject(first, "", "", "no reason is known"))
            raise InputError(
                f"{len(lost):,} of {len(self.old.catalog):,} products would lose their vector of {view} (the first: product "
                f"{first}: {why.value}: {why.reason}): {ANSWER}"
            )
        self.lost.append(len(lost))
        self.found.append(int((have & ~had).sum()))
        self.rejects.append(rejects)

    def _engines(self, vectors: dict[str, Vectors]) -> None:
        (self.folder / "engines").mkdir()
        made = self.old.made
        for view, rows in dense_rows(vectors, made.text_weight).items():
            engine = build_faiss(rows, made.factory_of(view), device=self.old.device, seed=made.seed)
            engine.save(self.folder / "engines" / f"{view}.faiss")
            lists = self.old.lists(view)
            if lists is not None:
                lists.save(self.folder / "engines" / lists_file(view))
            self.progress(f"index {view}", len(rows), len(rows))

    def _joined(self, vectors: dict[str, Vectors], made: IndexManifest) -> IndexManifest:
        """Join every view again, by an index chosen anew as it was asked for; return `made` with what came of it."""
        options = BuildOptions(
            encoding=EncodingOptions(text_fields=made.text_fields),
            joining=made.asked or JoiningOptions(index=made.index),
            text_weight=made.text_weight,
            lexical="lexical" in self.old.views,
            match_across_sources=made.match_across_sources,
            k=made.k,
            seed=made.seed,
        )
        joining = ViewJoining(
            self.folder, options, self.old.catalog, self.old.device, self.progress, lexical=made.lexical
        )
        views = tuple(joining.run(vectors))
        return replace(made, views=views, index=joining.factory, engines=joining.engines)
