"""Mining adds training pairs: hard negatives among neighbours, and matches that follow from matches.

Both come from the product groups that the training pairs tie together, so nothing of a validation pair is used.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.product_index import ProductIndex
from reranking.model.train_options import MiningOptions
from reranking.pairs.candidates import proposing_views
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.pairs.repeats import pair_keys

BLOCK_PRODUCTS = 16_384


@dataclass(frozen=True)
class AddedPairs:
    """It holds the given pairs and then the added ones, `given` being the number of the former; and says how many
    were mined and how many follow from others."""

    pairs: LabelledPairs
    given: int
    mined: int
    inferred: int

    def weights(self) -> Floats1d | None:
        """Return what each pair (p,) counts in training, so that matches and non-matches weigh together what they
        did before; None where nothing was added."""
        if len(self.pairs) == self.given:
            return None
        targets = self.pairs.targets
        weights = np.empty(len(targets), dtype=np.float32)
        for target in (0.0, 1.0):
            rows = targets == target
            weights[rows] = (targets[: self.given] == target).sum() / rows.sum()
        return weights


def add_pairs(
    index: ProductIndex, pairs: LabelledPairs, options: MiningOptions, *, held_out: LabelledPairs | None = None
) -> AddedPairs:
    """Add to the training pairs what the options ask for. No pair of `held_out` is added, whatever its target."""
    groups = _known_groups(index, pairs)
    taken = [pair_keys(part.left, part.right, len(index.catalog)) for part in (pairs, held_out) if part is not None]
    known = np.unique(np.concatenate(taken))
    inferred = _inferred(index, pairs, groups, options) if options.transitive else _none()
    mined = _mined(index, groups, options.negatives) if options.negatives else _none()
    n = len(index.catalog)
    inferred, mined = (found[~np.isin(found, known)] for found in (inferred, mined))
    keys = np.concatenate([inferred, mined])
    left, right = np.divmod(keys, n)
    targets = np.concatenate([np.ones(len(inferred)), np.zeros(len(mined))])
    together = LabelledPairs(
        np.concatenate([pairs.left, left]),
        np.concatenate([pairs.right, right]),
        np.concatenate([pairs.targets, targets]),
        None if pairs.categories is None else pa.concat_arrays([pairs.categories, _nulls(pairs, len(keys))]),
    )
    return AddedPairs(together, len(pairs), len(mined), len(inferred))


def _nulls(pairs: LabelledPairs, count: int) -> pa.Array:
    assert pairs.categories is not None
    return pa.nulls(count, pairs.categories.type)


def _none() -> Ints1d:
    return np.zeros(0, dtype=np.int64)


def _known_groups(index: ProductIndex, pairs: LabelledPairs) -> Ints1d:
    """Return the group of each product (n,) with a known match, -1 for all others: they may be a match of anything."""
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog))
    sizes = np.bincount(groups)
    return np.where(sizes[groups] > 1, groups, -1)


def _mined(index: ProductIndex, groups: Ints1d, negatives: int) -> Ints1d:
    """Return the keys of products of two known groups of which one is among the other's first neighbours."""
    found = [_none()]
    known = np.flatnonzero(groups >= 0)
    for view in proposing_views(index):
        positions = index.neighbours(view).positions
        for start in range(0, len(known), BLOCK_PRODUCTS):
            own = known[start : start + BLOCK_PRODUCTS]
            others = np.asarray(positions[own, :negatives])
            theirs = np.where(others >= 0, groups[others], -1)
            row, column = np.nonzero((theirs >= 0) & (theirs != groups[own, None]))
            found.append(np.unique(pair_keys(own[row], others[row, column], len(groups))))
    return np.unique(np.concatenate(found))


def _inferred(index: ProductIndex, pairs: LabelledPairs, groups: Ints1d, options: MiningOptions) -> Ints1d:
    """Return the keys of all pairs inside the groups that are small enough and in which no pair is known not to
    match; pairs of one source are left out where the index matches across sources."""
    within = (pairs.targets == 0) & (groups[pairs.left] >= 0) & (groups[pairs.left] == groups[pairs.right])
    doubted = np.unique(groups[pairs.left[within]])
    members = np.flatnonzero((groups >= 0) & ~np.isin(groups, doubted))
    members = members[np.argsort(groups[members], kind="stable")]
    ends = np.flatnonzero(np.diff(groups[members])) + 1
    sources = index.catalog.sources() if index.made.match_across_sources else None
    found = [_none()]
    for group in np.split(members, ends):
        if not 3 <= len(group) <= options.transitive_cap:
            continue
        one, other = np.triu_indices(len(group), 1)
        left, right = group[one], group[other]
        if sources is not None:
            across = (sources[left] != sources[right]) | (sources[left] < 0)
            left, right = left[across], right[across]
        found.append(pair_keys(left, right, len(groups)))
    return np.unique(np.concatenate(found))
