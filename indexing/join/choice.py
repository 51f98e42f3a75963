"""A choice decides which rows a self-join compares: all, those in near lists, or all of a category and of others what
is near."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d, Ints2d
from indexing.join.options import JoinRecord
from indexing.join.plan import JoinPlan, exact_products, plan_cells, plan_exact
from indexing.join.probing_plan import ProbingPlan, plan_probing
from indexing.join.rows import Units
from indexing.search.near_lists import Lists, assign, in_chain, lists_for
from indexing.search.recall import Truth, least_alone, least_lists, least_probes
from indexing.vectors.centres import cluster_centres
from indexing.vectors.rows import Rows

WORTHWHILE = 0.6  # of an exact join's comparisons: with more, the exact one is as fast
TRAINED_A_LIST, TRAINING_ROUNDS = 32, 5


@dataclass(frozen=True)
class ChosenJoin:
    """It holds the plan, for the manifest what it is, and the lists that it goes through, which updates need."""

    plan: JoinPlan | ProbingPlan
    record: JoinRecord
    lists: Lists | None = None


@dataclass(frozen=True)
class PlannedCells:
    """They are the lists of a join within categories, and what plans it, once it is known which are near which (lists, p)."""

    lists: Lists
    plan: Callable[[Ints2d], JoinPlan]


class Planner(Protocol):
    """It makes the plan of a join of some units, once it is chosen."""

    def exact(self, rows: Rows, units: Units) -> JoinPlan:
        """Plan to compare all."""

    def probing(self, rows: Rows, units: Units, centres: Floats2d, count: int) -> ProbingPlan:
        """Plan that each unit looks at the `count` lists with the nearest of these centres."""

    def lists(self, plan: ProbingPlan, size: int, units: Units, centres: Floats2d) -> Lists:
        """Return the lists of `size` products, by the plan that was made last."""

    def cells(self, rows: Rows, units: Units, categories: Ints1d, centres: Floats2d) -> PlannedCells:
        """Put units into cells: by the category (n,) of their products, and by the nearest of these centres."""


@dataclass(frozen=True)
class OwnPlanner:
    """It plans in this process."""

    def exact(self, rows: Rows, units: Units) -> JoinPlan:
        return plan_exact(rows, units)

    def probing(self, rows: Rows, units: Units, centres: Floats2d, count: int) -> ProbingPlan:
        return plan_probing(rows, units, centres, count)

    def lists(self, plan: ProbingPlan, size: int, units: Units, centres: Floats2d) -> Lists:
        return _of_products(plan.own_lists, size, units, centres)

    def cells(self, rows: Rows, units: Units, categories: Ints1d, centres: Floats2d) -> PlannedCells:
        codes = assign(rows, units.first, centres)
        groups = categories[units.first]
        return PlannedCells(
            _of_products(codes, len(rows), units, centres), lambda near: plan_cells(groups, codes, near)
        )


def choose_join(
    kind: str,
    rows: Rows,
    units: Units,
    categories: Ints1d,
    centres: Floats2d | None,
    truth: Truth | None,
    asked: float,
    *,
    planner: Planner | None = None,
) -> ChosenJoin:
    """Plan a join of a kind, through lists around `centres` (lists, d) or own ones; return an exact one where near
    lists cannot reach the asked recall any cheaper."""
    planner = planner or OwnPlanner()
    if kind == "exact" or truth is None or len(units) < 2:
        return ChosenJoin(planner.exact(rows, units), JoinRecord("exact"))
    if kind == "category":
        found = _by_category(rows, units, categories, truth, asked, planner)
    else:
        found = _probing(rows, units, make_centres(rows, units) if centres is None else centres, truth, asked, planner)
    if found is not None and found.plan.products <= WORTHWHILE * exact_products(units):
        return found
    return ChosenJoin(planner.exact(rows, units), JoinRecord("exact", join_stepped_back_from=kind))


def _probing(
    rows: Rows, units: Units, centres: Floats2d, truth: Truth, asked: float, planner: Planner
) -> ChosenJoin | None:
    """Plan that each row looks at the lists nearest to it; return None where that cannot reach the asked recall."""
    centres = in_chain(centres)  # so that a window of the join looks at few other places
    probed = least_probes(truth, rows, centres, asked)
    if probed is None:
        return None
    plan = planner.probing(rows, units, centres, probed)
    alone = least_alone(truth, rows, centres, asked) or len(centres)
    lists = planner.lists(plan, len(rows), units, centres)
    return ChosenJoin(plan, JoinRecord("lists", len(centres), probed, alone), lists)


def _by_category(
    rows: Rows, units: Units, categories: Ints1d, truth: Truth, asked: float, planner: Planner
) -> ChosenJoin | None:
    """Plan to compare all of a category, and whole lists of other categories near a row's own; return None where that
    cannot reach the asked recall."""
    cells = planner.cells(rows, units, categories, make_centres(rows, units))
    lists = cells.lists
    alike = _same(categories, truth)
    probed = least_lists(truth, lists, asked, alike=alike)
    if probed is None:
        return None
    count = len(lists.centres)
    record = JoinRecord("category", count, probed, least_alone(truth, rows, lists.centres, asked, alike=alike) or count)
    return ChosenJoin(cells.plan(lists.near(probed)), record, lists)


def make_centres(rows: Rows, units: Units, *, seed: int = 0) -> Floats2d:
    """Return centres (lists, d) of lists of near rows, for an engine that has none of its own: at most half as many as
    units."""
    count = max(min(lists_for(len(units)), len(units) // 2), 1)
    chosen = np.random.default_rng(seed).permutation(len(units))[: count * TRAINED_A_LIST]
    return cluster_centres(rows.take(units.first_of(np.sort(chosen))), count, seed=seed, rounds=TRAINING_ROUNDS)


def _of_products(codes: Ints1d, size: int, units: Units, centres: Floats2d) -> Lists:
    """Return the lists of products, from those of the units (u,)."""
    by_product = np.full(size, -1, dtype=np.int64)
    by_product[units.members] = np.repeat(codes, np.diff(units.offsets))
    return Lists(by_product, centres)


def _same(categories: Ints1d, truth: Truth) -> npt.NDArray[np.bool_]:
    """Return which true neighbours (s, k) are of the product's own category, and so are compared in any case."""
    own = categories[truth.sample][:, None]
    return np.asarray((categories[np.maximum(truth.neighbours.positions, 0)] == own) & (own >= 0))
