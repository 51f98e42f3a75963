"""Known products are those with a labelled match; their groups say what else they cannot match."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from indexing.arrays import Bools1d, Ints1d
from indexing.product_index import ProductIndex
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.training.mining.look_alikes import share_marks


@dataclass(frozen=True)
class KnownProducts:
    """It holds the group of each product (n,) that labelled matches tie together, whether it is `known`, having such a
    match, and its source as a code, -1 where it has none."""

    groups: Ints1d
    known: Bools1d
    sources: Ints1d

    @classmethod
    def of(cls, index: ProductIndex, pairs: LabelledPairs) -> "KnownProducts":
        """Tie the products of the index together by the matches among the pairs."""
        groups = product_groups(pairs.left, pairs.right, pairs.targets, len(index.catalog))
        return cls(groups, np.bincount(groups)[groups] > 1, index.sources)

    def same(self, left: Ints1d, right: Ints1d) -> Bools1d:
        """Return which pairs (p,) are of one group."""
        return np.asarray(self.groups[left] == self.groups[right])

    def share_a_source(self, left: Ints1d, right: Ints1d) -> Bools1d:
        """Return which pairs (p,) are of groups that have offers of the same source: where a source offers no product
        twice, groups that differ are then different products."""
        return share_marks(self._offers, self.groups[left], self.groups[right])

    @property
    def doubled(self) -> float:
        """Return the share of known groups with two offers of one source, as if half of one group more had them."""
        offers = self._offers[np.unique(self.groups[self.known])]
        twice = (offers.max(axis=1).toarray().ravel() > 1).sum()
        return float((twice + 0.5) / (offers.shape[0] + 1))

    @cached_property
    def _offers(self) -> csr_array:
        """Return how many offers each group has of each source, sparse (groups, sources)."""
        sourced = np.flatnonzero(self.sources >= 0)
        shape = int(self.groups.max()) + 1, int(self.sources.max(initial=0)) + 1
        entries = np.ones(len(sourced)), (self.groups[sourced], self.sources[sourced])
        offers = csr_array(entries, shape=shape)
        offers.sum_duplicates()
        return offers
