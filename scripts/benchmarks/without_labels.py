"""`python -m scripts.benchmarks.labels unsupervised DATA... --work WORK` measures what models are worth that saw no label.

For each set and seed a model is trained as `heroic train --unsupervised` does, and the test pairs are judged: F1, precision and recall
at the thresholds that the model chose without a label, of the best expected F1 and of the precision asked, and `weighted`. With `--whole`
the F1 of a model of all training pairs stands beside it. Figures are means over the seeds, with their standard deviation;
a set that is refused has none.
"""

import json
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.labelled_set import LabelledSet, open_set, seeds_of

if TYPE_CHECKING:
    from reranking.model.reranker import XgboostReranker
    from reranking.model.train_options import TrainOptions

LEVEL = 0.75
SPLITS = ("train", "valid", "test")


@click.command(name="unsupervised")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--seeds", default="0", show_default=True, help="Seeds of training, such as 0,1,2,3,4.")
@click.option("--split", default="test", show_default=True, type=click.Choice(["valid", "test"]))
@click.option("--whole", is_flag=True, help="Also train on all training pairs.")
@click.option("--words/--no-words", default=False, show_default=True, help="As of heroic train.")
@click.option("--rivals/--no-rivals", default=False, show_default=True, help="As of heroic train.")
def unsupervised(
    data: tuple[Path, ...], work: Path | None, seeds: str, split: str, whole: bool, words: bool, rivals: bool
) -> None:
    """Train on the index of each folder of DATA without labels, and judge its pairs of a split."""
    from indexing.errors import InputError
    from reranking.model.train_options import TrainOptions

    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            opened = open_set(folder, (work or Path(scratch)) / folder.name, SPLITS)
            runs = []
            for seed in seeds_of(seeds):
                click.echo(f"{folder.name}: seed {seed}", err=True)
                options = TrainOptions(seed=seed, target_precision=LEVEL, words=words, rivals=rivals)
                try:
                    runs.append(_run(opened, options, split, whole=whole))
                except InputError as error:
                    click.echo(f"refused: {error}", err=True)
                    break
            else:
                rows.append({"set": folder.name, "split": split, "seeds": seeds, **_over(runs)})
    click.echo(_table(rows))
    click.echo(json.dumps({"rows": rows}))


def _run(opened: LabelledSet, options: "TrainOptions", split: str, *, whole: bool) -> dict[str, float]:
    from dataclasses import replace

    from reranking.training.scarce_labels.unsupervised import robust_boosting, train_unsupervised

    weak = replace(options, boosting=robust_boosting())
    found = _judge(opened, train_unsupervised(opened.index, options=weak).reranker, split)
    if whole:
        found["f1_whole"] = _judge(opened, _supervised(opened, options), split)["f1"]
        found["share"] = found["f1"] / found["f1_whole"]
    return found


def _supervised(opened: LabelledSet, options: "TrainOptions") -> "XgboostReranker":
    from dataclasses import replace
    from functools import partial

    from eval.metrics.precision_auc import weighted
    from reranking.training.train_reranker import train_reranker

    usual, metric = replace(options, words=True, rivals=True), partial(weighted, level=LEVEL)
    return train_reranker(
        opened.index, opened.pairs["train"], opened.pairs["valid"], metric=metric, options=usual
    ).reranker


def _judge(opened: LabelledSet, model: "XgboostReranker", split: str) -> dict[str, float]:
    """Measure a model on the pairs of a split, whose evaluation categories are learned from the training pairs."""
    from eval.metrics.decisions import measure_decisions
    from eval.metrics.precision_auc import weighted
    from reranking.model.pair_scorer import PairScorer
    from reranking.pairs.evaluation_category import CategoryMapping, codes_of, evaluated_names
    from reranking.training.training_pairs import evaluation_categories

    pairs, trained = opened.pairs[split], opened.pairs["train"]
    scorer = PairScorer.prepare(opened.index, model, pairs.products)
    scores = scorer.score(pairs.left, pairs.right)
    mapping = CategoryMapping.learn(evaluated_names(opened.index.catalog, trained.left))
    codes, _ = codes_of(evaluation_categories(opened.index, pairs, mapping))
    best = measure_decisions(scores >= model.decisions.f1, pairs.targets)
    held = measure_decisions(scores >= scorer.thresholds(pairs.left), pairs.targets)
    found = {"f1": best.f1, "precision": best.precision, "recall": best.recall}
    found |= {"match_precision": held.precision, "match_recall": held.recall, "match_f1": held.f1}
    figures = {name: float("nan") if value is None else float(value) for name, value in found.items()}
    return {**figures, "weighted": float(weighted(scores, pairs.targets, codes, LEVEL))}


def _over(runs: list[dict[str, float]]) -> dict[str, object]:
    """Mean every figure over the seeds; of several also give the standard deviation and each one's."""
    row: dict[str, object] = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        row[name] = statistics.fmean(values)
        if len(runs) > 1:
            row[f"{name}_spread"], row[f"{name}_seeds"] = statistics.stdev(values), values
    return row


def _table(rows: list[dict[str, object]]) -> str:
    """Write one line a set."""
    names = ("f1", "precision", "recall", "weighted", "match_precision", "match_recall", "share")
    lines = [
        f"| set | F1 | precision | recall | `weighted` | precision where {LEVEL} is asked | its recall | share of the F1 of all labels |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {row['set']} | {' | '.join(_figure(row, name) for name in names)} |" for row in rows]
    return "\n".join(lines)


def _figure(row: dict[str, object], name: str) -> str:
    if name not in row:
        return ""
    spread = row.get(f"{name}_spread")
    return f"{row[name]:.3f}" + ("" if spread is None else f" ± {spread:.3f}")
