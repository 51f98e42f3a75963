"""A batch is chosen where few labels teach most: mostly where a committee disagrees, and a few pairs that keep it honest.

Before there is a committee, pairs that look like matches come first, as matches are rare, and others as well, as it needs both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import rankdata

from indexing.arrays import Bools1d, Floats1d, Ints1d
from reranking.asking.committee import Opinion
from reranking.asking.pool import QuestionPool

SIZE = 10
LEAST_OF_EACH = 10  # matches, and others, before the committee is asked alone
CONTRADICTIONS, AT_RANDOM = 0.1, 0.1  # shares of a batch
DENSE, CHANCE = 0.3, 0.3  # powers of the density, and of noise, beside the disagreement
SURE = 0.8  # scores from which, and below 1 less which, a committee is sure
FLOOR = 0.5  # of a large category's share of the pool, that it has of the labels at least
FLOOR_SHARE = 0.5  # of a batch, that goes to categories below their floor


@dataclass(frozen=True)
class Chosen:
    """It is a row of the pool with why it is asked, and with which probability chance drew it, None where it did not."""

    row: int
    why: str
    probability: float | None = None


@dataclass(frozen=True)
class KnownLabels:
    """It holds the labelled `rows` (a,) of the pool with their targets (a,), which rows of the pool nobody may be asked any more
    (`closed`), and the product group (n,) of each product by what is labelled."""

    rows: Ints1d
    targets: Floats1d
    closed: Bools1d
    groups: Ints1d

    @property
    def fewer(self) -> int:
        """Return how many labels there are of the kind of which there are fewer."""
        matches = int(self.targets.sum())
        return min(matches, len(self.targets) - matches)


@dataclass
class _Choice:
    """It collects the pairs of a batch, one of each product group until `taken` is cleared."""

    pool: QuestionPool
    known: KnownLabels
    free: Bools1d = field(init=False)
    taken: set[int] = field(default_factory=set)
    chosen: list[Chosen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free = ~self.known.closed

    def take(self, rows: Ints1d, count: int, why: str, probability: float | None = None) -> None:
        """Take the first `count` of these rows that are free and share no product group with those taken."""
        groups = self.known.groups
        for row in rows:
            if count <= 0:
                return
            sides = {int(groups[self.pool.left[row]]), int(groups[self.pool.right[row]])}
            if self.free[row] and not sides & self.taken:
                self.taken |= sides
                self.free[row] = False
                self.chosen.append(Chosen(int(row), why, probability))
                count -= 1

    def best(self, values: Floats1d, count: int, why: str, among: Bools1d | None = None) -> None:
        """Take those of the highest values (p,), of the rows `among` (p,)."""
        rows = np.flatnonzero(self.free if among is None else self.free & among)
        self.take(rows[np.argsort(-values[rows], kind="stable")], count, why)


def choose_batch(
    pool: QuestionPool, known: KnownLabels, opinion: Opinion | None, *, seed: int, size: int = SIZE
) -> list[Chosen]:
    """Choose the next `size` pairs, in the order in which they are asked, fewer where the pool has no more.

    `opinion` is the committee's, None where the labels are of one kind.
    """
    generator = np.random.default_rng(seed)
    choice = _Choice(pool, known)
    if opinion is None or known.fewer < LEAST_OF_EACH:
        _begin(choice, opinion, size, generator)
    else:
        _go_on(choice, opinion, size, generator)
    while len(choice.chosen) < size and choice.free.any():  # product groups are few: they come again
        choice.taken.clear()
        choice.best(pool.weak, size - len(choice.chosen), "what is left")
    generator.shuffle(choice.chosen)
    return choice.chosen


def _begin(choice: _Choice, opinion: Opinion | None, size: int, generator: np.random.Generator) -> None:
    """Take pairs that look like matches, more of them while matches are fewer, and others down to the least like ones."""
    weak = choice.pool.weak
    looks = weak if opinion is None else rankdata(weak) / len(weak) + rankdata(opinion.scores) / len(weak)
    targets = choice.known.targets
    share = 0.5 if not len(targets) else 0.7 if targets.mean() < 0.5 else 0.2
    order = np.argsort(-looks, kind="stable")
    order = order[choice.free[order]]
    if not len(order):
        return
    likely = round(size * share)
    first = order[: 4 * size]
    choice.take(generator.permutation(first), likely, "looks like a match")
    drawn = generator.uniform(size=20 * size)
    more = len(targets) and targets.mean() >= 0.5
    places = (len(order) * drawn**2 if more else len(order) ** drawn).astype(np.int64)
    choice.take(order[np.minimum(places, len(order) - 1)], size - len(choice.chosen), "any likeness")


def _go_on(choice: _Choice, opinion: Opinion, size: int, generator: np.random.Generator) -> None:
    pool, known = choice.pool, choice.known
    noise = generator.gumbel(size=len(pool))
    worth = np.log(opinion.apart + 1e-9) + DENSE * np.log(pool.density) + CHANCE * noise
    contradictions, at_random = round(size * CONTRADICTIONS), round(size * AT_RANDOM)
    free = np.flatnonzero(choice.free)
    drawn = generator.permutation(free)
    choice.take(drawn[:at_random], at_random, "at random", min(1.0, at_random / max(len(free), 1)))
    against = _contradicted(pool, known, opinion)
    choice.best(against, contradictions, "surely, but against other evidence", against > 0)
    left = size - len(choice.chosen)
    for code, count in _below_floor(pool, known, int(left * FLOOR_SHARE)):
        choice.best(worth, count, f"few labels in {pool.names[code]}", pool.categories == code)
    choice.best(worth, size - len(choice.chosen), "models disagree")


def _contradicted(pool: QuestionPool, known: KnownLabels, opinion: Opinion) -> Floats1d:
    """Return how far (p,) a sure committee is from other evidence, 0 where it is not sure: first of all from matches that follow
    from labels, then from the weak scores, where what it calls counts most."""
    scores = opinion.scores
    apart = np.abs(rankdata(scores) - rankdata(pool.weak)) / len(pool)
    sure = (scores > SURE) | (scores < 1 - SURE)
    found = np.where(sure, apart, 0.0) * np.where(scores > 0.5, 1.0, scores + 0.2)
    follows = known.groups[pool.left] == known.groups[pool.right]
    return np.asarray(np.where(follows & (scores < 1 - SURE), 2 - scores, found), dtype=np.float64)


def _below_floor(pool: QuestionPool, known: KnownLabels, most: int) -> Sequence[tuple[int, int]]:
    """Return the large categories that have fewer labels than their floor, and how many of a batch's pairs each gets."""
    shares = np.bincount(pool.categories, minlength=len(pool.names)) / len(pool)
    have = np.bincount(pool.categories[known.rows], minlength=len(pool.names))
    lacking = np.ceil(FLOOR * shares * len(known.rows) - have).clip(0)
    found = []
    for code in np.argsort(-lacking, kind="stable"):
        count = min(int(lacking[code]), most)
        if count:
            found.append((int(code), count))
            most -= count
    return found
