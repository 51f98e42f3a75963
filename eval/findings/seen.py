"""Which products of the truth training has seen: it has a match of them, by labels or, likely, by the model itself."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from eval.inputs.context import Context
from eval.inputs.joining import JudgedPairs
from indexing.arrays import Floats1d, Ints1d, Objects1d
from reranking.decisions.prior import at_their_own_share
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.pair_files import IdPairs, cast_ids
from reranking.pairs.seen_products import find_seen

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex
    from reranking.model.reranker import XgboostReranker

NAMES = np.array(
    ["training saw neither product", "training saw one product", "training saw both products"], dtype=object
)
BLOCK_PAIRS = 65_536


def products_seen(train: IdPairs, pairs: JudgedPairs, context: Context) -> Objects1d | None:
    """Return of each pair (p,) in words of how many of its products training has a match; None without an index, and for
    training pairs without targets.

    Without the model that made the scores only labels tell. Training pairs of products that the index does not have are left out.
    """
    index = context.index
    if index is None or train.target is None:
        return None
    judged = LabelledPairs(index.catalog.positions(pairs.left), index.catalog.positions(pairs.right), pairs.targets)
    found = find_seen(index, _known(train, index), judged, _Likely(index, context.model).probabilities)
    return np.asarray(NAMES[found.sides_seen(judged.left, judged.right)], dtype=object)


def _known(train: IdPairs, index: "ProductIndex") -> LabelledPairs:
    """Return the training pairs of products that the index has."""
    assert train.target is not None
    kind = index.catalog.ids.type
    left, right = (index.catalog.lookup.find(cast_ids(ids, kind, train.path)) for ids in (train.left, train.right))
    known = np.flatnonzero((left >= 0) & (right >= 0))
    return LabelledPairs(left[known], right[known], train.target[known])


class _Likely:
    """It says how probable pairs are matches by a model, at the share of matches that they show; without one, none is."""

    def __init__(self, index: "ProductIndex", model: "XgboostReranker | None") -> None:
        self.index, self.model = index, model

    def probabilities(self, left: Ints1d, right: Ints1d) -> Floats1d:
        from reranking.model.pair_scorer import PairScorer

        model = self.model
        if model is None or model.validation is None:
            return np.zeros(len(left))
        reference = model.validation.reference(model.calibration, model.decisions.f1)
        if reference is None:
            return np.zeros(len(left))
        scorer = PairScorer.prepare(self.index, model, np.union1d(left, right))
        starts = range(0, len(left), BLOCK_PAIRS)
        parts = [
            scorer.score(left[start : start + BLOCK_PAIRS], right[start : start + BLOCK_PAIRS]) for start in starts
        ]
        scores = np.concatenate(parts)
        categories = pa.array(scorer.categories(left), pa.large_string())
        called = int((scores >= model.decisions.f1).sum())
        return at_their_own_share(model.probabilities(scores, categories), categories, called, reference)
