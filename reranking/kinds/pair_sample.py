"""A sample of scored pairs keeps what their kind is told by: features, scores, categories and the sources of both products."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from reranking.pairs.product_groups import product_groups


@dataclass(frozen=True)
class PairSample:
    """It holds, of pairs (n,), features (n, f) float32, scores float32, evaluation categories and the names of both products'
    sources (arrow text, null where unknown).

    `left` and `right` (n,) tell products apart: positions, or product groups. `targets` (n,) are those of judged pairs, 1 and 0.
    """

    features: Floats2d
    scores: Floats1d
    categories: pa.Array
    left_sources: pa.Array
    right_sources: pa.Array
    left: Ints1d
    right: Ints1d
    targets: Floats1d | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in vars(self).items() if column is not None}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a sample of pairs differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Ints1d | Bools1d) -> "PairSample":
        """Return the pairs at these rows."""
        places = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows, dtype=np.int64)
        return PairSample(**{name: _taken(column, places) for name, column in vars(self).items()})

    def followed_by(self, other: "PairSample") -> "PairSample":
        """Return these pairs, then the others; both with targets, or both without."""
        parts = zip(vars(self).items(), vars(other).values(), strict=True)
        return PairSample(**{name: _joined(own, others) for (name, own), others in parts})

    def of_source(self, name: str) -> Bools1d:
        """Say which pairs (n,) have a product of this source."""
        return _equals(self.left_sources, name) | _equals(self.right_sources, name)

    def of_category(self, name: str) -> Bools1d:
        """Say which pairs (n,) are of this evaluation category."""
        return _equals(self.categories, name)

    def tied(self) -> Ints1d:
        """Return a number (n,), from 0 without gaps, that is the same for pairs which shared products tie together, however far."""
        products, places = np.unique(np.concatenate([self.left, self.right]), return_inverse=True)
        left, right = places[: len(self)], places[len(self) :]
        _, numbers = np.unique(product_groups(left, right, None, len(products), by="pairs")[left], return_inverse=True)
        return np.asarray(numbers, dtype=np.int64)

    def source_pairs(self) -> pa.Array:
        """Return the two sources (n,) as one text, in alphabetical order, so that sides do not count; unknown ones are empty."""
        sides = ([name or "" for name in side.to_pylist()] for side in (self.left_sources, self.right_sources))
        return pa.array(["\n".join(sorted(pair)) for pair in zip(*sides, strict=True)], pa.large_string())


def _equals(column: pa.Array, name: str) -> Bools1d:
    return np.asarray(pc.fill_null(pc.equal(column, name), False).to_numpy(zero_copy_only=False), dtype=bool)


def _taken(column: Any, places: Ints1d) -> Any:
    if column is None:
        return None
    return column.take(pa.array(places)) if isinstance(column, pa.Array) else column[places]


def _joined(own: Any, others: Any) -> Any:
    if own is None:
        return None
    return pa.concat_arrays([own, others]) if isinstance(own, pa.Array) else np.concatenate([own, others])
