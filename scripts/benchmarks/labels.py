"""Labels are spent and judged by a reviewer who is simulated: the labels of a set answer what the product asks.

`python -m scripts.benchmarks.labels audit DATA... --work WORK`: a model is trained once a set and its test pairs scored; then audits
of them are drawn many times, by strata and uniformly. Printed are, of precision, recall and the weighted area, how often the 95 %
intervals hold the truth and their mean half-width, as a markdown table and, last, one JSON object. `curve` is in
scripts/benchmarks/labelling_curve.py, `unsupervised` in scripts/benchmarks/without_labels.py.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.labelling_curve import curve
from scripts.benchmarks.without_labels import unsupervised

if TYPE_CHECKING:
    from eval.audit.estimates import AuditedPairs, AuditEstimates
    from eval.audit.population import Population
    from eval.audit.sampling import SampleDesign
    from indexing.arrays import Floats1d, Ints1d

LEVEL = 0.75
MEASURES = ("precision", "recall", "weighted")


@click.group(name="labels")
def command() -> None:
    """Measure what labels are worth, by a reviewer who knows them all."""


command.add_command(curve)
command.add_command(unsupervised)


@command.command(name="audit")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--work", type=click.Path(path_type=Path), help="Where scores are kept [default: a temporary folder].")
@click.option("--draws", default=500, show_default=True, help="Audits drawn of each set.")
@click.option("--budget", default=300, show_default=True, help="Labels of an audit.")
@click.option("--rounds", default=200, show_default=True, help="Completed populations of an interval.")
@click.option("--ranks", is_flag=True, help="Audit the scores as if they were no probabilities.")
def audit(data: tuple[Path, ...], work: Path | None, draws: int, budget: int, rounds: int, ranks: bool) -> None:
    """Draw audits of the test pairs of each folder of DATA, and count how often their intervals hold the truth."""
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            scored = _scored(folder, (work or Path(scratch)) / folder.name, ranks=ranks)
            for way in ("strata", "uniform"):
                click.echo(f"{folder.name}: {way}", err=True)
                rows += _cover(folder.name, scored, way, draws=draws, budget=budget, rounds=rounds)
    click.echo(_table(rows))
    click.echo(json.dumps({"rows": rows}))


@dataclass(frozen=True)
class ScoredSet:
    """It holds a population with its true targets (n,) and both products (n,), numbered."""

    population: "Population"
    targets: "Floats1d"
    left: "Ints1d"
    right: "Ints1d"


def _scored(folder: Path, work: Path, *, ranks: bool) -> ScoredSet:
    """Score the test pairs of a set by a model of its training pairs, unless `work` has the scores already."""
    from dataclasses import replace

    import numpy as np
    import pyarrow as pa

    from eval.audit.population import population_of
    from eval.inputs.joining import read_truth
    from eval.inputs.scores import read_scores

    out, truth = work.with_suffix(".scores.parquet"), read_truth(folder / "pairs_test.parquet")
    if not out.exists():
        _score(folder, work, out)
    scores = read_scores(out)
    if ranks:
        scores = replace(scores, probabilities=None)
    assert scores.left.equals(truth.left), f"{out} has other pairs than {truth.path}"
    numbers = pa.concat_arrays([scores.left, scores.right]).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    left, right = np.split(np.asarray(numbers, dtype=np.int64), 2)
    assert truth.target is not None
    return ScoredSet(population_of(scores), truth.target, left, right)


def _score(folder: Path, work: Path, out: Path) -> None:
    from functools import partial

    from eval.metrics.precision_auc import weighted
    from reranking.model.folder import load_reranker, save_reranker
    from reranking.model.score_pairs import score_pairs
    from reranking.model.train_options import TrainOptions
    from reranking.training.train_reranker import train_reranker
    from scripts.benchmarks.labelled_set import open_set

    opened = open_set(folder, work, ("train", "valid"))
    metric = partial(weighted, level=LEVEL)
    trained = train_reranker(
        opened.index, opened.pairs["train"], opened.pairs["valid"], metric=metric, options=TrainOptions()
    )
    save_reranker(trained.reranker, work.with_suffix(".model"))
    score_pairs(opened.index, folder / "pairs_test.parquet", out, model=load_reranker(work.with_suffix(".model")))


def _cover(name: str, scored: ScoredSet, way: str, *, draws: int, budget: int, rounds: int) -> list[dict[str, object]]:
    """Draw audits in one way; return a row of what came of each measure."""
    import numpy as np

    from eval.audit.estimates import estimate
    from eval.metrics.intervals import Draws

    found: dict[str, list[tuple[float, float, float]]] = {measure: [] for measure in MEASURES}
    for seed in range(draws):
        sample = _uniform(scored, budget, seed) if way == "uniform" else _by_strata(scored, budget, seed)
        estimates: AuditEstimates = estimate(sample, level=LEVEL, draws=Draws(rounds=rounds, seed=seed))
        for measure, bounds in found.items():
            value = getattr(estimates, measure)
            bounds.append(
                (np.nan,) * 3 if value.interval is None else (value.value, value.interval.low, value.interval.high)
            )
    rows = []
    for measure, true in _truth(scored, sample).items():
        value, low, high = np.array(found[measure]).T
        held = (low <= true + 1e-9) & (true - 1e-9 <= high)
        rows.append(
            {
                "set": name,
                "way": way,
                "measure": measure,
                "truth": true,
                "mean": float(np.nanmean(value)),
                "spread": float(np.nanstd(value)),
                "held": float(held.mean()),
                "half_width": float(np.nanmean(high - low) / 2),
            }
        )
    return rows


def _truth(scored: ScoredSet, sample: "AuditedPairs") -> dict[str, float]:
    """Return the true measures of all pairs, the weighted area over the categories that the sample keeps apart."""
    import numpy as np

    from eval.metrics.precision_auc import weighted

    population, targets = scored.population, scored.targets
    places = {name: place for place, name in enumerate(sample.names)}
    codes = np.array([places.get(name, len(places)) for name in population.names])[population.categories]
    return {
        "precision": float(targets[population.called].mean()),
        "recall": float(targets[population.called].sum() / targets.sum()),
        "weighted": weighted(population.scores, targets, codes, LEVEL),
    }


def _by_strata(scored: ScoredSet, budget: int, seed: int) -> "AuditedPairs":
    """Audit as `heroic audit` does: the pilot, then what it allocates."""
    import numpy as np

    from eval.audit.sampling import design_sample, open_sample

    population = scored.population
    design = design_sample(population, budget, seed)
    sample = open_sample(0, design, population)
    asked = np.zeros(0, dtype=np.int64)
    while (more := sample.to_ask(asked, scored.targets[asked], budget)).size:
        asked = np.concatenate([asked, more])
    return _judged(scored, design, sample.strata.codes[asked], asked)


def _uniform(scored: ScoredSet, budget: int, seed: int) -> "AuditedPairs":
    """Draw pairs of all alike, as one stratum."""
    from dataclasses import replace

    import numpy as np

    from eval.audit.sampling import design_sample

    population = scored.population
    asked = np.random.default_rng(seed).permutation(len(population))[:budget]
    kept = design_sample(population, budget, seed)
    design = replace(kept, sizes=(len(population),), likely=(float(population.likely.mean()),))
    return _judged(scored, design, np.zeros(budget, dtype=np.int64), asked)


def _judged(scored: ScoredSet, design: "SampleDesign", strata: "Ints1d", rows: "Ints1d") -> "AuditedPairs":
    import pyarrow as pa

    from eval.audit.answered import Answered, audited_pairs

    left, right = (pa.array(side[rows]) for side in (scored.left, scored.right))
    return audited_pairs(Answered(rows, strata, scored.targets[rows], left, right), design, scored.population)


def _table(rows: list[dict[str, object]]) -> str:
    """Write one line a set and measure: strata beside uniform."""
    lines = [
        "| set | measure | truth | held by strata | half-width | held uniformly | half-width |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += list(_lines(rows))
    return "\n".join(lines)


def _lines(rows: list[dict[str, object]]) -> Iterator[str]:
    by_way = {(row["set"], row["measure"], row["way"]): row for row in rows}
    for (name, measure, way), row in by_way.items():
        if way == "strata":
            other = by_way[name, measure, "uniform"]
            figures = f"{row['held']:.3f} | {row['half_width']:.3f} | {other['held']:.3f} | {other['half_width']:.3f}"
            yield f"| {name} | {measure} | {row['truth']:.3f} | {figures} |"


if __name__ == "__main__":
    command()
