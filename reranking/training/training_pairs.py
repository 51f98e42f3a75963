"""A training deals the labelled pairs to two sides, those to train on and those to validate by, with their
evaluation categories."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from indexing.arrays import Floats1d, Ints1d
from indexing.product_index import ProductIndex
from reranking.decisions.asked_precision import AskedPrecision
from reranking.model.train_options import MiningOptions, TrainOptions
from reranking.model.training_report import OneSidedLabels
from reranking.pairs.evaluation_category import (
    CategoryMapping,
    SideCategories,
    SideCodes,
    evaluated_names,
    side_categories,
    side_codes,
)
from reranking.pairs.hold_out import TrainingSides, hold_out_side
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.training.mining.add_pairs import AddedPairs, add_pairs
from reranking.training.mining.one_sided_labels import CompletedPairs, complete_both


@dataclass(frozen=True)
class TrainingPairs:
    """It holds the `given` pairs in `groups` product groups, dealt to two sides, and what was `added` to the training
    side.

    `one_sided` says how labels of one kind were completed, before they were dealt; validation pairs that were count by
    `weights` (p,). The category of a training or validation pair is names[c] for the code c of its left product; `asked` is the
    precision that is asked of each category.
    """

    given: LabelledPairs
    groups: int
    sides: TrainingSides
    added: AddedPairs
    train_codes: SideCodes
    valid_codes: SideCodes
    names: Sequence[str]
    mapping: CategoryMapping
    asked: AskedPrecision
    one_sided: tuple[OneSidedLabels, ...] = ()
    weights: Floats1d | None = None

    @classmethod
    def of(
        cls, index: ProductIndex, pairs: LabelledPairs, valid: LabelledPairs | None, options: TrainOptions
    ) -> "TrainingPairs":
        """Hold out whole product groups where no validation pairs are given, and add pairs where that is asked.

        Raises InputError for a side of one class only, and for a precision asked of a category that is none.
        """
        groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog), by=options.group_by)
        first, second = complete_both(index, pairs, valid, options)
        mapping = CategoryMapping.learn(evaluated_names(index.catalog, first.pairs.left), options.least_pairs)
        if second is None:
            categories = evaluation_categories(index, first.pairs, mapping)
            sides = hold_out_side(first.pairs, groups, categories, share=options.valid_share, seed=options.seed)
        else:
            sides = TrainingSides(first.pairs, second.pairs)
        mining = options.mining if options.boosting.added_rows else MiningOptions()
        added = add_pairs(index, sides.train, first.left_to_add(mining), held_out=sides.valid)
        learned, judged = (categories_of_sides(index, part, mapping) for part in (added.pairs, sides.valid))
        codes, names = side_codes(learned.followed_by(judged))
        asked = AskedPrecision(options.target_precision, options.target_precisions, options.assume)
        asked.refuse_unknown(names)
        of_pairs = np.unique(np.concatenate([groups[pairs.left], groups[pairs.right]]))
        codes_of_sides = codes.split(len(added.pairs))
        one_sided = _one_sided(first, second)
        weights = (second or first).weights_of(sides.valid.targets)
        return cls(pairs, len(of_pairs), sides, added, *codes_of_sides, names, mapping, asked, one_sided, weights)

    @classmethod
    def of_few(cls, index: ProductIndex, pairs: LabelledPairs, options: TrainOptions) -> "TrainingPairs":
        """Take all pairs to train on and to validate by, which then is done out of fold. Raises InputError as `of` does."""
        groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog), by=options.group_by)
        mapping = CategoryMapping.learn(evaluated_names(index.catalog, pairs.left), options.least_pairs)
        added = add_pairs(index, pairs, options.mining)
        codes, names = side_codes(categories_of_sides(index, added.pairs, mapping))
        asked = AskedPrecision(options.target_precision, options.target_precisions, options.assume)
        asked.refuse_unknown(names)
        sides, count = TrainingSides(pairs, pairs, left_out=0), len(np.unique(groups[pairs.products]))
        return cls(pairs, count, sides, added, codes, codes.split(len(pairs))[0], names, mapping, asked)

    @property
    def train(self) -> LabelledPairs:
        """Return the pairs to train on, the added ones last."""
        return self.added.pairs

    @property
    def valid(self) -> LabelledPairs:
        """Return the pairs to validate by."""
        return self.sides.valid

    @property
    def products(self) -> Ints1d:
        """Return the sorted positions of the products of both sides."""
        return np.union1d(self.train.products, self.valid.products)

    def outside(self, folds: Ints1d, number: int) -> "TrainingPairs":
        """Return the same with those pairs alone of which neither product is in a fold, that of each product being folds (n,).

        Raises InputError where a side is left without matches or without non-matches.
        """
        rows, judged = (
            np.flatnonzero((folds[pairs.left] != number) & (folds[pairs.right] != number))
            for pairs in (self.train, self.valid)
        )
        given = int(np.searchsorted(rows, self.added.given))
        sides = replace(self.sides, train=self.train.take(rows[:given]), valid=self.valid.take(judged))
        return replace(
            self,
            sides=sides,
            added=replace(self.added, pairs=self.train.take(rows), given=given),
            train_codes=self.train_codes.take(rows),
            valid_codes=self.valid_codes.take(judged),
            weights=None if self.weights is None else self.weights[judged],
        )


def _one_sided(pairs: CompletedPairs, valid: CompletedPairs | None) -> tuple[OneSidedLabels, ...]:
    """Return how labels of one kind were completed, of which file, and whether validation pairs are of these."""
    found = () if pairs.labels is None else (replace(pairs.labels, weighs=valid is None),)
    return found if valid is None or valid.labels is None else (*found, replace(valid.labels, file="--valid"))


def evaluation_categories(index: ProductIndex, pairs: LabelledPairs, mapping: CategoryMapping) -> pa.Array:
    """Return the evaluation category (p,) of each pair: the file's own where it names one, else its left product's."""
    return categories_of_sides(index, pairs, mapping).left


def categories_of_sides(index: ProductIndex, pairs: LabelledPairs, mapping: CategoryMapping) -> SideCategories:
    """Return the evaluation categories of both products of each pair; where the file names one, it is that of both."""
    return side_categories(index.catalog, pairs.left, pairs.right, mapping, pairs.categories)
