"""A curve says what a model is worth after so many labels, of a reviewer who is simulated.

`python -m scripts.benchmarks.labels curve DATA... --work WORK`: pairs of a set's training file are asked, by `heroic label`'s machinery, at
random, or where one booster is least certain; after so many labels a model is trained as `heroic train` does of a store, and scores
the test pairs, which nothing has seen. F1 is that of `match_f1`, whose threshold the model chose itself; its rows also have what the
thresholds of precision 0.75 `held`, with which `recall`, and the F1 that few labels expected.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.labelled_set import open_set, seeds_of

if TYPE_CHECKING:
    from indexing.arrays import Floats1d, Ints1d
    from indexing.product_index import ProductIndex
    from reranking.asking.pool import QuestionPool
    from reranking.pairs.labelled import LabelledPairs

LEVEL = 0.75
STRATEGIES = ("asked", "random", "uncertain")
BATCH, FIRST = 10, 30  # labels between two fits of `uncertain`; of which the first are drawn at random


@click.command(name="curve")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--labels", default="100,200,500", show_default=True, help="After how many labels a model is trained.")
@click.option("--seeds", default="0,1,2,3,4", show_default=True)
@click.option("--strategies", default=",".join(STRATEGIES), show_default=True)
@click.option("--errors", default=0.0, show_default=True, help="Share of wrong answers.")
@click.option(
    "--recheck",
    default=0,
    show_default=True,
    help="Labels that look wrong, answered once more, rightly, before training.",
)
@click.option("--split", default="test", show_default=True, help="Pairs that judge; choices are made on valid.")
@click.option("--all/--no-all", "whole", default=True, help="Train once with all labels of the training file too.")
def curve(
    data: tuple[Path, ...],
    work: Path | None,
    labels: str,
    seeds: str,
    strategies: str,
    errors: float,
    recheck: int,
    split: str,
    whole: bool,
) -> None:
    """Spend labels of the training pairs of each folder of DATA in several ways, and judge the models."""
    rows: list[dict[str, object]] = []
    counts = seeds_of(labels)
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            judged = _Judged.of(folder, (work or Path(scratch)) / folder.name, split)
            if whole:
                rows.append(_told(judged, "all", 0, None, judged.judge(judged.train, few=False)))
            for strategy in strategies.split(","):
                for seed in seeds_of(seeds):
                    asked = _spend(judged, strategy, seed, max(counts), errors, Path(scratch))
                    for count in counts:
                        spent = _recheck(judged, asked.take(slice(count)), asked.rows[:count], recheck, seed)
                        found = judged.judge(spent, few=True, seed=seed)
                        rows.append(_told(judged, strategy, seed, count, found, asked.answers[:count]))
                        click.echo(json.dumps(rows[-1]), err=True)
    click.echo("\n".join(_table(rows)))
    click.echo(json.dumps({"rows": rows}))


@dataclass(frozen=True)
class _Asked:
    """It holds rows (a,) of the training pairs in the order in which they were asked, and what was answered (a,)."""

    train: "LabelledPairs"
    rows: "Ints1d"
    answers: "Floats1d"

    def take(self, part: slice) -> "LabelledPairs":
        from reranking.pairs.labelled import LabelledPairs

        rows = self.rows[part]
        return LabelledPairs(self.train.left[rows], self.train.right[rows], self.answers[part])


@dataclass(frozen=True)
class _Judged:
    """It is a set whose models are judged on the pairs of one split, by the evaluation categories of all training pairs."""

    name: str
    index: "ProductIndex"
    pairs: "dict[str, LabelledPairs]"
    pool: "QuestionPool"
    split: str

    @classmethod
    def of(cls, folder: Path, work: Path, split: str) -> "_Judged":
        from reranking.asking.pool import pool_of

        opened = open_set(folder, work, ("train", "valid", "test"))
        train = opened.pairs["train"]
        return cls(folder.name, opened.index, opened.pairs, pool_of(opened.index, train.left, train.right), split)

    @property
    def train(self) -> "LabelledPairs":
        return self.pairs["train"]

    def judge(self, pairs: "LabelledPairs", *, few: bool, seed: int = 0) -> dict[str, float]:
        """Train on pairs, score those that judge, and return what the scores and the model's own threshold are worth."""
        from eval.metrics.decisions import measure_decisions
        from eval.metrics.precision_auc import weighted
        from reranking.model.pair_scorer import PairScorer
        from reranking.model.train_options import TrainOptions
        from reranking.pairs.evaluation_category import CategoryMapping, codes_of, evaluated_names
        from reranking.training.train_reranker import train_reranker

        options = TrainOptions(few_labels=few, seed=seed)
        valid = None if few else self.pairs["valid"]
        model = train_reranker(self.index, pairs, valid, metric=weighted, options=options).reranker
        judged = self.pairs[self.split]
        scorer = PairScorer.prepare(self.index, model, judged.products)
        scores = scorer.score(judged.left, judged.right)
        called = measure_decisions(scores >= scorer.thresholds(judged.left), judged.targets)
        mapping = CategoryMapping.learn(evaluated_names(self.index.catalog, self.train.left))
        codes, _ = codes_of(mapping.of(evaluated_names(self.index.catalog, judged.left)))
        return {
            "f1": measure_decisions(scores >= model.decisions.f1, judged.targets).f1 or 0.0,
            "weighted": weighted(scores, judged.targets, codes, LEVEL),
            "held": called.precision or 0.0,
            "recall": called.recall or 0.0,
            "expected_f1": model.report.few.expected_f1 if model.report.few else 0.0,
        }


def _recheck(judged: _Judged, pairs: "LabelledPairs", rows: "Ints1d", most: int, seed: int) -> "LabelledPairs":
    """Answer so many of the labels that look wrong most once more, as `heroic train --audit` lists them."""
    from dataclasses import replace

    from eval.metrics.precision_auc import weighted
    from reranking.model.train_options import TrainOptions
    from reranking.training.audit import audit_labels

    if not most:
        return pairs
    metric = partial(weighted, level=LEVEL)
    doubtful = audit_labels(judged.index, pairs, metric=metric, options=TrainOptions(few_labels=True, seed=seed))
    targets, again = pairs.targets.copy(), doubtful.rows[:most]
    targets[again] = judged.train.targets[rows[again]]
    return replace(pairs, targets=targets)


def _spend(judged: _Judged, strategy: str, seed: int, budget: int, errors: float, scratch: Path) -> _Asked:
    """Ask so many of the training pairs in one way; some answers are wrong."""
    import numpy as np

    generator = np.random.default_rng([seed, 1])
    targets = judged.train.targets
    answers = np.where(generator.random(len(targets)) < errors, 1 - targets, targets)
    if strategy == "asked":
        rows = _by_session(judged, answers, seed, budget, scratch)
    elif strategy == "random":
        rows = generator.permutation(len(targets))[:budget]
    else:
        rows = _by_uncertainty(judged.pool, answers, seed, budget)
    return _Asked(judged.train, rows, answers[rows])


def _by_session(judged: _Judged, answers: "Floats1d", seed: int, budget: int, scratch: Path) -> "Ints1d":
    """Answer a session of `heroic label` until the budget is spent."""
    import numpy as np

    from reranking.asking.pool_rows import PoolRows
    from reranking.asking.session import LearningOptions, LearningSession
    from reranking.labels.label import PairVerdict
    from reranking.labels.store import open_store

    rows, found = PoolRows(judged.index.catalog, judged.pool), []
    with (
        tempfile.TemporaryDirectory(dir=scratch) as folder,
        open_store(Path(folder) / "labels.db", create=True) as store,
    ):
        options = LearningOptions("simulated", budget, seed=seed)
        session = LearningSession(judged.index, judged.pool, store, options)
        while (pair := session.next_pair()) is not None:
            row = int(rows.of_positions(np.array([pair.left_position]), np.array([pair.right_position]))[0])
            found.append(row)
            session.answer(pair, PairVerdict.MATCH if answers[row] else PairVerdict.NO_MATCH)
            session.wait()
    return np.array(found, dtype=np.int64)


def _by_uncertainty(pool: "QuestionPool", answers: "Floats1d", seed: int, budget: int) -> "Ints1d":
    """Ask FIRST pairs at random, more while they are of one kind, then batches of those whose score is nearest to one half."""
    import numpy as np

    from reranking.asking.committee import ask_committee

    order = np.random.default_rng([seed, 2]).permutation(len(pool))
    rows = order[:FIRST]
    while len(rows) < budget:
        left = order[~np.isin(order, rows)]
        if 0 < answers[rows].sum() < len(rows):
            opinion = ask_committee(pool.features, pool.directions, rows, answers[rows], seed=seed)
            left = left[np.argsort(np.abs(opinion.scores[left] - 0.5), kind="stable")]
        rows = np.concatenate([rows, left[:BATCH]])
    return rows[:budget]


def _told(
    judged: _Judged,
    strategy: str,
    seed: int,
    count: int | None,
    found: dict[str, float],
    answers: "Floats1d | None" = None,
) -> dict[str, object]:
    row: dict[str, object] = {"set": judged.name, "strategy": strategy, "seed": seed, "labels": count, **found}
    if answers is not None:
        row |= {"matches": int(answers.sum()), "first_matches": int(answers[:FIRST].sum())}
    return row


def _table(rows: list[dict[str, object]]) -> Iterator[str]:
    """Write one line a set, way and number of labels: means over seeds, spreads, and the share of what all labels give."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    yield "| set | labels | asked | F1 | of all | `weighted` | of all | matches, of the first 30 at least |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, of_set in frame.groupby("set", sort=False):
        every = of_set[of_set.strategy == "all"]
        for _, row in every.iterrows():
            yield f"| {name} | all | | {row.f1:.3f} | | {row.weighted:.3f} | | |"
        for (count, strategy), part in of_set[of_set.strategy != "all"].groupby(["labels", "strategy"], sort=False):
            cells = []
            for measure in ("f1", "weighted"):
                mean, spread = part[measure].mean(), part[measure].std(ddof=0)
                cells.append(f"{mean:.3f} ± {spread:.3f}")
                cells.append(f"{mean / every[measure].iloc[0]:.3f}" if len(every) else "")
            found = f"{part.matches.mean():.0f}, {part.first_matches.min():.0f}"
            yield f"| {name} | {count:.0f} | {strategy} | {' | '.join(cells)} | {found} |"
