"""The two sides of labelled pairs, to train on and to validate with: whole product groups held out, by category and matches."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.evaluation_category import codes_of
from reranking.pairs.labelled import LabelledPairs

GIANT_SHARE = 0.5  # of the held-out pairs of a stratum: a larger group would be most of it, and stays in training


@dataclass(frozen=True)
class HoldOut:
    """Rows of the pairs for training and for validation, and how many of neither: non-matches across both."""

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
    """Hold out about `share` of the groups of each category, of those with matches and those without.

    All arguments are of pairs (p,). A pair whose groups are on both sides is no match: it goes to validation when its
    left product's group is there, so that the share of matches stays what it is; otherwise it is left out.
    """
    if not 0 < share < 1:
        raise InputError(f"hold-out share {share}: give a number between 0 and 1")
    groups = _Groups.of(left_groups, right_groups, targets, categories)
    held = groups.choose(share, np.random.default_rng(seed))
    left_held, right_held = np.isin(left_groups, held), np.isin(right_groups, held)
    train, valid = np.flatnonzero(~left_held & ~right_held), np.flatnonzero(left_held)
    return HoldOut(train, valid, len(targets) - len(train) - len(valid))


@dataclass(frozen=True)
class _Groups:
    """Of each group that occurs: its number, category, matches inside, and pairs that touch it, columns (g,)."""

    numbers: Ints1d
    categories: Ints1d
    matches: Ints1d
    pairs: Ints1d

    @classmethod
    def of(cls, left: Ints1d, right: Ints1d, targets: Floats1d, categories: Ints1d) -> "_Groups":
        numbers, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        own = places[: len(left)]
        pairs = np.bincount(places, minlength=len(numbers))
        matches = np.bincount(own, weights=targets, minlength=len(numbers)).astype(np.int64)
        category = np.full(len(numbers), -1, dtype=np.int64)
        category[places[len(left) :][::-1]] = categories[::-1]
        category[own[::-1]] = categories[::-1]
        return cls(numbers, category, matches, pairs)

    def choose(self, share: float, random: np.random.Generator) -> Ints1d:
        """The numbers of the groups to hold out."""
        strata = np.stack([self.categories, self.matches > 0], axis=1)
        _, stratum = np.unique(strata, axis=0, return_inverse=True)
        shuffled = random.permutation(len(self.numbers))
        shuffled = shuffled[np.argsort(stratum.ravel()[shuffled], kind="stable")]
        chosen = [self._of_stratum(rows, share) for rows in np.split(shuffled, self._ends(stratum.ravel()))]
        return np.sort(self.numbers[np.concatenate(chosen)])

    def _ends(self, stratum: Ints1d) -> Ints1d:
        return np.asarray(np.cumsum(np.bincount(stratum))[:-1], dtype=np.int64)

    def _of_stratum(self, rows: Ints1d, share: float) -> Ints1d:
        wanted = share * self.pairs[rows].sum()
        small = rows[self.pairs[rows] <= max(wanted * GIANT_SHARE, self.pairs[rows].min())]
        before = np.cumsum(self.pairs[small]) - self.pairs[small]
        return np.asarray(small[before + self.pairs[small] / 2 <= wanted], dtype=np.int64)


@dataclass(frozen=True)
class TrainingSides:
    """The pairs to train on and to validate by; `left_out`: how many are in neither, None where the latter were given.

    Raises InputError when a side has no matches or no non-matches.
    """

    train: LabelledPairs
    valid: LabelledPairs
    left_out: int | None = None

    def __post_init__(self) -> None:
        for pairs, name in ((self.train, "training"), (self.valid, "validation")):
            if not len(pairs) or pairs.targets.min() == pairs.targets.max():
                what = "no pairs" if not len(pairs) else "only matches" if pairs.targets[0] else "only non-matches"
                raise InputError(f"the {name} pairs hold {what}: both matches and non-matches are needed")

    @property
    def held_out(self) -> bool:
        """Whether the validation pairs are of the same files as the training pairs."""
        return self.left_out is not None

    @property
    def shared_products(self) -> int:
        """How many products are in pairs of both sides."""
        return int(np.intersect1d(self.train.products, self.valid.products).size)


def hold_out_side(
    pairs: LabelledPairs, groups: Ints1d, categories: pa.Array, *, share: float, seed: int
) -> TrainingSides:
    """Hold out about `share` of the product groups (products,) of pairs, whose evaluation categories are (p,)."""
    codes, _ = codes_of(categories)
    split = hold_out(groups[pairs.left], groups[pairs.right], pairs.targets, codes, share=share, seed=seed)
    return TrainingSides(pairs.take(split.train), pairs.take(split.valid), split.left_out)
