"""A product index is an index folder, opened: catalogue, vectors, engines, neighbours are each read when first needed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog, open_catalog
from indexing.catalog.contents import Contents, read_contents
from indexing.catalog.filters import Filters
from indexing.encoders.encoder import Encoder
from indexing.errors import InputError
from indexing.index_manifest import KIND, IndexManifest, index_manifest
from indexing.join.neighbour_files import open_neighbours
from indexing.search.faiss_index import FaissIndex, load_faiss
from indexing.search.index import Elsewhere, Index
from indexing.search.layered_index import LayeredIndex
from indexing.search.near_lists import Lists, layered_lists, lists_file
from indexing.search.neighbours import Neighbours
from indexing.search.tuned_index import tuned
from indexing.storage.artefact import Manifest, read_manifest
from indexing.storage.stores import seen_from
from indexing.storage.versions import Hold, hold_version
from indexing.vectors.fusion import Fusion
from indexing.vectors.layers import LayeredRows, Layers, open_layers, unlayered
from indexing.vectors.pair_cosines import dense_cosines, in_blocks
from indexing.vectors.rows import FusedRows, Rows
from indexing.vectors.sparse_rows import CsrRows, open_lexical_rows
from indexing.vectors.vectors import Vectors, open_vectors

if TYPE_CHECKING:
    from indexing.search.lexical_index import LexicalIndex

DELTA = "delta"  # the folder of what updates added
CONTENTS = "contents"  # inside it, by view, what the encoder has read of each product
DENSE_VIEWS = ("text", "image", "fused")
MOST_FILTERS = 64  # whose products are kept: a server is asked for any, and each is a byte a product


@dataclass(frozen=True)
class ProductIndex:
    """It gives everything in an index folder. `views` are those that were joined: of text, image, fused, lexical.

    All of it comes from the version that was opened, `hold`, whatever is updated or built again meanwhile.
    """

    folder: Path
    manifest: Manifest
    made: IndexManifest
    catalog: Catalog
    hold: Hold
    device: str = "cpu"
    elsewhere: Elsewhere | None = None

    @property
    def fingerprint(self) -> str:
        """Return 16 digits that change with the products and with every setting that neighbours and cosines depend
        on."""
        return self.manifest.fingerprint

    @property
    def views(self) -> tuple[str, ...]:
        return self.made.views

    @property
    def searched_views(self) -> tuple[str, ...]:
        """Return the views that engines search: all, or those that are published elsewhere."""
        there = self.elsewhere
        return self.views if there is None else tuple(view for view in self.views if view in there.engines)

    @property
    def main_view(self) -> str:
        """Return the dense view that is searched by default: fused, or the only one."""
        return "fused" if "fused" in self.views else next(view for view in DENSE_VIEWS if view in self.views)

    @property
    def k(self) -> int:
        """Return how many neighbours of each product are kept."""
        return self.made.k

    @cached_property
    def fusion(self) -> Fusion:
        return Fusion(self.made.text_weight)

    @cached_property
    def layers(self) -> Layers | None:
        """Return where the products of an updated index are; None for one that was only built, or compacted."""
        layers = self.made.layers
        if layers is None:
            return None
        with self.hold.read() as place:
            return open_layers(place / DELTA, layers.main, layers.delta, len(self.catalog))

    @cached_property
    def _vectors(self) -> dict[str, Vectors | LayeredRows]:
        return {view: self._open_vectors(view) for view in self.made.encoders}

    def _open_vectors(self, view: str) -> Vectors | LayeredRows:
        with self.hold.read() as place:
            main = open_vectors(place / "vectors" / view)
            if self.layers is None:
                return main
            delta = open_vectors(place / DELTA / "vectors" / view) if self.layers.delta else None
        return LayeredRows(main, delta, self.layers)

    def vectors(self, view: str) -> Vectors | LayeredRows | None:
        """Return the vectors of an encoded view (text, image, image_extra, image_points); None when the index has none."""
        return self._vectors.get(view)

    def contents(self, view: str) -> Contents | None:
        """Return what the encoder of a view has read of each product (n, 2), None where that was not kept."""
        part = Path("vectors") / view if self.layers is None else Path(DELTA) / CONTENTS / view
        with self.hold.read() as place:
            found = read_contents(place / part)
        return found if found is not None and len(found) == len(self.catalog) else None

    def rows(self, view: str) -> Rows:
        """Return the dense rows of a view that was joined."""
        if view == "fused":
            return FusedRows(self._vectors["text"], self._vectors["image"], self.fusion)
        return self._vectors[view]

    @cached_property
    def lexical_rows(self) -> CsrRows | None:
        """Return the rows of the lexical view alone, which take no SciPy, None when the index was built without."""
        if "lexical" not in self.views:
            return None
        with self.hold.read() as place:
            return open_lexical_rows(place / "lexical", len(self.catalog))

    @cached_property
    def lexical(self) -> "LexicalIndex | None":
        """Return the lexical view, None when the index was built without."""
        if "lexical" not in self.views:
            return None
        from indexing.search.lexical_index import load_lexical  # late: SciPy

        with self.hold.read() as place:
            return load_lexical(place / "lexical", len(self.catalog))

    @cached_property
    def _engines(self) -> dict[str, Index[Any]]:
        return {}

    def engine(self, view: str) -> Index[Any]:
        """Return the index of a view."""
        if self.elsewhere is not None:
            return self.elsewhere.engine(view)
        if view == "lexical" and self.lexical is not None:
            return self.lexical
        if view not in self._engines:
            self._engines[view] = self._open_engine(view)
        return self._engines[view]

    def _open_engine(self, view: str) -> Index[Any]:
        with self.hold.read() as place:
            main, delta = place / "engines" / f"{view}.faiss", place / DELTA / "engines" / f"{view}.faiss"
            size = len(self.catalog) if self.layers is None else self.layers.main
            effort = self.made.engines[view].tuned.effort if view in self.made.engines else None
            engine = load_faiss(main, size, device=self.device)
            built = tuned(engine, self._built_rows(view), None if effort is None else effort.value)
            if self.layers is None:
                return built
            added = load_faiss(delta, self.layers.delta, device=self.device) if self.layers.delta else None
            return LayeredIndex(built, added, self.layers)

    def _built_rows(self, view: str) -> Rows:
        """Return the rows of the build alone, in its order: those that its engine holds."""
        if view == "fused":
            return FusedRows(self._built_rows("text"), self._built_rows("image"), self.fusion)
        rows = self._vectors[view]
        return rows.main if isinstance(rows, LayeredRows) else rows

    def lists(self, view: str) -> Lists | None:
        """Return the lists of near rows that a dense view was joined through, None where it was not."""
        layers = self.layers or unlayered(len(self.catalog))
        with self.hold.read() as place:
            return layered_lists(place / "engines" / lists_file(view), layers, self._added_rows(view))

    def _added_rows(self, view: str) -> Rows | None:
        """Return the rows that updates added, None where there are none."""
        if view == "fused":
            text, image = self._added_rows("text"), self._added_rows("image")
            return None if text is None or image is None else FusedRows(text, image, self.fusion)
        rows = self._vectors[view]
        return rows.delta if isinstance(rows, LayeredRows) else None

    @cached_property
    def _neighbours(self) -> dict[str, Neighbours]:
        length = min(self.k, len(self.catalog))  # of everybody else, and an empty place behind them
        return {view: self.kept_neighbours(view).first(length) for view in self.views}

    def kept_neighbours(self, view: str) -> Neighbours:
        """Return all neighbours that the folder keeps of each product in a view: k and the reserve that updates live
        on."""
        with self.hold.read() as place:
            return open_neighbours(place / "neighbours" / view, len(self.catalog))

    def neighbours(self, view: str) -> Neighbours:
        """Return the kept neighbours of every product in a view. Raises InputError when the view was not built."""
        if view not in self.views:
            raise InputError(
                f"{self.folder}: has no {view} view (has {', '.join(self.views)}): build the index with it"
            )
        return self._neighbours[view]

    @cached_property
    def seen(self) -> dict[str, Bools1d]:
        """Return for each encoded view which products (n,) have anything to see."""
        return {view: vectors.seen() for view, vectors in self._vectors.items()}

    def exact(self, view: str) -> bool:
        """Return whether a view's engine compares a query with every product."""
        if self.elsewhere is not None:
            return False
        engine = self.engine(view)
        main = engine.main if isinstance(engine, LayeredIndex) else engine
        return view == "lexical" or (isinstance(main, FaissIndex) and main.exact)

    @cached_property
    def sources(self) -> Ints1d:
        """Return each product's source as a code (n,), -1 for none, in narrow integers: a question may compare them all."""
        codes = self.catalog.sources()
        return codes.astype(np.min_scalar_type(-1 - int(codes.max(initial=0))))

    @cached_property
    def _allowed(self) -> dict[Filters, Bools1d | None]:
        return {}

    def allowed(self, filters: Filters) -> Bools1d | None:
        """Return which products (n,) the filters let through, None for all; the latest are kept, as the same are asked
        again."""
        kept = self._allowed.get(filters)  # in one step: another thread may take it out
        if kept is not None:
            return kept
        allowed = filters.allowed(self.catalog)
        self._allowed[filters] = allowed
        for oldest in list(self._allowed)[:-MOST_FILTERS]:
            self._allowed.pop(oldest, None)
        return allowed

    def cosines(self, view: str, left: Ints1d, right: Ints1d) -> Floats1d:
        """Return the cosines (p,) of pairs of positions in a view, float32, NaN where either has nothing to see."""
        if view == "lexical" and self.lexical is not None:
            return in_blocks(self.lexical.cosines, left, right)
        if view == "fused":
            return self._fused_cosines(left, right)
        vectors, seen = self._vectors[view], self.seen[view]
        cosines = dense_cosines(vectors, left, right)
        cosines[~(seen[left] & seen[right])] = np.nan
        return cosines

    def _fused_cosines(self, left: Ints1d, right: Ints1d) -> Floats1d:
        text, image = (np.nan_to_num(self.cosines(view, left, right)) for view in ("text", "image"))
        has_text, has_image = self.seen["text"], self.seen["image"]
        fused = self.fusion.cosines(text, image, (has_text[left], has_image[left]), (has_text[right], has_image[right]))
        blind = ~(has_text | has_image)
        fused[blind[left] | blind[right]] = np.nan
        return fused

    @cached_property
    def _encoders(self) -> dict[str, Encoder]:
        return {}

    def encoder(self, view: str) -> Encoder:
        """Return the encoder of a view, for queries that are not in the catalogue."""
        if view not in self._encoders:
            from indexing.encoders.by_spec import open_encoder  # late: all that reads and encodes

            with self.hold.read() as place:
                self._encoders[view] = open_encoder(self.made.encoders[view], place / "vectors" / view)
        return self._encoders[view]


def open_index(folder: Path, *, device: str = "cpu") -> ProductIndex:
    """Open an index folder; nothing large is read yet.

    Raises InputError when it is missing, damaged, or of another schema version.
    """
    folder = Path(folder)
    hold = hold_version(folder)
    with hold.read() as place:
        manifest = read_manifest(place, KIND)
    made = index_manifest(manifest, folder)
    pictures, level = seen_from(folder, made.catalog.pictures), made.catalog.category_level
    with hold.read() as place:
        catalog = open_catalog(place, pictures, hold=hold, reading=made.reading, category_level=level)
    if len(catalog) != (said := made.catalog.products):
        raise InputError(f"{folder}: holds {len(catalog)} products, its manifest says {said}: build it again")
    return ProductIndex(folder, manifest, made, catalog, hold, device)
