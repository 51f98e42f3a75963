"""Boosters that score together: some for all pairs, some for those of one evaluation category."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from indexing.arrays import Bools1d, Floats1d, Floats2d
from indexing.machine.progress import Progress, silent
from reranking.boosters.boosting import BoostingOptions, Metric, boost, contributions, monotone_members, predict
from reranking.boosters.examples import Examples
from reranking.pairs.evaluation_category import REST, SideCategories

LEAST_MATCHES = 100  # a category with fewer training matches has no boosters of its own
Say = Callable[[Sequence[Any], Floats2d], NDArray[Any]]  # members, features (p, f) -> something of each pair
SHARES = {"categories": 1.0, "blend": 0.5}  # of a category's own boosters in its scores


class Boost(Protocol):
    """It trains boosters, wherever that is done."""

    def __call__(
        self,
        train: Examples,
        valid: Examples,
        metric: Metric,
        *,
        options: BoostingOptions,
        seed: int,
        progress: Progress = silent,
    ) -> list[Any]:
        """Return the members, each cut at the round that had the best metric on the validation pairs."""
        ...


@dataclass(frozen=True)
class Ensemble:
    """`members` and, for each, the evaluation category that it was trained on, None for all (`scopes`), and, where that is known,
    whether it is `monotone`.

    The score is the mean of the members for all. In a category with members of its own, the mean of these has
    `share` of the score. A pair whose products are in two categories has the mean of its scores in both, so that it
    scores the same when it is turned.
    """

    members: tuple[Any, ...]
    scopes: tuple[str | None, ...]
    share: float = 0.0
    monotone: tuple[bool, ...] = ()

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

    def score(self, features: Floats2d, sides: SideCategories | None = None) -> Floats1d:
        """Return scores (p,) float32 from 0 to 1. Raises ValueError where categories are needed and not given."""
        return self._of_both(predict, features, sides)

    def contributions(self, features: Floats2d, sides: SideCategories | None = None) -> Floats2d:
        """Return what each feature adds to the log-odds (p, f + 1), as `boosting.contributions`, shared as scores are."""
        return self._of_both(contributions, features, sides)

    def _of_both(self, say: Say, features: Floats2d, sides: SideCategories | None) -> NDArray[Any]:
        """Return what members say of pairs (p, ...), as the mean over the categories of both products."""
        said = say(self.general, features)
        if not self.specialised:
            return said
        if sides is None:
            raise ValueError(
                "this model has boosters of single categories: give the categories of each pair's products"
            )
        apart = sides.apart()
        turned = self._of_one(say, features[apart], said[apart], sides.right.take(pa.array(apart)))
        found = self._of_one(say, features, said, sides.left)
        found[apart] = (found[apart] + turned) / 2
        return found

    def _of_one(self, say: Say, features: Floats2d, said: NDArray[Any], categories: pa.Array) -> NDArray[Any]:
        """Return what the members for all `said`, shared with what those of each pair's category (p,) say."""
        found = said.copy()
        for name in self.specialised:
            rows = np.flatnonzero(_equal(categories, name))
            if rows.size:
                found[rows] = (1 - self.share) * said[rows] + self.share * say(self.of(name), features[rows])
        return found


def train_ensemble(
    train: Examples,
    valid: Examples,
    names: Sequence[str],
    metric: Metric,
    *,
    options: BoostingOptions,
    seed: int,
    progress: Progress = silent,
    fit: Boost = boost,
) -> Ensemble:
    """Boosters for all pairs and, with a layout that has them, for each category of its own with enough matches on both sides.

    The category of code c is names[c]; `fit` trains them, wherever that is.
    """
    general = fit(train, valid, metric, options=options, seed=seed, progress=progress)
    members, scopes, monotone = list(general), [None] * len(general), monotone_members(train, options)
    own: list[str | None] = []
    for code, name in enumerate(names) if options.layout != "one" else ():
        parts = [_part(examples, code) for examples in (train, valid)]
        if name == REST or parts[0] is None or parts[1] is None:
            continue
        found = fit(parts[0], parts[1], metric, options=options, seed=seed, progress=progress)
        members += found
        own += [name] * len(found)
        monotone += monotone_members(parts[0], options)
    return Ensemble(tuple(members), (*scopes, *own), SHARES.get(options.layout, 0.0), monotone)


def _part(examples: Examples, code: int) -> Examples | None:
    """Return the examples with a product in one category, None where they are too few to learn from or to stop by.

    They all count as pairs of that category alone, whichever of their two products is in it.
    """
    rows = examples.within(code)
    if not LEAST_MATCHES <= examples.targets[rows].sum() < len(rows):
        return None
    return replace(examples.take(rows), categories=np.full(len(rows), code), others=None)


def _equal(categories: pa.Array, name: str) -> Bools1d:
    found = pc.fill_null(pc.equal(categories, pa.scalar(name, categories.type)), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)
