"""The validation pairs with their scores: what decisions and probabilities are chosen by."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError

FOLDS = 5


@dataclass(frozen=True)
class ValidationPairs:
    """Scores and targets (p,) of pairs, their category codes, and the product groups of their two products."""

    scores: Floats1d
    targets: Floats1d
    categories: Ints1d
    left_groups: Ints1d
    right_groups: Ints1d

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in vars(self).items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"columns of validation pairs differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Ints1d | Bools1d) -> "ValidationPairs":
        """The pairs at these rows."""
        return ValidationPairs(*(column[rows] for column in vars(self).values()))

    def folds(self, seed: int, count: int = FOLDS) -> Iterator[tuple[Ints1d, Ints1d]]:
        """Rows to choose by and rows to judge by, `count` times; every row is judged once.

        Whole product groups are dealt, those with more pairs first, so that the folds are about equally large; a pair
        goes where its left product's group does.
        """
        numbers, places = np.unique(self.left_groups, return_inverse=True)
        shuffled = np.random.default_rng(seed).permutation(len(numbers))
        sizes = np.bincount(places, minlength=len(numbers))
        dealt = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
        fold = np.empty(len(numbers), dtype=np.int64)
        fold[dealt] = np.arange(len(numbers)) % count
        for number in range(count):
            judged = fold[places] == number
            yield np.flatnonzero(~judged), np.flatnonzero(judged)
