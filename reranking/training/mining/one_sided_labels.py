"""Labels of one kind, matches with hardly a non-match, are completed by mined non-matches before anything is held out."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.product_index import ProductIndex
from reranking.model.train_options import MiningOptions, TrainOptions
from reranking.model.training_report import OneSidedLabels
from reranking.pairs.candidates import are_candidates
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.pairs.repeats import pair_keys
from reranking.training.mining.sure_non_matches import MinedPairs, mine_non_matches

ONE_SIDED = 0.9  # with a larger share of matches labels are of one kind
NEIGHBOURS = 20  # as many as `heroic candidates` proposes by: with fewer, higher ranks would be seen of matches alone
MOST_GROUPS = 100_000  # of which non-matches are mined, at random: their candidates are held in memory


def is_one_sided(pairs: LabelledPairs) -> bool:
    """Return whether the labels are of one kind: hardly anything but matches."""
    return bool(pairs.targets.sum() > ONE_SIDED * len(pairs))


@dataclass(frozen=True)
class CompletedPairs:
    """It holds labelled pairs, those in the rows `kept` of the given ones first, then the mined non-matches; `labels` says of
    these, None where the given ones were of both kinds."""

    pairs: LabelledPairs
    kept: Ints1d
    labels: OneSidedLabels | None = None

    def left_to_add(self, mining: MiningOptions) -> MiningOptions:
        """Return which pairs are still to be added to the training side: no non-matches where both sides have mined ones."""
        return mining if self.labels is None else replace(mining, negatives=0)

    def weights_of(self, targets: Floats1d) -> Floats1d | None:
        """Return weights of validation pairs (p,) by which as many are matches as among candidates; None where nothing
        was mined."""
        if self.labels is None or not 0 < targets.sum() < len(targets):
            return None
        share, matches = self.labels.share, float(targets.sum())
        return np.where(targets == 1, 1.0, matches * (1 - share) / share / (len(targets) - matches))


def complete(
    index: ProductIndex, pairs: LabelledPairs, options: TrainOptions, *, other: LabelledPairs | None = None
) -> CompletedPairs:
    """Complete pairs of one kind; those of both kinds stay as they are.

    Matches that are no candidates are left out: all non-matches beside them are candidates, and a model would take pairs
    that no list of neighbours holds for matches. No pair of the `other` side is mined, nor one of a product that is matched
    there. Raises InputError where nothing can be mined.
    """
    if not is_one_sided(pairs):
        return CompletedPairs(pairs, np.arange(len(pairs)))
    n = len(index.catalog)
    k = min(options.mining.negatives or NEIGHBOURS, index.k)
    drawn = _drawn(pairs, n, options.seed)
    parts = [pairs] if other is None else [pairs, other]
    barred = np.concatenate([pair_keys(part.left, part.right, n) for part in parts])
    foreign = np.zeros(n, dtype=bool) if other is None else _matched(other, n)
    foreign |= _matched(pairs, n) & ~_matched(drawn, n)
    mined = mine_non_matches(index, drawn, k, barred, foreign)
    kept = np.flatnonzero((pairs.targets == 0) | are_candidates(index, pairs.left, pairs.right, k))
    covered = float((_matched(pairs, n) | foreign).mean())
    labels = _labels(pairs, mined, k, left_out=len(pairs) - len(kept), covered=covered)
    return CompletedPairs(_joined(pairs.take(kept), mined), kept, labels)


def complete_both(
    index: ProductIndex, pairs: LabelledPairs, valid: LabelledPairs | None, options: TrainOptions
) -> tuple[CompletedPairs, CompletedPairs | None]:
    """Complete the pairs, and the validation pairs where they are given, each by what it needs itself."""
    completed = complete(index, pairs, options, other=valid)
    return completed, None if valid is None else complete(index, valid, options, other=completed.pairs)


def _drawn(pairs: LabelledPairs, n_products: int, seed: int) -> LabelledPairs:
    """Return the matches among the pairs, of at most MOST_GROUPS groups, drawn at random."""
    matches = pairs.take(np.flatnonzero(pairs.targets == 1))
    groups = product_groups(matches.left, matches.right, matches.targets, n_products)[matches.left]
    distinct = np.unique(groups)
    if len(distinct) <= MOST_GROUPS:
        return matches
    drawn = np.random.default_rng(seed).choice(distinct, MOST_GROUPS, replace=False)
    return matches.take(np.flatnonzero(np.isin(groups, drawn)))


def _matched(pairs: LabelledPairs, n_products: int) -> Bools1d:
    """Return which products (n,) have a labelled match."""
    found = np.zeros(n_products, dtype=bool)
    for side in (pairs.left, pairs.right):
        found[side[pairs.targets == 1]] = True
    return found


def _joined(pairs: LabelledPairs, mined: MinedPairs) -> LabelledPairs:
    """Return the given pairs and then the mined ones, whose categories no file names."""
    count = len(mined.left)
    named = pairs.categories
    return LabelledPairs(
        np.concatenate([pairs.left, mined.left]),
        np.concatenate([pairs.right, mined.right]),
        np.concatenate([pairs.targets, np.zeros(count)]),
        None if named is None else pa.concat_arrays([named, pa.nulls(count, named.type)]),
    )


def _labels(pairs: LabelledPairs, mined: MinedPairs, k: int, *, left_out: int, covered: float) -> OneSidedLabels:
    matches = int(pairs.targets.sum())
    return OneSidedLabels(
        matches=matches,
        non_matches=len(pairs) - matches,
        left_out=left_out,
        mined=len(mined.left),
        less_sure=int(mined.less_sure.sum()),
        neighbours=k,
        by_source=mined.by_source,
        share=mined.share,
        may_match=mined.may_match,
        covered=covered,
    )
