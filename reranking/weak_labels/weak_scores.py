"""Weak scores are what a catalogue says of its candidate pairs without any label."""

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.signals.signals import prepare_signals
from reranking.weak_labels.estimates import SeenPairs, estimate_matches
from reranking.weak_labels.weak_pairs import identified_pairs


def weak_scores(
    index: ProductIndex, left: Ints1d, right: Ints1d, *, seed: int = 0, progress: Progress = silent
) -> Floats1d:
    """Estimate the probability (p,) that candidate pairs of positions match, from the catalogue alone.

    Give all candidates of the products in question at once: they are compared with one another. It takes seconds for a hundred
    thousand pairs, whose features are held in memory. Raises InputError where nothing can be learned.
    """
    signals = prepare_signals(index, np.union1d(left, right), identifiers=False)
    features = signals.compute_all(left, right, stage="features", progress=progress)
    seen = SeenPairs(index, left, right, features, signals.features, identified_pairs(index, left, right))
    return estimate_matches(seen, seed=seed).likely
