"""View features say which sides of a pair lack a view, compare products' other pictures, and colours and shapes apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.product_index import ProductIndex
from indexing.vectors.vectors import unit_rows
from reranking.signals.families.points import FEATURES as POINT_FEATURES
from reranking.signals.families.points import point_features
from reranking.signals.feature import Feature

ENCODED_VIEWS = ("text", "image", "image_extra", "image_points")
APART = (
    Feature("image_color_cosine", "cosines", "cosine of the colours alone of both main pictures", direction=1),
    Feature("image_shape_cosine", "cosines", "cosine of the gradients alone of both main pictures", direction=1),
    Feature(
        "image_recolored",
        "cosines",
        "how much more alike the two are in gradients than in colours: much between variants of one model",
    ),
)


def view_features(encoded: Sequence[str], *, apart: bool) -> tuple[Feature, ...]:
    """Declare the features of an index that has encoded these views; with `apart` rows of pictures tell colours and shapes
    apart."""
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
    found += POINT_FEATURES if "image_points" in encoded else ()
    return (*found, *APART) if apart else tuple(found)


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
    of each encoded view, and who (n,) has anything to see in it. The first `colors` numbers of a picture's row tell its colours, the
    others its shape; 0 where the encoder does not keep the two apart."""

    vectors: Mapping[str, ProductVectors]
    seen: Mapping[str, Bools1d]
    colors: int = 0

    @classmethod
    def of(cls, index: ProductIndex) -> "ViewSignals":
        """Look at the views that an index has encoded."""
        found = {view: index.vectors(view) for view in ENCODED_VIEWS}
        pictures = index.made.encoders.get("image")
        colors = 0 if pictures is None else pictures.color_dims
        return cls({view: vectors for view, vectors in found.items() if vectors is not None}, index.seen, colors)

    @property
    def features(self) -> tuple[Feature, ...]:
        return view_features([*self.vectors], apart=self.colors > 0)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        missing = [~self.seen[view] for view in self.vectors]
        columns = [absent[left].astype(np.float32) + absent[right] for absent in missing]
        if "image_extra" in self.vectors:
            columns.append(self._cosines("image_extra", left, right))
            columns.append(np.fmax(self._cosines("image", left, right), self._cosines("image", right, left)))
            columns.append(self._all_pictures(left, right))
        if "image_points" in self.vectors:
            points = self.vectors["image_points"]
            columns.extend(point_features(points.take(left), points.take(right)).T)
        if self.colors:
            columns += self._colors_and_shapes(left, right)
        return np.stack(columns, axis=1).astype(np.float32) if columns else np.empty((len(left), 0), np.float32)

    def _colors_and_shapes(self, left: Ints1d, right: Ints1d) -> list[Floats1d]:
        """Return the cosines (p,) of colours and of shapes, and how far these are above those; NaN where either side has none."""
        sides = [self.vectors["image"].take(side) for side in (left, right)]
        color, shape = (_cosines(*(side[:, part] for side in sides)) for part in np.s_[: self.colors, self.colors :])
        return [color, shape, shape - color]

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


def _cosines(left: Floats2d, right: Floats2d) -> Floats1d:
    """Return the cosines (p,) of rows of any length, NaN where either is all zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", left, left) * np.einsum("ij,ij->i", right, right))
    return np.asarray(
        np.divide(np.einsum("ij,ij->i", left, right), lengths, out=np.full_like(lengths, np.nan), where=lengths > 0)
    )
