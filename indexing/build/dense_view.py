"""A dense view goes from vectors to neighbours: its engine is made and tuned, joined with itself, and what both find is
measured.

What is done is marked on disk with all that it depends on, so that a killed run goes on from there.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.build.parts.engine_parts import filled_in_parts
from indexing.build.parts.view_join import ViewJoin
from indexing.build.view_plan import Ask, ViewPlan, engine_bytes, join_budget, more_exact, stored_bytes
from indexing.index_manifest import Effort, EngineRecord, RecallRecord, TunedEngine
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.options import JoinRecord
from indexing.join.parts.search_parts import EngineRecipe, search_in_parts
from indexing.join.parts.truth_parts import TruthParts
from indexing.join.self_join import SelfJoin
from indexing.machine.device import gpu_bytes
from indexing.machine.memory import forget, trim
from indexing.machine.progress import Progress, silent
from indexing.running.local import HERE
from indexing.running.parts import clear_leftovers, parts_for
from indexing.running.tasks import Recipe, Runner
from indexing.search.faiss_index import FaissIndex, build_faiss, gpu_count, has_lists, load_faiss
from indexing.search.gpu_index import GpuTiles
from indexing.search.index import Index
from indexing.search.near_lists import lists_file
from indexing.search.neighbours import Neighbours
from indexing.search.recall import Truth, draw_sample, recall, recall_by, search_recalls, true_neighbours
from indexing.search.tuned_index import tune, tuned
from indexing.storage.artefact import fingerprint_of, write_json
from indexing.storage.records import read_record, stored_record
from indexing.vectors.rows import Rows

GPU_SHARE = 0.7  # of the GPUs' memory that vectors may take
SAMPLE = 1000  # products that recall is measured on; as many others choose how hard is searched
EXACT_SAMPLE = 256  # products measured where an exact join only has to be checked
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Groups:
    """They are groups of products (n,) by code, -1 = in none: their sources, where neighbours must be of another, and
    their categories."""

    sources: Ints1d | None
    categories: Ints1d
    names: list[str]


@dataclass(frozen=True)
class EngineState:
    """It says what is marked on disk of a view's engine: what it was `made` from, its factory, and how it was tuned,
    once it was."""

    made: Mapping[str, Any]
    factory: str | None = None
    tuned: TunedEngine | None = None


@dataclass
class DenseView:
    """It does the work on one view under `folder`. `made` is all that its vectors and neighbours depend on besides the
    plan."""

    folder: Path
    plan: ViewPlan
    rows: Rows
    ask: Ask
    groups: Groups
    made: Mapping[str, Any]
    seed: int = 0
    float16: bool = False
    progress: Progress = silent
    stepped_back: list[str] = field(default_factory=list)
    runner: Runner = HERE
    again: Recipe[Rows] | None = None

    def run(self) -> EngineRecord:
        """Make everything that is not there yet; return what was chosen and measured, for the manifest."""
        tuned_engine = self._engine_state().tuned
        if tuned_engine is None:
            tuned_engine = self._tune_engine()
            self._mark(replace(self._engine_state(), tuned=tuned_engine))
        record, compared = self._join(tuned_engine)
        trim()
        return EngineRecord(replace(tuned_engine, recall=self._measure(tuned_engine.recall)), record, compared)

    @property
    def engine_path(self) -> Path:
        return self.folder / "engines" / f"{self.plan.view}.faiss"

    @property
    def state_path(self) -> Path:
        return self.engine_path.with_suffix(".json")

    @property
    def lists_path(self) -> Path:
        return self.folder / "engines" / lists_file(self.plan.view)

    def _tune_engine(self) -> TunedEngine:
        """Build the engine; where it cannot reach the asked recall, and was not asked for, build the next more exact
        one."""
        factory: str | None = self.plan.factory
        while True:
            assert factory is not None
            engine = self._engine(factory)
            found, reached = self._tuned(engine, factory)
            recalled = found.recall.queries
            better = more_exact(factory, len(self.rows)) if self.ask.index == "auto" else None
            fits = better is not None and engine_bytes(better, len(self.rows), self.rows.dim) <= join_budget(self.ask)
            if recalled is None or reached or not fits:
                return found
            _log.info(
                "%s: %s finds %.3f of %.3f: %s is next", self.plan.view, factory, recalled, self.ask.recall, better
            )
            self.stepped_back.append(factory)
            factory = better

    def _tuned(self, engine: FaissIndex, factory: str) -> tuple[TunedEngine, bool]:
        """Return the engine as hard as the asked recall needs, with what its searches reach; and whether they reach it
        surely."""
        before, asked = tuple(self.stepped_back), RecallRecord(self.ask.recall, self._truth_k, queries=1.0)
        if engine.exact:
            return TunedEngine(factory, None, before, asked), True
        stage, size = f"tune {self.plan.view}", len(self.rows)
        self.progress(stage, 0, size)  # samples are compared with everybody, twice
        tuning = tune(engine, self.rows, self._truth(None, 0), self.ask.recall)
        self.progress(stage, size // 2, size)
        measured = recall(search_recalls(tuned(engine, self.rows, tuning.effort), self.rows, self._truth(None, 1)))
        self.progress(stage, size, size)
        effort = None if engine.effort is None or tuning.effort is None else Effort(engine.effort[0], tuning.effort)
        found = TunedEngine(factory, effort, before, replace(asked, queries=_rounded(measured.mean)))
        return found, tuning.reaches(self.ask.recall)

    def _engine(self, factory: str) -> FaissIndex:
        """Return the engine that a run before has finished, or a new one."""
        size = len(self.rows)
        if self.engine_path.exists() and self._engine_state().factory == factory:
            return load_faiss(self.engine_path, size, device=self._engine_device(factory), float16=self.float16)
        self.state_path.unlink(missing_ok=True)
        self.progress(f"index {self.plan.view}", 0, size)
        device = self._engine_device(factory)
        engine = self._built(factory, device)
        engine.save(self.engine_path)
        self._mark(EngineState(self._as_stored(self.made), factory))
        clear_leftovers(self.engine_path.absolute())
        self.progress(f"index {self.plan.view}", size, size)
        return engine

    def _built(self, factory: str, device: str) -> FaissIndex:
        """Return a new engine: one of inverted lists is filled by workers, where there are any."""
        if self.runner.apart and self.again is not None and device == "cpu" and has_lists(factory):
            made = fingerprint_of(dict(self.made), factory, self.seed)
            parts = parts_for(self.engine_path.absolute(), made)
            return filled_in_parts(self.again, self.rows, factory, self.seed, parts, self.runner)
        return build_faiss(self.rows, factory, device=device, float16=self.float16, seed=self.seed)

    def _engine_state(self) -> EngineState:
        """Return what is marked of this very work; of another one, nothing."""
        nothing = EngineState(self._as_stored(self.made))
        try:
            stored = json.loads(self.state_path.read_text(encoding="utf-8"))
            found = read_record(stored, EngineState, where=str(self.state_path), remedy="it is made again")
        except (OSError, ValueError):
            return nothing
        return found if found.made == nothing.made and self.engine_path.exists() else nothing

    def _mark(self, state: EngineState) -> None:
        unfinished = self.state_path.with_suffix(".tmp")
        write_json(unfinished, stored_record(state))
        unfinished.rename(self.state_path)

    def _join(self, done: TunedEngine) -> tuple[JoinRecord, float | None]:
        """Join the view with itself; return how, and which share of all pairs was compared where that is counted."""
        plan, view = self.plan, self.plan.view
        if plan.join == "engine":
            self._join_by_engine(done)
            return JoinRecord("engine"), None
        trim()
        near = plan.join in ("lists", "category")
        centres = self._engine(done.factory).centres() if near else None
        truth = self._truth(self.groups.sources, 0) if near else None
        join = ViewJoin(
            view,
            plan.join,
            self.rows,
            self.again,
            self.groups.sources,
            self.groups.categories,
            self.ask,
            self.made,
            self._files,
            self.lists_path,
            self.runner,
            self.progress,
        )
        return join.write(centres, truth)

    def _join_by_engine(self, done: TunedEngine) -> None:
        """Search for everybody's neighbours: in parts by workers, which open the engine; on a GPU by this process."""
        self.lists_path.unlink(missing_ok=True)
        files, stage, sources = self._files(JoinRecord("engine")), f"join {self.plan.view}", self.groups.sources
        if self.runner.apart and self.again is not None and self.ask.device == "cpu":
            effort = None if done.effort is None else done.effort.value
            recipe = EngineRecipe(self.engine_path.absolute(), len(self.rows), effort, self.again)
            search_in_parts(recipe, files, sources, self.runner, stage=stage, progress=self.progress)
            return
        SelfJoin(self._searched(done), self.rows, self.ask.k, sources).write(files, stage=stage, progress=self.progress)

    def _searched(self, done: TunedEngine) -> Index[Floats2d]:
        """Return what the join asks: the engine, or where a GPU does not hold its vectors, these a part at a time."""
        if self.ask.device == "cuda" and self._engine_device(done.factory) == "cpu":
            return GpuTiles(self.rows, gpu_bytes())
        return tuned(self._engine(done.factory), self.rows, None if done.effort is None else done.effort.value)

    def _engine_device(self, factory: str) -> str:
        """Return `cpu` or `cuda`: flat vectors that a GPU does not hold stay with the CPU; other engines are refused
        there by FAISS itself."""
        needed = stored_bytes(factory, len(self.rows), self.rows.dim) // (2 if self.float16 else 1)
        if self.ask.device == "cuda" and factory == "Flat" and needed > GPU_SHARE * gpu_bytes() * gpu_count():
            return "cpu"
        return self.ask.device

    def _files(self, join: JoinRecord) -> NeighbourFiles:
        made = {"vectors": self.made, "k": self.ask.k, "recall": self.ask.recall, **stored_record(join)}
        return NeighbourFiles(self.folder / "neighbours" / self.plan.view, len(self.rows), self.ask.k, made)

    def _measure(self, searches: RecallRecord) -> RecallRecord:
        """Return the recall of `searches` with that of the kept neighbours, of those of another source where that was
        asked, also by category."""
        truth = self._truth(self.groups.sources, 1)
        where = self.folder / "neighbours" / self.plan.view
        kept = [np.load(where / f"{name}.npy", mmap_mode="r") for name in ("positions", "cosines")]
        found = Neighbours(*(np.asarray(array[truth.sample, : truth.k]) for array in kept))
        for array in kept:
            forget(array)
        recalls = truth.recalls(found)
        measured = recall(recalls)
        return replace(
            searches,
            neighbours=_rounded(measured.mean),
            error=_rounded(measured.error),
            sample=measured.queries,
            by_category=recall_by(recalls, self.groups.categories[truth.sample], self.groups.names),
        )

    def _truth(self, sources: Ints1d | None, half: int) -> Truth:
        """Return the true neighbours of the half of the sample that tunes (0) or judges (1); all of a small
        catalogue."""
        most = EXACT_SAMPLE if self.plan.join == "exact" and self.plan.factory == "Flat" else SAMPLE
        asked = (sources is not None, half, most)
        if asked not in self._truths:
            self._truths[asked] = self._true_neighbours(sources, half, most)
        return self._truths[asked]

    def _true_neighbours(self, sources: Ints1d | None, half: int, most: int) -> Truth:
        drawn = draw_sample(len(self.rows), 2 * most, seed=self.seed)
        sample = drawn if len(drawn) < 2 * most else drawn[half * most : (half + 1) * most]
        if not self.runner.apart or self.again is None:
            return true_neighbours(self.rows, sample[:most], self._truth_k, sources=sources)
        beside = self.folder / "neighbours" / self.plan.view
        parts = TruthParts(self.again, len(self.rows), self.runner, beside)
        return parts.find(sample[:most], self._truth_k, sources, dict(self.made))

    @property
    def _truth_k(self) -> int:
        return min(self.ask.k, max(len(self.rows) - 1, 1))

    @cached_property
    def _truths(self) -> dict[tuple[bool, int, int], Truth]:
        """Return the truths that were found already, each of which compares samples with everybody."""
        return {}

    @staticmethod
    def _as_stored(made: Mapping[str, Any]) -> Any:
        return json.loads(json.dumps(made))


def _rounded(value: float) -> float | None:
    """Return four digits after the point; None for NaN, which JSON does not have."""
    return None if np.isnan(value) else round(value, 4)
