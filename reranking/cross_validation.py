"""Cross-validation by product group: labelled pairs with their features, and whole groups dealt into folds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from indexing.progress import Progress, silent
from reranking.boosting import BoostingOptions, Examples, Metric, boost, predict
from reranking.category import CategoryMapping, codes_of, level_3
from reranking.groups import product_groups
from reranking.labelled import LabelledPairs
from reranking.signals import prepare_signals
from reranking.training import TrainOptions, evaluation_categories


@dataclass(frozen=True)
class CrossValidation:
    """Examples of pairs (p,) and the fold of each side's product group, from 0 to `count` - 1."""

    examples: Examples
    left_folds: Ints1d
    right_folds: Ints1d
    count: int

    def __post_init__(self) -> None:
        for number in range(self.count):
            for rows in (self.outside(number), self.judged(number)):
                if not 0 < self.examples.targets[rows].sum() < len(rows):
                    raise InputError(
                        f"{self.count} folds of whole product groups leave one without matches or without non-matches: "
                        "give pairs of more product groups"
                    )

    def judged(self, number: int) -> Ints1d:
        """The rows of a fold: a pair between two goes where its left product's group is."""
        return np.flatnonzero(self.left_folds == number)

    def outside(self, *numbers: int) -> Ints1d:
        """The rows that touch none of these folds."""
        touched = np.isin(self.left_folds, numbers) | np.isin(self.right_folds, numbers)
        return np.flatnonzero(~touched)

    def of(self, rows: Ints1d) -> Examples:
        """The examples of these rows."""
        examples = self.examples
        return Examples(examples.features[rows], examples.targets[rows], examples.categories[rows])

    def fold_metrics(self, metric: Metric, options: BoostingOptions, seed: int) -> Iterator[float]:
        """The metric on each fold of boosters trained on the others, and stopped on that fold."""
        for number in range(self.count):
            judged = self.of(self.judged(number))
            members = boost(self.of(self.outside(number)), judged, metric, options=options, seed=seed)
            yield float(metric(predict(members, judged.features), judged.targets, judged.categories))

    def scores_out_of_fold(
        self, metric: Metric, options: BoostingOptions, seed: int, progress: Progress = silent
    ) -> Floats1d:
        """The score (p,) of each pair by boosters that were neither trained nor stopped on its product group."""
        scores = np.empty(len(self.examples.targets), dtype=np.float32)
        progress("folds", 0, self.count)
        for number in range(self.count):
            following = (number + 1) % self.count
            train, stop = self.of(self.outside(number, following)), self.of(self.judged(following))
            rows = self.judged(number)
            scores[rows] = predict(boost(train, stop, metric, options=options, seed=seed), self.examples.features[rows])
            progress("folds", number + 1, self.count)
        return scores


def prepare_folds(
    index: ProductIndex, pairs: LabelledPairs, options: TrainOptions, *, count: int, progress: Progress = silent
) -> CrossValidation:
    """Compute the features of pairs and deal their product groups into `count` folds.

    Raises InputError when a fold would lack matches or non-matches.
    """
    mapping = CategoryMapping.learn(level_3(index.catalog, pairs.left), options.least_pairs)
    codes, _ = codes_of(evaluation_categories(index, pairs, mapping))
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog), by=options.group_by)
    left, right = groups[pairs.left], groups[pairs.right]
    folds = deal_groups(left, right, pairs.targets, codes, count=count, seed=options.seed)
    signals = prepare_signals(index, pairs.products, same_source=options.same_source)
    features = signals.compute_all(pairs.left, pairs.right, stage="features folds", progress=progress)
    return CrossValidation(Examples(features, pairs.targets, codes), folds[left], folds[right], count)


def deal_groups(left: Ints1d, right: Ints1d, targets: Floats1d, categories: Ints1d, *, count: int, seed: int) -> Ints1d:
    """The fold (groups,) of each product group that pairs (p,) touch: those of a category, with matches and without,
    are dealt in turn, the larger first, so that the folds are much alike."""
    n_groups = int(max(left.max(), right.max())) + 1
    sizes = np.bincount(left, minlength=n_groups) + np.bincount(right, minlength=n_groups)
    matched = np.bincount(left, weights=targets, minlength=n_groups) > 0
    category = np.full(n_groups, -1, dtype=np.int64)
    for side in (right, left):
        category[side[::-1]] = categories[::-1]
    shuffled = np.random.default_rng(seed).permutation(n_groups)
    order = shuffled[np.lexsort((-sizes[shuffled], category[shuffled], matched[shuffled]))]
    order = order[sizes[order] > 0]
    folds = np.zeros(n_groups, dtype=np.int64)
    folds[order] = np.arange(len(order)) % count
    return folds
