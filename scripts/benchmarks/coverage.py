"""How often 95 % intervals hold the truth: `python -m scripts.benchmarks.coverage [--seeds 0,1]`, of made pairs.

Pairs are called that are right or wrong alone, that stand in groups of 2 to 10 and are right or wrong together, half
together, or freely in their groups. A right one lies inside its group, a wrong one leads to a product of another. For
each number called and each precision: how often the interval of precision holds it, its mean width, and the width of
the oracle's, 95 % of the precisions that were drawn; with --rounds, the same of a BCa bootstrap over product groups.
With --judged also `weighted` and F1 of few judged pairs. Prints markdown tables and, last, one JSON object.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.labelled_set import seeds_of

if TYPE_CHECKING:
    import numpy as np

    from eval.metrics.intervals import Interval, PairGroups
    from indexing.arrays import Bools1d, Floats1d, Ints1d

KINDS = ("alone", "together", "half together", "free")
CALLED = (5, 8, 10, 20, 30, 50, 100, 300, 1000)
PRECISIONS = (0.75, 0.9, 0.95, 0.99)
JUDGED = (20, 50, 100, 300, 1000)
MANY = 200_000  # judged pairs that tell the truth about `weighted` and F1
BASE_RATE = 0.3


@dataclass(frozen=True)
class Coverage:
    """Over `samples`: the share of intervals that hold the `true` value and of those without any width, their mean
    width, and that of 95 % of the values drawn (`oracle`)."""

    method: str
    kind: str
    count: int
    true: float
    samples: int
    coverage: float
    flat: float
    width: float
    oracle: float


@click.command()
@click.option("--seeds", default="0", show_default=True, help="Of the pairs drawn; samples are drawn for each.")
@click.option("--samples", default=1500, show_default=True, help="Samples a seed for each row.")
@click.option("--rounds", default=0, show_default=True, help="Draws of a bootstrap to compare with; 0 for none.")
@click.option("--judged", default=0, show_default=True, help="Samples a seed of `weighted` and F1; 0 for none.")
def command(seeds: str, samples: int, rounds: int, judged: int) -> None:
    """Measure how often intervals hold what is true."""
    rows = []
    for kind, count, precision in product(KINDS, CALLED, PRECISIONS):
        rows += measure_precision(kind, count, precision, seeds=seeds_of(seeds), samples=samples, rounds=rounds)
    for count in JUDGED if judged else ():
        rows += measure_judged(count, seeds=seeds_of(seeds), samples=judged)
    for method in dict.fromkeys(row.method for row in rows):
        click.echo(f"{method}\n\n{_table([row for row in rows if row.method == method])}\n")
    ours = [row for row in rows if row.method == "effective number"]
    least = {kind: min(row.coverage for row in ours if row.kind == kind) for kind in KINDS}
    flat = max(row.flat for row in ours)
    click.echo(json.dumps({"least_coverage": least, "most_flat": flat, "rows": [asdict(row) for row in rows]}))


def measure_precision(
    kind: str, count: int, precision: float, *, seeds: tuple[int, ...], samples: int, rounds: int = 0
) -> list[Coverage]:
    """Measure intervals of the precision of `count` called pairs, by each method."""
    from eval.metrics.intervals import Draws, share_interval

    methods: dict[str, Callable[[Bools1d, PairGroups], Interval | None]] = {
        "effective number": lambda hits, groups: share_interval(hits, groups, Draws())
    }
    if rounds:
        methods["bootstrap"] = lambda hits, groups: _resampled(hits, groups, rounds)
    drawn = list(_called(kind, count, precision, seeds, samples))
    values = [float(hits.mean()) for hits, _ in drawn]
    return [
        _summed(method, kind, count, precision, values, [found(hits, groups) for hits, groups in drawn])
        for method, found in methods.items()
    ]


def _called(
    kind: str, count: int, precision: float, seeds: tuple[int, ...], samples: int
) -> "Iterator[tuple[Bools1d, PairGroups]]":
    """Draw called pairs: which are right (n,), and their product groups."""
    import numpy as np

    from eval.metrics.intervals import PairGroups

    for seed in seeds:
        random = np.random.default_rng([seed, KINDS.index(kind), count, round(1000 * precision)])
        for _ in range(samples):
            groups = np.arange(count) if kind == "alone" else _sized_groups(count, random)
            alike, own = (random.random(count) < precision for _ in range(2))
            together = {"together": 1.0, "half together": 0.5}.get(kind, 0.0)
            hits = np.where(random.random(count)[groups] < together, alike[groups], own)
            yield hits, PairGroups(groups, np.where(hits, groups, count + np.arange(count)))


def _sized_groups(count: int, random: "np.random.Generator") -> "Ints1d":
    """Deal pairs (n,) into groups of 2 to 10, the last as large as what is left."""
    import numpy as np

    return np.repeat(np.arange(count), random.integers(2, 11, count))[:count]


def _resampled(hits: "Bools1d", groups: "PairGroups", rounds: int) -> "Interval | None":
    import numpy as np

    from eval.metrics.decisions import decision_row
    from eval.metrics.intervals import Draws, bootstrap

    def precision(weights: "Floats1d") -> "Floats1d":
        return decision_row(np.ones(len(hits), dtype=np.bool_), hits.astype(np.float64), weights)[:1]

    return bootstrap(precision, precision(np.ones(len(hits))), groups, Draws(rounds=rounds))[0]


def measure_judged(count: int, *, seeds: tuple[int, ...], samples: int) -> list[Coverage]:
    """Measure BCa intervals of `weighted` and of F1 at a fixed threshold, of `count` judged pairs in one category."""
    import numpy as np

    from eval.metrics.intervals import Draws, decision_intervals, weighted_interval
    from eval.metrics.precision_auc import weighted

    def of_one(scores: "Floats1d", targets: "Floats1d") -> float:
        return weighted(scores, targets, np.zeros(len(scores), dtype=np.int64))

    scores, targets, _ = _judged(MANY, np.random.default_rng(0))
    true = {"weighted": of_one(scores, targets), "F1": _f1(scores, targets)}
    values: dict[str, list[float]] = {"weighted": [], "F1": []}
    found: dict[str, list[Interval | None]] = {"weighted": [], "F1": []}
    for seed in seeds:
        random = np.random.default_rng([seed, count])
        for _ in range(samples):
            scores, targets, groups = _judged(count, random)
            values["weighted"].append(of_one(scores, targets))
            values["F1"].append(_f1(scores, targets))
            codes = np.zeros(count, dtype=np.int64)
            found["weighted"].append(weighted_interval(scores, targets, codes, groups, Draws()))
            found["F1"].append(decision_intervals(scores >= 0, targets, groups, Draws()).f1)
    return [_summed(name, "alone", count, true[name], values[name], found[name]) for name in true]


def _judged(count: int, random: "np.random.Generator") -> "tuple[Floats1d, Floats1d, PairGroups]":
    """Draw pairs (n,) of which three in ten are matches, which score two standard deviations higher."""
    import numpy as np

    from eval.metrics.intervals import PairGroups

    targets = (random.random(count) < BASE_RATE).astype(np.float64)
    numbers = np.arange(count)
    groups = PairGroups(numbers, np.where(targets == 1, numbers, count + numbers))
    return random.normal(2 * targets - 1), targets, groups


def _f1(scores: "Floats1d", targets: "Floats1d") -> float:
    import numpy as np

    from eval.metrics.decisions import decision_row

    return float(decision_row(scores >= 0, targets, np.ones(len(scores)))[2])


def _summed(
    method: str, kind: str, count: int, true: float, values: list[float], found: "list[Interval | None]"
) -> Coverage:
    import numpy as np

    spans = np.array([(one.low, one.high) for one in found if one is not None])
    widths = spans[:, 1] - spans[:, 0]
    low, high = np.nanquantile(values, [0.025, 0.975])
    held = float(np.mean((spans[:, 0] <= true) & (true <= spans[:, 1])))
    flat = float(np.mean(widths == 0))
    return Coverage(method, kind, count, true, len(found), held, flat, float(widths.mean()), float(high - low))


def _table(rows: list[Coverage]) -> str:
    """A line for each kind and number, a column for each true value: coverage, mean width and the oracle's."""
    true = sorted({row.true for row in rows})
    lines = [f"| pairs | how many | {' | '.join(f'{value:.3g}' for value in true)} |", "|---" * (len(true) + 2) + "|"]
    for kind, count in dict.fromkeys((row.kind, row.count) for row in rows):
        own = sorted((row for row in rows if (row.kind, row.count) == (kind, count)), key=lambda row: row.true)
        cells = [f"{row.coverage:.3f}, {row.width:.2f} / {row.oracle:.2f}" for row in own]
        lines.append(f"| {kind} | {count:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    command()
