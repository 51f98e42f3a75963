"""A plan of a join is made in parts, and mapped: units are looked up, placed and copied by a runner's workers."""

from dataclasses import dataclass, field

import numpy as np

from indexing.arrays import Floats2d, Ints1d, Ints2d
from indexing.join.choice import PlannedCells
from indexing.join.parts.place_tasks import PlaceRecipe
from indexing.join.parts.placed import Placed
from indexing.join.parts.window_parts import StoredJoin, put_plan
from indexing.join.plan import PIVOT_ROWS, JoinPlan, draw_pivots, large_sources, plan_all, plan_near_cells
from indexing.join.probing_plan import PROBING_ROWS, ProbingPlan
from indexing.join.rows import Units
from indexing.running.parts import PartFolder, parts_for
from indexing.running.stages import step_for
from indexing.running.tasks import Recipe, Runner
from indexing.search.near_lists import Lists
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows


@dataclass
class PartsPlanner:
    """It plans joins of a view's units, one at least, which are kept in `units`, through a runner's workers; these open the rows by
    `again`."""

    again: Recipe[Rows]
    units: PartFolder
    runner: Runner
    placed: Placed | None = None
    _made: list[PartFolder] = field(default_factory=list)

    def exact(self, rows: Rows, units: Units) -> JoinPlan:
        """Plan what `plan_exact` plans."""
        pivots, large = draw_pivots(rows, units), large_sources(units)
        placed = self._place(units, pivots, large, 0)
        ends = placed.bounds[:: len(pivots)]  # of the units of no large source, then of each large one
        spans = np.flatnonzero(np.diff(ends))
        plan = plan_all(placed.order, np.append(ends[:1], ends[spans + 1]), np.flatnonzero(spans > 0))
        put_plan(placed.recipe.parts, plan)
        return plan

    def probing(self, rows: Rows, units: Units, centres: Floats2d, count: int) -> ProbingPlan:
        """Plan what `plan_probing` plans."""
        placed = self._place(units, centres, np.zeros(0, dtype=np.int64), min(count, len(centres)))
        plan = ProbingPlan(placed.order, placed.bounds, *placed.visits(), placed.probes)
        put_plan(placed.recipe.parts, plan)
        return plan

    def lists(self, plan: ProbingPlan, size: int, units: Units, centres: Floats2d) -> Lists:
        """Return the lists of `size` products that the last probing plan put the units into."""
        assert self.placed is not None
        return Lists(self.placed.codes(size), centres)

    def cells(self, rows: Rows, units: Units, categories: Ints1d, centres: Floats2d) -> PlannedCells:
        """Put units into the cells that `plan_cells` puts them into."""
        placed = self._place(units, centres, np.zeros(0, dtype=np.int64), 0, categories)
        group, code = np.divmod(placed.cells, len(centres))

        def plan(near: Ints2d) -> JoinPlan:
            planned = plan_near_cells(placed.order, placed.bounds, np.stack([group - 1, code], axis=1), near)
            put_plan(placed.recipe.parts, planned)
            return planned

        return PlannedCells(Lists(placed.codes(len(rows)), centres), plan)

    def stored(self, plan: JoinPlan | ProbingPlan, k: int, across: bool) -> StoredJoin:
        """Return the join by the last plan, which workers open."""
        assert self.placed is not None
        parts = self.placed.recipe.parts
        return StoredJoin(self.units, parts, self.placed.rows, k, isinstance(plan, ProbingPlan), across)

    def clear(self) -> None:
        """Remove all parts."""
        for parts in (*self._made, self.units):
            parts.clear()

    def _place(self, units: Units, centres: Floats2d, large: Ints1d, near: int, groups: Ints1d | None = None) -> Placed:
        named = fingerprint_of(centres.astype(np.float32).tobytes().hex(), large.tolist(), near, groups is not None)
        parts = parts_for(self.units.work, named)
        step = step_for(len(units), PROBING_ROWS if near else PIVOT_ROWS)
        ranges = -(-len(units) // step)
        recipe = PlaceRecipe(
            self.again, self.units, units.sources is not None, near, step, ranges, parts, groups is not None
        )
        self.placed = Placed(recipe, len(units), len(centres) * (len(large) + 1), self.runner)
        self._made.append(parts)
        self.placed.make(centres, large, groups)
        return self.placed
