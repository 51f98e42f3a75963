"""Decisions show whether thresholds hold what was asked, each set with products and pairs:
`python -m scripts.benchmarks.decisions DATA...`.

For each precision asked, each seed and each set: train, choose thresholds on validation, call matches on the test pairs.
Pooled over all categories of all sets with at least 100 pairs called: the precision held, the recall paid for it, and the
categories whose 95 % interval (by product group) lies wholly below what was asked. Prints a markdown table
and, last, one JSON object.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from scripts.benchmarks.labelled_set import LabelledSet, open_set, seeds_of

LEAST_CALLED = 100


@dataclass(frozen=True)
class HeldCategory:
    """It counts a category's pairs called matches on test, those of them that are, and its matches; `low` and `high`
    bound the precision."""

    set: str
    category: str
    called: int
    found: int
    matches: int
    low: float
    high: float


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--seeds", default="0,1,2,3,4", show_default=True, help="Seeds of training.")
@click.option("--asked", default="0.75,0.9", show_default=True, help="Precisions asked.")
@click.option("--split", default="test", show_default=True, type=click.Choice(["valid", "test"]))
@click.option("--text-encoder", default="lsa", show_default=True, metavar="SPEC", help="As of heroic build-index.")
@click.option("--image-encoder", default="auto", show_default=True, metavar="SPEC", help="As of heroic build-index.")
def command(
    data: tuple[Path, ...],
    work: Path | None,
    seeds: str,
    asked: str,
    split: str,
    text_encoder: str,
    image_encoder: str,
) -> None:
    """Measure what thresholds hold on each folder of DATA."""
    runs = [(float(precision), seed) for precision in asked.split(",") for seed in seeds_of(seeds)]
    held: dict[tuple[float, int], list[HeldCategory]] = {run: [] for run in runs}
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            splits, place = tuple(dict.fromkeys(["train", "valid", split])), (work or Path(scratch)) / folder.name
            opened = open_set(folder, place, splits, text_encoder=text_encoder, image_encoder=image_encoder)
            for precision, seed in runs:
                click.echo(f"{folder.name}: asked {precision:g}, seed {seed}", err=True)
                held[precision, seed] += _measure(opened, split, precision, seed)
    rows = [_pooled(precision, seed, categories) for (precision, seed), categories in held.items()]
    click.echo(_table(rows))
    click.echo(json.dumps({"runs": rows}, ensure_ascii=False))


def _measure(opened: LabelledSet, split: str, asked: float, seed: int) -> list[HeldCategory]:
    """Measure what is held in each category of one set."""
    from functools import partial

    import numpy as np

    from eval.metrics.intervals import Draws, PairGroups, precision_interval
    from eval.metrics.precision_auc import weighted
    from reranking.decisions.thresholds import called
    from reranking.model.pair_scorer import PairScorer
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.product_groups import product_groups
    from reranking.training.train_reranker import train_reranker
    from reranking.training.training_pairs import categories_of_sides

    index, judged = opened.index, opened.pairs[split]
    options = TrainOptions(target_precision=asked, seed=seed)
    metric = partial(weighted, level=asked)
    model = train_reranker(index, opened.pairs["train"], opened.pairs["valid"], metric=metric, options=options).reranker
    sides = categories_of_sides(index, judged, model.mapping)
    scorer = PairScorer.prepare(index, model, judged.products)
    scores = model.score(scorer.features(judged.left, judged.right), sides)
    calls = called(scores, sides.left, model.decisions)
    groups = product_groups(judged.left, judged.right, judged.targets, len(index.catalog))
    names = np.array(sides.left.to_pylist())
    found = []
    for name in np.unique(names):
        here = names == name
        targets, of_pairs = judged.targets[here], PairGroups(groups[judged.left[here]], groups[judged.right[here]])
        bounds = precision_interval(calls[here], targets, of_pairs, Draws())
        low, high = (float("nan"),) * 2 if bounds is None else (float(bounds.low), float(bounds.high))
        counts = int(calls[here].sum()), int(targets[calls[here]].sum()), int(targets.sum())
        found.append(HeldCategory(opened.name, str(name), *counts, low, high))
    return found


def _pooled(asked: float, seed: int, categories: list[HeldCategory]) -> dict[str, object]:
    enough = [held for held in categories if held.called >= LEAST_CALLED]
    called = sum(held.called for held in enough)
    return {
        "asked": asked,
        "seed": seed,
        "held": sum(held.found for held in enough) / called if called else None,
        "recall": sum(held.found for held in enough) / sum(held.matches for held in enough) if enough else None,
        "called": called,
        "categories": len(enough),
        "below": [f"{held.set}: {held.category}" for held in enough if held.high < asked],
        "by_category": [vars(held) for held in categories],
    }


def _table(rows: list[dict[str, object]]) -> str:
    lines = [
        "| asked | seed | held | recall | pairs called | categories, of which wholly below |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        below = row["below"]
        said = f"{len(below)} ({', '.join(below)})" if isinstance(below, list) and below else "0"
        figures = [f"{row[name]:.3f}" if row[name] is not None else "none" for name in ("held", "recall")]
        lines.append(
            f"| {row['asked']:g} | {row['seed']} | {' | '.join(figures)} | {row['called']:,} | {row['categories']}, {said} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    command()
