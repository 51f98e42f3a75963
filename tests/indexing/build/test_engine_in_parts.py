"""An engine of inverted lists that workers fill is that of one process, byte by byte."""

from dataclasses import dataclass

import numpy as np
import pytest
from tried_tasks import Troubled

from indexing.build.parts import engine_parts
from indexing.build.parts.engine_parts import filled_in_parts
from indexing.errors import InputError, Unfinished
from indexing.running import stages
from indexing.running.parts import PartFolder
from indexing.search import faiss_index
from indexing.search.faiss_index import build_faiss, has_lists
from indexing.vectors.rows import Rows
from indexing.vectors.vectors import from_arrays, unit_rows

SIZE = 900


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks of a hundred rows, and lists trained on some of them."""
    for module in (faiss_index, engine_parts):
        monkeypatch.setattr(module, "ADD_ROWS", 100)
    monkeypatch.setattr(faiss_index, "LEAST_TRAINED", 300)
    monkeypatch.setattr(faiss_index, "TRAIN_ROWS_A_LIST", 40)
    monkeypatch.setattr(stages, "RANGES", 4)


@dataclass(frozen=True)
class Given:
    rows: Rows

    def open(self):
        return self.rows


def some_rows(zeros=True):
    rows = unit_rows(np.random.default_rng(0).normal(size=(SIZE, 8)))
    rows[200:420:3] = 0 if zeros else rows[200:420:3]
    return from_arrays(rows, shard_rows=250)


def saved(engine, folder):
    folder.mkdir()
    engine.save(folder / "text.faiss")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("zeros", [True, False])
@pytest.mark.parametrize("factory", ["IVF8,Flat", "IVF8,SQ8", "IVF8,PQ4x4", "IVF8,PQ4"])
def test_parts_in_any_order_and_twice_give_the_same_bytes(tmp_path, factory, zeros):
    rows = some_rows(zeros)
    parts = filled_in_parts(Given(rows), rows, factory, 3, PartFolder(tmp_path / "parts"), Troubled())
    whole = build_faiss(rows, factory, seed=3)
    assert saved(parts, tmp_path / "one") == saved(whole, tmp_path / "other")
    assert (tmp_path / "one" / "text.seen.npy").exists() == zeros


@pytest.mark.parametrize("stopped", ["see_range", "fill_range"])
def test_a_run_that_was_stopped_does_the_other_parts_alone(tmp_path, monkeypatch, stopped):
    rows, work, done, most = some_rows(), getattr(engine_parts, stopped), [], 2

    def until(task, view):
        if len(done) == most:
            raise Unfinished("the command was killed")
        done.append(task.number)
        return work(task, view)

    def filled():
        return filled_in_parts(Given(rows), rows, "IVF8,Flat", 0, PartFolder(tmp_path / "parts"), Troubled())

    monkeypatch.setattr(engine_parts, stopped, until)
    with pytest.raises(Unfinished):
        filled()
    before, most = set(done), 10**6
    done.clear()
    assert saved(filled(), tmp_path / "one") == saved(build_faiss(rows, "IVF8,Flat"), tmp_path / "other")
    assert before
    assert not before & set(done)


def test_nothing_to_see_is_refused_as_by_one_process(tmp_path):
    rows = from_arrays(np.zeros((70, 4), dtype=np.float32))
    with pytest.raises(InputError, match="cannot be trained on 0 products"):
        filled_in_parts(Given(rows), rows, "IVF4,Flat", 0, PartFolder(tmp_path / "parts"), Troubled())


@pytest.mark.parametrize(
    ("factory", "lists"),
    [("IVF64,Flat", True), ("IVF64,SQ8", True), ("IVF64,PQ16", True), ("Flat", False), ("HNSW32", False),
     ("IVF64_HNSW32,Flat", False), ("OPQ16,IVF64,PQ16", False)],
)  # fmt: skip
def test_engines_of_inverted_lists_alone_are_filled_in_parts(factory, lists):
    assert has_lists(factory) == lists
