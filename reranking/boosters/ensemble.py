"""Boosters that score together: some for all pairs, some for those of one evaluation category."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.machine.progress import Progress, silent
from reranking.boosters.boosting import BoostingOptions, Examples, Metric, boost, contributions, predict
from reranking.pairs.evaluation_category import REST

LEAST_MATCHES = 100  # a category with fewer training matches has no boosters of its own
SHARES = {"categories": 1.0, "blend": 0.5}  # of a category's own boosters in its scores


@dataclass(frozen=True)
class Ensemble:
    """`members` and, for each, the evaluation category that it was trained on, None for all (`scopes`).

    The score is the mean of the members for all. In a category with members of its own, the mean of these has
    `share` of the score.
    """

    members: tuple[Any, ...]
    scopes: tuple[str | None, ...]
    share: float = 0.0

    def __post_init__(self) -> None:
        if len(self.members) != len(self.scopes):
            raise ValueError(f"{len(self.members)} members, but {len(self.scopes)} scopes: give one for each")

    @property
    def general(self) -> tuple[Any, ...]:
        """The members for all pairs."""
        return tuple(member for member, scope in zip(self.members, self.scopes, strict=True) if scope is None)

    @property
    def specialised(self) -> tuple[str, ...]:
        """The categories with members of their own."""
        return tuple(dict.fromkeys(scope for scope in self.scopes if scope is not None))

    def of(self, category: str) -> tuple[Any, ...]:
        """The members of a category's own."""
        return tuple(member for member, scope in zip(self.members, self.scopes, strict=True) if scope == category)

    def score(self, features: Floats2d, categories: pa.Array | None = None) -> Floats1d:
        """Scores (p,) float32 from 0 to 1. Raises ValueError where categories (p,) are needed and not given."""
        scores = predict(self.general, features)
        for name, rows in self._own_rows(categories):
            own = predict(self.of(name), features[rows])
            scores[rows] = (1 - self.share) * scores[rows] + self.share * own
        return scores

    def contributions(self, features: Floats2d, categories: pa.Array | None = None) -> Floats2d:
        """What each feature adds to the log-odds (p, f + 1), as `boosting.contributions`; shared as the scores are."""
        added = contributions(self.general, features)
        for name, rows in self._own_rows(categories):
            own = contributions(self.of(name), features[rows])
            added[rows] = (1 - self.share) * added[rows] + self.share * own
        return added

    def _own_rows(self, categories: pa.Array | None) -> list[tuple[str, Ints1d]]:
        if not self.specialised:
            return []
        if categories is None:
            raise ValueError("this model has boosters of single categories: give the category of each pair")
        found = [(name, np.flatnonzero(_equal(categories, name))) for name in self.specialised]
        return [(name, rows) for name, rows in found if rows.size]


def train_ensemble(
    train: Examples,
    valid: Examples,
    names: Sequence[str],
    metric: Metric,
    *,
    options: BoostingOptions,
    seed: int,
    progress: Progress = silent,
) -> Ensemble:
    """Boosters for all pairs and, with a layout that has them, for each category of its own with enough matches on both sides.

    The category of code c is names[c].
    """
    general = boost(train, valid, metric, options=options, seed=seed, progress=progress)
    members, scopes = list(general), [None] * len(general)
    own: list[str | None] = []
    for code, name in enumerate(names) if options.layout != "one" else ():
        parts = [_part(examples, code) for examples in (train, valid)]
        if name == REST or parts[0] is None or parts[1] is None:
            continue
        found = boost(parts[0], parts[1], metric, options=options, seed=seed, progress=progress)
        members += found
        own += [name] * len(found)
    return Ensemble(tuple(members), (*scopes, *own), SHARES.get(options.layout, 0.0))


def _part(examples: Examples, code: int) -> Examples | None:
    """The examples of one category, None where they are too few to learn from or to stop by."""
    rows = np.flatnonzero(examples.categories == code)
    matches = examples.targets[rows].sum()
    return examples.take(rows) if LEAST_MATCHES <= matches < len(rows) else None


def _equal(categories: pa.Array, name: str) -> Bools1d:
    found = pc.fill_null(pc.equal(categories, pa.scalar(name, categories.type)), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)
