"""A comparison of two evaluations of the same pairs says what moved, and whether it is real."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.comparing.judged import JudgedReport
from eval.metrics.curves import rank_pairs
from eval.metrics.decisions import decision_row
from eval.metrics.intervals import Draws, Interval, PairGroups, bootstrap
from eval.metrics.precision_auc import areas_of
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.pair_files import cast_ids
from reranking.pairs.product_groups import product_groups


@dataclass(frozen=True)
class Change:
    """It is a value of both reports on the pairs that they share, with the interval of second minus first."""

    name: str
    first: float
    second: float
    interval: Interval | None

    @property
    def by(self) -> float:
        return self.second - self.first

    @property
    def real(self) -> bool | None:
        """Say whether the interval excludes 0; None without an interval."""
        return None if self.interval is None else bool(self.interval.low > 0 or self.interval.high < 0)


@dataclass(frozen=True)
class SharedPairs:
    """It has the pairs of both reports: `first` and `second` (p,) are their rows there; labels and categories are those
    of the second report. `relabelled` and `recategorised` count the pairs for which the first says otherwise;
    `only_first` and `only_second` the pairs that the other lacks."""

    first: Ints1d
    second: Ints1d
    targets: Floats1d
    names: tuple[str, ...]
    codes: Ints1d
    groups: PairGroups
    relabelled: int
    recategorised: int
    only_first: int
    only_second: int


@dataclass(frozen=True)
class ChangedSides:
    """It has the rows of the second report whose decision is another now, by what that did; those whose score moved
    most come first."""

    matches_gained: Ints1d
    matches_lost: Ints1d
    wrong_added: Ints1d
    wrong_dropped: Ints1d


@dataclass(frozen=True)
class Comparison:
    """It says what moved from the first report to the second, all on the pairs that they share.

    `categories` has each category's value and its number of pairs and matches; `decisions` precision, recall and F1.
    """

    first: JudgedReport
    second: JudgedReport
    shared: SharedPairs
    weighted: Change
    decisions: tuple[Change, ...]
    categories: tuple[tuple[Change, int, int], ...]
    sides: ChangedSides
    draws: Draws

    def worse_by(self) -> float:
        """Return how much `weighted` fell; negative when it rose."""
        return -self.weighted.by


def compare_reports(first: JudgedReport, second: JudgedReport, draws: Draws) -> Comparison:
    """Judge both on the pairs that they share, at the second's target precision and by its labels and categories.

    The bootstrap is paired: each draw of product groups weighs the pairs of both alike, so what both find hard or easy
    cancels out. Raises InputError when they share no pair.
    """
    shared = share_pairs(first, second)
    level, count = second.target_precision, len(shared.names)
    sides = (
        (first.scores[shared.first], first.called[shared.first]),
        (second.scores[shared.second], second.called[shared.second]),
    )
    rankings = [rank_pairs(scores, shared.targets, shared.codes) for scores, _ in sides]

    def measure(weights: Floats1d) -> tuple[Floats1d, Floats1d]:
        """Return both reports' values: weighted, decisions, categories."""
        rows = []
        for ranking, (_, called) in zip(rankings, sides, strict=True):
            points = ranking.points(weights)
            areas, shares = areas_of(points, level), points.pairs
            overall = np.array([(areas * shares).sum() / shares.sum()])
            decided = decision_row(called, shared.targets, weights)
            rows.append(np.concatenate([overall, decided, np.where(shares > 0, areas, np.nan)]))
        return rows[0], rows[1]

    def difference(weights: Floats1d) -> Floats1d:
        before, after = measure(weights)
        return after - before

    everything = np.ones(len(shared.targets))
    before, after = measure(everything)
    intervals = bootstrap(difference, after - before, shared.groups, draws)
    names = ("weighted", "precision", "recall", "f1", *shared.names)
    changes = [
        Change(name, float(before[place]), float(after[place]), intervals[place]) for place, name in enumerate(names)
    ]
    pairs = np.bincount(shared.codes, minlength=count)
    positives = np.bincount(shared.codes, weights=shared.targets, minlength=count)
    return Comparison(
        first=first,
        second=second,
        shared=shared,
        weighted=changes[0],
        decisions=tuple(changes[1:4]),
        categories=tuple(
            (change, int(pairs[place]), int(positives[place])) for place, change in enumerate(changes[4:])
        ),
        sides=_changed(shared, sides[0], sides[1]),
        draws=draws,
    )


def share_pairs(first: JudgedReport, second: JudgedReport) -> SharedPairs:
    """Find the pairs of both reports, in either order of their ids. Raises InputError when there is none."""
    given = [cast_ids(ids, second.left.type, first.folder) for ids in (first.left, first.right)]
    encoded = pa.concat_arrays([second.left, second.right, *given]).dictionary_encode()
    numbers = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    sizes = len(second.left), len(first.left)
    left, right, first_left, first_right = np.split(numbers, np.cumsum([sizes[0], sizes[0], sizes[1]]))
    count = len(encoded.dictionary)
    keys, first_keys = (
        np.minimum(a, b) * count + np.maximum(a, b) for a, b in ((left, right), (first_left, first_right))
    )
    _, rows, first_rows = np.intersect1d(keys, first_keys, assume_unique=True, return_indices=True)
    if not rows.size:
        raise InputError(f"{first.folder} and {second.folder}: have no pair in common: evaluate both on the same truth")
    order = np.argsort(rows)
    rows, first_rows = rows[order], first_rows[order]
    targets = second.targets[rows]
    categories, before = second.categories.take(pa.array(rows)), first.categories.take(pa.array(first_rows))
    names = sorted(pc.unique(categories).to_pylist())
    codes = pc.index_in(categories, pa.array(names, pa.large_string())).to_numpy(zero_copy_only=False).astype(np.int64)
    groups = product_groups(left[rows], right[rows], targets, count)
    return SharedPairs(
        first=first_rows,
        second=rows,
        targets=targets,
        names=tuple(names),
        codes=codes,
        groups=PairGroups(groups[left[rows]], groups[right[rows]]),
        relabelled=int((first.targets[first_rows] != targets).sum()),
        recategorised=int(pc.sum(pc.not_equal(categories, before)).as_py() or 0),
        only_first=sizes[1] - len(rows),
        only_second=sizes[0] - len(rows),
    )


def _changed(shared: SharedPairs, before: tuple[Floats1d, Bools1d], after: tuple[Floats1d, Bools1d]) -> ChangedSides:
    match = shared.targets == 1
    added, dropped = after[1] & ~before[1], before[1] & ~after[1]
    moved = np.abs(after[0] - before[0])

    def rows(inside: Bools1d) -> Ints1d:
        found = np.flatnonzero(inside)
        return found[np.argsort(-moved[found], kind="stable")]

    return ChangedSides(rows(added & match), rows(dropped & match), rows(added & ~match), rows(dropped & ~match))
