"""Cross-validation by product group keeps labelled pairs with their features and the folds of their groups."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import BoostingOptions, Metric
from reranking.boosters.ensemble import train_ensemble
from reranking.boosters.examples import Examples
from reranking.model.train_options import TrainOptions
from reranking.pairs.evaluation_category import CategoryMapping, SideCodes, evaluated_names, side_codes
from reranking.pairs.folds import deal_alike
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.misleading_pairs import unseen_rows
from reranking.pairs.product_groups import product_groups
from reranking.signals.feature import Feature
from reranking.signals.learned.cross_folds import open_cross
from reranking.signals.signals import prepare_signals
from reranking.signals.stacked import Learned
from reranking.training.identifier_choice import choose_identifiers, compares_identifiers
from reranking.training.mining.add_pairs import add_pairs
from reranking.training.mining.one_sided_labels import complete
from reranking.training.training_pairs import categories_of_sides


@dataclass(frozen=True)
class CrossValidation:
    """It holds examples of pairs (p,) and the fold of each side's product group, from 0 to `count` - 1; the category
    of code c is names[c]. Pairs from row `given` on were added (reranking/training/mining/add_pairs.py): they are trained on,
    never judged. `kept` are the rows, among the pairs that the folds were prepared of, of those that come first."""

    examples: Examples
    left_folds: Ints1d
    right_folds: Ints1d
    count: int
    names: tuple[str, ...] = ()
    given: int | None = None
    kept: Ints1d = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        for number in range(self.count):
            for rows in (self.outside(number), self.judged(number)):
                if not 0 < self.examples.targets[rows].sum() < len(rows):
                    raise InputError(
                        f"{self.count} folds of whole product groups leave one without matches or without non-matches: "
                        "give pairs of more product groups"
                    )

    def judged(self, number: int) -> Ints1d:
        """Return the rows of a fold: a pair between two goes where its left product's group is."""
        return np.flatnonzero(self.left_folds[: self.given] == number)

    def outside(self, *numbers: int, added: bool = True) -> Ints1d:
        """Return the rows that touch none of these folds, with or without the added ones."""
        touched = np.isin(self.left_folds, numbers) | np.isin(self.right_folds, numbers)
        return np.flatnonzero(~touched if added else ~touched[: self.given])

    def of(self, rows: Ints1d) -> Examples:
        """Return the examples of these rows."""
        return self.examples.take(rows)

    def train(
        self, rows: Ints1d, stop: Examples, metric: Metric, options: BoostingOptions, seed: int
    ) -> Callable[[Examples], Floats1d]:
        """Train on rows, stopped by other examples; return a function that scores examples (p,)."""
        ensemble = train_ensemble(self.of(rows), stop, self.names, metric, options=options, seed=seed)

        def score(judged: Examples) -> Floats1d:
            right = judged.categories if judged.others is None else judged.others
            sides = SideCodes(judged.categories, right).named(self.names) if self.names else None
            return ensemble.score(np.asarray(judged.features), sides)

        return score

    def fold_metrics(self, metric: Metric, options: BoostingOptions, seed: int) -> Iterator[float]:
        """Yield the metric on each fold of boosters trained on the others, and stopped on that fold."""
        for number in range(self.count):
            yield self.fold_metric(number, metric, options, seed)

    def fold_metric(self, number: int, metric: Metric, options: BoostingOptions, seed: int) -> float:
        """Return the metric on one fold of boosters trained on the others, and stopped on that fold."""
        judged = self.of(self.judged(number))
        score = self.train(self.outside(number, added=options.added_rows), judged, metric, options, seed)
        return float(metric(score(judged), judged.targets, judged.categories))

    def scores_out_of_fold(
        self, metric: Metric, options: BoostingOptions, seed: int, progress: Progress = silent
    ) -> Floats1d:
        """Score (p,) each given pair by boosters that were neither trained nor stopped on its product group."""
        scores = np.empty(len(self.left_folds[: self.given]), dtype=np.float32)
        progress("folds", 0, self.count)
        for number in range(self.count):
            following = (number + 1) % self.count
            rows, stop = self.judged(number), self.of(self.judged(following))
            trained = self.outside(number, following, added=options.added_rows)
            scores[rows] = self.train(trained, stop, metric, options, seed)(self.of(rows))
            progress("folds", number + 1, self.count)
        return scores


@dataclass(frozen=True)
class DealtPairs:
    """It holds labelled `pairs` (p,) whose product groups are dealt into `count` folds, those from row `given` on added ones, with all
    that a CrossValidation of them needs but their features; `options` are as the pairs have it."""

    index: ProductIndex
    options: TrainOptions
    pairs: LabelledPairs
    weights: Floats1d | None
    codes: SideCodes
    names: tuple[str, ...]
    left_folds: Ints1d
    right_folds: Ints1d
    count: int
    given: int
    kept: Ints1d

    @classmethod
    def of(cls, index: ProductIndex, pairs: LabelledPairs, options: TrainOptions, *, count: int) -> "DealtPairs":
        """Deal the pairs; labels of one kind are completed first."""
        options, _ = choose_identifiers(index, pairs, options)
        rows = np.arange(len(pairs))
        if options.leave_out_seen:
            rows = unseen_rows(index, pairs)
            pairs = pairs.take(rows)
        groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog), by=options.group_by)
        completed = complete(index, pairs, options)
        pairs = completed.pairs
        mapping = CategoryMapping.learn(evaluated_names(index.catalog, pairs.left), options.least_pairs)
        added = add_pairs(index, pairs, completed.left_to_add(options.mining))
        codes, names = side_codes(categories_of_sides(index, added.pairs, mapping))
        left, right = groups[pairs.left], groups[pairs.right]
        dealt = deal_alike(left, right, pairs.targets, codes.left[: added.given], count=count, seed=options.seed)
        folds = dealt[groups[added.pairs.left]], dealt[groups[added.pairs.right]]
        return cls(
            index,
            options,
            added.pairs,
            added.weights(),
            codes,
            tuple(names),
            *folds,
            count,
            added.given,
            rows[completed.kept],
        )

    def with_features(self, features: Floats2d, declared: Sequence[Feature]) -> CrossValidation:
        """Return the folds of the pairs by these features (p, f)."""
        directions = tuple(feature.direction for feature in declared)
        codes = self.codes
        examples = Examples(features, self.pairs.targets, codes.left, self.weights, directions, codes.right)
        folds = self.left_folds, self.right_folds
        return CrossValidation(examples, *folds, self.count, self.names, self.given, self.kept)


def prepare_folds(
    index: ProductIndex, pairs: LabelledPairs, options: TrainOptions, *, count: int, progress: Progress = silent
) -> CrossValidation:
    """Compute the features of pairs, without what is learned from them, and deal their product groups into `count` folds; labels of one
    kind are completed first.

    Raises InputError when a fold would lack matches or non-matches.
    """
    dealt = DealtPairs.of(index, pairs, options, count=count)
    pairs, options = dealt.pairs, dealt.options
    signals = prepare_signals(
        index,
        pairs.products,
        same_source=options.same_source,
        identifiers=compares_identifiers(index, options),
        learned=Learned(cross=open_cross(Path(options.cross)) if options.cross else None),
        progress=progress,
    ).of_training_pairs(True)
    features = signals.compute_all(pairs.left, pairs.right, stage="features folds", progress=progress)
    return dealt.with_features(features, signals.features)
