"""The exact join in tiles, beside the oracle that sorts all products for each; and after kills, to the last byte."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from indexing.join import dense_join, probing_plan, window_join
from indexing.join import plan as join_plan
from indexing.join.dense_join import DenseJoin
from indexing.join.neighbour_files import NeighbourFiles, open_neighbours
from indexing.join.plan import plan_exact
from indexing.join.probing_plan import plan_probing
from indexing.join.rows import distinct_units
from indexing.join.self_join import SelfJoin
from indexing.join.window_join import JoinRoom
from indexing.search.index import ExactIndex
from indexing.search.neighbours import RESOLUTION
from indexing.vectors.vectors import from_arrays, unit_rows

KILLED = """
import sys
from pathlib import Path
import numpy as np
from indexing.join import dense_join
from indexing.join import plan as join_plan
from indexing.join import neighbour_files
from indexing.join import tiles
join_plan.STRIPE_ROWS = dense_join.STRIPE_ROWS = tiles.STRIPE_ROWS = 32
join_plan.TILE_COLUMNS = dense_join.TILE_COLUMNS = tiles.TILE_COLUMNS = 96
neighbour_files.MARK_S = 0.0
from indexing.join.rows import distinct_units
from indexing.vectors.vectors import from_arrays
rows = from_arrays(np.load(sys.argv[1]))
sources = np.load(sys.argv[3]) if len(sys.argv) > 3 else None
units = distinct_units(rows, sources)
print("ready", flush=True)
files = neighbour_files.NeighbourFiles(Path(sys.argv[2]), len(rows), 7, {"rows": 1})
dense_join.DenseJoin(rows, units, join_plan.plan_exact(rows, units), 7).write(files, stage="join")
"""


def some_rows(size, dim=4, seed=0):
    """Rows with many duplicates, a part in common, and a few of zeros."""
    generator = np.random.default_rng(seed)
    rows = unit_rows(generator.integers(1, 5, (size, dim)))
    rows[generator.random(size) < 0.05] = 0
    return rows


@pytest.fixture
def small_tiles(monkeypatch):
    """Stripes of 32 rows and tiles of 96 columns, so that few products make many of them."""
    from indexing.join import tiles

    for module in (join_plan, dense_join, window_join, tiles):
        monkeypatch.setattr(module, "STRIPE_ROWS", 32)
    for module in (join_plan, probing_plan, dense_join, tiles):
        monkeypatch.setattr(module, "TILE_COLUMNS", 96)


def joined(array, k, folder, *, sources=None, memory=2**33, threads=2):
    rows = from_arrays(array, shard_rows=100)
    units = distinct_units(rows, sources)
    join = DenseJoin(rows, units, plan_exact(rows, units), k, memory, threads)
    join.write(NeighbourFiles(folder, len(rows), k), stage="join")
    return open_neighbours(folder, len(rows))


def assert_equals_the_exact_index(found, array, k, sources=None):
    expected = SelfJoin(ExactIndex(array), from_arrays(array), k, sources).neighbours_of(np.arange(len(array)))
    assert ((found.positions >= 0) == (expected.positions >= 0)).all()
    assert found.cosines == pytest.approx(expected.cosines, abs=2 * RESOLUTION, nan_ok=True)
    assert (found.positions == expected.positions).mean() > 0.97  # a cosine on the edge of RESOLUTION rounds either way
    assert (found.positions != np.arange(len(array))[:, None]).all()
    if sources is not None:
        of = np.where(found.positions < 0, -2, sources[found.positions])
        assert ((of != sources[:, None]) | (sources[:, None] < 0)).all()


SOURCES = {
    "none asked": None,
    "two large": np.arange(400) % 2,
    "many small": np.arange(400) % 60,
    "everything in one": np.zeros(400, dtype=np.int64),
    "nobody has one": np.full(400, -1),
    "half have none": np.where(np.arange(400) % 2, -1, np.arange(400) % 3),
    "one large, others small": np.where(np.arange(400) < 240, 0, np.arange(400)),
    "almost all in one": np.where(np.arange(400) < 396, 0, np.arange(400)),
}


@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES.keys())
@pytest.mark.parametrize("k", [1, 9, 70])
def test_it_equals_the_exact_index(tmp_path, small_tiles, sources, k):
    array = some_rows(400)
    assert_equals_the_exact_index(joined(array, k, tmp_path, sources=sources), array, k, sources)


@pytest.mark.parametrize("size", [1, 2, 33, 700])
def test_any_number_of_products_is_joined(tmp_path, small_tiles, size):
    array = unit_rows(np.random.default_rng(1).normal(size=(size, 24)))
    assert_equals_the_exact_index(joined(array, 5, tmp_path), array, 5)


def test_thousands_of_duplicates_are_joined_in_the_order_of_positions(tmp_path):
    array = np.repeat(unit_rows(np.random.default_rng(2).normal(size=(3, 8))), 1500, axis=0)
    found = joined(array, 4, tmp_path)
    assert found.positions[:2].tolist() == [[1, 2, 3, 4], [0, 2, 3, 4]]
    assert found.positions[4499].tolist() == [3000, 3001, 3002, 3003]
    assert (found.cosines == 1).all()


def test_products_with_nothing_to_see_have_no_neighbours_and_are_none(tmp_path):
    found = joined(np.zeros((5, 3), dtype=np.float32), 2, tmp_path)
    assert (found.positions == -1).all()
    assert np.isnan(found.cosines).all()


@pytest.mark.parametrize("sources", [None, np.arange(700) % 9], ids=["anywhere", "across"])
def test_little_memory_gives_the_same_bytes(tmp_path, small_tiles, sources):
    array = unit_rows(np.random.default_rng(3).normal(size=(700, 24)))
    whole = joined(array, 6, tmp_path / "whole", sources=sources)
    little = 3 * window_join.TILE_BYTES + len(array) * 40 + 70_000  # a few stripes at a time; rows are read from a file
    rows = from_arrays(array)
    units = distinct_units(rows, sources)
    join = DenseJoin(rows, units, plan_exact(rows, units), 6, little, 2)
    assert join.room.window_rows < len(array) / 3
    few = joined(array, 6, tmp_path / "few", sources=sources, memory=little)
    assert few.positions.tobytes() == whole.positions.tobytes()
    assert few.cosines.tobytes() == whole.cosines.tobytes()
    read = joined(array, 6, tmp_path / "read", sources=sources, memory=100_000)
    assert read.positions.tobytes() == whole.positions.tobytes()
    assert not (tmp_path / "read" / "rows.f32").exists()


def test_a_permuted_catalogue_has_the_same_neighbours_to_the_last_bit(tmp_path, small_tiles):
    array = unit_rows(np.random.default_rng(4).normal(size=(500, 48)))
    order = np.random.default_rng(5).permutation(len(array))
    one, other = joined(array, 8, tmp_path / "a"), joined(array[order], 8, tmp_path / "b")
    assert (one.cosines[order] == other.cosines).all()
    assert (one.positions[order] == order[other.positions]).all()


def through_lists(array, k, folder, *, lists=12, count=3, sources=None, memory=2**33):
    """Joined by a probing plan; and the plan."""
    rows = from_arrays(array)
    units = distinct_units(rows, sources)
    centres = unit_rows(np.random.default_rng(9).normal(size=(lists, array.shape[1])))
    plan = plan_probing(rows, units, centres, count)
    join = DenseJoin(rows, units, plan, k, memory, 2)
    join.write(NeighbourFiles(folder, len(array), k), stage="join")
    return open_neighbours(folder, len(array)), join, units


def brute_force(array, units, plan, k, sources=None):
    """The neighbours of every product among the units that it is compared with: either looks at the other's list."""
    probes = np.empty_like(plan.probes)
    probes[plan.order] = plan.probes
    looks = (probes[:, None, :] == probes[None, :, :1]).any(axis=2)
    unit_of = np.empty(len(array), dtype=np.int64)
    unit_of[units.members] = np.repeat(np.arange(len(units)), np.diff(units.offsets))
    there = (looks | looks.T)[unit_of][:, unit_of]
    if sources is not None:
        there &= (sources[:, None] != sources[None, :]) | (sources < 0)[:, None]
    cosines = np.round((array @ array.T).astype(np.float64) / RESOLUTION)
    found = []
    for own in range(len(array)):
        others = np.flatnonzero(there[own] & (np.arange(len(array)) != own))
        found.append(others[np.lexsort((others, -cosines[own, others]))][:k])
    return found


@pytest.mark.parametrize("sources", [None, 4])
@pytest.mark.parametrize("count", [1, 3, 12])
def test_near_lists_find_all_that_either_looks_at(tmp_path, small_tiles, count, sources):
    array = unit_rows(np.random.default_rng(6).normal(size=(400, 6)))
    array[50:60] = array[0]
    sources = None if sources is None else np.arange(400) % sources
    found, join, units = through_lists(array, 5, tmp_path, count=count, sources=sources)
    for own, expected in enumerate(brute_force(array, units, join.plan, 5, sources)):
        assert found.positions[own][: len(expected)].tolist() == expected.tolist()
        assert (found.positions[own][len(expected) :] == -1).all()


class TestRoom:
    """A million rows of 256 numbers, a GiB of them, joined for 60 neighbours each."""

    def within(self, gib):
        size = 1_000_000
        return JoinRoom.within(int(gib * 2**30), rows=size, dim=256, products=size, k=60, threads=2, plan_bytes=0)

    def test_rows_are_in_memory_where_they_take_at_most_half_of_it(self):
        room = self.within(4)
        assert not room.in_file
        assert room.window_rows >= 1_000_000

    def test_rows_of_more_than_half_of_the_memory_are_in_a_file(self):
        room = self.within(1.5)
        assert room.in_file
        assert room.window_rows < 1_000_000


@pytest.mark.parametrize("room", [20_000, 50_000, 100_000])
@pytest.mark.parametrize("lists", [3, 30], ids=["of many stripes", "of one"])
def test_windows_of_near_lists_find_the_same(tmp_path, small_tiles, room, lists):
    array = unit_rows(np.random.default_rng(7).normal(size=(900, 8)))
    whole, _, _ = through_lists(array, 5, tmp_path / "whole", lists=lists, count=2)
    little = 3 * window_join.TILE_BYTES + len(array) * (40 + 2 * 16 + 2 * 8) + room
    few, join, _ = through_lists(array, 5, tmp_path / "few", lists=lists, count=2, memory=little)
    assert 32 <= join.room.window_rows < len(array) / 3
    assert few.positions.tobytes() == whole.positions.tobytes()
    assert few.cosines.tobytes() == whole.cosines.tobytes()


@pytest.mark.parametrize("lists", [3, 30], ids=["of many stripes", "of one"])
def test_a_join_of_near_lists_goes_on_from_where_it_was_cut_short(tmp_path, small_tiles, lists):
    array = unit_rows(np.random.default_rng(8).normal(size=(900, 8)))
    whole, _, _ = through_lists(array, 5, tmp_path / "whole", lists=lists, count=4)
    write, written = NeighbourFiles.write, []

    def cut_short(self, products, found, done):
        write(self, products, found, done)
        self.mark()
        written.append(done)
        if len(written) == 20:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NeighbourFiles, "write", cut_short)
        with pytest.raises(KeyboardInterrupt):
            through_lists(array, 5, tmp_path / "cut", lists=lists, count=4)
    begun = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NeighbourFiles, "write", lambda self, *a: (begun.append(a[2]), write(self, *a))[1])
        again, _, _ = through_lists(array, 5, tmp_path / "cut", lists=lists, count=4)
    assert begun[0] == written[-1] + 1
    assert again.positions.tobytes() == whole.positions.tobytes()
    assert again.cosines.tobytes() == whole.cosines.tobytes()


def run(tmp_path, *words, kill_after=None):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "rows.npy"), *map(str, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    if kill_after is not None:
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
    code = process.wait()
    process.stdout.close()
    return code


@pytest.mark.slow
@pytest.mark.parametrize("across", [False, True])
def test_killed_at_any_moment_it_ends_with_the_same_bytes(tmp_path, across):
    array = some_rows(1200, dim=6)
    np.save(tmp_path / "rows.npy", array)
    np.save(tmp_path / "sources.npy", np.arange(len(array)) % 7)
    more = [tmp_path / "sources.npy"] if across else []
    started = time.monotonic()
    assert run(tmp_path, tmp_path / "straight", *more) == 0
    took = time.monotonic() - started  # with Python's own start: some runs end before they are killed, not all of them
    moments, kills = random.Random(0), 0
    for turn in range(8):
        code = run(tmp_path, tmp_path / "killed", *more, kill_after=0.0 if turn == 0 else moments.uniform(0, took / 4))
        kills += code == -signal.SIGKILL
        if code == 0:
            break
    assert run(tmp_path, tmp_path / "killed", *more) == 0
    assert kills
    for name in ("positions.npy", "cosines.npy"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


def test_what_is_done_is_not_done_again(tmp_path, small_tiles, monkeypatch):
    array = some_rows(400)
    monkeypatch.setattr("indexing.join.neighbour_files.MARK_S", 0.0)
    rows, seen = from_arrays(array), []
    units = distinct_units(rows)
    join = DenseJoin(rows, units, plan_exact(rows, units), 5)

    def stop(stage, done, total):
        seen.append(done)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join.write(NeighbourFiles(tmp_path, 400, 5, {"of": 1}), stage="join", progress=stop)
    again = []
    join.write(
        NeighbourFiles(tmp_path, 400, 5, {"of": 1}), stage="join", progress=lambda _, done, __: again.append(done)
    )
    assert again[0] > seen[3] - 1
    assert_equals_the_exact_index(open_neighbours(tmp_path, 400), array, 5)
    afresh = []
    join.write(
        NeighbourFiles(tmp_path, 400, 5, {"of": 2}), stage="join", progress=lambda _, done, __: afresh.append(done)
    )
    assert len(afresh) == len(join.plan.stripes)  # of other work nothing is kept
