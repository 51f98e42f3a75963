"""How likely pairs match is estimated from two kinds of evidence that check one another: votes of the views, and contents.

Pairs that views vote for are mostly matches, and what products say of themselves (words, codes, numbers, prices, pictures) errs
otherwise than where they stand among their neighbours. So contents are learned from the votes, out of fold and without
what votes are made of; what contents then expect tells what a vote is worth; and both together make better labels for the next
round (Blum and Mitchell, "Combining labeled and unlabeled data with co-training", COLT 1998).
"""

from dataclasses import dataclass, replace

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import BoostingOptions, boost_rounds, predict
from reranking.boosters.examples import Examples
from reranking.pairs.folds import deal_by_size
from reranking.pairs.product_groups import product_groups
from reranking.signals.feature import Feature
from reranking.weak_labels.exclusion import Exclusion, settle
from reranking.weak_labels.votes import Votes, cast_votes

ROUNDS, FOLDS = 2, 3
BOOSTERS = BoostingOptions(
    eta=0.1, max_depth=4, min_child_weight=20, subsample=0.7, colsample_bytree=0.5, reg_lambda=5, members=1
)
TREES = 80
MOST_PAIRS = 200_000  # that one learner of contents learns from
LEAVES = 10  # at least, that the pairs held for matches would fill: larger leaves never part few of them
LEAST_VOTES = 20.0  # of views, counted in pairs: with fewer there is nothing to learn from
LEAST_APART = 2.0  # by which contents multiply the odds of pairs that views vote for: by less they have learned nothing
LEAST_ODDS = 1e-5  # contents alone make nothing surer than this
MOST_READ = 0.99  # of a pair that contents read as a match, after what votes miss is made up for
IDENTIFIED_ODDS = (
    100.0  # by which an identifier in common multiplies the odds of a match, and two different ones divide them
)


@dataclass(frozen=True)
class SeenPairs:
    """It holds pairs of positions (p,) with their features (p, f), and what identifiers say of them (p,): 1 where both
    products have one in common, -1 where they have different ones, 0 where nothing is known; None for 0 everywhere."""

    index: ProductIndex
    left: Ints1d
    right: Ints1d
    features: Floats2d
    declared: tuple[Feature, ...]
    identified: Ints1d | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the features, in the order of the columns."""
        return tuple(feature.name for feature in self.declared)

    @property
    def sources(self) -> Ints1d | None:
        """Return the codes (n,) of who offers each product; None where sources do not tell products apart."""
        return self.index.sources if self.index.made.match_across_sources else None

    def votes(self) -> Votes:
        """Let the views of the index vote."""
        return cast_votes(self.features, self.names, self.index.views, by_source=self.sources is not None)

    def folds(self, count: int, seed: int) -> Ints1d:
        """Deal the pairs (p,) into folds by the product group of their first product, by position.

        Products that are each other's nearest neighbour in the main view are a group.
        """
        n = len(self.index.catalog)
        rank = self.features[:, self.names.index(f"{self.index.main_view}_rank_larger")]
        groups = product_groups(self.left, self.right, (rank == 1).astype(np.float64), n)
        first = groups[np.minimum(self.left, self.right)]
        sizes = np.bincount(first, minlength=n)
        return deal_by_size(sizes, count=count, random=np.random.default_rng(seed))[first]


@dataclass(frozen=True)
class WeakEstimates:
    """It holds how likely (p,) pairs match, and the votes that this was learned from."""

    likely: Floats1d
    votes: Votes

    @property
    def wrong(self) -> float | None:
        """Return which share of the pairs that every view is for is expected to be no match; None without such pairs."""
        unanimous = self.votes.share == 1
        return float(1 - self.likely[unanimous].mean()) if unanimous.any() else None


def estimate_matches(pairs: SeenPairs, *, seed: int = 0) -> WeakEstimates:
    """Estimate the probability (p,) that each of the candidates of a catalogue is a match.

    Raises InputError where nothing can be learned: hardly any two products are each other's best, all hang together, or
    contents do not tell those that are from others.
    """
    votes, folds = pairs.votes(), pairs.folds(FOLDS, seed)
    _refuse_too_few(pairs, votes, folds)
    first, second = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    exclusion = Exclusion.of(first, second, pairs.sources)
    identified = np.zeros(len(first), dtype=np.int64) if pairs.identified is None else pairs.identified
    contents, likely = _contents(pairs), np.where(identified == 0, votes.share, identified > 0)
    for number in range(ROUNDS):
        read = _read_out_of_fold(contents, likely, folds, seed + number)
        if number == 0:
            if not _tell_apart(read, votes):
                raise _nothing_learned(pairs, "products that are each other's best look like any other candidates")
            read = _made_up_for(read, votes)
        likely = settle(read / (1 - read) * votes.odds(read) * IDENTIFIED_ODDS**identified, exclusion)
    return WeakEstimates(likely, votes)


def is_content(feature: Feature) -> bool:
    """Say whether a feature is of what products say of themselves, not of where they stand among their neighbours, nor of
    identifiers: those make labels, which a model that sees them would only repeat."""
    return "ranks" not in feature.family and feature.family != "identifiers"


def _refuse_too_few(pairs: SeenPairs, votes: Votes, folds: Ints1d) -> None:
    cast = float(votes.share.sum())
    if cast < LEAST_VOTES:
        raise _nothing_learned(
            pairs,
            f"of {len(pairs.left):,} candidate pairs, products are each other's best in {cast:.0f}, and at least "
            f"{LEAST_VOTES:.0f} are needed",
        )
    if folds.min() == folds.max():
        raise _nothing_learned(
            pairs, "its products are one chain of nearest neighbours, so that nothing can be checked"
        )


def _nothing_learned(pairs: SeenPairs, why: str) -> InputError:
    return InputError(f"{pairs.index.folder}: nothing can be learned without labels: {why}; give labelled pairs")


def _contents(pairs: SeenPairs) -> Examples:
    """Return the pairs with the features of their contents alone."""
    kept = [place for place, feature in enumerate(pairs.declared) if is_content(feature)]
    nothing = np.zeros(len(pairs.left), dtype=np.int64)
    return Examples(pairs.features[:, kept], nothing.astype(np.float64), nothing)


def _read_out_of_fold(contents: Examples, likely: Floats1d, folds: Ints1d, seed: int) -> Floats1d:
    """Return how likely (p,) pairs match by their contents, learned from what the pairs of other folds are held for."""
    random, read = np.random.default_rng(seed), np.zeros(len(likely))
    leaf = min(BOOSTERS.min_child_weight, float(likely.sum()) / LEAVES)
    boosters = replace(BOOSTERS, min_child_weight=leaf)
    for fold in np.unique(folds):
        rows, judged = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(rows) > MOST_PAIRS:
            rows = np.sort(random.choice(rows, MOST_PAIRS, replace=False))
        learned = replace(contents, targets=likely).take(rows)
        booster = boost_rounds(learned, TREES, options=boosters, seed=seed)
        read[judged] = predict([booster], contents.features[judged])
    return np.clip(read, LEAST_ODDS, 1 - LEAST_ODDS)


def _tell_apart(read: Floats1d, votes: Votes) -> bool:
    """Return whether contents, which read so much of a match (p,) into pairs, tell those that most views vote for from all."""
    found, usual = float(read[votes.share == votes.share.max()].mean()), float(read.mean())
    return found * (1 - usual) >= LEAST_APART * usual * (1 - found)


def _made_up_for(read: Floats1d, votes: Votes) -> Floats1d:
    """Return what contents say (p,) of matches, where they were learned from votes, which miss some.

    Pairs that most views vote for tell how often matches are voted for: as often as their contents say (Elkan and Noto,
    "Learning classifiers from only positive and unlabeled data", KDD 2008).
    """
    found = float(read[votes.share == votes.share.max()].mean())
    return np.asarray(np.minimum(read / found, MOST_READ))
