"""Ablation says what each family of features is worth, on folders of products and pairs:
`python -m scripts.benchmarks.ablation DATA...`.

For each set and family: a model of all features, of all but the family's, and of the family's alone. `weighted` and
average precision on each of `--splits`, means over `--seeds`. The first look at rivals is trained anew without what is
left out, so that nothing of it comes back through the rivals. Ranks are one family over all views. Trained on train,
stopped on valid. Prints a markdown table and, last, one JSON object.
"""

import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.labelled_set import LabelledSet, open_set, seeds_of

if TYPE_CHECKING:
    from indexing.arrays import Floats2d, Ints1d
    from reranking.boosters.examples import Examples
    from reranking.signals.feature import Feature
    from reranking.signals.signals import Signals

RIVALS = "rivals"


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--splits", default="valid,test", show_default=True, help="The splits reported.")
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--seeds", default="0", show_default=True, help="Seeds of training, such as 0,1,2.")
@click.option("--alone/--no-alone", default=True, show_default=True, help="Also train on each family alone.")
def command(data: tuple[Path, ...], splits: str, work: Path | None, seeds: str, alone: bool) -> None:
    """Measure what each family of features is worth on each folder of DATA."""
    reported = tuple(splits.split(","))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            click.echo(f"{folder.name}: building", err=True)
            wanted = tuple(dict.fromkeys(["train", "valid", *reported]))
            opened = open_set(folder, (work or Path(scratch)) / folder.name, wanted)
            rows += _measure(opened, reported, seeds_of(seeds), alone)
    click.echo(_table(rows, reported))
    click.echo(json.dumps(rows, ensure_ascii=False))


@dataclass(frozen=True)
class _Sides:
    """It holds the computed features of the pairs of each split and of the rivals, and says what they are.

    `examples` are the pairs with the same features, whose columns are chosen for each model.
    """

    opened: LabelledSet
    of_pairs: "dict[str, Floats2d]"
    examples: "dict[str, Examples]"
    rivals: Any  # RivalPairs
    of_rivals: "Floats2d"
    signals: "Signals"
    stacking: Any  # Stacking, None where matches are too few

    @property
    def features(self) -> "tuple[Feature, ...]":
        """Return what the columns are."""
        return self.signals.features


def _measure(opened: LabelledSet, reported: Sequence[str], seeds: Sequence[int], alone: bool) -> list[dict[str, Any]]:
    sides = _compute(opened)
    families = list(dict.fromkeys(_family(feature) for feature in sides.features))
    everything = [*families, RIVALS]
    chosen = {("all", "all"): everything}
    chosen |= {("without", name): [other for other in everything if other != name] for name in everything}
    if alone:
        chosen |= {("alone", name): [name] for name in families}
    rows = []
    for (kind, name), kept in chosen.items():
        click.echo(f"{opened.name}: {kind} {name}", err=True)
        runs = [_train(sides, kept, reported, seed) for seed in seeds]
        figures = {figure: statistics.fmean(run[figure] for run in runs) for figure in runs[0]}
        rows.append({"set": opened.name, "kind": kind, "family": name, **figures})
    return rows


def _family(feature: "Feature") -> str:
    return "ranks" if feature.family.endswith(" ranks") else feature.family


def _compute(opened: LabelledSet) -> _Sides:
    """Compute all features but those of rivals, once."""
    import numpy as np

    from reranking.boosters.examples import Examples
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.evaluation_category import LEAST_PAIRS, CategoryMapping, codes_of, evaluated_names
    from reranking.signals.learned.rival_lists import RivalPairs
    from reranking.signals.learned.stacking import Stacking
    from reranking.training.examples import prepare_training_signals
    from reranking.training.training_pairs import evaluation_categories

    index, pairs = opened.index, opened.pairs
    mapping = CategoryMapping.learn(evaluated_names(index.catalog, pairs["train"].left), LEAST_PAIRS)
    products = np.unique(np.concatenate([part.products for part in pairs.values()]))
    rivals = RivalPairs.of(index, products, index.views, index.k)
    signals = prepare_training_signals(index, pairs["train"], rivals.mentioned, TrainOptions(rivals=False))
    features, examples = {}, {}
    for name, part in pairs.items():
        codes = codes_of(evaluation_categories(index, part, mapping))[0]
        seen = signals.of_training_pairs(name == "train")
        features[name] = seen.compute_all(part.left, part.right, stage=name)
        examples[name] = Examples(features[name], part.targets, codes)
    of_rivals = signals.compute_all(rivals.left, rivals.right, stage=RIVALS)
    stacking = Stacking.of(pairs["train"], len(index.catalog), seed=0)
    return _Sides(opened, features, examples, rivals, of_rivals, signals, stacking)


def _train(sides: _Sides, kept: Sequence[str], reported: Sequence[str], seed: int) -> dict[str, float]:
    """Return the figures of a model that sees these families."""
    from dataclasses import replace

    import numpy as np
    from sklearn.metrics import average_precision_score

    from eval.metrics.precision_auc import weighted
    from reranking.boosters.boosting import BoostingOptions, boost, predict

    columns = np.array([n for n, feature in enumerate(sides.features) if _family(feature) in kept], dtype=np.int64)
    seen = {name: np.ascontiguousarray(part[:, columns]) for name, part in sides.of_pairs.items()}
    if RIVALS in kept and sides.stacking is not None:
        seen = _with_rivals(sides, columns, seen, seed)
    examples = {name: replace(part, features=seen[name]) for name, part in sides.examples.items()}
    members = boost(examples["train"], examples["valid"], weighted, options=BoostingOptions(), seed=seed)
    figures = {}
    for name in reported:
        scores, part = predict(members, examples[name].features), examples[name]
        figures[f"weighted_{name}"] = float(weighted(scores, part.targets, part.categories))
        figures[f"average_precision_{name}"] = float(average_precision_score(part.targets, scores))
    return figures


def _with_rivals(sides: _Sides, columns: "Ints1d", seen: "dict[str, Floats2d]", seed: int) -> "dict[str, Floats2d]":
    """Return the features with those of rivals, by a first look that sees these columns alone."""
    import numpy as np

    from reranking.boosters.boosting import BoostingOptions
    from reranking.signals.learned.rival_lists import RivalLists
    from reranking.signals.learned.rivals import RivalSignals, log_odds, train_first_look

    index, pairs, rivals = sides.opened.index, sides.opened.pairs, sides.rivals
    names = tuple(sides.features[column].name for column in columns)
    look = train_first_look(seen["train"], names, sides.stacking, options=BoostingOptions(), seed=seed)
    lists = []
    for number, member in enumerate(look.members):
        of_rivals = sides.of_rivals.copy()
        sides.signals.read_words_by(number, of_rivals, rivals.left, rivals.right)
        lists.append(RivalLists.of(rivals, log_odds(member, np.ascontiguousarray(of_rivals[:, columns]))))
    found = {}
    for name, part in pairs.items():
        judge = RivalSignals(look, tuple(lists), index.catalog.sources(), out_of_fold=name == "train")
        first, second = np.minimum(part.left, part.right), np.maximum(part.left, part.right)
        found[name] = np.hstack([seen[name], judge.compute(first, second, seen[name])])
    return found


def _table(rows: Sequence[dict[str, Any]], reported: Sequence[str]) -> str:
    """Return Markdown, one row a set and family: with all, without it, it alone; average precision in brackets."""
    lines = []
    for split in reported:
        lines += [
            f"`weighted` on {split} (average precision)",
            "",
            "| set | family | without it | it alone |",
            "|---|---|---|---|",
        ]
        for row in rows:
            if row["kind"] == "alone":
                continue
            found = [
                one for one in rows if (one["set"], one["family"], one["kind"]) == (row["set"], row["family"], "alone")
            ]
            told = [_figures(one, split) for one in (row, *found)]
            name = "**all**" if row["kind"] == "all" else row["family"]
            lines.append(f"| {row['set']} | {name} | {told[0]} | {told[1] if found else ''} |")
        lines.append("")
    return "\n".join(lines)


def _figures(row: dict[str, Any], split: str) -> str:
    return f"{row[f'weighted_{split}']:.3f} ({row[f'average_precision_{split}']:.3f})"


if __name__ == "__main__":
    command()
