"""Publishing puts an index onto a Milvus server: in new collections, to which its name leads in one step at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexing.arrays import Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex, open_index
from indexing.publishing.address import Address
from indexing.publishing.measuring import Measuring
from indexing.publishing.milvus_index import MilvusIndex
from indexing.publishing.part import PartMaker, index_type
from indexing.publishing.product_fields import ProductFields, product_fields
from indexing.publishing.publication import (
    Announced,
    MeasuredRecall,
    Publication,
    PublishedPart,
    PublishedView,
    announce,
    drop_older,
    find_publication,
)
from indexing.publishing.server import DENSE_TYPES, SPARSE_TYPE, MilvusServer, connected
from indexing.publishing.shipment import Shipment, rows_of
from indexing.storage.artefact import fingerprint_of, heroic_version

FEW_ROWS = 20_000  # which are compared one by one sooner than an index of them pays
MOST_PARTS = 8  # each is searched
MOST_OLDER = 0.2  # of the rows there that a newer one has taken the place of, and of those in later parts


@dataclass(frozen=True)
class PublishOptions:
    """These options say how an index is published: which `views` (none named: all that the server can hold), the type of
    the dense ones' `index` there, and the least `recall` at `k` neighbours that readers are to get; `whole` sends every
    row again."""

    views: tuple[str, ...] = ()
    index: str = "auto"
    recall: float = 0.95
    k: int = 10
    whole: bool = False

    def __post_init__(self) -> None:
        if self.index not in ("auto", *DENSE_TYPES):
            raise InputError(f"--index {self.index}: choose from auto, {', '.join(DENSE_TYPES)}")
        if not 0 < self.recall <= 1:
            raise InputError(f"--recall {self.recall}: is a share: give more than 0 and at most 1")
        if self.k < 1:
            raise InputError(f"k {self.k}: ask for at least one neighbour")


@dataclass(frozen=True)
class Published:
    """It says what is published now, how many rows of each view were `sent`, and which collections were dropped. `same`:
    it was published already."""

    address: Address
    publication: Publication
    sent: Mapping[str, int]
    dropped: tuple[str, ...] = ()
    same: bool = False


def publish_index(
    folder: Path, address: Address, *, options: PublishOptions | None = None, progress: Progress = silent
) -> Published:
    """Publish an index; readers see what was published before until the new one is there, measured, and as good as asked.

    Without options it is published as it was before. Where an earlier version of the same index is there, only rows that
    changed are sent. Raises InputError where the server cannot be reached or cannot do what is asked, or its recall is less
    than asked.
    """
    index = open_index(folder)
    with connected(address) as server:
        options = options or _as_before(index, find_publication(server, address.name))
        return _Publishing(index, server, options, progress).run()


def _as_before(index: ProductIndex, before: Announced | None) -> PublishOptions:
    """Return what was asked of the publication before, the usual where there is none: its views, and the recall of them."""
    there = {} if before is None else before.publication.views
    if before is None or not there:
        return PublishOptions()
    left = tuple(view for view in index.views if view not in there and view not in before.publication.left_out)
    views = tuple(view for view in there if view in index.views) if left else ()
    measured = next(iter(there.values())).recall
    return PublishOptions(views, recall=measured.asked, k=measured.k)


@dataclass
class _Publishing:
    """It is one publication on its way."""

    index: ProductIndex
    server: MilvusServer
    options: PublishOptions
    progress: Progress
    sent: dict[str, int] = field(default_factory=dict)

    def run(self) -> Published:
        wanted, left_out = self._views()
        before = find_publication(self.server, self.server.address.name)
        if before is not None and self._same(before.publication, wanted):
            dropped = tuple(drop_older(self.server))
            return Published(self.server.address, before.publication, {}, dropped, same=True)
        products = product_fields(self.index.catalog)
        views = {view: self._view(view, products, before) for view in wanted}
        created = datetime.now(UTC).isoformat(timespec="seconds")
        made = Publication(
            self.index.fingerprint,
            len(self.index.catalog),
            str(self.server),
            created,
            heroic_version(),
            views,
            left_out,
        )
        name = self._named("publication", made.fingerprint, created, {view: views[view].document() for view in views})
        announce(self.server, name, made)
        found = find_publication(self.server, self.server.address.name)
        assert found is not None  # it was announced
        return Published(self.server.address, found.publication, self.sent, tuple(drop_older(self.server)))

    def _views(self) -> tuple[list[str], dict[str, str]]:
        """Return the views that are published, and why others are left out. Raises InputError for one that was named."""
        if self.options.index != "auto":
            self.server.refuse_type(self.options.index)
        asked = self.options.views or self.index.views
        missing = [view for view in asked if view not in self.index.views]
        if missing:
            has = ", ".join(self.index.views)
            raise InputError(f"--view {missing[0]}: {self.index.folder} has no such view (has {has})")
        if "lexical" not in asked or self.server.sparse:
            return list(dict.fromkeys(asked)), {}
        reason = f"{self.server} has no sparse vectors, which 2.4 and later have"
        if self.options.views:
            raise InputError(f"--view lexical: {reason}: leave it out")
        rest = [view for view in asked if view != "lexical"]
        if not rest:
            raise InputError(f"{self.index.folder}: has a lexical view alone, and {reason}")
        return rest, {"lexical": reason}

    def _same(self, before: Publication, wanted: Sequence[str]) -> bool:
        """Return whether all that is asked is published already."""
        if self.options.whole or before.fingerprint != self.index.fingerprint or set(before.views) != set(wanted):
            return False
        types = {view.index for name, view in before.views.items() if name != "lexical"}
        measured = [view.recall for view in before.views.values()]
        reached = [one.mean is None or one.mean >= self.options.recall for one in measured]
        alike = all(one.k == self.options.k for one in measured)
        return alike and all(reached) and (self.options.index == "auto" or types <= {self.options.index})

    def _view(self, view: str, products: ProductFields, before: Announced | None) -> PublishedView:
        shipment = Shipment.of_view(view, rows_of(self.index, view), products, self.progress)
        earlier = None if before is None or self.options.whole else before.publication.views.get(view)
        parts, kind = self._parts(view, shipment, earlier)
        unknown = MeasuredRecall(self.options.recall, self.options.k, None, None, 0)
        published = PublishedView(parts, int(shipment.seen.sum()), kind, shipment.rows.dim, None, unknown)
        measuring = Measuring(self.index, view, self.options.recall, self.options.k, self.progress)
        searched = measuring.tuned(MilvusIndex(self.server, published, shipment.rows, products))
        measured, reached = measuring.measure(searched)
        if not reached:
            raise InputError(
                f"{self.server.address}: {kind} finds {measured.mean:.3f} of the {self.options.k} neighbours in the {view} "
                f"view, less than --recall {self.options.recall:g}: nothing is published; choose another --index, or ask for less"
            )
        return replace(searched.view, recall=measured)

    def _parts(
        self, view: str, shipment: Shipment, earlier: PublishedView | None
    ) -> tuple[tuple[PublishedPart, ...], str]:
        """Send what is not there yet; return all parts of the view, and the type of their index."""
        seen = np.flatnonzero(shipment.seen)
        kind = self._type(view, len(seen), earlier)
        maker = PartMaker(self.server, shipment, self.progress)
        dim = shipment.rows.dim
        if earlier is not None and earlier.dim == dim and earlier.index == kind:
            changed = self._changed(shipment, earlier)
            if self._goes_on(changed, len(seen), earlier):
                self.sent[view] = len(changed)
                if not len(changed):
                    return earlier.parts, kind
                base = [part.collection for part in earlier.parts]
                name = self._named(view, self.index.fingerprint, base, kind, dim)
                part = maker.make(name, changed, index_type(kind, len(changed), dim))
                return (*earlier.parts, part), kind
        self.sent[view] = len(seen)
        if not len(seen):
            return (), kind
        name = self._named(view, self.index.fingerprint, kind, dim, *self._again())
        return (maker.make(name, seen, index_type(kind, len(seen), dim)),), kind

    def _again(self) -> tuple[str, ...]:
        """Return what makes collections others than those of before, where every row is to be sent again."""
        if not self.options.whole:
            return ()
        before = find_publication(self.server, self.server.address.name)
        return () if before is None else (before.collection,)

    def _type(self, view: str, rows: int, earlier: PublishedView | None) -> str:
        if view == "lexical":
            return SPARSE_TYPE
        kind = self.options.index
        if kind == "auto":
            return earlier.index if earlier is not None else "FLAT" if rows <= FEW_ROWS else "HNSW"
        return kind

    def _changed(self, shipment: Shipment, earlier: PublishedView) -> Ints1d:
        """Return the positions whose row or fields are others than on the server, or are not there."""
        there = np.zeros(len(shipment.digests), dtype=np.uint64)
        known = np.zeros(len(there), dtype=bool)
        done = 0
        for part in earlier.parts:
            if self.server.describe(part.collection) is None:
                return np.flatnonzero(shipment.seen)
            self.server.load(part.collection)
            for keys, digests in self.server.digests(part.collection):
                positions = shipment.products.find(keys)
                inside = positions >= 0
                there[positions[inside]], known[positions[inside]] = digests[inside].view(np.uint64), True
                done += len(keys)
                self.progress("compare with what is there", done, earlier.rows)
        return np.flatnonzero(shipment.seen & ~(known & (there == shipment.digests)))

    def _goes_on(self, changed: Ints1d, live: int, earlier: PublishedView) -> bool:
        """Return whether a further part is better than all rows anew: few parts, few rows that are older or in later
        parts."""
        if not earlier.parts or len(earlier.parts) + bool(len(changed)) > MOST_PARTS:
            return False
        rows = earlier.rows + len(changed)
        later = rows - earlier.parts[0].rows
        return max(later, rows - live) <= MOST_OLDER * rows

    def _named(self, what: str, *depends_on: object) -> str:
        """Return the name of a collection, which is another one for all other content."""
        return f"{self.server.address.name}_{what}_{fingerprint_of(*depends_on)}"
