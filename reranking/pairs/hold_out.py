"""Labelled pairs have two sides, one to train on and one to validate with: whole product groups are held out, by
category and matches."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.evaluation_category import codes_of
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import PairedGroups

GIANT_SHARE = 0.5  # of the held-out pairs of a stratum: a larger group would be most of it, and stays in training


@dataclass(frozen=True)
class HoldOut:
    """It holds the rows of the pairs for training and for validation; `left_out` counts the non-matches across both."""

    train: Ints1d
    valid: Ints1d
    left_out: int


def hold_out(
    left_groups: Ints1d,
    right_groups: Ints1d,
    targets: Floats1d,
    categories: Ints1d,
    *,
    share: float = 0.2,
    seed: int = 0,
) -> HoldOut:
    """Hold out about `share` of the groups of each category, of those with matches and those without; categories too small
    to lose a group count as one.

    All arguments are of pairs (p,). A pair whose groups are on both sides is no match: it goes to validation when its
    left product's group is there, so that the share of matches stays what it is; otherwise it is left out. Raises
    InputError for a share that is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise InputError(f"hold-out share {share}: give a number between 0 and 1")
    groups = PairedGroups.of(left_groups, right_groups, targets, categories)
    held = _choose(groups, share, np.random.default_rng(seed))
    left_held, right_held = np.isin(left_groups, held), np.isin(right_groups, held)
    train, valid = np.flatnonzero(~left_held & ~right_held), np.flatnonzero(left_held)
    return HoldOut(train, valid, len(targets) - len(train) - len(valid))


def _choose(groups: PairedGroups, share: float, random: np.random.Generator) -> Ints1d:
    """Return the numbers of the groups to hold out, sorted."""
    numbers = np.flatnonzero(groups.pairs > 0)
    touched = groups.take(numbers)
    strata = np.stack([touched.categories, touched.matches > 0], axis=1)
    stratum = np.unique(strata, axis=0, return_inverse=True)[1].ravel()
    shuffled = random.permutation(len(numbers))
    shuffled = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    ends = np.cumsum(np.bincount(stratum))[:-1]
    parts = np.split(shuffled, ends)
    chosen = [rows[_within_share(touched.pairs[rows], share)] for rows in parts]
    spared = [rows for rows, held in zip(parts, chosen, strict=True) if not len(held)]
    if len(spared) > 1:
        chosen += _of_small(random.permutation(np.concatenate(spared)), touched, share)
    return np.sort(numbers[np.concatenate(chosen)])


def _of_small(groups: Ints1d, touched: PairedGroups, share: float) -> list[Ints1d]:
    """Hold out of the `groups` of categories that are too small to lose one each, as if they were one category."""
    has_matches = touched.matches[groups] > 0
    kinds = [groups[has_matches == kind] for kind in (False, True)]
    return [rows[_within_share(touched.pairs[rows], share)] for rows in kinds if len(rows)]


def _within_share(pairs: Ints1d, share: float) -> Ints1d:
    """Return which groups of a stratum, given the `pairs` of each, make up about `share` of them; no giant ones."""
    wanted = share * pairs.sum()
    small = np.flatnonzero(pairs <= max(wanted * GIANT_SHARE, pairs.min()))
    before = np.cumsum(pairs[small]) - pairs[small]
    return np.asarray(small[before + pairs[small] / 2 <= wanted], dtype=np.int64)


@dataclass(frozen=True)
class TrainingSides:
    """It holds the pairs to train on and to validate by; `left_out` says how many are in neither.

    `left_out` is None where the validation pairs were given. Raises InputError when a side has no matches or no
    non-matches.
    """

    train: LabelledPairs
    valid: LabelledPairs
    left_out: int | None = None

    def __post_init__(self) -> None:
        every = np.concatenate([self.train.targets, self.valid.targets])
        for pairs, name in ((self.train, "training"), (self.valid, "validation")):
            if len(pairs) and pairs.targets.min() != pairs.targets.max():
                continue
            what = "no pairs" if not len(pairs) else "only matches" if pairs.targets[0] else "only non-matches"
            if self.held_out and 0 < every.sum() < len(every):
                raise InputError(
                    f"the pairs are of too few product groups to hold some out: as {name} pairs {what} would be left. Label "
                    "pairs of more products, or give validation pairs (--valid)"
                )
            raise InputError(f"the {name} pairs hold {what}: both matches and non-matches are needed")

    @property
    def held_out(self) -> bool:
        """Return whether the validation pairs are of the same files as the training pairs."""
        return self.left_out is not None

    @property
    def shared_products(self) -> int:
        """Return how many products are in pairs of both sides."""
        return int(np.intersect1d(self.train.products, self.valid.products).size)


def hold_out_side(
    pairs: LabelledPairs, groups: Ints1d, categories: pa.Array, *, share: float, seed: int
) -> TrainingSides:
    """Hold out about `share` of the product groups (products,) of pairs, whose evaluation categories are (p,)."""
    codes, _ = codes_of(categories)
    split = hold_out(groups[pairs.left], groups[pairs.right], pairs.targets, codes, share=share, seed=seed)
    return TrainingSides(pairs.take(split.train), pairs.take(split.valid), split.left_out)
