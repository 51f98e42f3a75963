"""Which rows a self-join compares: all, those in near lists, or all of a category and of others what is near."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d
from indexing.faiss_index import Lists, cluster_centres
from indexing.index import Rows
from indexing.index_plan import lists_for
from indexing.join_plan import JoinPlan, plan_cells, plan_exact, plan_near
from indexing.join_units import Units
from indexing.memory import forget
from indexing.recall import Truth, least_lists

WORTHWHILE = 0.6  # of an exact join's comparisons: with more, the exact one is as fast
TRAINED_A_LIST, ASSIGNED_ROWS = 64, 8192


@dataclass(frozen=True)
class ChosenJoin:
    """The plan, and for the manifest what it is."""

    plan: JoinPlan
    facts: dict[str, Any]


def choose_join(
    kind: str, rows: Rows, units: Units, categories: Ints1d, lists: Lists | None, truth: Truth | None, asked: float
) -> ChosenJoin:
    """The plan of a join of a kind; an exact one where near lists cannot reach the asked recall any cheaper."""
    exact = plan_exact(rows, units)
    if kind == "exact" or truth is None or len(units) < 2:
        return ChosenJoin(exact, {"join": "exact"})
    of = lists or make_lists(rows, units)
    own = categories if kind == "category" else np.full(len(rows), -1, dtype=np.int64)
    probed = least_lists(truth, of, asked, alike=_same(own, truth))
    if probed is not None:
        near = of.near(probed)
        plan = plan_cells(own[units.first], of.codes[units.first], near) if kind == "category" else plan_near(
            of.codes[units.first], near
        )  # fmt: skip
        if plan.products <= WORTHWHILE * exact.products:
            return ChosenJoin(plan, {"join": kind, "lists": len(of.centres), "near_lists": probed})
    return ChosenJoin(exact, {"join": "exact", "join_stepped_back_from": kind})


def make_lists(rows: Rows, units: Units, *, seed: int = 0) -> Lists:
    """Lists of near rows for an engine that has none of its own."""
    count = max(min(lists_for(len(units)), len(units) // 2), 1)
    chosen = np.random.default_rng(seed).permutation(len(units))[: count * TRAINED_A_LIST]
    centres = cluster_centres(rows.take(units.first[np.sort(chosen)]), count, seed=seed)
    codes = np.full(len(rows), -1, dtype=np.int64)
    for start in range(0, len(units), ASSIGNED_ROWS):
        part = units.first[start : start + ASSIGNED_ROWS]
        codes[part] = np.argmax(rows.take(part) @ centres.T, axis=1)
        forget(rows)
    codes[units.members] = np.repeat(codes[units.first], units.counts)
    return Lists(codes, centres)


def _same(categories: Ints1d, truth: Truth) -> npt.NDArray[np.bool_]:
    """Which true neighbours (s, k) are of the product's own category, and so are compared in any case."""
    own = categories[truth.sample][:, None]
    return np.asarray((categories[np.maximum(truth.neighbours.positions, 0)] == own) & (own >= 0))
