"""Scored pairs of any number are read as columns, of which only those are held that can matter to groups.

A pair whose products no chain of matches ties together can neither be merged nor speak against a merging.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.ids import IdLookup
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.storage.scratch import scratch_folder, scratch_output
from reranking.pairs.product_groups import product_groups
from reranking.pairs.repeats import checked_pairs

_ROW = np.dtype([("left", "i4"), ("right", "i4"), ("score", "f8"), ("probability", "f8"), ("called", "?")])
READ_ROWS = 262_144


@dataclass(frozen=True)
class ScoredPairs:
    """It holds `ids` (n,) of the products, rising; pairs (p,) as places among them, with score, probability of a
    match from 0 to 1, and whether each is called one."""

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

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class ScoredBlock:
    """It holds some rows of a scores file: ids of one type, scores, probabilities, which are called matches, and the
    rows' `numbers` in the file."""

    left: pa.Array
    right: pa.Array
    scores: Floats1d
    probabilities: Floats1d
    called: Bools1d
    numbers: Ints1d

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class TiedPairs:
    """It holds the pairs whose products matches tie together, over all products' ids, and the number of all pairs."""

    pairs: ScoredPairs
    scored: int


def read_tied_pairs(
    blocks: Callable[[], Iterable[ScoredBlock]],
    together: Callable[[pa.Array], Ints1d] | None = None,
    *,
    about: int = 0,
    progress: Progress = silent,
) -> TiedPairs:
    """Go through the blocks, of `about` so many rows, twice: for the products, then for the pairs, which wait in a file until it is known which
    products are tied. `together` returns of ids (n,) by number which are tied whatever pairs say. Raises InputError for a product paired with itself and for doubled pairs."""
    ids, rows = _products(_told(blocks(), "find products", about, progress))
    with scratch_folder() as scratch:
        file = scratch / "pairs.bin"
        told = _told(blocks(), "read pairs", rows, progress)
        tied = _write(file, told, (ids, rows), np.arange(len(ids)) if together is None else together(ids))
        parts = [part[tied[part["left"]] == tied[part["right"]]] for part in _read(file)]
    kept = np.concatenate([np.zeros(0, dtype=_ROW), *parts])
    left, right = kept["left"].astype(np.int64), kept["right"].astype(np.int64)
    return TiedPairs(ScoredPairs(ids, left, right, kept["score"], kept["probability"], kept["called"]), rows)


def _told(blocks: Iterable[ScoredBlock], stage: str, about: int, progress: Progress) -> Iterator[ScoredBlock]:
    """Yield the blocks, and tell how many of about so many rows are gone through."""
    done = 0
    progress(stage, done, max(about, 1))
    for block in blocks:
        yield block
        done += len(block)
        progress(stage, done, max(about, done + 1))  # until there are no more
    progress(stage, done, done)


def _products(blocks: Iterable[ScoredBlock]) -> tuple[pa.Array, int]:
    """Return the ids of all blocks, rising, and the number of rows."""
    ids, rows = None, 0
    waiting: list[pa.Array] = []  # that are joined with the others once there are as many
    for block in blocks:
        rows += len(block)
        sides = pc.unique(pa.concat_arrays([block.left, block.right]))
        waiting.append(sides if ids is None else _alike(ids, sides))
        if ids is None or sum(map(len, waiting)) >= len(ids):
            ids, waiting = _joined(ids, waiting), []
    if ids is None:
        return pa.array([], pa.int64()), 0
    ids = _joined(ids, waiting)
    return ids.take(pc.array_sort_indices(ids)), rows


def _joined(ids: pa.Array | None, others: list[pa.Array]) -> pa.Array:
    """Return each id once."""
    return pc.unique(pa.concat_arrays(others if ids is None else [ids, *others]))


def _alike(ids: pa.Array, others: pa.Array) -> pa.Array:
    if others.type != ids.type:
        raise InputError("ids are integers in some rows and text in others: write the file as parquet")
    return others


def _write(file: Path, blocks: Iterable[ScoredBlock], found: tuple[pa.Array, int], tied: Ints1d) -> Ints1d:
    """Append the pairs to a file, of products and a number of rows that were found before; return which products (n,) are
    tied together, by number: those that were already, and those that matches tie."""
    ids, rows = found
    places, ties = IdLookup.from_ids(pa.chunked_array([ids])), _Ties(tied)
    with checked_pairs(ids, rows) as check, file.open("wb") as content:
        for block in blocks:
            left, right = (places.positions(side) for side in (block.left, block.right))
            check.add(left, right, block.numbers)
            with scratch_output(file.parent):
                _as_rows(block, left, right).tofile(content)
            ties.add(left[block.called], right[block.called])
    return ties.all()


class _Ties:
    """They say which products (n,) are tied together; matches are looked at once there are as many as products, since each look
    goes over all of these."""

    def __init__(self, tied: Ints1d) -> None:
        self._tied, self._waiting, self._count = tied, list[tuple[Ints1d, Ints1d]](), 0

    def add(self, left: Ints1d, right: Ints1d) -> None:
        """Tie the products of some matches (p,)."""
        self._waiting.append((left, right))
        self._count += len(left)
        if self._count >= len(self._tied):
            self.all()

    def all(self) -> Ints1d:
        """Return the number (n,) of what each product is tied to."""
        if self._count:
            left, right = (self._tied[np.concatenate(side)] for side in zip(*self._waiting, strict=True))
            self._tied = product_groups(left, right, None, len(self._tied), by="pairs")[self._tied]
            self._waiting, self._count = [], 0
        return self._tied


def _as_rows(block: ScoredBlock, left: Ints1d, right: Ints1d) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    out = np.empty(len(block), dtype=_ROW)
    out["left"], out["right"] = left, right
    out["score"], out["probability"], out["called"] = block.scores, block.probabilities, block.called
    return out


def _read(file: Path) -> Iterable[np.ndarray[tuple[int], np.dtype[np.void]]]:
    with file.open("rb") as content:
        while len(part := np.fromfile(content, dtype=_ROW, count=READ_ROWS)):
            yield part
