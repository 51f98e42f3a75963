"""Quality on labelled sets: `python -m scripts.benchmark_quality DATA...`, each folder with products and pairs.

For each set: recall@1/10/50 of matches per view; `weighted` of a cosine alone, of ranks and cosines, and of all
features; F1 by the threshold of the best F1 on validation; 95 % bootstrap intervals by product group. Train on
train, stop and choose on valid, report on `--split`. Prints a markdown table and, last, one JSON object.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indexing.arrays import Bools1d
    from indexing.product_index import ProductIndex
    from reranking.features import Feature
    from reranking.labelled import LabelledPairs
    from reranking.training import TrainOptions

KS = (1, 10, 50)
EVERYWHERE = ("fashion",)  # sets whose products are matched within a source too


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--split", default="valid", show_default=True, type=click.Choice(["valid", "test"]))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--rounds", default=200, show_default=True, help="Bootstrap draws.")
@click.option("--ablate/--no-ablate", default=True, show_default=True, help="Also train on ranks and cosines alone.")
@click.option("--seed", default=0, show_default=True)
def command(data: tuple[Path, ...], split: str, work: Path | None, rounds: int, ablate: bool, seed: int) -> None:
    """Measure the quality of the embedded encoders on each folder of DATA."""
    with tempfile.TemporaryDirectory() as scratch:
        measured = [
            _measure(folder, split, (work or Path(scratch)) / folder.name, rounds, ablate, seed) for folder in data
        ]
    click.echo(_tables(measured))
    click.echo(json.dumps({row["set"]: row for row in measured}, ensure_ascii=False))


def _measure(folder: Path, split: str, work: Path, rounds: int, ablate: bool, seed: int) -> dict[str, Any]:
    from indexing.build import build_index
    from indexing.build_options import BuildOptions
    from reranking.labelled import read_labelled

    click.echo(f"{folder.name}: building", err=True)
    options = BuildOptions(match_across_sources=folder.name not in EVERYWHERE, overwrite=True, seed=seed)
    index = build_index([folder / "products.parquet"], work, options=options).index
    pairs = {
        name: read_labelled([folder / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid", split)
    }
    row: dict[str, Any] = {"set": folder.name, "split": split, "pairs": len(pairs[split])}
    row["positives"] = int(pairs[split].targets.sum())
    row["recall"] = _recall(index, pairs[split])
    row |= _reranked(index, pairs, split, rounds, ablate, seed)
    return row


def _recall(index: "ProductIndex", pairs: "LabelledPairs") -> dict[str, dict[str, list[float]]]:
    """Recall@k per view: the mean over both directions, and of matches found in either direction."""
    import numpy as np

    from eval.retrieval import recall_at
    from indexing.neighbours import rank_of

    matches = pairs.take(np.flatnonzero(pairs.targets == 1))
    found = {}
    for view in index.views:
        neighbours = index.neighbours(view)
        ranks = rank_of(neighbours, matches.left, matches.right), rank_of(neighbours, matches.right, matches.left)
        recall = recall_at(*ranks, ks=KS)
        found[view] = {"directed": [float(v) for v in recall.directed], "either": [float(v) for v in recall.either]}
    return found


def _reranked(
    index: "ProductIndex", pairs: dict[str, "LabelledPairs"], split: str, rounds: int, ablate: bool, seed: int
) -> dict[str, Any]:
    from eval.decisions import measure_decisions
    from eval.intervals import Draws, PairGroups, decision_intervals, weighted_interval
    from eval.precision_auc import weighted
    from reranking.category import codes_of
    from reranking.groups import product_groups
    from reranking.reranker import CosineReranker, columns_of
    from reranking.signals import prepare_signals
    from reranking.training import TrainOptions, evaluation_categories, train_reranker

    options = TrainOptions(seed=seed)
    judged = pairs[split]
    model = train_reranker(index, pairs["train"], pairs["valid"], metric=weighted, options=options).reranker
    signals = prepare_signals(index, judged.products)
    features = signals.compute_all(judged.left, judged.right, stage="features")
    scores = model.score(features)
    codes, _ = codes_of(evaluation_categories(index, judged, model.mapping))
    groups = product_groups(judged.left, judged.right, judged.targets, len(index.catalog))
    of_pairs, draws = PairGroups(groups[judged.left], groups[judged.right]), Draws(rounds=rounds, seed=seed)
    value = partial(weighted, targets=judged.targets, categories=codes)
    row: dict[str, Any] = {"weighted": value(scores)}
    for view in index.views:
        baseline = CosineReranker((f"{view}_cosine",))
        row[f"cosine_{view}"] = value(baseline.score(features[:, columns_of(signals.names, baseline.feature_names)]))
    called: Bools1d = scores >= model.decisions.f1
    row["f1"] = measure_decisions(called, judged.targets).f1
    if rounds:
        row["weighted_interval"] = _bounds(
            weighted_interval(scores, judged.targets, codes, of_pairs, draws, level=0.75)
        )
        row["f1_interval"] = _bounds(decision_intervals(called, judged.targets, of_pairs, draws).f1)
    if ablate:
        chosen = _families(index, signals.features)
        row |= _ablated(index, pairs, options, chosen, features, value)
    return row


def _families(index: "ProductIndex", features: "Sequence[Feature]") -> dict[str, list[int]]:
    """The columns of the smaller models: ranks and cosines of all views, and of one view each where there is a fused."""
    missing = [n for n, feature in enumerate(features) if feature.family == "missing views"]
    ranked = [n for n, feature in enumerate(features) if feature.family == "cosines" or "ranks" in feature.family]
    chosen = {"weighted_ranks": ranked}
    for view in ("text", "image", "fused") if index.main_view == "fused" else ():
        own = [n for n in ranked if features[n].name.startswith(f"{view}_")]
        chosen[f"weighted_ranks_{view}"] = [*own, *missing]
    return chosen


def _ablated(
    index: "ProductIndex",
    pairs: dict[str, "LabelledPairs"],
    options: "TrainOptions",
    chosen: dict[str, list[int]],
    features: Any,
    value: Any,
) -> dict[str, float]:
    """`weighted` of models that see some columns only."""
    from eval.precision_auc import weighted
    from reranking.boosting import Examples, boost, predict
    from reranking.category import CategoryMapping, codes_of, level_3
    from reranking.signals import prepare_signals
    from reranking.training import evaluation_categories

    mapping = CategoryMapping.learn(level_3(index.catalog, pairs["train"].left), options.least_pairs)
    whole = []
    for part in (pairs["train"], pairs["valid"]):
        seen = prepare_signals(index, part.products).compute_all(part.left, part.right, stage="features")
        whole.append(Examples(seen, part.targets, codes_of(evaluation_categories(index, part, mapping))[0]))
    found = {}
    for name, columns in chosen.items():
        train, valid = (replace(part, features=part.features[:, columns]) for part in whole)
        members = boost(train, valid, weighted, options=options.boosting, seed=options.seed)
        found[name] = float(value(predict(members, features[:, columns])))
    return found


def _bounds(interval: Any) -> list[float] | None:
    return None if interval is None else [float(interval.low), float(interval.high)]


def _tables(rows: list[dict[str, Any]]) -> str:
    """Markdown: retrieval, then reranking."""
    lines = ["| set | view | recall@1 / 10 / 50, mean of both directions | in either direction |", "|---|---|---|---|"]
    for row in rows:
        for view, recall in row["recall"].items():
            cells = [" / ".join(f"{v:.3f}" for v in recall[kind]) for kind in ("directed", "either")]
            lines.append(f"| {row['set']} | {view} | {cells[0]} | {cells[1]} |")
    lines += [
        "",
        "| set | pairs (matches) | cosines alone | ranks + cosines | all features | F1 |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        alone = ", ".join(f"{n.removeprefix('cosine_')} {v:.3f}" for n, v in row.items() if n.startswith("cosine_"))
        alone_of = {n.removeprefix("weighted_ranks"): v for n, v in row.items() if n.startswith("weighted_ranks")}
        ranks = ", ".join(f"{n.removeprefix('_') or 'all views'} {v:.3f}" for n, v in alone_of.items())
        both = [_with_bounds(row[name], row.get(f"{name}_interval")) for name in ("weighted", "f1")]
        lines.append(
            f"| {row['set']} | {row['pairs']:,} ({row['positives']:,}) | {alone} | {ranks} | {both[0]} | {both[1]} |"
        )
    return "\n".join(lines)


def _with_bounds(value: float, bounds: list[float] | None) -> str:
    return f"**{value:.3f}**" + (f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else "")


if __name__ == "__main__":
    command()
