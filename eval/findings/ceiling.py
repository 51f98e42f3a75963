"""The retrieval ceiling: which true matches any neighbour list proposes, and what the scores then lose."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eval.findings.retrieval import recall_at
from eval.inputs.joining import JudgedPairs
from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.search.neighbours import rank_of

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex

KS = (1, 5, 10, 20, 50)
UNION = "union"


@dataclass(frozen=True)
class ViewRecall:
    """Recall of the true matches by one view, or their union: `recall` (ks,) over all of them and `by_category`
    (c, ks), NaN where a category has none."""

    view: str
    recall: Floats1d
    by_category: Floats2d


@dataclass(frozen=True)
class Ceiling:
    """What retrieval leaves to the scores, for neighbours up to `ks`, the last of which is all that are kept.

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
        """Rows of the truth of the matches that no view proposes."""
        return self.rows[~self.found]


def find_ceiling(index: "ProductIndex", pairs: JudgedPairs, codes: Ints1d, called: Bools1d, count: int) -> Ceiling:
    """Of the true matches among `pairs`, in `count` categories. A match is proposed when either product is among the
    other's neighbours, as `heroic candidates` proposes. Raises UnknownId when the index lacks a product."""
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
    """The best rank (m,) of several, NaN where none has one."""
    stacked = np.array([np.where(np.isnan(rank), np.inf, rank) for rank in ranks]).reshape(len(ranks), len(rows))
    lowest = stacked.min(axis=0)
    return np.where(np.isinf(lowest), np.nan, lowest)


def _recall(view: str, ranks: tuple[Floats1d, Floats1d], ks: Ints1d, codes: Ints1d, count: int) -> ViewRecall:
    sizes = [int(k) for k in ks]
    by_category = [recall_at(*(side[codes == code] for side in ranks), ks=sizes).either for code in range(count)]
    return ViewRecall(view, recall_at(*ranks, ks=sizes).either, np.array(by_category))


def _same_source(index: "ProductIndex", left: Ints1d, right: Ints1d) -> int:
    if not index.manifest.made.get("match_across_sources"):
        return 0
    sources = index.catalog.table["source"].combine_chunks().dictionary_encode().indices
    codes = np.asarray(sources.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    return int(((codes[left] == codes[right]) & (codes[left] >= 0)).sum())
