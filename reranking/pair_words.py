"""The words of a pair of titles: those that both have, those that one has, and two that stand against each other."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Ints1d
from reranking.bags import BUCKETS, Bags, Rows, bucket_of

ONE_SIDED, SHARED, OPPOSED = range(3)  # kinds of tokens
KINDS = 3
MOST_OPPOSED = 144  # of a pair of titles: of longer ones that differ this much, two words say nothing of each other
_MIX, _OTHER = 2_654_435_761, 40_503  # odd numbers that spread two buckets over the buckets


@dataclass(frozen=True)
class Tokens:
    """Buckets (t,) of the tokens of pairs: those of pair i are `buckets[starts[i] : starts[i + 1]]`, `starts` (p + 1,)."""

    starts: Ints1d
    buckets: Ints1d


@dataclass(frozen=True)
class PairWords:
    """The tokens of each kind."""

    kinds: tuple[Tokens, Tokens, Tokens]

    @classmethod
    def of(cls, bags: Bags, left: Rows, right: Rows) -> "PairWords":
        """Of the pairs of rows (p,) of some bags of words."""
        difference, shared = bags.take(left) - bags.take(right), bags.shared(left, right)
        one_sided = Tokens(difference.indptr, difference.indices)
        on_left = difference.data > 0
        return cls((one_sided, Tokens(shared.indptr, shared.indices), _opposed(one_sided, on_left)))


def opposed_bucket(word: str, other: str) -> int:
    """The bucket of two words that stand against each other, in either order."""
    low, high = sorted((bucket_of(word), bucket_of(other)))
    return (low * _MIX ^ high * _OTHER) & (BUCKETS - 1)


def _opposed(words: Tokens, on_left: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Tokens:
    """Every word that only the left title has with every one that only the right has."""
    pairs = len(words.starts) - 1
    row = np.repeat(np.arange(pairs), np.diff(words.starts))
    sides = [(words.buckets[side].astype(np.int64), np.bincount(row[side], minlength=pairs)) for side in (on_left, ~on_left)]  # fmt: skip
    (left, of_left), (right, of_right) = sides
    counts = of_left * of_right
    counts[counts > MOST_OPPOSED] = 0
    starts = np.concatenate([[0], np.cumsum(counts)])
    row = np.repeat(np.arange(pairs), counts)
    within = np.arange(starts[-1]) - starts[row]
    first_left, first_right = np.cumsum(of_left) - of_left, np.cumsum(of_right) - of_right
    one = left[first_left[row] + within // np.maximum(of_right, 1)[row]]
    other = right[first_right[row] + within % np.maximum(of_right, 1)[row]]
    low, high = np.minimum(one, other), np.maximum(one, other)
    return Tokens(starts, (low * _MIX ^ high * _OTHER) & (BUCKETS - 1))
