"""Pairs of a set are drawn, dealt to sides and left out, so that what is scored is unlike what was validated on."""

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from reranking.pairs.folds import deal_by_size
from reranking.pairs.labelled import LabelledPairs

HALVED = 4  # offers of a product from which half can be on either side, so that there are matches on both


def draw_share(targets: Floats1d, ratio: float, seed: int) -> Ints1d:
    """Return rows, as many as there are, of which so many are matches to one that is none."""
    random = np.random.default_rng(seed)
    matches, others = (random.permutation(np.flatnonzero(targets == target)) for target in (1, 0))
    count = min(len(matches), int(len(others) * ratio))
    return np.sort(np.concatenate([matches[:count], others[: round(count / ratio)]]))


def draw_matches(targets: Floats1d, others: int, seed: int) -> Ints1d:
    """Return the rows of all matches and of so many others."""
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(targets == 0))[:others]
    return np.sort(np.concatenate([np.flatnonzero(targets == 1), chosen]))


def deal_sides(groups: Ints1d, products: Ints1d, *, halved: bool, seed: int) -> Ints1d:
    """Return the side (n,) of each product, 0 or 1, and -1 for those that are not among `products`.

    Product groups (n,) go whole to a side; where `halved`, half of the offers of those with HALVED and more go to each.
    """
    random = np.random.default_rng(seed)
    sizes = np.bincount(groups[products], minlength=int(groups.max()) + 1)
    shuffled = random.permutation(products)
    ordered = shuffled[np.argsort(groups[shuffled], kind="stable")]
    own = groups[ordered]
    places = np.arange(len(own)) - np.searchsorted(own, own)
    dealt = deal_by_size(sizes, count=2, random=random)[own]
    sides = np.full(len(groups), -1, dtype=np.int64)
    sides[ordered] = np.where(sizes[own] >= HALVED, places % 2, dealt) if halved else dealt
    return sides


def within(pairs: LabelledPairs, chosen: Bools1d) -> LabelledPairs:
    """Return the pairs both of whose products are chosen (n,)."""
    return pairs.take(np.flatnonzero(chosen[pairs.left] & chosen[pairs.right]))


def touching(pairs: LabelledPairs, chosen: Bools1d) -> LabelledPairs:
    """Return the pairs of which a product is chosen (n,)."""
    return pairs.take(np.flatnonzero(chosen[pairs.left] | chosen[pairs.right]))


def seen_matches(valid: LabelledPairs, train: LabelledPairs, groups: Ints1d) -> float:
    """Return the share of validation matches of whose product group (n,) training pairs have offers."""
    matches = valid.left[valid.targets == 1]
    known = np.isin(groups[matches], groups[train.products])
    return float(known.mean()) if len(known) else 0.0


def has_both_kinds(pairs: LabelledPairs) -> bool:
    """Return whether there are matches and others."""
    return bool(len(pairs)) and bool(pairs.targets.min() < pairs.targets.max())
