"""Labelled pairs are split anew, so that no product is on two sides: what is learned of products is judged on new ones.

Products are the same that labelled matches of any split tie together. Published splits share no pair but most products: a test
pair's product stands in training as somebody else's non-match, or as the match of a third offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from reranking.pairs.folds import deal_alike
from reranking.pairs.labelled import LabelledPairs, join_labelled
from reranking.pairs.product_groups import product_groups
from scripts.benchmarks.labelled_set import SPLITS

FOLDS = {"train": (0, 1, 2), "valid": (3,), "test": (4,)}  # fifths of the groups, alike in categories and matches


@dataclass(frozen=True)
class UnseenSplit:
    """It holds the `pairs` by the name of their split, no product group in two of them, and how many fell `away`: non-matches
    between two splits. Where the given splits already share no group they are as given, and nothing falls away.

    `share` is the share of matches among all pairs, which is that of a split when its pairs weigh by `weights`.
    """

    pairs: Mapping[str, LabelledPairs]
    away: int
    share: float

    @classmethod
    def of(cls, given: Mapping[str, LabelledPairs], categories: Ints1d) -> "UnseenSplit":
        """Deal the pairs of all splits, whose category codes (p,) these are, in the order of SPLITS."""
        pairs = join_labelled([given[name] for name in SPLITS])
        count = int(pairs.products.max()) + 1
        groups = product_groups(pairs.left, pairs.right, pairs.targets, count)
        left, right, share = groups[pairs.left], groups[pairs.right], float(pairs.targets.mean())
        if _apart([groups[given[name].products] for name in SPLITS]):
            return cls(given, 0, share)
        folds = deal_alike(left, right, pairs.targets, categories, count=5, seed=0)
        rows = {
            name: np.flatnonzero(np.isin(folds[left], own) & np.isin(folds[right], own)) for name, own in FOLDS.items()
        }
        dealt = {name: pairs.take(own) for name, own in rows.items()}
        return cls(dealt, len(pairs) - sum(map(len, dealt.values())), share)

    def weights(self, targets: Floats1d) -> Floats1d:
        """Return weights (p,) of a split's pairs, 1 of matches, with which the share of matches is that among all pairs.

        Only non-matches fall away, so that without weights a split would be easier than what it was made of. Where none did, all
        weigh 1.
        """
        if not self.away:
            return np.ones(len(targets))
        others = (targets == 0).sum()
        weight = targets.sum() * (1 - self.share) / self.share / max(others, 1)
        return np.where(targets == 1, 1.0, weight)


def _apart(groups: list[Ints1d]) -> bool:
    """Say whether no group is in two splits."""
    distinct = [np.unique(own) for own in groups]
    return len(np.unique(np.concatenate(distinct))) == sum(map(len, distinct))
