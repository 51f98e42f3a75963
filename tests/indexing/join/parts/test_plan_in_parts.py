"""Units and plans that workers find in parts, in any order and twice, are those of one process."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tried_tasks import Troubled

from indexing.errors import Unfinished
from indexing.join import plan, probing_plan, tiles
from indexing.join.choice import OwnPlanner
from indexing.join.parts import parts_planner, place_tasks, placed, truth_parts, unit_parts
from indexing.join.parts.parts_planner import PartsPlanner
from indexing.join.parts.row_parts import RowParts
from indexing.join.parts.truth_parts import TruthParts
from indexing.join.parts.unit_parts import units_in_parts
from indexing.join.rows import copy_rows, distinct_units
from indexing.running import equal_keys, stages
from indexing.running.local import LocalRunner
from indexing.running.parts import PartFolder
from indexing.running.stages import step_for
from indexing.search import recall
from indexing.vectors.vectors import from_arrays, unit_rows

SIZE = 700


@dataclass(frozen=True)
class Given:
    """Rows that a worker has."""

    rows: Any

    def open(self):
        return self.rows


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """So small blocks and buckets that there are many of both."""
    for module in (probing_plan, place_tasks, parts_planner):
        monkeypatch.setattr(module, "PROBING_ROWS", 40)
    for module in (plan, place_tasks, parts_planner):
        monkeypatch.setattr(module, "PIVOT_ROWS", 30)
    for module in (plan, tiles):
        monkeypatch.setattr(module, "STRIPE_ROWS", 32)
    monkeypatch.setattr(unit_parts, "HASHED_ROWS", 50)
    monkeypatch.setattr(stages, "RANGES", 6)
    monkeypatch.setattr(equal_keys, "BUCKET_ROWS", 150)
    monkeypatch.setattr(placed, "LISTED_ROWS", 90)


def some_rows(size=SIZE):
    generator = np.random.default_rng(0)
    rows = unit_rows(generator.integers(1, 5, (size, 6)))
    rows[generator.random(size) < 0.05] = 0
    return from_arrays(rows, shard_rows=100)


SOURCES = {"anywhere": None, "small sources": np.arange(SIZE) % 9, "large ones": np.arange(SIZE) % 4 - 1}


@pytest.fixture(params=SOURCES)
def sources(request):
    return SOURCES[request.param]


def found_units(rows, sources, folder, runner):
    parts = PartFolder(folder)
    parts.make()
    return units_in_parts(Given(rows), len(rows), sources, parts, runner, lambda done: None)


def assert_same_units(one, other):
    for name in ("members", "offsets", "sources"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("seed", [0, 1])
def test_units_in_parts_are_those_of_one_process(tmp_path, sources, seed):
    rows = some_rows()
    assert_same_units(found_units(rows, sources, tmp_path / "units", Troubled(seed)), distinct_units(rows, sources))


def test_rows_that_share_a_hash_are_told_apart(tmp_path, monkeypatch):
    def alike(block, sources):
        return np.full(len(block), 2**63, dtype=np.uint64), np.ones(len(block), dtype=bool)

    monkeypatch.setattr(unit_parts, "row_keys", alike)
    rows = from_arrays(unit_rows(np.random.default_rng(2).normal(size=(60, 4))))
    units = found_units(rows, None, tmp_path / "units", LocalRunner(apart=True))
    assert units.members.tolist() == list(range(60))


@pytest.mark.parametrize("size", [1, 50, 51])
def test_units_of_any_number_of_products_are_found(tmp_path, size):
    rows = some_rows(size)
    assert_same_units(found_units(rows, None, tmp_path / "units", Troubled()), distinct_units(rows))


def planners(rows, sources, folder, runner):
    return PartsPlanner(Given(rows), PartFolder(folder / "units"), runner), found_units(
        rows, sources, folder / "units", runner
    )


def assert_same_arrays(one, other, names):
    for name in names:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
        assert np.asarray(getattr(one, name)).dtype == getattr(other, name).dtype


@pytest.mark.parametrize("seed", [0, 1])
def test_a_plan_through_lists_is_that_of_one_process(tmp_path, sources, seed):
    rows = some_rows()
    planner, units = planners(rows, sources, tmp_path, Troubled(seed))
    centres = np.unique(rows.take(units.members[:12]), axis=0)
    own = OwnPlanner().probing(rows, distinct_units(rows, sources), centres, 3)
    made = planner.probing(rows, units, centres, 3)
    assert_same_arrays(made, own, ("order", "bounds", "starts", "visitors", "probes"))
    lists = planner.lists(made, SIZE, units, centres)
    np.testing.assert_array_equal(
        lists.codes, OwnPlanner().lists(own, SIZE, distinct_units(rows, sources), centres).codes
    )
    assert_placed(planner, made, rows, units)


def assert_placed(planner, made, rows, units):
    """Rows, places and sources are in the order of the plan."""
    stored = planner.stored(made, 5, units.sources is not None)
    whole, places = copy_rows(rows, units.first[made.order]), np.random.default_rng(0).permutation(len(made))
    np.testing.assert_array_equal(stored.rows.gather(places), whole.gather(places))
    np.testing.assert_array_equal(stored.rows.read(13, len(made) - 5), whole.read(13, len(made) - 5))
    placing = stored.open().placing
    np.testing.assert_array_equal(placing.place[made.order], np.arange(len(made)))
    if units.sources is not None:
        np.testing.assert_array_equal(placing.sources, units.sources[made.order])


def test_an_exact_plan_is_that_of_one_process(tmp_path, sources):
    rows = some_rows()
    planner, units = planners(rows, sources, tmp_path, Troubled())
    own = OwnPlanner().exact(rows, distinct_units(rows, sources))
    made = planner.exact(rows, units)
    assert_same_arrays(made, own, ("order", "bounds", "starts", "partners"))
    assert_placed(planner, made, rows, units)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_plan_within_categories_is_that_of_one_process(tmp_path, sources, seed):
    rows, categories = some_rows(), np.random.default_rng(7).integers(-1, 9, SIZE)
    planner, units = planners(rows, sources, tmp_path, Troubled(seed))
    centres = np.unique(rows.take(units.members[:12]), axis=0)
    own = OwnPlanner().cells(rows, distinct_units(rows, sources), categories, centres)
    made = planner.cells(rows, units, categories, centres)
    np.testing.assert_array_equal(made.lists.codes, own.lists.codes)
    plans = [cells.plan(own.lists.near(2)) for cells in (made, own)]
    assert_same_arrays(*plans, ("order", "bounds", "starts", "partners"))
    assert len(plans[0].bounds) > 40
    assert_placed(planner, plans[0], rows, units)


def test_what_is_planned_goes_away(tmp_path):
    planner, units = planners(some_rows(), None, tmp_path, Troubled())
    planner.exact(some_rows(), units)
    planner.clear()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "stopped", ["group_bucket", "number_range", "look_range", "order_lists", "visit_lists", "name_cells"]
)
def test_planning_that_was_stopped_goes_on_with_the_other_parts(tmp_path, monkeypatch, stopped):
    rows = some_rows()
    centres, done, most = np.unique(rows.take(np.arange(12)), axis=0), [], 2
    module = unit_parts if hasattr(unit_parts, stopped) else placed
    work = getattr(module, stopped)

    def until(task, shared):
        if len(done) == most:
            raise Unfinished("the driver was stopped")
        done.append(task.number)
        return work(task, shared)

    def planned(planner, units):
        if stopped != "name_cells":
            return planner.probing(rows, units, centres, 3)
        cells = planner.cells(rows, units, np.arange(SIZE) % 5, centres)
        return cells.plan(cells.lists.near(3))

    def plan_all():
        return planned(*planners(rows, None, tmp_path, LocalRunner(apart=True)))

    monkeypatch.setattr(module, stopped, until)
    with pytest.raises(Unfinished):
        plan_all()
    before, most = set(done), 10**6
    done.clear()
    made = plan_all()
    assert before
    assert done
    assert not before & set(done)
    own = planned(OwnPlanner(), distinct_units(rows))
    assert_same_arrays(made, own, ("order", "bounds", "starts"))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_truth_of_a_sample_is_that_of_one_process(tmp_path, monkeypatch, sources, seed):
    monkeypatch.setattr(truth_parts, "SHARD_ROWS", 100)
    for module in (recall, truth_parts):
        monkeypatch.setattr(module, "BLOCK_ROWS", 50)
    rows, sample = some_rows(), np.random.default_rng(3).permutation(SIZE)[:40]
    expected = recall.true_neighbours(rows, sample, 9, sources=sources).neighbours
    found = TruthParts(Given(rows), SIZE, Troubled(seed), tmp_path / "text").find(sample, 9, sources, {"rows": 1})
    np.testing.assert_array_equal(found.neighbours.positions, expected.positions)
    np.testing.assert_array_equal(found.neighbours.cosines, expected.cosines)
    np.testing.assert_array_equal(found.sample, sample)
    assert list(tmp_path.iterdir()) == []


def test_rows_are_read_across_the_edges_of_files(tmp_path):
    whole = np.arange(30, dtype=np.float32).reshape(10, 3)
    for number, (first, last) in enumerate(((0, 4), (4, 4), (4, 10))):
        whole[first:last].tofile(tmp_path / f"{number}.f32")
    rows = RowParts(3, np.array([0, 4, 4, 10]), tuple(tmp_path / f"{number}.f32" for number in range(3)))
    for start, stop in ((0, 10), (3, 5), (4, 10), (0, 4), (9, 10)):
        np.testing.assert_array_equal(rows.read(start, stop), whole[start:stop])
    places = np.array([9, 0, 4, 3, 3])
    np.testing.assert_array_equal(rows.gather(places), whole[places])


def test_tasks_are_few_where_rows_are_and_bounded_where_they_are_many(monkeypatch):
    monkeypatch.setattr(stages, "RANGES", 64)
    assert step_for(100, 40) == 40
    assert step_for(64 * 400, 40) == 400
    assert step_for(10**9, 1024) == 2**20
