"""Drift is how far scores moved: the same pairs are scored by one model with two versions of an index.

A grown catalogue changes ranks, gaps and claims, though not a pair's own cosines and texts. What matters is whether
decisions stay; a model whose calls turn over has to be trained again on candidates of the new index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import spearmanr

from eval.inputs.scores import Scores
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.pair_files import cast_ids

QUANTILES = (0.5, 0.9, 0.99)
LEAST_CALLED = 100  # a category with fewer calls is too small for a verdict of its own
REST = "rest"


@dataclass(frozen=True)
class Movement:
    """It says what became of some pairs. `quantiles` are those of the absolute change of score, `shift` its mean;
    `gained` were called by the second scores only, `lost` by the first only. `rank_correlation` (Spearman) is None
    where a side is constant."""

    name: str
    pairs: int
    rank_correlation: float | None
    quantiles: tuple[float, ...]
    shift: float
    called_before: int
    gained: int
    lost: int

    @property
    def called(self) -> int:
        """Return how many pairs either calls."""
        return self.called_before + self.gained

    @property
    def flipped(self) -> float:
        """Return the share of those called by either that only one of them calls."""
        return (self.gained + self.lost) / self.called if self.called else 0.0

    def settled(self, most_flipped: float) -> bool:
        """Say whether the decisions stand, as far as there are enough of them to say so."""
        return self.called < LEAST_CALLED or self.flipped <= most_flipped


@dataclass(frozen=True)
class Drift:
    """It says how all shared pairs moved, and those of each category of the first file, and counts pairs that only one
    of the files has. `same_model` is None where a file does not say by which model it was scored."""

    overall: Movement
    categories: tuple[Movement, ...]
    only_before: int
    only_after: int
    same_model: bool | None

    def moved(self, most_flipped: float) -> list[str]:
        """Name the categories, or "all pairs", whose decisions turned over: none, and the model may stay."""
        return [part.name for part in (self.overall, *self.categories) if not part.settled(most_flipped)]


def measure_drift(before: Scores, after: Scores) -> Drift:
    """Compare two scores files on the pairs that both have, whichever side is left.

    Raises InputError when they share none, or one has no column `match`, or a pair twice.
    """
    rows, others = _shared(before, after)
    called = [_decisions(scores) for scores in (before, after)]
    first, second = before.values[rows], after.values[others]
    calls = called[0][rows], called[1][others]
    names = _categories(before, rows)
    each = tuple(_movement(name, first, second, calls, inside) for name, inside in names)
    fingerprints = [scores.provenance and scores.provenance.model_fingerprint for scores in (before, after)]
    return Drift(
        _movement("all pairs", first, second, calls, np.ones(len(rows), dtype=bool)),
        each,
        len(before.values) - len(rows),
        len(after.values) - len(rows),
        None if None in fingerprints else fingerprints[0] == fingerprints[1],
    )


def _movement(
    name: str, first: Floats1d, second: Floats1d, calls: tuple[Bools1d, Bools1d], inside: Bools1d
) -> Movement:
    one, other, was, now = first[inside], second[inside], calls[0][inside], calls[1][inside]
    change = other - one
    constant = len(one) < 2 or (one == one[0]).all() or (other == other[0]).all()
    return Movement(
        name,
        len(one),
        None if constant else float(spearmanr(one, other).statistic),
        tuple(float(value) for value in np.quantile(np.abs(change), QUANTILES)),
        float(change.mean()),
        int(was.sum()),
        int((now & ~was).sum()),
        int((was & ~now).sum()),
    )


def _decisions(scores: Scores) -> Bools1d:
    if "match" not in scores.decisions:
        raise InputError(f"{scores.path}: no column 'match': score with heroic score, or add decisions")
    return scores.decisions["match"]


def _categories(scores: Scores, rows: Ints1d) -> list[tuple[str, Bools1d]]:
    """Return each category with its shared pairs (p,), in alphabetical order; none where the file has no categories."""
    if scores.categories is None:
        return []
    names = pc.fill_null(scores.categories.take(pa.array(rows)), REST)
    return [(name, np.asarray(pc.equal(names, name).to_numpy(False))) for name in sorted(pc.unique(names).to_pylist())]


def _shared(before: Scores, after: Scores) -> tuple[Ints1d, Ints1d]:
    """Return the rows of the pairs that both files have, in the first one's order."""
    kind = before.left.type
    sides = [before.left, before.right, *(cast_ids(ids, kind, after.path) for ids in (after.left, after.right))]
    numbers = pa.concat_arrays(sides).dictionary_encode()
    codes = np.asarray(numbers.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    left, right, other_left, other_right = np.split(codes, np.cumsum([len(side) for side in sides[:-1]]))
    products = len(numbers.dictionary)
    keys, other_keys = _keys(left, right, products), _keys(other_left, other_right, products)
    for scores, scores_keys in ((before, keys), (after, other_keys)):
        _refuse_repeats(scores, scores_keys)
    order = np.argsort(other_keys, kind="stable")
    place = np.minimum(np.searchsorted(other_keys[order], keys), max(len(order) - 1, 0))
    found = other_keys[order][place] == keys if len(order) else np.zeros(len(keys), dtype=bool)
    if not found.any():
        raise InputError(f"{before.path} and {after.path} share no pairs: score the same pairs with both indexes")
    return np.flatnonzero(found), order[place[found]]


def _keys(left: Ints1d, right: Ints1d, products: int) -> Ints1d:
    return np.minimum(left, right) * products + np.maximum(left, right)


def _refuse_repeats(scores: Scores, keys: Ints1d) -> None:
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    twice: Sequence[int] = first[counts > 1].tolist()
    if twice:
        pair = scores.left[twice[0]].as_py(), scores.right[twice[0]].as_py()
        raise InputError(f"{scores.path}: the pair {pair[0]!r} and {pair[1]!r} stands there twice: keep one")
