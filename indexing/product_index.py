"""An index folder, opened: catalogue, vectors, engines and neighbours, each read when it is first needed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.artefact import Manifest, read_manifest
from indexing.catalog import Catalog
from indexing.catalog_reading import open_catalog
from indexing.encoder import Encoder
from indexing.encoders import open_encoder
from indexing.errors import InputError
from indexing.faiss_index import FaissIndex, load_faiss
from indexing.fusion import Fusion
from indexing.index import FusedRows, Index, Rows
from indexing.lexical_index import LexicalIndex, load_lexical
from indexing.neighbours import Neighbours
from indexing.self_join import open_neighbours
from indexing.vectors import Vectors, open_vectors

KIND = "index"
DENSE_VIEWS = ("text", "image", "fused")
COSINE_BLOCK = 16_384


@dataclass(frozen=True)
class ProductIndex:
    """Everything in an index folder. `views` are those that were joined: of text, image, fused, lexical."""

    folder: Path
    manifest: Manifest
    catalog: Catalog
    device: str = "cpu"

    @property
    def fingerprint(self) -> str:
        """Changes with the products and with every setting that neighbours and cosines depend on."""
        return self.manifest.fingerprint

    @property
    def views(self) -> tuple[str, ...]:
        return tuple(self.manifest.made["views"])

    @property
    def main_view(self) -> str:
        """The dense view that is searched by default: fused, or the only one."""
        return "fused" if "fused" in self.views else next(view for view in DENSE_VIEWS if view in self.views)

    @property
    def k(self) -> int:
        """How many neighbours of each product are kept."""
        return int(self.manifest.made["k"])

    @cached_property
    def fusion(self) -> Fusion:
        return Fusion(float(self.manifest.made["text_weight"]))

    @cached_property
    def _vectors(self) -> dict[str, Vectors]:
        return {view: open_vectors(self.folder / "vectors" / view) for view in self.manifest.made["encoders"]}

    def vectors(self, view: str) -> Vectors | None:
        """The vectors of an encoded view (text, image, image_extra); None when the index has none."""
        return self._vectors.get(view)

    def rows(self, view: str) -> Rows:
        """The dense rows of a view that was joined."""
        if view == "fused":
            return FusedRows(self._vectors["text"], self._vectors["image"], self.fusion)
        return self._vectors[view]

    @cached_property
    def lexical(self) -> LexicalIndex | None:
        """The lexical view, None when the index was built without."""
        return load_lexical(self.folder / "lexical", len(self.catalog)) if "lexical" in self.views else None

    @cached_property
    def _engines(self) -> dict[str, FaissIndex]:
        return {}

    def engine(self, view: str) -> Index[Any]:
        """The index of a view."""
        if view == "lexical" and self.lexical is not None:
            return self.lexical
        if view not in self._engines:
            path = self.folder / "engines" / f"{view}.faiss"
            self._engines[view] = load_faiss(path, len(self.catalog), device=self.device)
        return self._engines[view]

    @cached_property
    def _neighbours(self) -> dict[str, Neighbours]:
        return {v: open_neighbours(self.folder / "neighbours" / v, len(self.catalog)) for v in self.views}

    def neighbours(self, view: str) -> Neighbours:
        """The kept neighbours of every product in a view. Raises InputError when the view was not built."""
        if view not in self.views:
            raise InputError(
                f"{self.folder}: has no {view} view (has {', '.join(self.views)}): build the index with it"
            )
        return self._neighbours[view]

    @cached_property
    def seen(self) -> dict[str, Bools1d]:
        """For each encoded view, which products (n,) have anything to see."""
        return {view: vectors.seen() for view, vectors in self._vectors.items()}

    def cosines(self, view: str, left: Ints1d, right: Ints1d) -> Floats1d:
        """Cosines (p,) of pairs of positions in a view, float32, NaN where either has nothing to see."""
        if view == "lexical" and self.lexical is not None:
            return _in_blocks(self.lexical.cosines, left, right)
        if view == "fused":
            return self._fused_cosines(left, right)
        vectors, seen = self._vectors[view], self.seen[view]
        cosines = _in_blocks(lambda a, b: np.einsum("ij,ij->i", vectors.take(a), vectors.take(b)), left, right)
        cosines[~(seen[left] & seen[right])] = np.nan
        return cosines

    def _fused_cosines(self, left: Ints1d, right: Ints1d) -> Floats1d:
        text, image = (np.nan_to_num(self.cosines(view, left, right)) for view in ("text", "image"))
        has_text, has_image = self.seen["text"], self.seen["image"]
        fused = self.fusion.cosines(text, image, (has_text[left], has_image[left]), (has_text[right], has_image[right]))
        blind = ~(has_text | has_image)
        fused[blind[left] | blind[right]] = np.nan
        return fused

    def encoder(self, view: str) -> Encoder:
        """The encoder of a view, for queries that are not in the catalogue."""
        return open_encoder(self.manifest.made["encoders"][view], self.folder / "vectors" / view)


def open_index(folder: Path, *, device: str = "cpu") -> ProductIndex:
    """Open an index folder; nothing large is read yet.

    Raises InputError when it is missing, damaged, or of another schema version.
    """
    folder = Path(folder)
    manifest = read_manifest(folder, KIND)
    try:
        pictures, products = folder / manifest.made["catalog"]["pictures"], int(manifest.made["catalog"]["products"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder}: its manifest does not say what its catalogue is: build it again") from error
    catalog = open_catalog(folder, pictures)
    if len(catalog) != products:
        raise InputError(f"{folder}: holds {len(catalog)} products, its manifest says {products}: build it again")
    return ProductIndex(folder, manifest, catalog, device)


def _in_blocks(cosines: Any, left: Ints1d, right: Ints1d) -> Floats1d:
    """Cosines computed a block of pairs at a time, so that the gathered rows stay small."""
    out = np.empty(len(left), dtype=np.float32)
    for start in range(0, len(left), COSINE_BLOCK):
        part = slice(start, start + COSINE_BLOCK)
        out[part] = cosines(left[part], right[part])
    return out
