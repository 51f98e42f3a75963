"""Folds take whole product groups: at random, about equally large, or alike in categories and matches."""

from collections.abc import Sequence

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from reranking.pairs.product_groups import PairedGroups


def deal_at_random(groups: int, *, count: int, random: np.random.Generator) -> Ints1d:
    """Return the fold (g,) of each of so many groups, from 0 to `count` - 1, about as many groups in each."""
    return np.asarray(random.permutation(groups) % count, dtype=np.int64)


def deal_by_size(sizes: Ints1d, *, count: int, random: np.random.Generator, strata: Sequence[Ints1d] = ()) -> Ints1d:
    """Return the fold (g,) of groups, from 0 to `count` - 1, so that the folds are about equally large.

    The groups of a stratum, which is where the columns of `strata` (g,) are equal, are dealt in turn, the larger first
    and equally large ones in random order. Those of size 0 are not dealt, and say 0.
    """
    shuffled = random.permutation(len(sizes))
    keys = (-sizes, *reversed(strata))  # the last one is sorted by first
    order = shuffled[np.lexsort([key[shuffled] for key in keys])]
    order = order[sizes[order] > 0]
    folds = np.zeros(len(sizes), dtype=np.int64)
    folds[order] = np.arange(len(order)) % count
    return folds


def deal_alike(left: Ints1d, right: Ints1d, targets: Floats1d, categories: Ints1d, *, count: int, seed: int) -> Ints1d:
    """Return the fold (g,) of the groups that stand on both sides of pairs (p,), those of a category, with matches and
    without, spread over all folds, so that the folds are much alike."""
    groups = PairedGroups.of(left, right, targets, categories)
    strata = (groups.matches > 0).astype(np.int64), groups.categories
    return deal_by_size(groups.pairs, count=count, random=np.random.default_rng(seed), strata=strata)
