"""The evaluation report has its speed, memory and size measured:
`python -m scripts.benchmarks.report [--pairs N] [--rounds N]`.

Pairs in categories of different base rates with products shared between pairs are drawn from a seed. The last line is
one JSON object: `metric_ratio` (how many times faster `weighted` is than a plain loop over categories with
scikit-learn's precision_recall_curve and trapezoid, on the same arrays), `metric_difference` between the two,
`sort_ratio` (the loop to one bare np.sort of the same scores: what no metric that sorts them all can exceed),
`report_s` and `peak_mib` of `heroic evaluate` as a process of its own, and `html_mib`.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.peak_memory import peak_mib

if TYPE_CHECKING:
    from indexing.arrays import Floats1d, Ints1d

REPEATS = 9
LEVEL = 0.75


@click.command()
@click.option("--pairs", default=300_000, show_default=True)
@click.option("--categories", default=40, show_default=True)
@click.option("--rounds", default=500, show_default=True, help="Bootstrap draws of the report.")
@click.option("--seed", default=0, show_default=True)
def command(pairs: int, categories: int, rounds: int, seed: int) -> None:
    """Measure the metric against a plain loop, and the whole report."""
    scores, targets, codes = _draw(pairs, categories, seed)
    measured = _metric(scores, targets, codes)
    with tempfile.TemporaryDirectory() as scratch:
        measured |= _report(Path(scratch), scores, targets, codes, rounds, seed)
    for name, value in measured.items():
        click.echo(f"{name:>20} {value:,.4g}")
    click.echo(json.dumps({name: float(f"{value:.4g}") for name, value in measured.items()}))


def _draw(pairs: int, categories: int, seed: int) -> tuple["Floats1d", "Floats1d", "Ints1d"]:
    """Draw scores as `heroic score` writes them (float32, 0 to 1), targets, and category codes of uneven size."""
    import numpy as np

    generator = np.random.default_rng(seed)
    sizes = generator.dirichlet(np.full(categories, 2.0))
    codes = generator.choice(categories, pairs, p=sizes)
    targets = (generator.random(pairs) < generator.uniform(0.02, 0.4, categories)[codes]).astype(np.float64)
    logits = 1.5 * generator.normal(size=pairs) + 4 * targets - 2.5
    return (1 / (1 + np.exp(-logits))).astype(np.float32), targets, codes.astype(np.int64)


def _metric(scores: "Floats1d", targets: "Floats1d", codes: "Ints1d") -> dict[str, float]:
    import numpy as np

    from eval.metrics.precision_auc import weighted

    ours, value = _fastest(lambda: weighted(scores, targets, codes, LEVEL))
    loop, plain = _fastest(lambda: _plain_weighted(scores, targets, codes))
    sort, _ = _fastest(lambda: np.sort(scores))
    return {
        "metric_ratio": loop / ours,
        "metric_difference": abs(value - plain),
        "sort_ratio": loop / sort,
        "metric_ms": 1000 * ours,
        "loop_ms": 1000 * loop,
    }


def _plain_weighted(scores: "Floats1d", targets: "Floats1d", codes: "Ints1d") -> float:
    """Compute the metric by its definition, a category at a time."""
    import numpy as np
    from sklearn.metrics import precision_recall_curve

    total = 0.0
    for code in np.unique(codes):
        inside = codes == code
        if not targets[inside].any():
            continue
        precision, recall, _ = precision_recall_curve(targets[inside], scores[inside])
        precision, recall = precision[::-1], recall[::-1]
        last = np.flatnonzero(precision >= LEVEL)[-1]
        total += inside.sum() * np.trapezoid(precision[: last + 1], recall[: last + 1])
    return float(total / len(scores))


def _fastest(run: Callable[[], object]) -> tuple[float, float]:
    """Return the least seconds of some runs, and what the last one gave."""
    seconds, result = [], 0.0
    for _ in range(REPEATS):
        started = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - started)
        result = found if isinstance(found, float) else 0.0
    return min(seconds), result


def _report(
    folder: Path, scores: "Floats1d", targets: "Floats1d", codes: "Ints1d", rounds: int, seed: int
) -> dict[str, float]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(seed)
    pairs = len(scores)
    # two offers of one product are a match; a non-match pairs any two products, each at most once
    left, right = 2 * np.arange(pairs), 2 * np.arange(pairs) + 1
    shift = generator.integers(1, pairs)
    right = np.where(targets == 1, right, 2 * ((np.arange(pairs) + shift) % pairs) + 1)
    names = np.array([f"category {code:02d}" for code in range(int(codes.max()) + 1)])[codes]
    ids = {"left_id": left, "right_id": right}
    pq.write_table(pa.table({**ids, "target": targets, "cat3_grouped": names}), folder / "truth.parquet")
    decided = {"match": scores >= 0.5, "match_f1": scores >= 0.6}
    pq.write_table(pa.table({**ids, "score": scores, **decided}), folder / "scores.parquet")
    words = ["evaluate", "scores.parquet", "--truth", "truth.parquet", "--out", "report", "--rounds", str(rounds)]
    started = time.perf_counter()
    peak = peak_mib(words, folder=folder)
    return {
        "report_s": time.perf_counter() - started,
        "peak_mib": peak,
        "html_mib": (folder / "report" / "report.html").stat().st_size / 2**20,
    }


if __name__ == "__main__":
    command()
