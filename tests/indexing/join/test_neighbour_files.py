"""Kept neighbours on disk: what a run that was cut short has done is not done again, and of other work nothing counts."""

from types import SimpleNamespace

import numpy as np
import pytest

from indexing.join.neighbour_files import STATE, NeighbourFiles, open_neighbours, read_state
from indexing.join.self_join import SelfJoin, list_length, with_reserve
from indexing.join.settled_cosines import SPARE
from indexing.search.index import ExactIndex
from indexing.search.neighbours import Neighbours, in_order
from indexing.vectors.vectors import from_arrays, unit_rows

SIZE, K = 100, 4
ROWS = unit_rows(np.random.default_rng(0).normal(size=(SIZE, 6)))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 17 products, marked at once."""
    monkeypatch.setattr("indexing.join.self_join.BLOCK_ROWS", 17)
    monkeypatch.setattr("indexing.join.neighbour_files.MARK_S", 0.0)


class Watched:
    """An exact index that counts who was asked for, and is cut short when it is asked too often."""

    def __init__(self, most=99):
        self.exact, self.most, self.asked = ExactIndex(ROWS), most, []

    def __len__(self):
        return SIZE

    def search(self, queries, k, *, allowed=None):
        if len(self.asked) == self.most:
            raise KeyboardInterrupt
        self.asked.append(len(queries))
        return self.exact.search(queries, k, allowed=allowed)


def write(folder, index, made=None):
    files = NeighbourFiles(folder, SIZE, K, made or {"rows": 1})
    SelfJoin(index, from_arrays(ROWS), K).write(files, stage="join")
    return files


def assert_whole(folder):
    found = open_neighbours(folder, SIZE)
    expected = SelfJoin(ExactIndex(ROWS), from_arrays(ROWS), K).neighbours_of(np.arange(SIZE))
    np.testing.assert_array_equal(found.positions, expected.positions)


def cut_short(folder):
    with pytest.raises(KeyboardInterrupt):
        write(folder, Watched(most=3))


def test_a_run_that_was_cut_short_goes_on_with_the_next_block(tmp_path):
    cut_short(tmp_path)
    assert read_state(tmp_path)["done"] == 3
    index = Watched()
    files = write(tmp_path, index)
    assert index.asked == [17, 17, SIZE - 5 * 17]
    assert_whole(tmp_path)
    assert (files.done, (tmp_path / STATE).exists()) == (6, True)  # whoever gave the files finishes them
    files.finish()
    assert read_state(tmp_path) == {}


@pytest.mark.parametrize("other", ["work", "blocks", "file", "state"])
def test_of_other_work_nothing_counts(tmp_path, monkeypatch, other):
    cut_short(tmp_path)
    if other == "blocks":
        monkeypatch.setattr("indexing.join.self_join.BLOCK_ROWS", 18)  # as many blocks, of others
    if other == "file":
        (tmp_path / "cosines.npy").unlink()
    if other == "state":
        (tmp_path / STATE).write_text("{")
    index = Watched()
    write(tmp_path, index, {"rows": 2} if other == "work" else None)
    assert len(index.asked) == 6
    assert_whole(tmp_path)


def test_written_into_a_folder_nothing_else_is_left(tmp_path):
    SelfJoin(Watched(), from_arrays(ROWS), K).write(tmp_path, stage="join")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cosines.npy", "positions.npy"]


def test_nobody_has_neighbours_until_they_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.join.neighbour_files.NOBODY_ROWS", 30)
    files = NeighbourFiles(tmp_path, SIZE, K)
    files.open(1)
    files.nobody()
    files.write(np.array([5, 99]), Neighbours(np.full((2, K), 7), np.full((2, K), 0.5, dtype=np.float32)), 1)
    files.mark()
    found = open_neighbours(tmp_path, SIZE)
    written = np.isin(np.arange(SIZE), [5, 99])
    assert (found.positions[written] == 7).all()
    assert (found.positions[~written] == -1).all()
    assert np.isnan(found.cosines[~written]).all()


def test_work_is_marked_after_a_while_not_after_each_portion(tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.join.neighbour_files.MARK_S", 1000.0)
    cut_short(tmp_path)
    assert read_state(tmp_path) == {}


@pytest.mark.parametrize(("took", "marked"), [(0.125, [5, 10, 15, 20]), (0.5, [5, 15])])
def test_where_a_mark_takes_long_the_next_waits_longer(tmp_path, monkeypatch, took, marked):
    """Here of 0.5 s in place of 0.25: after ten seconds in place of five."""
    now, found = [0.0], []
    monkeypatch.setattr("indexing.join.neighbour_files.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("indexing.join.neighbour_files.MARK_S", 5.0)
    files = NeighbourFiles(tmp_path, SIZE, K)
    files.open(SIZE)

    def flushed():
        found.append(int(now[0]))
        now[0] += took

    monkeypatch.setattr(files, "_forget", flushed)
    for number in range(1, 21):
        now[0] += 1.0
        files.write(np.array([number]), Neighbours(np.full((1, K), 7), np.ones((1, K), dtype=np.float32)), number)
    assert found == marked


@pytest.mark.parametrize(("k", "kept"), [(1, 5), (10, 14), (20, 24), (21, 26), (50, 60)])
def test_a_fifth_more_neighbours_are_kept_and_four_at_least(k, kept):
    assert with_reserve(k) == kept


@pytest.mark.parametrize(
    ("k", "products", "length"), [(10, 1000, 14), (10, 14, 14), (10, 12, 12), (50, 3, 3), (2**62, 300, 300), (5, 0, 1)]
)
def test_a_list_is_no_longer_than_the_catalogue(k, products, length):
    assert list_length(k, products) == length


class Inexact:
    """An engine whose cosines are a hair off, so that the k-th and those behind it stand in the wrong order."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def search(self, queries, k, *, allowed=None):
        off = 3e-6 * (np.arange(len(self.rows)) % 2)
        cosines = (queries @ self.rows.T - off).astype(np.float32)
        positions = np.tile(np.arange(len(self.rows)), (len(queries), 1))
        return in_order(positions, cosines).first(k)


def test_which_of_those_a_hair_apart_is_the_last_kept_is_settled_by_the_rows(tmp_path):
    angles = np.r_[0.0, 0.5, 0.5 + 1e-7 * np.arange(1, 2 + SPARE), 1.0]
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    SelfJoin(Inexact(rows), from_arrays(rows), 2).write(tmp_path, stage="join")
    assert open_neighbours(tmp_path, len(rows)).positions[0].tolist() == [1, 2]
