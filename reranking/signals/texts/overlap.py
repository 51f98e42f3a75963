"""What two products' bags share and what only one of them holds."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d
from reranking.signals.texts.bags import Bags, Rows
from reranking.signals.texts.sparse_rows import ratio, row_maxima, row_sums


@dataclass(frozen=True)
class Overlap:
    """What two bags share, for pairs (p,): the weights of tokens on the left only, right only, and on both sides.

    Sums are 0 and `rarest_*` NaN where there is no such token. Weights are inverse document frequencies.
    """

    left_only: Floats1d
    right_only: Floats1d
    shared: Floats1d
    left_only_weight: Floats1d
    right_only_weight: Floats1d
    shared_weight: Floats1d
    rarest_shared: Floats1d
    rarest_left_only: Floats1d
    rarest_right_only: Floats1d
    cosine: Floats1d

    @classmethod
    def of(cls, bags: Bags, left: Rows, right: Rows) -> "Overlap":
        """One subtraction tells all but the rarest shared: shared tokens cancel, the others keep their sign."""
        difference = bags.take(left) - bags.take(right)
        indptr, data = difference.indptr, difference.data.astype(np.float64)
        on_left = data > 0
        left_only = row_sums(indptr, on_left.astype(np.float64))
        left_weight = row_sums(indptr, np.where(on_left, data, 0.0))
        right_weight = left_weight - row_sums(indptr, data)
        shared = bags.shared(left, right)
        squares = bags.squares[left] + bags.squares[right]
        highest = row_maxima(indptr, data)
        lowest = row_maxima(indptr, -data)
        return cls(
            left_only,
            np.diff(indptr) - left_only,
            bags.sizes[left] - left_only,
            left_weight,
            right_weight,
            bags.weights[left] - left_weight,
            np.sqrt(row_maxima(shared.indptr, shared.data)),
            np.where(highest > 0, highest, np.nan),
            np.where(lowest > 0, lowest, np.nan),
            ratio(squares - row_sums(indptr, data**2), 2 * np.sqrt(bags.squares[left] * bags.squares[right])),
        )
