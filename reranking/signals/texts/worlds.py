"""A world is a catalogue into which one more product came, perhaps in the place of another: tokens count in it as they
would then."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d

AS_IT_IS = -1  # the world of a catalogue into which nobody came
NOBODY = -1


@dataclass(frozen=True)
class ReadTokens:
    """They are the columns of the distinct tokens of products that were read, one after the other, and how many each
    product has, `lengths` (m,); a column's last bits are its bucket."""

    columns: npt.NDArray[np.integer]
    lengths: Ints1d

    def take(self, rows: Ints1d) -> "ReadTokens":
        """Return those of the products at these places, in this order."""
        starts, counts = np.cumsum(self.lengths) - self.lengths, self.lengths[rows]
        places = np.repeat(starts[rows] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return ReadTokens(self.columns[places], counts)


@dataclass(frozen=True)
class MovedCounts:
    """They say by how much more products have a bucket in a world than in the catalogue: `moved` (t,) of the sorted
    `keys` (t,), world * buckets + bucket."""

    keys: Ints1d
    moved: Ints1d

    def of(self, keys: Ints1d) -> Ints1d:
        """Return by how much each of these moved, 0 for most."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.moved[at], 0)


@dataclass(frozen=True)
class Worlds:
    """They say of every row (w,) to prepare which product it is of, `rows`, by its place in what is read, and in which of
    the worlds it stands, `world`, AS_IT_IS for none.

    Into each world comes the product read at `comes` (worlds,), in the place of the one at `goes`, NOBODY for none.
    """

    rows: Ints1d
    world: Ints1d
    comes: Ints1d
    goes: Ints1d

    def __len__(self) -> int:
        return len(self.rows)

    def sizes(self, products: int) -> Ints1d:
        """Return of how many products each row's world is (w,), the catalogue being one of so many."""
        grown = np.append(self.goes == NOBODY, False)  # AS_IT_IS reads the last
        return products + grown[self.world].astype(np.int64)

    def moved(self, read: ReadTokens, buckets: int) -> MovedCounts:
        """Return what comes and goes in the worlds, of the tokens of all products that were read."""
        keys, moves = [], []
        for places, sign in ((self.comes, 1), (self.goes, -1)):
            world = np.flatnonzero(places != NOBODY)
            theirs = read.take(places[world])
            keys.append(np.repeat(world, theirs.lengths) * buckets + (theirs.columns & (buckets - 1)))
            moves.append(np.full(len(theirs.columns), sign))
        known, place = np.unique(np.concatenate(keys), return_inverse=True)
        return MovedCounts(known, np.bincount(place, np.concatenate(moves), len(known)).astype(np.int64))
