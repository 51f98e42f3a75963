"""A promise of precision is to hold where scored pairs are unlike validation's: `python -m scripts.benchmarks.promise DATA...`.

For each set, precision asked and seed a model is trained and validated as the set is, or on pairs drawn so that they have so many
matches to others (`--learned`). Its test pairs are drawn so too (`--shares`), and decided with the model's own thresholds and with those that
`heroic score` moves to the share that it finds. It measures the precision held, the recall, the share found, and whether the
estimate called the difference sure. Prints a markdown table and, last, one JSON object.
"""

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.labelled_set import LabelledSet, open_set, seeds_of

if TYPE_CHECKING:
    import pyarrow as pa

    from indexing.arrays import Bools1d, Floats1d, Ints1d
    from reranking.model.reranker import XgboostReranker


@dataclass(frozen=True)
class Kept:
    """One row says what was held of what was asked: by the thresholds of the `model`, and by the `moved` ones."""

    set: str
    asked: float
    seed: int
    matches_to_others: float
    pairs: int
    share: float
    found: float
    sure: bool
    expected: float | None
    model: float | None
    moved: float | None
    recall_model: float
    recall_moved: float


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--seeds", default="0,1,2,3,4", show_default=True, help="Seeds of training and of the drawing of pairs.")
@click.option("--asked", default="0.75,0.9", show_default=True, help="Precisions asked.")
@click.option("--shares", default="1,4,0.25,0.1", show_default=True, help="Matches to others among the test pairs.")
@click.option("--learned", type=float, help="The same among training and validation pairs [default: as they are].")
def command(
    data: tuple[Path, ...], work: Path | None, seeds: str, asked: str, shares: str, learned: float | None
) -> None:
    """Measure what is held at other shares of matches on each folder of DATA."""
    ratios = [float(ratio) for ratio in shares.split(",")]
    rows: list[Kept] = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            opened = open_set(folder, (work or Path(scratch)) / folder.name, ("train", "valid", "test"))
            for precision in map(float, asked.split(",")):
                for seed in seeds_of(seeds):
                    click.echo(f"{folder.name}: asked {precision:g}, seed {seed}", err=True)
                    rows += _measure(opened, precision, seed, ratios, learned)
    click.echo(_table(rows))
    click.echo(json.dumps({"runs": [asdict(row) for row in rows]}, ensure_ascii=False))


def _measure(opened: LabelledSet, asked: float, seed: int, ratios: list[float], learned: float | None) -> list[Kept]:
    """Train once, score the test pairs once, and decide on every drawing of them."""
    from functools import partial

    from eval.metrics.precision_auc import weighted
    from reranking.model.pair_scorer import PairScorer
    from reranking.model.train_options import TrainOptions
    from reranking.training.train_reranker import train_reranker
    from reranking.training.training_pairs import evaluation_categories

    index, judged = opened.index, opened.pairs["test"]
    options = TrainOptions(target_precision=asked, seed=seed)
    metric = partial(weighted, level=asked)
    train, valid = (
        pairs if learned is None else pairs.take(_drawn(pairs.targets, learned, seed))
        for pairs in (opened.pairs["train"], opened.pairs["valid"])
    )
    model = train_reranker(index, train, valid, metric=metric, options=options).reranker
    scores = PairScorer.prepare(index, model, judged.products).score(judged.left, judged.right)
    categories = evaluation_categories(index, judged, model.mapping)
    found = []
    for ratio in ratios:
        rows = _drawn(judged.targets, ratio, seed)
        decided = _decided(model, scores[rows], judged.targets[rows], categories.take(rows))
        found.append(Kept(opened.name, asked, seed, ratio, len(rows), float(judged.targets[rows].mean()), *decided))
    return found


def _drawn(targets: "Floats1d", ratio: float, seed: int) -> "Ints1d":
    """Draw rows, as many as there are, with so many matches to others."""
    import numpy as np

    random = np.random.default_rng(seed)
    matches, others = (random.permutation(np.flatnonzero(targets == target)) for target in (1, 0))
    count = min(len(matches), int(len(others) * ratio))
    return np.sort(np.concatenate([matches[:count], others[: round(count / ratio)]]))


def _decided(
    model: "XgboostReranker", scores: "Floats1d", targets: "Floats1d", categories: "pa.Array"
) -> tuple[float, bool, float | None, float | None, float | None, float, float]:
    """Return the share found, whether it is sure, and precision (expected, by the model, moved) and recall of the calls."""
    from reranking.decisions.prior import ShareCounts
    from reranking.decisions.prior_shift import AskedPrior
    from reranking.decisions.thresholds import called
    from reranking.model.prior_choice import choose_prior

    counts = ShareCounts()
    counts.add(model.probabilities(scores, categories), categories, int((scores >= model.decisions.f1).sum()))
    choice = choose_prior(model, AskedPrior(), counts)
    assert choice.estimate is not None
    own, moved = (called(scores, categories, thresholds) for thresholds in (model.decisions, choice.thresholds(model)))
    expected = _mean_of(choice.probabilities(model, scores, categories), moved)
    held = _mean_of(targets, own), _mean_of(targets, moved)
    recalls = float(targets[own].sum() / targets.sum()), float(targets[moved].sum() / targets.sum())
    return choice.estimate.found, choice.estimate.sure, expected, *held, *recalls


def _mean_of(values: "Floats1d", rows: "Bools1d") -> float | None:
    return float(values[rows].mean()) if rows.any() else None


def _table(rows: list[Kept]) -> str:
    """Return means over seeds by set, precision asked and share."""
    lines = [
        "| set | asked | matches : others | share | found | held by the model's | recall | held by the moved | recall | expected |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key in dict.fromkeys((row.set, row.asked, row.matches_to_others) for row in rows):
        own = [row for row in rows if (row.set, row.asked, row.matches_to_others) == key]
        columns = ("share", "found", "model", "recall_model", "moved", "recall_moved", "expected")
        said = " | ".join(_mean([getattr(row, name) for row in own]) for name in columns)
        lines.append(f"| {key[0]} | {key[1]:g} | {key[2]:g} | {said} |")
    return "\n".join(lines)


def _mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.3f}" if known else "none"


if __name__ == "__main__":
    command()
