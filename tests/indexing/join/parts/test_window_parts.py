"""Windows that workers join, in any order and twice, merge into the bytes of one process."""

from itertools import pairwise

import numpy as np
import pytest
from tried_tasks import Troubled

from indexing.errors import Unfinished
from indexing.join import dense_join, plan, probing_plan, tiles
from indexing.join.dense_join import DenseJoin
from indexing.join.neighbour_files import NeighbourFiles
from indexing.join.parts import neighbour_parts, window_parts
from indexing.join.plan import plan_exact
from indexing.join.probing_plan import plan_probing
from indexing.join.rows import distinct_units
from indexing.running.attempts import CrewRunner
from indexing.running.local import HERE
from indexing.running.processes import ProcessCrew
from indexing.vectors.vectors import from_arrays, unit_rows

K = 7


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Stripes of 32 rows, tiles of 96 columns, and merging of 50 rows at once."""
    for module in (plan, dense_join, tiles):
        monkeypatch.setattr(module, "STRIPE_ROWS", 32)
    for module in (plan, probing_plan, dense_join, tiles):
        monkeypatch.setattr(module, "TILE_COLUMNS", 96)
    monkeypatch.setattr(neighbour_parts, "MERGED_ROWS", 50)
    monkeypatch.setattr(window_parts, "WINDOWS", 5)
    monkeypatch.setattr(window_parts, "WINDOW_COSINES", 1)


def some_rows(size=700):
    generator = np.random.default_rng(0)
    rows = unit_rows(generator.integers(1, 5, (size, 6)))
    rows[generator.random(size) < 0.05] = 0
    return from_arrays(rows, shard_rows=100)


def join_of(kind, rows, sources=None):
    units = distinct_units(rows, sources)
    if kind == "exact":
        return DenseJoin(rows, units, plan_exact(rows, units), K, threads=2)
    centres = np.unique(rows.take(units.first[:: len(units) // 12]), axis=0)
    return DenseJoin(rows, units, plan_probing(rows, units, centres, 3), K, threads=2)


def written(join, folder, runner=HERE, told=None):
    files = NeighbourFiles(folder, len(join.rows), K, {"rows": 1})
    join.write(files, stage="join", runner=runner, progress=lambda *step: None if told is None else told.append(step))
    return [(folder / f"{name}.npy").read_bytes() for name in ("positions", "cosines")]


@pytest.mark.parametrize("sources", [None, np.arange(700) % 9], ids=["anywhere", "across"])
@pytest.mark.parametrize("kind", ["exact", "lists"])
@pytest.mark.parametrize("seed", [0, 1])
def test_windows_in_any_order_and_twice_give_the_same_bytes(tmp_path, kind, sources, seed):
    rows, told = some_rows(), []
    join = join_of(kind, rows, sources)
    whole = written(join, tmp_path / "whole")
    assert written(join, tmp_path / "parts", Troubled(seed), told) == whole
    assert told[-1] == ("join", 700, 700)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["parts", "whole"]
    assert sorted(file.name for file in (tmp_path / "parts").iterdir()) == ["cosines.npy", "made.json", "positions.npy"]


@pytest.mark.parametrize("size", [1, 33, 100])
def test_any_number_of_products_is_joined(tmp_path, size):
    join = join_of("exact", some_rows(size))
    assert written(join, tmp_path / "parts", Troubled()) == written(join, tmp_path / "whole")


def test_nobody_with_anything_to_see_has_no_neighbours(tmp_path):
    rows = from_arrays(np.zeros((70, 3), dtype=np.float32))
    units = distinct_units(rows)
    join = DenseJoin(rows, units, plan_exact(rows, units), K)
    assert written(join, tmp_path / "parts", Troubled()) == written(join, tmp_path / "whole")


def test_processes_give_the_same_bytes(tmp_path):
    """With stripes of their own size, which these are sent in the plan."""
    rows = from_arrays(unit_rows(np.random.default_rng(3).normal(size=(3000, 16))))
    with pytest.MonkeyPatch.context() as patch:
        for module in (plan, dense_join, tiles):
            patch.setattr(module, "STRIPE_ROWS", 1024)
        for module in (plan, probing_plan, dense_join, tiles):
            patch.setattr(module, "TILE_COLUMNS", 4096)
        join = join_of("exact", rows)
        crew = ProcessCrew(2)
        try:
            parts = written(join, tmp_path / "parts", CrewRunner(crew, 120.0))
        finally:
            crew.close()
        assert parts == written(join, tmp_path / "whole")


def test_a_run_that_was_stopped_joins_the_other_windows_only(tmp_path, monkeypatch):
    join, joined = join_of("exact", some_rows()), []

    def until(most):
        def work(task, shared):
            if len(joined) == most:
                raise Unfinished("the driver was stopped")
            joined.append(task.number)
            return window(task, shared)

        monkeypatch.setattr(window_parts, "join_window", work)

    window = window_parts.join_window
    until(3)
    with pytest.raises(Unfinished):
        written(join, tmp_path / "parts", Troubled())
    before = set(joined)
    joined.clear()
    until(10**6)
    assert written(join, tmp_path / "parts", Troubled()) == written(join, tmp_path / "whole")
    assert before
    assert not before & set(joined)
    joined.clear()
    written(join, tmp_path / "parts", Troubled())
    assert joined == []


def test_a_run_that_was_stopped_while_it_merged_goes_on_merging(tmp_path, monkeypatch):
    join = join_of("exact", some_rows())
    steps, write = [], NeighbourFiles.write

    def stopped(files, products, found, done):
        if len(steps) == 4:
            raise Unfinished("stopped")
        steps.append(done)
        write(files, products, found, done)
        files.mark()

    with monkeypatch.context() as patch:
        patch.setattr(NeighbourFiles, "write", stopped)
        with pytest.raises(Unfinished):
            written(join, tmp_path / "parts", Troubled())
    merged = []
    monkeypatch.setattr(NeighbourFiles, "write", lambda *given: (merged.append(given[3]), write(*given)))
    parts = written(join, tmp_path / "parts", Troubled())
    assert merged == list(range(5, 15))
    assert parts == written(join, tmp_path / "whole")


def test_windows_are_whole_stripes_of_all_rows():
    join = join_of("lists", some_rows())
    tasks = window_parts.window_tasks(join.plan)
    assert [task.number for task in tasks] == list(range(len(tasks)))
    assert tasks[0].first == 0
    assert tasks[-1].last == len(join.plan.stripes)
    assert all(one.last == other.first for one, other in pairwise(tasks))
    assert 1 < len(tasks) <= 5


@pytest.mark.parametrize(("cosines", "windows"), [(1, 5), (1 << 18, 1), (1 << 16, 3), (1 << 30, 1)])
def test_windows_are_as_many_as_there_is_work_for(monkeypatch, cosines, windows):
    """An exact join of 700 rows compares a quarter of a million pairs."""
    monkeypatch.setattr(window_parts, "WINDOW_COSINES", cosines)
    tasks = window_parts.window_tasks(join_of("exact", some_rows()).plan)
    assert len(tasks) == windows
    assert [task.first for task in tasks[1:]] == [task.last for task in tasks[:-1]]


def test_windows_hold_no_more_rows_than_fit(monkeypatch):
    monkeypatch.setattr(window_parts, "WINDOW_COSINES", 1 << 30)
    monkeypatch.setattr(window_parts, "WINDOW_ROWS", 100)
    assert len(window_parts.window_tasks(join_of("exact", some_rows()).plan)) == 7
