"""A feature is one signal of a pair, and families compute features in columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from indexing.arrays import Floats2d, Ints1d
from indexing.errors import InputError


@dataclass(frozen=True)
class Feature:
    """A feature is declared once; `symmetric` says that swapping left and right leaves it as it is.

    `direction` is 1 where more of it can only speak for a match, -1 where less of it can, 0 where that depends.
    """

    name: str
    family: str
    meaning: str
    symmetric: bool = True
    direction: int = 0


def declare(
    family: str, meanings: Mapping[str, str], *, rising: Collection[str] = (), falling: Collection[str] = ()
) -> tuple[Feature, ...]:
    """Declare the features of a family from name: meaning; `rising` and `falling` name those that have a direction.

    Raises ValueError for a direction of a feature that is not declared.
    """
    strange = [name for name in (*rising, *falling) if name not in meanings]
    if strange:
        raise ValueError(f"feature '{strange[0]}' has a direction, but is not declared in {family}")
    return tuple(
        Feature(name, family, meaning, direction=(name in rising) - (name in falling))
        for name, meaning in meanings.items()
    )


class FeatureFamily(Protocol):
    """A family computes features that share what they prepare for each product."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return the declarations, in the order of the columns."""

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""


class LearnedFamily(FeatureFamily, Protocol):
    """A learned family was trained on labelled pairs, and knows their targets unless it reads them out of fold."""

    def of_training_pairs(self, among: bool) -> Self:
        """Return the same family for pairs that it was trained on, or (not `among`) for other pairs.

        Each training pair is read by models that did not learn from pairs of its product groups, or at least (words and rivals)
        from none with a product of its left product's group; other pairs may be read by all that was learned.
        """


def columns_of(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return where the wanted features stand among `names`. Raises InputError for one that is not there."""
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(f"feature '{missing[0]}' is not computed for this index: build it with the views of the model")
    places = {name: place for place, name in enumerate(names)}
    return [places[name] for name in wanted]
