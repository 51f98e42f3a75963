"""The self-join, beside an oracle that sorts all products for each."""

import numpy as np
import pytest
import scipy.sparse as sp

from indexing.errors import InputError
from indexing.join import self_join
from indexing.join.neighbour_files import open_neighbours
from indexing.join.parts import search_parts
from indexing.join.self_join import SelfJoin, SparseRows
from indexing.running.parts import PartFolder
from indexing.running.tasks import Task
from indexing.search.equal_rows import TurnedRows, first_of_rows
from indexing.search.faiss_index import build_faiss
from indexing.search.index import ExactIndex
from indexing.search.lexical_index import LexicalIndex
from indexing.search.neighbours import RESOLUTION
from indexing.vectors.ngram_options import LexicalOptions
from indexing.vectors.vectors import from_arrays, unit_rows


def exact_join(rows, k, sources=None):
    return SelfJoin(ExactIndex(rows), from_arrays(rows), k, sources)


def faiss_join(rows, k, sources=None):
    return SelfJoin(build_faiss(from_arrays(rows)), from_arrays(rows), k, sources)


def lexical_join(rows, k, sources=None, first=None):
    d = rows.shape[1]
    index = LexicalIndex(LexicalOptions(), sp.csr_matrix(rows), np.arange(d), np.ones(d, dtype=np.float32), first=first)
    return SelfJoin(index, SparseRows(index), k, sources)


def lexical_join_of_equal_rows(rows, k, sources=None):
    return lexical_join(rows, k, sources, first_of_rows(sp.csr_matrix(rows)))


@pytest.fixture(
    params=[exact_join, faiss_join, lexical_join, lexical_join_of_equal_rows], ids=lambda join: join.__name__
)
def join_of(request):
    return request.param


def some_rows(size, seed=0):
    """Rows with many duplicates, a part in common, and a few of zeros."""
    generator = np.random.default_rng(seed)
    rows = unit_rows(generator.integers(1, 5, (size, 4)))
    rows[generator.random(size) < 0.05] = 0
    return rows


def oracle(rows, k, sources):
    """For each product all others in the order of cosine and position, of them the first k of another source."""
    cosines = np.rint((1 - rows.astype(np.float64) @ rows.astype(np.float64).T) / RESOLUTION)
    found = np.full((len(rows), k), -1)
    for own in range(len(rows)):
        others = [p for p in range(len(rows)) if p != own and rows[p].any() and rows[own].any()]
        if sources is not None and sources[own] >= 0:
            others = [p for p in others if sources[p] != sources[own]]
        others.sort(key=lambda p: (cosines[own, p], p))
        found[own, : min(k, len(others))] = others[:k]
    return found


def assert_equals_the_oracle(found, rows, k, sources):
    expected = oracle(rows, k, sources)
    assert ((found.positions >= 0) == (expected >= 0)).all()
    own = np.arange(len(rows))[:, None]
    cosines, wanted = (
        np.where(positions < 0, np.nan, np.einsum("ijk,ijk->ij", rows[own], rows[positions]))
        for positions in (found.positions, expected)
    )
    assert cosines == pytest.approx(wanted, abs=3 * RESOLUTION, nan_ok=True)
    assert (found.positions == expected).mean() > 0.97  # a cosine on the edge of RESOLUTION may round either way
    assert (found.positions != own).all()
    if sources is not None:
        of = np.where(found.positions < 0, -2, sources[found.positions])
        assert ((of != sources[:, None]) | (sources[:, None] < 0)).all()


def random_sources(size, many, without=0.0):
    generator = np.random.default_rng(1)
    return np.where(generator.random(size) < without, -1, generator.integers(0, many, size))


SOURCES = {
    "no sources asked": None,
    "two large": random_sources(150, 2),
    "many small": random_sources(150, 60),
    "everything in one": np.zeros(150, dtype=np.int64),
    "nobody has one": np.full(150, -1),
    "half have none": random_sources(150, 3, without=0.5),
    "one large, others small": np.where(np.arange(150) < 90, 0, np.arange(150)),
    "each its own": np.arange(150),
}


@pytest.mark.parametrize("sources", SOURCES.values(), ids=SOURCES.keys())
@pytest.mark.parametrize("k", [1, 7])
def test_the_join_equals_the_oracle(join_of, sources, k):
    rows = some_rows(150)
    found = join_of(rows, k, sources).neighbours_of(np.arange(150))
    assert_equals_the_oracle(found, rows, k, sources)


def test_a_product_whose_500_nearest_are_of_its_own_source_finds_the_others(join_of):
    angles = np.radians(np.concatenate([np.linspace(1, 10, 500), np.linspace(20, 80, 2100)]))
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    sources = np.where(np.arange(2600) < 500, 0, 1 + np.arange(2600) % 30)  # no source has a fifth of all
    found = join_of(rows, 5, sources).neighbours_of(np.array([0, 250, 499]))
    assert found.positions.tolist() == [[500, 501, 502, 503, 504]] * 3


def test_one_who_is_short_of_neighbours_after_the_most_asked_searches_the_others(join_of, monkeypatch):
    monkeypatch.setattr("indexing.join.self_join.MOST_ASK", 8)
    rows, sources = some_rows(150), random_sources(150, 6)
    assert_equals_the_oracle(join_of(rows, 7, sources).neighbours_of(np.arange(150)), rows, 7, sources)


def test_duplicates_are_each_others_first_neighbour(join_of):
    rows = np.repeat(unit_rows(np.random.default_rng(0).integers(1, 9, (20, 5))), 2, axis=0)
    found = join_of(rows, 3).neighbours_of(np.arange(40))
    partner = np.arange(40) ^ 1
    cosines = np.einsum("ij,ij->i", rows, rows[found.positions[:, 0]])
    assert cosines == pytest.approx(1.0)
    assert (found.positions == partner[:, None]).any(axis=1).all()


@pytest.mark.parametrize("sources", [None, random_sources(150, 4)], ids=["anywhere", "across"])
def test_written_in_blocks_they_equal_those_in_one_go(join_of, tmp_path, monkeypatch, sources):
    join = join_of(some_rows(150), 6, sources)
    join.write(tmp_path / "whole", stage="join text")
    whole = open_neighbours(tmp_path / "whole", 150)
    monkeypatch.setattr("indexing.join.self_join.BLOCK_ROWS", 17)
    steps = []
    join.write(tmp_path, stage="join text", progress=lambda *step: steps.append(step))
    written = open_neighbours(tmp_path, 150)
    assert (written.positions == whole.positions).all()
    assert written.cosines == pytest.approx(whole.cosines, abs=0, nan_ok=True)
    assert (written.positions.dtype, written.cosines.dtype) == (np.int64, np.float32)
    assert steps[0] == ("join text", 17, 150)
    assert steps[-1] == ("join text", 150, 150)


def test_neighbours_of_another_catalogue_are_refused(tmp_path):
    exact_join(some_rows(20), 3).write(tmp_path, stage="join")
    with pytest.raises(InputError, match="neighbours of 20 products, the catalogue has 21"):
        open_neighbours(tmp_path, 21)


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_neighbours_are_refused(tmp_path, damage):
    exact_join(some_rows(20), 3).write(tmp_path, stage="join")
    file = tmp_path / "cosines.npy"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-8])
    else:
        file.unlink()
    with pytest.raises(InputError, match="build the index again"):
        open_neighbours(tmp_path, 20)


def test_equal_rows_are_searched_for_once(monkeypatch):
    """Wherever they stand: a catalogue has many equal titles."""
    rows = np.tile(unit_rows(np.random.default_rng(0).integers(1, 5, (7, 4))), (30, 1))
    asked, search = [], LexicalIndex.search
    monkeypatch.setattr(
        LexicalIndex,
        "search",
        lambda self, rows, k, **among: asked.append(rows.shape[0]) or search(self, rows, k, **among),
    )
    join = lexical_join_of_equal_rows(rows, 5)
    join.lists_of(join.near(np.arange(len(rows))))
    assert asked == [len(np.unique(rows, axis=0))]


@pytest.mark.parametrize("apart", [False, True], ids=["in one go", "in parts"])
def test_some_products_are_turned_round_once_for_many_blocks(monkeypatch, tmp_path, apart):
    for module in (self_join, search_parts):
        monkeypatch.setattr(module, "BLOCK_ROWS", 16)
    made, of = [], TurnedRows.of
    monkeypatch.setattr(TurnedRows, "of", lambda *given: made.append(len(given[1].products)) or of(*given))
    rows, sources = some_rows(160), np.arange(160) % 2
    join = lexical_join_of_equal_rows(rows, 5, sources)
    if apart:
        search_parts.search_range(Task(0, 0, 160, "all"), search_parts.OpenSearch(join, PartFolder(tmp_path)))
    else:
        join.write(tmp_path, stage="")
    assert made == [80, 80]
