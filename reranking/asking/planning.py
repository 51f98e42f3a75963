"""A plan says what is asked next, and after it, by what is labelled until now."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from reranking.asking.batch import LEAST_OF_EACH, SIZE, Chosen, KnownLabels, choose_batch
from reranking.asking.committee import ask_committee
from reranking.asking.pool import QuestionPool
from reranking.pairs.product_groups import product_groups

RESERVE = 3  # batches beyond the next one, which are asked where the committee takes longer than the reviewer


@dataclass(frozen=True)
class AskingPlan:
    """It holds the next batch, and what is asked after it where nothing newer is there; how many `labels` it knew; and where these are
    enough, what a committee expects: the best F1 on the pool, and how many open pairs are `in_doubt`."""

    batch: list[Chosen]
    reserve: list[Chosen]
    labels: int
    expected_f1: float | None = None
    in_doubt: int = 0


@dataclass(frozen=True)
class AskingPlanner:
    """It plans by labelled pairs of positions `left`, `right` (a,) of `products` products, with their targets (a,), which are `rows`
    (a,) of the pool, -1 those that it does not have; `closed` are the rows that nobody is to be asked."""

    pool: QuestionPool
    left: Ints1d
    right: Ints1d
    targets: Floats1d
    rows: Ints1d
    closed: Bools1d
    products: int
    seed: int

    def __call__(self) -> AskingPlan:
        inside = self.rows >= 0
        rows, targets = self.rows[inside], self.targets[inside]
        groups = product_groups(self.left, self.right, self.targets, self.products)
        known, opinion = KnownLabels(rows, targets, self.closed, groups), None
        if 0 < targets.sum() < len(targets):
            opinion = ask_committee(self.pool.features, self.pool.directions, rows, targets, seed=self.seed)
        chosen = choose_batch(self.pool, known, opinion, seed=self.seed)
        closed = self.closed.copy()
        closed[[one.row for one in chosen]] = True
        later = KnownLabels(rows, targets, closed, groups)
        reserve = choose_batch(self.pool, later, opinion, seed=self.seed + 1, size=RESERVE * SIZE)
        if opinion is None or known.fewer < LEAST_OF_EACH:  # too little to say anything by
            return AskingPlan(chosen, reserve, len(self.targets))
        doubt = int(np.count_nonzero(opinion.in_doubt() & ~self.closed))
        return AskingPlan(chosen, reserve, len(self.targets), opinion.expected_f1, doubt)
