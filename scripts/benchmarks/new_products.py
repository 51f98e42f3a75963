"""A set is measured on new products: its pairs are split anew, no product on two sides, and non-matches weigh so that matches are as
frequent as in the whole set."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.labelled_set import SPLITS, LabelledSet

if TYPE_CHECKING:
    from indexing.arrays import Floats1d, Ints1d
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.labelled import LabelledPairs
    from scripts.benchmarks.unseen_split import UnseenSplit

FIGURES = ("weighted", "average_precision", "f1")


def split_set(opened: LabelledSet) -> "UnseenSplit":
    """Split the pairs of an opened set, by the categories of their left products."""
    import pyarrow.compute as pc

    from reranking.pairs.evaluation_category import codes_of
    from reranking.pairs.labelled import join_labelled
    from scripts.benchmarks.unseen_split import UnseenSplit

    left = join_labelled([opened.pairs[name] for name in SPLITS]).left
    names = opened.index.catalog.category().take(left)
    return UnseenSplit.of(opened.pairs, codes_of(pc.fill_null(names, ""))[0])


def measure_new(
    opened: LabelledSet, unseen: "UnseenSplit", split: str, options: "Sequence[TrainOptions]", rounds: int
) -> list[dict[str, Any]]:
    """Train by each of the `options` on the new split, and return the figures of its pairs of `split`."""
    runs = []
    for one in options:
        click.echo(f"{opened.name}: new products, seed {one.seed}", err=True)
        runs.append(_trained(opened, unseen, split, replace(one, judge_by="validation"), rounds))
    return runs


def _trained(
    opened: LabelledSet, unseen: "UnseenSplit", split: str, options: "TrainOptions", rounds: int
) -> dict[str, Any]:
    import numpy as np
    from sklearn.metrics import average_precision_score

    from eval.metrics.decisions import measure_decisions
    from eval.metrics.intervals import Draws, PairGroups, bootstrap
    from eval.metrics.precision_auc import weighted
    from reranking.decisions.thresholds import f1_threshold
    from reranking.pairs.product_groups import product_groups
    from reranking.training.train_reranker import train_reranker

    def metric(scores: "Floats1d", targets: "Floats1d", categories: "Ints1d") -> float:
        return weighted(scores, targets, categories, weights=unseen.weights(targets) if unseen.away else None)

    index, train, valid = opened.index, unseen.pairs["train"], unseen.pairs["valid"]
    model = train_reranker(index, train, valid, metric=metric, options=options).reranker
    (scores, judged, codes), (stopped, known, _) = (
        _scored(opened, model, unseen.pairs[name]) for name in (split, "valid")
    )
    threshold = f1_threshold(stopped, known.targets, unseen.weights(known.targets))
    own, targets = unseen.weights(judged.targets), judged.targets

    def figures(drawn: "Floats1d") -> "Floats1d":
        weights = own * drawn
        area = weighted(scores, targets, codes, weights=weights)
        return np.array([area, measure_decisions(scores >= threshold, targets, weights=weights).f1])

    value = partial(average_precision_score, targets, scores)
    area, f1 = figures(np.ones(len(own)))
    row: dict[str, Any] = {
        "weighted": float(area),
        "average_precision": float(value(sample_weight=own)),
        "f1": float(f1),
    }
    if rounds:
        groups = product_groups(judged.left, judged.right, targets, len(index.catalog))
        of_pairs = PairGroups(groups[judged.left], groups[judged.right])
        found = bootstrap(figures, np.array([area, f1]), of_pairs, Draws(rounds=rounds, seed=options.seed))
        for name, interval in zip(("weighted", "f1"), found, strict=True):
            row[f"{name}_interval"] = None if interval is None else [float(interval.low), float(interval.high)]
    return row


def _scored(opened: LabelledSet, model: Any, pairs: "LabelledPairs") -> "tuple[Floats1d, LabelledPairs, Ints1d]":
    """Return the scores (p,) of pairs by a model, the pairs, and the codes of their categories."""
    from reranking.model.pair_scorer import PairScorer
    from reranking.pairs.evaluation_category import codes_of
    from reranking.training.training_pairs import evaluation_categories

    scorer = PairScorer.prepare(opened.index, model, pairs.products)
    codes, _ = codes_of(evaluation_categories(opened.index, pairs, model.mapping))
    return scorer.score(pairs.left, pairs.right), pairs, codes


def described(unseen: "UnseenSplit", split: str) -> dict[str, Any]:
    """Return what is to know of a new split: its pairs, how many fell away, and the weight of a non-match."""
    targets = unseen.pairs[split].targets
    return {
        "pairs": len(targets),
        "positives": int(targets.sum()),
        "away": unseen.away,
        "weight": float(unseen.weights(targets)[targets == 0].mean()),
    }


def table(rows: Sequence[dict[str, Any]], figure: Any) -> str:
    """Return Markdown of seen and unseen figures side by side, each written by `figure(row, name)`."""
    head = " | ".join(f"{name.replace('_', ' ')}, seen | unseen" for name in FIGURES)
    lines = [f"| set | pairs (matches) on new products | fallen away | {head} |", "|---" * 9 + "|"]
    for row in rows:
        new = row["unseen"]
        cells = " | ".join(f"{figure(row, name)} | {figure(new, name)}" for name in FIGURES)
        lines.append(f"| {row['set']} | {new['pairs']:,} ({new['positives']:,}) | {new['away']:,} | {cells} |")
    return "\n".join(lines)
