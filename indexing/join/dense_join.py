"""The exact self-join of dense rows computes every cosine once, in tiles, and each serves both its products.

It goes through windows of rows (`WindowJoin`). A run that was killed, and one whose lists do not fit the memory, are the
same thing: a window that begins behind what is written already. Where workers are apart, each joins windows of its own.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts.window_parts import join_in_parts, put_join, stored_whole
from indexing.join.plan import STRIPE_ROWS, TILE_COLUMNS, JoinPlan
from indexing.join.probing_plan import ProbingPlan
from indexing.join.rows import Units, copy_rows
from indexing.join.window_join import JoinRoom, WindowJoin, placing_of
from indexing.machine.progress import Progress, silent
from indexing.machine.threads import one_blas_thread, thread_count
from indexing.running.local import HERE
from indexing.running.parts import parts_for
from indexing.running.tasks import Runner
from indexing.storage.artefact import fingerprint_of
from indexing.vectors.rows import Rows


@dataclass(frozen=True)
class DenseJoin:
    """It joins the units of `rows` as the plan says; `memory` bytes bound what it holds."""

    rows: Rows
    units: Units
    plan: JoinPlan | ProbingPlan
    k: int
    memory: int = 2**33
    threads: int = field(default_factory=thread_count)

    def write(self, files: NeighbourFiles, *, stage: str, progress: Progress = silent, runner: Runner = HERE) -> None:
        """Write all neighbours, from where an earlier run was cut short: by this process, or windows of them by the workers
        of a `runner` that are apart."""
        if runner.apart:
            self._write_apart(files, stage, progress, runner)
            return
        stripes = self.plan.stripes
        done = files.open(len(stripes), order=self._digest())
        if not done:
            files.nobody()
        where = files.folder / "rows.f32" if self.room.in_file else None
        try:
            if done < len(stripes):
                self._run(
                    files,
                    done,
                    where,
                    lambda places: progress(stage, places * files.size // len(self.plan), files.size),
                )
        finally:
            if where is not None:
                where.unlink(missing_ok=True)
        files.mark()

    def _write_apart(self, files: NeighbourFiles, stage: str, progress: Progress, runner: Runner) -> None:
        parts = parts_for(files.folder, fingerprint_of(dict(files.made), self._digest(), self.k))
        stored = stored_whole(self.units, self.plan, self.rows.dim, self.k, parts)
        prepare = partial(put_join, self.rows, self.units, self.plan, parts)
        join_in_parts(self.plan, stored, files, runner, stage=stage, progress=progress, prepare=prepare)
        parts.clear()

    @cached_property
    def room(self) -> JoinRoom:
        """Return how the memory is divided."""
        return JoinRoom.within(
            self.memory,
            rows=len(self.units),
            dim=self.rows.dim,
            products=len(self.units.members),
            k=self.k,
            threads=self.threads,
            plan_bytes=self.plan.nbytes,
        )

    @cached_property
    def windows(self) -> WindowJoin:
        """Return what joins any window."""
        return WindowJoin(self.units, self.plan, placing_of(self.units, self.plan), self.k, self.threads)

    def _run(self, files: NeighbourFiles, done: int, where: Path | None, report: Callable[[int], None]) -> None:
        work = self.windows.work(copy_rows(self.rows, self.units.first[self.plan.order], path=where))
        with ThreadPoolExecutor(self.threads) as pool, one_blas_thread():
            ends = np.array([b for _, _, b in self.plan.stripes])
            while done < len(ends):
                first = self.plan.stripes[done][1]
                last = max(int(np.searchsorted(ends, first + self.room.window_rows, side="right")), done + 1)
                for number, (_, b), found in self.windows.stripes(work, pool, done, last, report):
                    files.write(*found.result(), number + 1)
                    if self.plan.in_turn:
                        report(b)
                done = last

    def _digest(self) -> str:
        """Return 16 digits that name the order of work: the same stripes, one after the other, of the same units."""
        parts = (*self.plan.parts, self.units.first)
        named = hashlib.sha256(f"{STRIPE_ROWS} {TILE_COLUMNS}".encode())
        for part in parts:
            named.update(part.tobytes())
        return named.hexdigest()[:16]
