"""View features say which sides of a pair lack a view, and compare products' other pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.product_index import ProductIndex
from indexing.vectors.vectors import unit_rows
from reranking.signals.feature import Feature

ENCODED_VIEWS = ("text", "image", "image_extra")


def view_features(encoded: Sequence[str]) -> tuple[Feature, ...]:
    """Declare the features of an index that has encoded these views."""
    found = [
        Feature(
            f"{view}_vector_missing", "missing views", f"how many of the two products have no {view} vector (0, 1, 2)"
        )
        for view in encoded
    ]
    if "image_extra" in encoded:
        found += [
            Feature(
                "image_extra_cosine", "cosines", "cosine of the means of both products' extra pictures", direction=1
            ),
            Feature(
                "image_cross_cosine",
                "cosines",
                "best cosine of one's main picture and the mean of the other's extra",
                direction=1,
            ),
            Feature(
                "image_all_cosine",
                "cosines",
                "cosine of all pictures of both products: the mean of the main one and the mean of the extra, where any",
                direction=1,
            ),
        ]
    return tuple(found)


class ProductVectors(Protocol):
    """They give the rows of one encoded view by product."""

    @property
    def dim(self) -> int:
        """Return d, the length of a row."""

    def take(self, positions: Ints1d) -> Floats2d:
        """Return the rows (p, d) of these products."""


@dataclass(frozen=True)
class ViewSignals:
    """It tells which sides lack a view, and the cosines with the mean of a product's extra pictures. It holds the `vectors`
    of each encoded view, and who (n,) has anything to see in it."""

    vectors: Mapping[str, ProductVectors]
    seen: Mapping[str, Bools1d]

    @classmethod
    def of(cls, index: ProductIndex) -> "ViewSignals":
        """Look at the views that an index has encoded."""
        found = {view: index.vectors(view) for view in ENCODED_VIEWS}
        return cls({view: vectors for view, vectors in found.items() if vectors is not None}, index.seen)

    @property
    def features(self) -> tuple[Feature, ...]:
        return view_features([*self.vectors])

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        missing = [~self.seen[view] for view in self.vectors]
        columns = [absent[left].astype(np.float32) + absent[right] for absent in missing]
        if "image_extra" in self.vectors:
            columns.append(self._cosines("image_extra", left, right))
            columns.append(np.fmax(self._cosines("image", left, right), self._cosines("image", right, left)))
            columns.append(self._all_pictures(left, right))
        return np.stack(columns, axis=1).astype(np.float32) if columns else np.empty((len(left), 0), np.float32)

    def _all_pictures(self, left: Ints1d, right: Ints1d) -> Floats1d:
        mains, extras = self.vectors.get("image"), self.vectors["image_extra"]
        if mains is None or mains.dim != extras.dim:
            return np.full(len(left), np.nan, dtype=np.float32)
        sides = [unit_rows(mains.take(side) + extras.take(side)) for side in (left, right)]
        cosines = np.einsum("ij,ij->i", *sides)
        cosines[~(np.any(sides[0], axis=1) & np.any(sides[1], axis=1))] = np.nan
        return np.asarray(cosines, dtype=np.float32)

    def _cosines(self, view: str, left: Ints1d, right: Ints1d) -> Floats1d:
        """Return the cosines (p,) of one side's row in a view and the other's of the extra pictures."""
        own, extras = self.vectors.get(view), self.vectors["image_extra"]
        if own is None or own.dim != extras.dim:
            return np.full(len(left), np.nan, dtype=np.float32)
        cosines = np.einsum("ij,ij->i", own.take(left), extras.take(right))
        cosines[~(self.seen[view][left] & self.seen["image_extra"][right])] = np.nan
        return np.asarray(cosines, dtype=np.float32)
