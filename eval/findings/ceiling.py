"""The retrieval ceiling says which true matches any neighbour list proposes, and what the scores then lose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.inputs.joining import JudgedPairs
from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.search.neighbours import rank_of

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex

KS = (1, 5, 10, 20, 50)
UNION = "union"


@dataclass(frozen=True)
class RecallAtK:
    """It gives the recall of `matches` true matches at each of `ks` (c,).

    `either` (c,): a match is found if one of its products ranks the other within k, as candidates are proposed.
    `directed` (c,): the mean over both directions. NaN where there are no matches.
    """

    ks: Ints1d
    either: Floats1d
    directed: Floats1d
    matches: int


def recall_at(rank_of_right_in_left: Floats1d, rank_of_left_in_right: Floats1d, *, ks: Sequence[int]) -> RecallAtK:
    """Measure recall from the 1-based ranks (m,) of true matches in each other's neighbours, NaN = not among them.

    Raises InputError for ranks of different lengths and for a k below 1.
    """
    if len(rank_of_right_in_left) != len(rank_of_left_in_right):
        raise InputError(f"{len(rank_of_right_in_left)} ranks one way, {len(rank_of_left_in_right)} the other")
    limits = np.asarray(ks, dtype=np.int64)
    if (limits < 1).any():
        raise InputError(f"k {limits.min()}: it is 1 or more")
    # a comparison with NaN is False: not among the neighbours is not within k
    there = np.asarray(rank_of_right_in_left)[None, :] <= limits[:, None]
    back = np.asarray(rank_of_left_in_right)[None, :] <= limits[:, None]
    return RecallAtK(limits, _share(there | back), (_share(there) + _share(back)) / 2, there.shape[1])


def _share(found: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Floats1d:
    counted = found.sum(axis=1).astype(np.float64)
    return counted / found.shape[1] if found.shape[1] else np.full(len(counted), np.nan)


@dataclass(frozen=True)
class ViewRecall:
    """It holds the recall of the true matches by one view, or their union: `recall` (ks,) over all of them and
    `by_category` (c, ks), NaN where a category has none."""

    view: str
    recall: Floats1d
    by_category: Floats2d


@dataclass(frozen=True)
class Ceiling:
    """A ceiling says what retrieval leaves to the scores, for neighbours up to `ks`, the last of which is the index's
    k.

    `rows` (m,) are the true matches' rows of the truth, `found` (m,) whether any view proposes them. `lost` counts
    those proposed but not called a match, `kept` those proposed and called; `unproposed` those called though no view
    proposes them. `same_source` counts matches that cannot be proposed, where neighbours come from other sources.
    """

    ks: Ints1d
    views: tuple[ViewRecall, ...]
    rows: Ints1d
    found: Bools1d
    kept: int
    lost: int
    unproposed: int
    same_source: int

    @property
    def missing(self) -> Ints1d:
        """Return the rows of the truth of the matches that no view proposes."""
        return self.rows[~self.found]


def find_ceiling(index: "ProductIndex", pairs: JudgedPairs, codes: Ints1d, called: Bools1d, count: int) -> Ceiling:
    """Find the ceiling of the true matches among `pairs`, in `count` categories. A match is proposed when either
    product is among the other's neighbours, as `heroic candidates` proposes. Raises UnknownId for a product that the
    index lacks."""
    rows = np.flatnonzero(pairs.targets == 1)
    left, right = index.catalog.positions(pairs.left)[rows], index.catalog.positions(pairs.right)[rows]
    ks = np.array(sorted({k for k in KS if k < index.k} | {index.k}), dtype=np.int64)
    best: dict[str, tuple[Floats1d, Floats1d]] = {}
    for view in index.views:
        kept = index.neighbours(view)
        best[view] = rank_of(kept, left, right), rank_of(kept, right, left)
    best[UNION] = _lowest([there for there, _ in best.values()], rows), _lowest([b for _, b in best.values()], rows)
    found = ~np.isnan(_lowest(list(best[UNION]), rows))
    decided = called[rows]
    return Ceiling(
        ks=ks,
        views=tuple(_recall(view, ranks, ks, codes[rows], count) for view, ranks in best.items()),
        rows=rows,
        found=found,
        kept=int((found & decided).sum()),
        lost=int((found & ~decided).sum()),
        unproposed=int((~found & decided).sum()),
        same_source=_same_source(index, left, right),
    )


def _lowest(ranks: list[Floats1d], rows: Ints1d) -> Floats1d:
    """Return the best rank (m,) of several, NaN where none has one."""
    stacked = np.array([np.where(np.isnan(rank), np.inf, rank) for rank in ranks]).reshape(len(ranks), len(rows))
    lowest = stacked.min(axis=0)
    return np.where(np.isinf(lowest), np.nan, lowest)


def _recall(view: str, ranks: tuple[Floats1d, Floats1d], ks: Ints1d, codes: Ints1d, count: int) -> ViewRecall:
    sizes = [int(k) for k in ks]
    by_category = [recall_at(*(side[codes == code] for side in ranks), ks=sizes).either for code in range(count)]
    return ViewRecall(view, recall_at(*ranks, ks=sizes).either, np.array(by_category))


def _same_source(index: "ProductIndex", left: Ints1d, right: Ints1d) -> int:
    if not index.made.match_across_sources:
        return 0
    sources = index.catalog.table["source"].combine_chunks().dictionary_encode().indices
    codes = np.asarray(sources.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    return int(((codes[left] == codes[right]) & (codes[left] >= 0)).sum())
