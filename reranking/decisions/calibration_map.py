"""From scores to probabilities, by category: maps that never turn the order of two scores round."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Floats1d
from indexing.errors import InputError

LEAST_SCORE = 1e-7  # scores are held this far from 0 and 1, where their logarithms end


class ProbabilityMap(Protocol):
    """Probabilities of scores; a higher score never gets a lower one."""

    def of(self, scores: Floats1d) -> Floats1d:
        """The probabilities (p,) float64 of scores (p,) from 0 to 1."""

    def stored(self) -> dict[str, Any]:
        """As JSON can hold it; `read_map` makes the map again."""


@dataclass(frozen=True)
class BetaMap:
    """log-odds = `rising` · ln(score) - `falling` · ln(1 - score) + `offset`; 1, 1, 0 leaves scores as they are.

    Kull, Silva Filho and Flach, "Beta calibration", AISTATS 2017.
    """

    rising: float = 1.0
    falling: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (self.rising >= 0 and self.falling >= 0 and np.isfinite([self.rising, self.falling, self.offset]).all()):
            raise InputError(f"beta calibration {self.rising}, {self.falling}: both are finite and at least 0")

    def of(self, scores: Floats1d) -> Floats1d:
        up, down = logarithms(scores)
        return np.asarray(1 / (1 + np.exp(-(self.rising * up + self.falling * down + self.offset))), dtype=np.float64)

    def stored(self) -> dict[str, Any]:
        return {"kind": "beta", **vars(self)}


@dataclass(frozen=True)
class IsotonicMap:
    """Straight lines between knots, level before the first and after the last."""

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        rises = (np.diff(self.scores) > 0).all() and (np.diff(self.probabilities) >= 0).all()
        if not self.scores or len(self.scores) != len(self.probabilities) or not rises:
            raise InputError(f"isotonic calibration with {len(self.scores)} knots: scores and probabilities must rise")

    def of(self, scores: Floats1d) -> Floats1d:
        return np.asarray(np.interp(scores, self.scores, self.probabilities), dtype=np.float64)

    def stored(self) -> dict[str, Any]:
        return {"kind": "isotonic", "scores": list(self.scores), "probabilities": list(self.probabilities)}


@dataclass(frozen=True)
class Calibration:
    """Each category's map, and `default` for those without one of their own."""

    default: ProbabilityMap = field(default_factory=BetaMap)
    by_category: Mapping[str, ProbabilityMap] = field(default_factory=dict)

    def of(self, scores: Floats1d, categories: pa.Array) -> Floats1d:
        """The probabilities (p,) float64 of scores in these evaluation categories."""
        names = list(self.by_category)
        places = pc.fill_null(pc.index_in(categories, pa.array(names, pa.large_string())), len(names))
        codes = np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int64)
        found = np.empty(len(scores), dtype=np.float64)
        for code, one in enumerate([*self.by_category.values(), self.default]):
            here = codes == code
            found[here] = one.of(scores[here])
        return found

    def stored(self) -> dict[str, Any]:
        """As JSON can hold it."""
        by_category = {name: one.stored() for name, one in self.by_category.items()}
        return {"default": self.default.stored(), "by_category": by_category}


def read_calibration(stored: Mapping[str, Any]) -> Calibration:
    """What `Calibration.stored` gave. Raises InputError, KeyError or TypeError for anything else."""
    by_category = {name: read_map(one) for name, one in stored["by_category"].items()}
    return Calibration(read_map(stored["default"]), by_category)


def read_map(stored: Mapping[str, Any]) -> ProbabilityMap:
    """What a map's `stored` gave. Raises InputError, KeyError or TypeError for anything else."""
    if stored["kind"] == "isotonic":
        return IsotonicMap(tuple(stored["scores"]), tuple(stored["probabilities"]))
    if stored["kind"] == "beta":
        return BetaMap(stored["rising"], stored["falling"], stored["offset"])
    raise InputError(f"calibration of kind {stored['kind']!r}: this heroic knows beta and isotonic")


def logarithms(scores: Floats1d) -> tuple[Floats1d, Floats1d]:
    """ln(score) and -ln(1 - score), both finite and rising."""
    inside = np.clip(np.asarray(scores, dtype=np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.log(inside), -np.log1p(-inside)
