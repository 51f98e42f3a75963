"""Whole groups of labelled pairs go to an encoder to learn from, to its judgement, and to the reranker."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Ints1d, Ints2d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from reranking.encoder_training.match_batches import Matches, mine_hard_negatives
from reranking.encoder_training.validation_matches import ValidationMatches
from reranking.pairs.evaluation_category import CategoryMapping, codes_of, evaluated_names
from reranking.pairs.hold_out import hold_out
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups

TOO_FEW = "too few matches: none are left to learn from, or to judge by: give more, or hold out less"


@dataclass(frozen=True)
class EncoderPairs:
    """It holds the `train` and `valid` pairs; `held` of the training pairs whose products the encoder does not see;
    and the product group (n,) of every product, tied by all the training pairs."""

    train: LabelledPairs
    valid: LabelledPairs
    held: LabelledPairs
    groups: Ints1d

    def seen(self, products: int) -> Bools1d:
        """Return which products (n,) the encoder learns from, as matches or as what they are told from."""
        seen = np.zeros(products, dtype=bool)
        seen[self.train.products] = True
        return seen


def split_for_encoder(
    catalog: Catalog,
    pairs: LabelledPairs,
    valid: LabelledPairs | None,
    *,
    hold_out_share: float,
    valid_share: float,
    seed: int,
) -> EncoderPairs:
    """Hold out a share of the product groups for the reranker, then, without `valid`, a share of the rest to judge by.

    Raises InputError when no matches are left to learn from.
    """
    if not 0 <= hold_out_share < 1:
        raise InputError(f"--hold-out-share {hold_out_share}: give a number from 0 to below 1")
    groups = product_groups(pairs.left, pairs.right, pairs.targets, len(catalog))
    train, held = _cut(catalog, pairs, groups, hold_out_share, seed) if hold_out_share else (pairs, pairs.take(_NONE))
    if valid is None:
        train, valid = _cut(catalog, train, groups, valid_share, seed + 1)
    if not train.targets.any() or not valid.targets.any():
        raise InputError(TOO_FEW)
    return EncoderPairs(train, valid, held, groups)


def training_matches(index: ProductIndex, split: EncoderPairs, *, hard: int) -> Matches:
    """Return the matches to learn from, with the hard negatives of each product: known non-matches, then neighbours."""
    pairs, matched = split.train, split.train.targets == 1
    views = [view for view in ("lexical", "text") if view in index.views]
    negatives: Ints2d = mine_hard_negatives(
        [np.asarray(index.neighbours(view).positions) for view in views],
        split.groups,
        split.seen(len(index.catalog)),
        known=(pairs.left[~matched], pairs.right[~matched]),
        count=hard,
    )
    return Matches(pairs.left[matched], pairs.right[matched], split.groups, negatives)


def validation_matches(
    catalog: Catalog, valid: LabelledPairs, *, products: int, across_sources: bool, seed: int
) -> ValidationMatches:
    """Return the validation pairs' matches among their products; above `products`, about so many in whole groups."""
    groups = product_groups(valid.left, valid.right, valid.targets, len(catalog))
    of_products = groups[valid.products]
    numbers, sizes = np.unique(of_products, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(numbers))
    kept = numbers[shuffled[np.cumsum(sizes[shuffled]) <= max(products, int(sizes.max()))]]
    searched = valid.products[np.isin(of_products, kept)]
    judged = valid.take(np.flatnonzero((valid.targets == 1) & np.isin(groups[valid.left], kept)))
    sides = np.searchsorted(searched, judged.left), np.searchsorted(searched, judged.right)
    return ValidationMatches(searched, *sides, catalog.sources()[searched] if across_sources else None)


_NONE = np.zeros(0, dtype=np.int64)


def _cut(
    catalog: Catalog, pairs: LabelledPairs, groups: Ints1d, share: float, seed: int
) -> tuple[LabelledPairs, LabelledPairs]:
    if not pairs.targets.any():
        raise InputError(TOO_FEW)
    categories = evaluated_names(catalog, pairs.left)
    codes, _ = codes_of(CategoryMapping.learn(categories).of(categories))
    found = hold_out(groups[pairs.left], groups[pairs.right], pairs.targets, codes, share=share, seed=seed)
    return pairs.take(found.train), pairs.take(found.valid)
