"""Scores joined to the truth: exactly one score for every true pair, whatever the order of left and right."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from eval.inputs.scores import Scores
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.pair_files import IdPairs, cast_ids, read_id_pairs


@dataclass(frozen=True)
class JudgedPairs:
    """The truth's pairs in its order, with their scores.

    `left` and `right` are the truth's ids; `left_product`, `right_product` (p,) number the products from 0 to
    `n_products`; `targets` and `scores` are float64 (p,); `rows` (p,) is each pair's row in the scores file and
    `swapped` (p,) whether it stands there the other way round. `probabilities` float64 (p,) are the scores themselves
    where the file names no others.
    """

    left: pa.Array
    right: pa.Array
    left_product: Ints1d
    right_product: Ints1d
    n_products: int
    targets: Floats1d
    scores: Floats1d
    rows: Ints1d
    swapped: Bools1d
    probabilities: Floats1d

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class _Keyed:
    """Pairs of one file as numbers: both products and a key that is the same for a pair and its swap, all (n,)."""

    path: Path
    left: Ints1d
    right: Ints1d
    keys: Ints1d
    names: tuple[pa.Array, ...]

    def show(self, row: int) -> str:
        left, right = (ids[int(row)].as_py() for ids in self.names)
        return f"{left!r} and {right!r} (row {row})"


def read_truth(path: Path, *, ids: tuple[str, str] | None = None) -> IdPairs:
    """A pairs file with targets. Raises InputError when it has no target column, no rows, or null targets."""
    truth = read_id_pairs(path, ids=ids)
    if truth.target is None:
        raise InputError(f"{path}: no target column: the truth needs 'target', 'label' or 'is_match'")
    if not len(truth):
        raise InputError(f"{path}: the file has no rows: there is nothing to evaluate")
    return truth


def join_scores(scores: Scores, truth: IdPairs) -> JudgedPairs:
    """One score for each true pair.

    Raises InputError for pairs of the truth that are doubled, contradicting, or of a product with itself; for pairs
    of the scores that are doubled (either order) or not in the truth; and for true pairs without a score.
    """
    if truth.target is None:
        raise InputError(f"{truth.path}: no target column: the truth needs 'target', 'label' or 'is_match'")
    given, true, n_products = _number(scores, truth)
    _check_truth(true, truth.target)
    _refuse_doubled(given, "one score a pair: keep one of each")
    rows = _find(given, true)
    return JudgedPairs(
        left=truth.left,
        right=truth.right,
        left_product=true.left,
        right_product=true.right,
        n_products=n_products,
        targets=truth.target,
        scores=scores.values[rows],
        rows=rows,
        swapped=given.left[rows] != true.left,
        probabilities=(scores.values if scores.probabilities is None else scores.probabilities)[rows],
    )


def _number(scores: Scores, truth: IdPairs) -> tuple[_Keyed, _Keyed, int]:
    """Both files' pairs with products numbered alike, and how many products there are.

    The truth's come first, so that a bootstrap's draws do not depend on the order of the scores.
    """
    names = (truth.left, truth.right)
    given = tuple(cast_ids(ids, truth.left.type, scores.path) for ids in (scores.left, scores.right))
    encoded = pa.concat_arrays([*names, *given]).dictionary_encode()
    numbers = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    n_products, n_scores = len(encoded.dictionary), len(scores.values)
    left, right, scores_left, scores_right = np.split(numbers, np.cumsum([len(truth), len(truth), n_scores]))
    return (
        _Keyed(scores.path, scores_left, scores_right, _keys(scores_left, scores_right, n_products), given),
        _Keyed(truth.path, left, right, _keys(left, right, n_products), names),
        n_products,
    )


def _keys(left: Ints1d, right: Ints1d, n_products: int) -> Ints1d:
    return np.minimum(left, right) * n_products + np.maximum(left, right)


def _check_truth(true: _Keyed, targets: Floats1d) -> None:
    selves = np.flatnonzero(true.left == true.right)
    if selves.size:
        raise InputError(
            f"{true.path}: {selves.size} pairs are of a product with itself, such as {true.show(selves[0])}: "
            "leave them out"
        )
    order = np.argsort(true.keys, kind="stable")
    same = np.diff(true.keys[order]) == 0
    against = np.flatnonzero(same & (np.diff(targets[order]) != 0))
    if against.size:
        raise InputError(
            f"{true.path}: {against.size} pairs are both a match and none, such as {true.show(order[against[0]])} "
            f"and row {order[against[0] + 1]}: decide which it is"
        )
    _refuse_doubled(true, "a pair counts once: keep one of each")


def _refuse_doubled(pairs: _Keyed, remedy: str) -> None:
    order = np.argsort(pairs.keys, kind="stable")
    again = np.flatnonzero(np.diff(pairs.keys[order]) == 0)
    if again.size:
        raise InputError(
            f"{pairs.path}: {again.size} pairs occur again (in either order), such as {pairs.show(order[again[0]])} "
            f"and row {order[again[0] + 1]}: {remedy}"
        )


def _find(given: _Keyed, true: _Keyed) -> Ints1d:
    """The row of the scores of each true pair (p,)."""
    order = np.argsort(given.keys, kind="stable")
    missing = np.flatnonzero(~np.isin(true.keys, given.keys))
    unknown = np.flatnonzero(~np.isin(given.keys, true.keys))
    problems = []
    if missing.size:
        problems.append(f"{missing.size} pairs of {true.path} have no score, such as {true.show(missing[0])}")
    if unknown.size:
        problems.append(f"{unknown.size} scored pairs are not in {true.path}, such as {given.show(unknown[0])}")
    if problems:
        raise InputError(f"{given.path}: {'; '.join(problems)}: score exactly the pairs of the truth")
    found: Ints1d = order[np.searchsorted(given.keys[order], true.keys)]
    return found
