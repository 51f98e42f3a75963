"""Scored pairs as columns over the products that they name, for grouping."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError


@dataclass(frozen=True)
class ScoredPairs:
    """`ids` (n,) of the products, rising; pairs (p,) as places among them, with score, probability of a match from
    0 to 1, and whether each is called one."""

    ids: pa.Array
    left: Ints1d
    right: Ints1d
    scores: Floats1d
    probabilities: Floats1d
    called: Bools1d

    def __post_init__(self) -> None:
        low, high = self.probabilities.min(initial=0), self.probabilities.max(initial=1)
        if low < 0 or high > 1:
            odd = low if low < 0 else high
            raise InputError(f"probability {odd:g}: it is from 0 to 1; give the scores a column 'probability'")

    @classmethod
    def of(
        cls, left: pa.Array, right: pa.Array, *, scores: Floats1d, probabilities: Floats1d, called: Bools1d
    ) -> "ScoredPairs":
        """From the ids of both sides. Raises InputError for a product paired with itself and for doubled pairs."""
        ids = pc.unique(pa.concat_arrays([left, right]))
        ids = ids.take(pc.array_sort_indices(ids))
        one, other = (np.asarray(pc.index_in(side, ids).to_numpy(), dtype=np.int64) for side in (left, right))
        pairs = cls(ids, one, other, scores, probabilities, called)
        pairs._refuse_odd()
        return pairs

    def __len__(self) -> int:
        return len(self.left)

    def _refuse_odd(self) -> None:
        same = np.flatnonzero(self.left == self.right)
        if same.size:
            raise InputError(f"product {self._name(self.left[same[0]])} is paired with itself: remove the row")
        keys = np.sort(np.minimum(self.left, self.right) * len(self.ids) + np.maximum(self.left, self.right))
        twice = keys[1:][keys[1:] == keys[:-1]]
        if twice.size:
            names = " and ".join(self._name(place) for place in divmod(int(twice[0]), len(self.ids)))
            raise InputError(f"the pair {names} occurs again, in either order ({twice.size} rows too many): keep one")

    def _name(self, place: int) -> str:
        return repr(self.ids[int(place)].as_py())
