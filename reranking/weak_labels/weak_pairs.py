"""Weakly labelled pairs are candidates of a catalogue, each with how likely it matches by what the catalogue says."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.product_codes import has_codes
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.identifiers.identifiers import UNKNOWN, Identifiers
from reranking.pairs.candidates import candidates_with
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.signals import prepare_signals
from reranking.weak_labels.estimates import SeenPairs, estimate_matches

NEIGHBOURS = 20  # of each product and view that are candidates, as heroic candidates proposes them
MOST_PRODUCTS = 20_000  # whose candidates are learned from: their features are held in memory


@dataclass(frozen=True)
class WeakPairs:
    """It holds all candidates by `neighbours` of so many `products`, left before right, how likely (p,) each matches, the
    `votes` that said so, counted in pairs, and the fold (p,) of each.

    `wrong` is the share of the pairs that all views vote for which is expected to be no match, None without such pairs; of
    `identified` pairs barcodes or part numbers said something.
    """

    left: Ints1d
    right: Ints1d
    likely: Floats1d
    folds: Ints1d
    products: int
    neighbours: int
    votes: float
    wrong: float | None
    identified: int

    def __len__(self) -> int:
        return len(self.left)

    def labelled(self) -> LabelledPairs:
        """Return the pairs with what is likelier of each as its target."""
        return LabelledPairs(self.left, self.right, (self.likely >= 0.5).astype(np.float64))


def find_weak_pairs(index: ProductIndex, *, folds: int, seed: int, progress: Progress = silent) -> WeakPairs:
    """Estimate which candidates match, of all products or, where they are many, of some drawn at random.

    Raises InputError where nothing can be learned: a catalogue of one product, or without products that are each
    other's best.
    """
    drawn, k = _drawn(len(index.catalog), seed), min(NEIGHBOURS, index.k)
    left, right = np.divmod(candidates_with(index, drawn, k), len(index.catalog))
    if not len(left):
        raise InputError(
            f"{index.folder}: nothing can be learned without labels: its {len(index.catalog):,} products have no neighbours"
        )
    signals = prepare_signals(index, np.union1d(left, right), identifiers=False)
    features = signals.compute_all(left, right, stage="features weak", progress=progress)
    identified = identified_pairs(index, left, right)
    seen = SeenPairs(index, left, right, features, signals.features, identified)
    found = estimate_matches(seen, seed=seed)
    return WeakPairs(
        left,
        right,
        found.likely,
        seen.folds(folds, seed),
        products=int(drawn.sum()),
        neighbours=k,
        votes=float(found.votes.share.sum()),
        wrong=found.wrong,
        identified=0 if identified is None else int((identified != UNKNOWN).sum()),
    )


def identified_pairs(index: ProductIndex, left: Ints1d, right: Ints1d) -> Ints1d | None:
    """Return what identifiers say of pairs of positions (p,): 1 where they share one, -1 where they differ, else 0; None in a
    catalogue without any."""
    return Identifiers.of(index.catalog).compare(left, right) if has_codes(index.catalog) else None


def _drawn(products: int, seed: int) -> Bools1d:
    """Return which products (n,) are drawn: all where they are few enough."""
    drawn = np.ones(products, dtype=bool)
    if products > MOST_PRODUCTS:
        drawn[np.random.default_rng(seed).permutation(products)[MOST_PRODUCTS:]] = False
    return drawn
