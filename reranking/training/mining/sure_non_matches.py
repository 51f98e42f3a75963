"""Non-matches are mined among candidates that have a product with a known match, the surest kinds first."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.search.neighbours import rank_of
from reranking.pairs.candidates import candidates_with, proposing_views
from reranking.pairs.labelled import LabelledPairs
from reranking.training.mining.known_products import KnownProducts
from reranking.training.mining.look_alikes import are_look_alikes

LEAST = 30  # mined non-matches; with fewer, or fewer than there are matches, less sure ones join in
MOST_DOUBLED = 0.25  # with more of them sources tell nothing
MOST_DOUBT = 0.05  # of the pairs of two known groups, where nothing else tells that they differ
SPIES = 0.5  # of the known matches are less near than the nearest pair that is taken for less sure
TOP_MATCHES = 0.1  # as many matches at least lie above a nearness at which doubt is measured


@dataclass(frozen=True)
class MinedPairs:
    """It holds mined non-matches by position, of which `less_sure` (p,) are of unlabelled products or of groups that may
    be one.

    `share` is that of known matches among the candidates of the known products, and `may_match` what share of the mined
    pairs may be matches at most. `by_source` says that sources told the sure ones apart.
    """

    left: Ints1d
    right: Ints1d
    less_sure: Bools1d
    share: float
    may_match: float
    by_source: bool


@dataclass(frozen=True)
class _Pool:
    """It holds candidates (p,) that are not known to match, and what is known of them: `both` products have a known
    match, their groups have offers `apart`, of one source; `nearness` is the sum of their cosines in all views."""

    left: Ints1d
    right: Ints1d
    both: Bools1d
    apart: Bools1d
    nearness: Floats1d


def mine_non_matches(index: ProductIndex, pairs: LabelledPairs, k: int, barred: Ints1d, foreign: Bools1d) -> MinedPairs:
    """Mine among the candidates by k first neighbours of the products that `pairs`, matches all, are of.

    Never mined are `barred` keys of pairs, and pairs with one of the `foreign` products (n,), those of the other side.
    Raises InputError where nothing can be mined.
    """
    known = KnownProducts.of(index, pairs)
    keys = candidates_with(index, known.known, k)
    left, right = np.divmod(keys, len(index.catalog))
    same = known.same(left, right)
    if not same.any():
        raise _nothing(
            pairs, f"none of them is among the first {k} neighbours, so that no non-matches of their kind are"
        )
    rows = np.flatnonzero(~same & ~np.isin(keys, barred) & ~foreign[left] & ~foreign[right])
    rows = rows[~are_look_alikes(index.catalog, left[rows], right[rows])]
    pool, nearness = _pool(index, known, left[rows], right[rows]), _nearness(index, pairs.left, pairs.right)
    sure = _sure(pool, nearness)
    few = sure.sum() < max(LEAST, len(pairs))
    less = ~sure & _strict(index, pool, nearness) if few else np.zeros(len(sure), dtype=bool)
    chosen = np.flatnonzero(sure | less)
    if not chosen.size:
        raise _nothing(pairs, f"none of their first {k} neighbours is surely no match")
    doubt = _may_match(pool, sure, less, nearness) / len(chosen)
    by_source = bool(pool.apart.any())
    return MinedPairs(pool.left[chosen], pool.right[chosen], less[chosen], float(same.mean()), doubt, by_source)


def _may_match(pool: _Pool, sure: Bools1d, less: Bools1d, nearness: Floats1d) -> float:
    """Return how many of the mined pairs may be matches at most; of those that are less sure as large a part was left out as
    of the known matches is too near."""
    count = largest_share(nearness, pool.nearness[sure]) * sure.sum() if sure.any() else 0.0
    if less.any():
        count += largest_share(nearness, pool.nearness[~sure]) * (~sure).sum() * SPIES
    return float(min(count, (sure | less).sum()))


def _nothing(pairs: LabelledPairs, why: str) -> InputError:
    return InputError(
        f"labels of one kind: {len(pairs):,} matches, and {why}: label non-matches too, mine more neighbours (--mine N), or "
        "build the index with another encoder"
    )


def _pool(index: ProductIndex, known: KnownProducts, left: Ints1d, right: Ints1d) -> _Pool:
    tells = index.made.match_across_sources and known.doubled <= MOST_DOUBLED
    apart = known.share_a_source(left, right) if tells else np.zeros(len(left), dtype=bool)
    return _Pool(left, right, known.known[left] & known.known[right], apart, _nearness(index, left, right))


def _sure(pool: _Pool, nearness: Floats1d) -> Bools1d:
    """Return which pairs of the pool are surely no matches: told apart by their sources, where sources tell anything, else
    of two known groups, unless they are so near that many may be one."""
    if pool.apart.any():
        return pool.apart
    doubtful = pool.both.any() and largest_share(nearness, pool.nearness[pool.both]) > MOST_DOUBT
    return pool.both & (not doubtful)


def _strict(index: ProductIndex, pool: _Pool, nearness: Floats1d) -> Bools1d:
    """Return which pairs of the pool are neither each other's first neighbour in a view nor nearer than most matches."""
    far = pool.nearness < np.quantile(nearness, SPIES)
    for view in proposing_views(index):
        neighbours = index.neighbours(view)
        first = rank_of(neighbours, pool.left, pool.right) == 1
        far &= ~(first & (rank_of(neighbours, pool.right, pool.left) == 1))
    return far


def _nearness(index: ProductIndex, left: Ints1d, right: Ints1d) -> Floats1d:
    """Return the sum of the cosines of pairs (p,) in the views that propose candidates, an unknown one as 0."""
    cosines = [np.nan_to_num(index.cosines(view, left, right)) for view in proposing_views(index)]
    return np.asarray(np.sum(cosines, axis=0), dtype=np.float64)


def largest_share(matches: Floats1d, others: Floats1d) -> float:
    """Return the largest share of `others` (q,) that may be matches, if these are as near as the known `matches` (p,).

    As many of them as matches lie above each nearness, and others that lie there may all be such: the least of these
    bounds holds (Blanchard, Lee and Scott, "Semi-supervised novelty detection", JMLR 2010). Half a pair more is counted
    above each.
    """
    levels = np.quantile(matches, np.linspace(0, 1 - TOP_MATCHES, 19))
    above, of_matches = (1 - np.searchsorted(np.sort(values), levels) / len(values) for values in (others, matches))
    return float(min(1.0, ((above + 0.5 / len(others)) / of_matches).min()))
