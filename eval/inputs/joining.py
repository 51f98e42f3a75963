"""Scores join the truth: exactly one score for every true pair, whatever the order of left and right."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.inputs.scores import Scores
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.pair_files import IdPairs, cast_ids, read_id_pairs
from reranking.pairs.pair_rejects import PairRejects
from reranking.pairs.repeats import FileRows, pair_keys, refuse_repeats, refuse_selves


@dataclass(frozen=True)
class JudgedPairs:
    """It holds the truth's pairs in its order, with their scores.

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
    """It holds the pairs of one file as numbers: both products, places in `ids`, and a key that is the same for a pair
    and its swap; `numbers` are those of the rows in the file; all (n,)."""

    path: Path
    left: Ints1d
    right: Ints1d
    ids: pa.Array
    numbers: Ints1d

    @cached_property
    def keys(self) -> Ints1d:
        return pair_keys(self.left, self.right, len(self.ids))

    def show(self, row: int) -> str:
        left, right = (self.ids[int(side[row])].as_py() for side in (self.left, self.right))
        return f"{left!r} and {right!r} (row {self.numbers[row]})"

    def refuse_repeats(self, targets: Floats1d | None = None) -> None:
        rows = FileRows.of([self.path], [self.numbers])
        refuse_repeats(self.ids, self.left, self.right, rows, targets=targets)


def read_truth(path: Path, *, ids: tuple[str, str] | None = None) -> IdPairs:
    """Read a pairs file with targets. Raises InputError when it has no target column, no rows, or null targets."""
    truth = read_id_pairs(path, ids=ids)
    refuse_truth(truth, len(truth))
    return truth


def refuse_truth(truth: IdPairs, rows: int) -> None:
    """Raise InputError for a file of so many rows, as they were read, that is no truth."""
    if truth.target is None:
        raise InputError(f"{truth.path}: no target column: the truth needs 'target', 'label' or 'is_match'")
    if not rows:
        raise InputError(f"{truth.path}: the file has no rows: there is nothing to evaluate")


def leave_out(scores: Scores, truth: IdPairs, rejects: PairRejects) -> Scores:
    """Return the scores without those of pairs that were set aside of the truth, in either order; of a pair that the
    truth repeats the score stays."""
    given = [pc.cast(ids, pa.large_string()) for ids in (scores.left, scores.right)]
    kept = [pc.cast(ids, pa.large_string()) for ids in (truth.left, truth.right)]
    gone = [rejects.cells[name].combine_chunks() for name in ("left_id", "right_id")]
    encoded = pa.concat_arrays([side for pairs in (given, kept, gone) for side in pairs]).dictionary_encode()
    numbers = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    sizes = np.repeat([len(given[0]), len(kept[0]), len(gone[0])], 2)
    sides = np.split(np.asarray(numbers, dtype=np.int64), np.cumsum(sizes)[:-1])
    scored, judged, rejected = (pair_keys(sides[at], sides[at + 1], len(encoded.dictionary) + 1) for at in (0, 2, 4))
    return scores.take(np.flatnonzero(np.isin(scored, judged) | ~np.isin(scored, rejected)))


def join_scores(scores: Scores, truth: IdPairs) -> JudgedPairs:
    """Find one score for each true pair.

    Raises InputError for pairs of the truth that are doubled, contradicting, or of a product with itself; for pairs
    of the scores that are doubled (either order) or not in the truth; and for true pairs without a score.
    """
    if truth.target is None:
        raise InputError(f"{truth.path}: no target column: the truth needs 'target', 'label' or 'is_match'")
    given, true, n_products = _number(scores, truth)
    refuse_selves(true.ids, true.left, true.right, file=true.path, rows=true.numbers)
    true.refuse_repeats(truth.target)
    given.refuse_repeats()
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
    """Number the products of both files' pairs alike, and return how many products there are.

    The truth's come first, so that a bootstrap's draws do not depend on the order of the scores.
    """
    names = (truth.left, truth.right)
    given = tuple(cast_ids(ids, truth.left.type, scores.path) for ids in (scores.left, scores.right))
    encoded = pa.concat_arrays([*names, *given]).dictionary_encode()
    numbers = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    n_products, n_scores = len(encoded.dictionary), len(scores.values)
    left, right, scores_left, scores_right = np.split(numbers, np.cumsum([len(truth), len(truth), n_scores]))
    return (
        _Keyed(scores.path, scores_left, scores_right, encoded.dictionary, scores.numbers),
        _Keyed(truth.path, left, right, encoded.dictionary, truth.numbers),
        n_products,
    )


def _find(given: _Keyed, true: _Keyed) -> Ints1d:
    """Return the row of the scores of each true pair (p,)."""
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
