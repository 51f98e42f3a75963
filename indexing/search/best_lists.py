"""Best lists hold the best partners of each row while a join goes on: more come in than stay, and what cannot stay is
turned away."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats1d, Ints1d, Ints2d
from indexing.search.neighbours import RESOLUTION, Neighbours

LEAST_ROOM = 32  # entries beyond the best that a list holds before it is cut: with more, floors rise later
LAST = np.iinfo(np.int64).max
SLACK = 2  # units of RESOLUTION below the worst that stays: float32 sums of another tile may differ by less
_UNIT_BITS = 32


def entries_of(cosines: Floats1d, units: Ints1d) -> Ints1d:
    """Return one number an entry (m,), which sorts by cosine (rounded to RESOLUTION, best first) and then by unit."""
    keys = np.rint((1.0 - cosines.astype(np.float64)) / RESOLUTION)
    return joined(np.maximum(keys, 0).astype(np.int64), units)


def joined(keys: Ints1d, units: Ints1d) -> Ints1d:
    """Return the entries (m,) of these keys and these units or products."""
    return keys << _UNIT_BITS | units


def keys_of(entries: Ints2d) -> Ints2d:
    """Return how far each cosine is below 1, in units of RESOLUTION."""
    return entries >> _UNIT_BITS


def units_of(entries: Ints2d) -> Ints2d:
    """Return the units of entries."""
    return entries & ((1 << _UNIT_BITS) - 1)


def neighbours_of(entries: Ints2d) -> Neighbours:
    """Return the neighbours (q, k) that sorted entries stand for, with their rounded cosines; LAST is no neighbour."""
    there = entries != LAST
    cosines = np.where(there, 1.0 - keys_of(entries) * RESOLUTION, np.nan).astype(np.float32)
    return Neighbours(np.where(there, units_of(entries), -1), cosines)


def room_for(keep: int) -> int:
    """Return how many entries a list of the best `keep` holds besides them."""
    return max(LEAST_ROOM, keep // 2)


@dataclass
class BestLists:
    """They keep the `keep` best entries of each of `size` rows, from place `start` on; `floor` (size,) is the least cosine
    that may still come in for each of them, which rises."""

    start: int
    size: int
    keep: int
    floor: Floats1d
    entries: Ints2d = field(init=False)
    counts: npt.NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.entries = np.full((self.size, self.keep + room_for(self.keep)), LAST, dtype=np.int64)
        self.counts = np.zeros(self.size, dtype=np.int32)

    def add(self, places: Ints1d, entries: Ints1d) -> None:
        """Take in entries; `places` are those of the join, in ascending order."""
        if not len(places):
            return
        rows = places - self.start
        heads, lengths = _runs(rows)
        room = room_for(self.keep)
        most = max(room, self.keep)
        if lengths.max() > most:
            rows, entries = self._shortened(rows, entries, lengths, most)
            heads, lengths = _runs(rows)
        if lengths.max() <= room:
            self._put(rows, entries, heads, lengths)
            return
        turn = (np.arange(len(rows)) - np.repeat(heads, lengths)) // room
        for number in range(int(turn.max()) + 1):
            here = turn == number
            self._put(rows[here], entries[here], *_runs(rows[here]))

    def _put(self, rows: Ints1d, entries: Ints1d, heads: Ints1d, lengths: Ints1d) -> None:
        """Take in entries of these rows, ascending, whose runs these are, none longer than there is room for."""
        own = rows[heads]
        full = own[self.counts[own] + lengths > self.entries.shape[1]]
        if len(full):
            self._cut(full)
        within = np.arange(len(rows)) - np.repeat(heads, lengths)
        self.entries[rows, self.counts[rows] + within] = entries
        self.counts[own] += lengths.astype(np.int32)

    def final(self, start: int, stop: int) -> Ints2d:
        """Return the best entries, in order, of the rows at places start to stop; LAST where there are fewer."""
        rows = slice(start - self.start, stop - self.start)
        return np.sort(self.entries[rows], axis=1)[:, : self.keep]

    def _cut(self, rows: Ints1d) -> None:
        """Leave the best `keep` of lists that have more, and raise the floor to the worst of them."""
        best = np.partition(self.entries[rows], self.keep - 1, axis=1)
        self.entries[rows, : self.keep] = best[:, : self.keep]
        self.entries[rows, self.keep :] = LAST
        self.counts[rows] = self.keep
        floor = 1.0 - (keys_of(best[:, self.keep - 1]) + SLACK) * RESOLUTION
        self.floor[rows] = np.maximum(self.floor[rows], floor.astype(np.float32))

    def _shortened(self, rows: Ints1d, entries: Ints1d, lengths: Ints1d, most: int) -> tuple[Ints1d, Ints1d]:
        """Return all new entries, but only the `keep` best of rows that have more than `most` of them."""
        long = np.repeat(lengths > most, lengths)
        many, own = rows[long], entries[long]
        heads, lengths = _runs(many)
        wide = np.full((len(heads), lengths.max()), LAST, dtype=np.int64)
        wide[np.repeat(np.arange(len(heads)), lengths), np.arange(len(many)) - np.repeat(heads, lengths)] = own
        wide.partition(self.keep - 1, axis=1)
        best = wide[:, : self.keep]
        there = best != LAST
        kept_rows = np.concatenate([rows[~long], np.repeat(many[heads], there.sum(axis=1))])
        order = np.argsort(kept_rows, kind="stable")
        return kept_rows[order], np.concatenate([entries[~long], best[there]])[order]


def _runs(rows: Ints1d) -> tuple[Ints1d, Ints1d]:
    """Return where each run of equal rows begins, and how long it is."""
    heads = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    return heads, np.diff(np.append(heads, len(rows)))
