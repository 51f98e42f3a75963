"""A committee of small boosters, each trained on labels drawn with repetition, disagrees where labels are wanting.

Members that did not draw a label judge it out of bag (Breiman 1996), which tells what the committee's scores are worth before anybody
else does.
"""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from reranking.boosters.boosting import BoostingOptions, boost_rounds, predict
from reranking.boosters.examples import Examples
from reranking.decisions.calibration import fit_beta
from reranking.decisions.validation import population_weights

MEMBERS, ROUNDS = 6, 50
SMALL = BoostingOptions(
    eta=0.15, max_depth=3, min_child_weight=1.0, colsample_bytree=0.3, reg_lambda=5.0, monotone=True, threads=1
)


@dataclass(frozen=True)
class Opinion:
    """It holds what the members say of pairs: their mean scores (p,), how far they are apart (p,), and the mean scores (p,) as
    probabilities by the labels out of bag."""

    scores: Floats1d
    apart: Floats1d
    probabilities: Floats1d

    @property
    def expected_f1(self) -> float:
        """Return the F1 that calling the most probable pairs would have by these probabilities, at its best."""
        falling = np.sort(self.probabilities)[::-1]
        called = np.arange(1, len(falling) + 1)
        return float((2 * np.cumsum(falling) / (called + falling.sum())).max())

    def in_doubt(self, least: float = 0.1) -> Bools1d:
        """Return of which pairs (p,) neither answer is less probable than `least`."""
        return np.asarray((self.probabilities > least) & (self.probabilities < 1 - least), dtype=bool)


def ask_committee(
    features: Floats2d,
    directions: tuple[int, ...],
    rows: Ints1d,
    targets: Floats1d,
    *,
    seed: int,
    members: int = MEMBERS,
) -> Opinion:
    """Return what a committee that learned the labels (a,) of `rows` says of all pairs of features (p, f).

    Labels hold both matches and others. Each member sees both.
    """
    generator = np.random.default_rng(seed)
    said = np.empty((members, len(features)), dtype=np.float32)
    unseen = np.zeros((members, len(rows)), dtype=bool)
    for number in range(members):
        drawn = _draw(targets, generator)
        examples = Examples(
            features[rows[drawn]], targets[drawn], np.zeros(len(drawn), dtype=np.int64), None, directions
        )
        member = boost_rounds(examples, ROUNDS, options=SMALL, seed=int(generator.integers(2**31)))
        said[number] = predict([member], features)
        unseen[number, np.setdiff1d(np.arange(len(rows)), drawn)] = True
    scores = said.mean(axis=0)
    return Opinion(scores, said.std(axis=0), _calibrated(scores, said[:, rows], unseen, targets))


def _draw(targets: Floats1d, generator: np.random.Generator) -> Ints1d:
    """Draw as many labels as there are, with repetition, one of each kind at least."""
    kinds = [np.flatnonzero(targets == kind) for kind in (0, 1)]
    some = generator.integers(len(targets), size=max(len(targets) - 2, 0))
    return np.concatenate([*(generator.choice(kind, 1) for kind in kinds), some])


def _calibrated(scores: Floats1d, said: Floats2d, unseen: Bools1d, targets: Floats1d) -> Floats1d:
    """Return the scores (p,) as probabilities: by a map that fits the labels out of bag, each weighing as many pairs as score like
    it, since labels were chosen to teach."""
    judged = unseen.any(axis=0)
    if not 0 < targets[judged].sum() < judged.sum():
        return scores.astype(np.float64)
    out_of_bag = (said * unseen).sum(axis=0)[judged] / unseen.sum(axis=0)[judged]
    return fit_beta(out_of_bag, targets[judged], population_weights(out_of_bag, scores)).of(scores)
