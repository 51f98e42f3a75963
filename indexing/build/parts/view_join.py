"""A dense view is joined with itself: by this process, or in parts by workers, which then find its units and make the plan, too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexing.arrays import Floats2d, Ints1d
from indexing.build.view_plan import Ask, join_budget
from indexing.join.choice import ChosenJoin, choose_join
from indexing.join.dense_join import DenseJoin
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.options import JoinRecord
from indexing.join.parts.parts_planner import PartsPlanner
from indexing.join.parts.unit_parts import units_in_parts
from indexing.join.parts.window_parts import join_in_parts
from indexing.join.rows import distinct_units
from indexing.machine.progress import Progress
from indexing.running.parts import parts_for
from indexing.running.tasks import Recipe, Runner
from indexing.search.recall import Truth
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows


@dataclass(frozen=True)
class ViewJoin:
    """It joins the rows of a `view`, which workers open by `again`, as `kind` says; `sources` (n,) and `categories` (n,) are those
    of products, `made` is all that the rows depend on, and `files` opens what is written, by how it was joined."""

    view: str
    kind: str
    rows: Rows
    again: Recipe[Rows] | None
    sources: Ints1d | None
    categories: Ints1d
    ask: Ask
    made: Mapping[str, Any]
    files: Callable[[JoinRecord], NeighbourFiles]
    lists: Path
    runner: Runner
    progress: Progress

    def write(self, centres: Floats2d | None, truth: Truth | None) -> tuple[JoinRecord, float]:
        """Write everybody's neighbours; return how they were found, and which share of all pairs was compared."""
        if self.runner.apart and self.again is not None:
            return self._in_parts(self.again, centres, truth)
        return self._here(centres, truth)

    def _here(self, centres: Floats2d | None, truth: Truth | None) -> tuple[JoinRecord, float]:
        """Find the units and make the plan in this process."""
        self.progress(self._stage, 0, len(self.rows))  # which takes a while
        units = distinct_units(self.rows, self.sources)
        chosen = choose_join(self.kind, self.rows, units, self.categories, centres, truth, self.ask.recall)
        self._keep_lists(chosen)
        join = DenseJoin(self.rows, units, chosen.plan, self.ask.k, join_budget(self.ask), self.ask.threads)
        join.write(self.files(chosen.record), stage=self._stage, progress=self.progress, runner=self.runner)
        return chosen.record, _share(chosen, len(units))

    def _in_parts(self, again: Recipe[Rows], centres: Floats2d | None, truth: Truth | None) -> tuple[JoinRecord, float]:
        parts, size = parts_for(self.files(JoinRecord("")).folder, fingerprint_of(dict(self.made))), len(self.rows)
        parts.make()
        stage = f"compare {self.view}"
        units = units_in_parts(
            again, size, self.sources, parts, self.runner, lambda done: self.progress(stage, done, size)
        )
        if not len(units):  # nobody has anything to see
            parts.clear()
            return self._here(centres, truth)
        planner = PartsPlanner(again, parts, self.runner)
        chosen = choose_join(
            self.kind, self.rows, units, self.categories, centres, truth, self.ask.recall, planner=planner
        )
        self._keep_lists(chosen)
        stored = planner.stored(chosen.plan, self.ask.k, units.sources is not None)
        files = self.files(chosen.record)
        join_in_parts(chosen.plan, stored, files, self.runner, stage=self._stage, progress=self.progress)
        planner.clear()
        return chosen.record, _share(chosen, len(units))

    def _keep_lists(self, chosen: ChosenJoin) -> None:
        """Keep the lists, which updates need; where there are none, those of an earlier run go."""
        if chosen.lists is None:
            self.lists.unlink(missing_ok=True)
        else:
            chosen.lists.save(self.lists)

    @property
    def _stage(self) -> str:
        return f"join {self.view}"


def _share(chosen: ChosenJoin, units: int) -> float:
    return round(chosen.plan.products / max(units, 1) ** 2, 6)
