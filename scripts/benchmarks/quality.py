"""Labelled sets measure quality, each a folder with products and pairs: `python -m scripts.benchmarks.quality DATA...`.

For each set: recall@1/10/50 of matches per view; `weighted` of a cosine alone, of ranks and cosines, and of all
features; average precision; F1 by the threshold of the best F1 on validation; 95 % bootstrap intervals by product
group. Train on train, stop and choose on valid, report on `--split`. The index is built once, a model is trained for
each of `--seeds`; figures and bounds are means over them, with their standard deviation as the spread. With `--unseen` all of it
once more on pairs split anew, so that no product is on two sides, and seen and unseen figures side by side
(scripts/benchmarks/unseen_split.py). Prints markdown tables and, last, one JSON object.
"""

import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.labelled_set import SPLITS, LabelledSet, open_set, seeds_of
from scripts.benchmarks.new_products import described, measure_new, split_set, table

if TYPE_CHECKING:
    from indexing.arrays import Bools1d, Floats1d, Floats2d
    from indexing.product_index import ProductIndex
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.labelled import LabelledPairs
    from reranking.signals.feature import Feature

KS = (1, 10, 50)


@dataclass(frozen=True)
class _Asked:
    """It says what to measure: the split reported, bootstrap draws, smaller models too, the seeds of training, where
    the sets' cross-encoders are, and whether pairs that the encoder was trained on are left out; with `rivals` and
    learned `words` or not; and whether on new products too (`unseen`)."""

    split: str
    rounds: int
    ablate: bool
    seeds: tuple[int, ...]
    cross: Path | None = None
    leave_out_seen: bool = False
    rivals: bool = True
    words: bool = True
    unseen: bool = False

    def options(self, name: str, seed: int) -> "TrainOptions":
        """Return the options by which a model of the set `name` is trained."""
        from reranking.model.train_options import TrainOptions

        cross = "" if self.cross is None else str(self.cross / name)
        left_out, rivals, words = self.leave_out_seen, self.rivals, self.words
        return TrainOptions(seed=seed, cross=cross, leave_out_seen=left_out, rivals=rivals, words=words)


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--split", default="valid", show_default=True, type=click.Choice(["valid", "test"]))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--rounds", default=200, show_default=True, help="Bootstrap draws.")
@click.option("--ablate/--no-ablate", default=True, show_default=True, help="Also train on ranks and cosines alone.")
@click.option("--seeds", default="0", show_default=True, help="Seeds of training, such as 0,1,2,3,4.")
@click.option("--text-encoder", default="lsa", show_default=True, metavar="SPEC", help="As of heroic build-index.")
@click.option("--image-encoder", default="auto", show_default=True, metavar="SPEC", help="As of heroic build-index.")
@click.option(
    "--cross", type=click.Path(path_type=Path), help="A folder with the cross-encoder of each set, by its name."
)
@click.option("--leave-out-seen", is_flag=True, help="Train on pairs whose products the encoder was not trained on.")
@click.option("--rivals/--no-rivals", default=True, show_default=True, help="As of heroic train.")
@click.option("--words/--no-words", default=True, show_default=True, help="As of heroic train.")
@click.option("--unseen", is_flag=True, help="Also split the pairs so that no product is on two sides.")
def command(
    data: tuple[Path, ...],
    split: str,
    work: Path | None,
    rounds: int,
    ablate: bool,
    seeds: str,
    text_encoder: str,
    image_encoder: str,
    cross: Path | None,
    leave_out_seen: bool,
    rivals: bool,
    words: bool,
    unseen: bool,
) -> None:
    """Measure the quality of the encoders on each folder of DATA."""
    asked = _Asked(split, rounds, ablate, seeds_of(seeds), cross, leave_out_seen, rivals, words, unseen)
    measured = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            click.echo(f"{folder.name}: building", err=True)
            wanted = ["train", "valid", split, *(SPLITS if unseen else ())]
            splits, place = tuple(dict.fromkeys(wanted)), (work or Path(scratch)) / folder.name
            opened = open_set(folder, place, splits, text_encoder=text_encoder, image_encoder=image_encoder)
            measured.append(_measure(opened, asked))
    click.echo(_tables(measured))
    if unseen:
        click.echo("\n" + table(measured, _figure))
    click.echo(json.dumps({row["set"]: row for row in measured}, ensure_ascii=False))


def _measure(opened: LabelledSet, asked: _Asked) -> dict[str, Any]:
    judged = opened.pairs[asked.split]
    row: dict[str, Any] = {"set": opened.name, "split": asked.split, "pairs": len(judged), "seeds": list(asked.seeds)}
    row["positives"] = int(judged.targets.sum())
    row["recall"] = _recall(opened.index, judged)
    runs = []
    for seed in asked.seeds:
        click.echo(f"{opened.name}: training, seed {seed}", err=True)
        runs.append(_reranked(opened, asked, seed))
    row |= _over_seeds(runs)
    if asked.unseen:
        split, options = split_set(opened), [asked.options(opened.name, seed) for seed in asked.seeds]
        new = measure_new(opened, split, asked.split, options, asked.rounds)
        row["unseen"] = described(split, asked.split) | _over_seeds(new)
    return row


def _over_seeds(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean every figure and bound; of several runs also give each one's figure and the standard deviation."""
    row: dict[str, Any] = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        if name.endswith("_interval"):
            known = [value for value in values if value is not None]
            row[name] = [statistics.fmean(side) for side in zip(*known, strict=True)] if known else None
            continue
        row[name] = statistics.fmean(values)
        if len(runs) > 1 and not name.startswith("cosine_"):
            row[f"{name}_spread"] = statistics.stdev(values)
            row[f"{name}_seeds"] = values
    return row


def _recall(index: "ProductIndex", pairs: "LabelledPairs") -> dict[str, dict[str, list[float]]]:
    """Measure recall@k per view: the mean over both directions, and of matches found in either direction."""
    import numpy as np

    from eval.findings.ceiling import recall_at
    from indexing.search.neighbours import rank_of

    matches = pairs.take(np.flatnonzero(pairs.targets == 1))
    found = {}
    for view in index.views:
        neighbours = index.neighbours(view)
        ranks = rank_of(neighbours, matches.left, matches.right), rank_of(neighbours, matches.right, matches.left)
        recall = recall_at(*ranks, ks=KS)
        found[view] = {"directed": [float(v) for v in recall.directed], "either": [float(v) for v in recall.either]}
    return found


def _cosine_scores(features: "Floats2d", columns: list[int]) -> "Floats1d":
    """Score as the baseline does: one view's cosine is the score, -1 where it is unknown."""
    import numpy as np

    return np.nan_to_num(features[:, columns[0]].astype(np.float32), nan=-1.0)


def _reranked(opened: LabelledSet, asked: _Asked, seed: int) -> dict[str, Any]:
    from sklearn.metrics import average_precision_score

    from eval.metrics.decisions import measure_decisions
    from eval.metrics.intervals import Draws, PairGroups, decision_intervals, weighted_interval
    from eval.metrics.precision_auc import weighted
    from reranking.pairs.evaluation_category import codes_of
    from reranking.pairs.product_groups import product_groups
    from reranking.signals.feature import columns_of
    from reranking.signals.signals import prepare_signals
    from reranking.training.train_reranker import train_reranker
    from reranking.training.training_pairs import evaluation_categories

    index, pairs, options = opened.index, opened.pairs, asked.options(opened.name, seed)
    judged = pairs[asked.split]
    model = train_reranker(index, pairs["train"], pairs["valid"], metric=weighted, options=options).reranker
    signals = prepare_signals(index, judged.products, learned=model.learned)
    features = signals.compute_all(judged.left, judged.right, stage="features")
    scores = model.score(features[:, columns_of(signals.names, model.feature_names)])
    codes, _ = codes_of(evaluation_categories(index, judged, model.mapping))
    groups = product_groups(judged.left, judged.right, judged.targets, len(index.catalog))
    of_pairs, draws = PairGroups(groups[judged.left], groups[judged.right]), Draws(rounds=asked.rounds, seed=seed)
    value = partial(weighted, targets=judged.targets, categories=codes)
    row: dict[str, Any] = {"weighted": value(scores)}
    row["average_precision"] = float(average_precision_score(judged.targets, scores))
    for view in index.views:
        row[f"cosine_{view}"] = value(_cosine_scores(features, columns_of(signals.names, [f"{view}_cosine"])))
    called: Bools1d = scores >= model.decisions.f1
    row["f1"] = measure_decisions(called, judged.targets).f1
    if asked.rounds:
        row["weighted_interval"] = _bounds(
            weighted_interval(scores, judged.targets, codes, of_pairs, draws, level=0.75)
        )
        row["f1_interval"] = _bounds(decision_intervals(called, judged.targets, of_pairs, draws).f1)
    if asked.ablate:
        chosen = _families(index, signals.features)
        row |= _ablated(index, pairs, options, chosen, features, value)
    return row


def _families(index: "ProductIndex", features: "Sequence[Feature]") -> dict[str, list[int]]:
    """Return the columns of the smaller models: ranks and cosines of all views, and of one each where there is a
    fused."""
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
    """Return `weighted` of models that see some columns only."""
    from eval.metrics.precision_auc import weighted
    from reranking.boosters.boosting import boost, predict
    from reranking.boosters.examples import Examples
    from reranking.pairs.evaluation_category import CategoryMapping, codes_of, evaluated_names
    from reranking.pairs.misleading_pairs import without_seen
    from reranking.signals.signals import prepare_signals
    from reranking.training.training_pairs import evaluation_categories

    own = without_seen(index, pairs["train"]) if options.leave_out_seen else pairs["train"]
    mapping = CategoryMapping.learn(evaluated_names(index.catalog, own.left), options.least_pairs)
    whole = []
    for part in (own, pairs["valid"]):
        seen = prepare_signals(index, part.products).compute_all(part.left, part.right, stage="features")
        whole.append((seen, Examples(seen, part.targets, codes_of(evaluation_categories(index, part, mapping))[0])))
    found = {}
    for name, columns in chosen.items():
        train, valid = (replace(part, features=seen[:, columns]) for seen, part in whole)
        members = boost(train, valid, weighted, options=options.boosting, seed=options.seed)
        found[name] = float(value(predict(members, features[:, columns])))
    return found


def _bounds(interval: Any) -> list[float] | None:
    return None if interval is None else [float(interval.low), float(interval.high)]


def _tables(rows: list[dict[str, Any]]) -> str:
    """Return Markdown: retrieval, then reranking."""
    lines = ["| set | view | recall@1 / 10 / 50, mean of both directions | in either direction |", "|---|---|---|---|"]
    for row in rows:
        for view, recall in row["recall"].items():
            cells = [" / ".join(f"{v:.3f}" for v in recall[kind]) for kind in ("directed", "either")]
            lines.append(f"| {row['set']} | {view} | {cells[0]} | {cells[1]} |")
    lines += [
        "",
        "| set | pairs (matches) | cosines alone | ranks + cosines | all features | average precision | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        alone = ", ".join(f"{n.removeprefix('cosine_')} {v:.3f}" for n, v in row.items() if n.startswith("cosine_"))
        smaller = [n for n in row if n.startswith("weighted_ranks") and not n.endswith(("_spread", "_seeds"))]
        ranks = ", ".join(
            f"{n.removeprefix('weighted_ranks').removeprefix('_') or 'all views'} {row[n]:.3f}" for n in smaller
        )
        figures = [_figure(row, name) for name in ("weighted", "average_precision", "f1")]
        lines.append(
            f"| {row['set']} | {row['pairs']:,} ({row['positives']:,}) | {alone} | {ranks} | {' | '.join(figures)} |"
        )
    return "\n".join(lines)


def _figure(row: dict[str, Any], name: str) -> str:
    """Write `**0.773** ± 0.004 (0.598 to 0.862)`: the mean, the spread over seeds and the interval, where there are."""
    spread, bounds = row.get(f"{name}_spread"), row.get(f"{name}_interval")
    told = f"**{row[name]:.3f}**" if name != "average_precision" else f"{row[name]:.3f}"
    told += "" if spread is None else f" ± {spread:.3f}"
    return told + (f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else "")


if __name__ == "__main__":
    command()
