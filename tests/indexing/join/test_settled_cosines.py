"""Cosines that do not depend on where a row stands."""

import numpy as np
import pytest

from indexing.join.neighbour_files import open_neighbours
from indexing.join.self_join import SelfJoin
from indexing.join.settled_cosines import settled
from indexing.search.faiss_index import build_faiss
from indexing.search.neighbours import Neighbours
from indexing.vectors.vectors import from_arrays, unit_rows


@pytest.fixture
def rows():
    return unit_rows(np.random.default_rng(0).normal(size=(700, 96)).astype(np.float32))


def test_a_permuted_catalogue_has_the_same_neighbours_to_the_last_bit(rows, tmp_path):
    order = np.random.default_rng(1).permutation(len(rows))
    joined = []
    for name, of in (("a", rows), ("b", rows[order])):
        vectors = from_arrays(of)
        SelfJoin(build_faiss(vectors), vectors, 10).write(tmp_path / name, stage="join")
        joined.append(open_neighbours(tmp_path / name, len(rows)))
    one, other = joined
    assert (one.cosines[order] == other.cosines).all()
    assert (one.positions[order] == order[other.positions]).all()


def test_neighbours_are_sorted_by_the_settled_cosine(rows):
    vectors = from_arrays(rows)
    found = SelfJoin(build_faiss(vectors), vectors, 4).neighbours_of(np.arange(3))
    turned = type(found)(found.positions[:, ::-1].copy(), found.cosines)
    again = settled(turned, vectors, np.arange(3), 3)
    assert (again.positions == found.positions[:, :3]).all()
    assert again.cosines == pytest.approx(found.cosines[:, :3], abs=2e-6)


def test_no_neighbour_stays_none(rows):
    vectors = from_arrays(np.vstack([rows[:2], np.zeros((1, rows.shape[1]), dtype=np.float32)]))
    found = SelfJoin(build_faiss(vectors), vectors, 3).neighbours_of(np.arange(3))
    again = settled(found, vectors, np.arange(3), 3)
    assert again.positions.tolist() == [[1, -1, -1], [0, -1, -1], [-1, -1, -1]]
    assert np.isnan(again.cosines[2]).all()


@pytest.mark.parametrize("dim", [5, 96, 257])
def test_lists_with_many_empty_places_get_the_same_cosines_to_the_last_bit(dim):
    generator = np.random.default_rng(2)
    vectors = from_arrays(unit_rows(generator.normal(size=(300, dim)).astype(np.float32)))
    own = np.arange(300)
    whole = Neighbours(generator.integers(0, 300, (300, 12)), np.zeros((300, 12), dtype=np.float32))
    sparse = Neighbours(np.where(np.arange(12) % 3 == 0, whole.positions, -1), whole.cosines)
    full = settled(Neighbours(whole.positions[:, ::3], whole.cosines[:, ::3]), vectors, own, 4)
    assert settled(sparse, vectors, own, 4).cosines.tobytes() == full.cosines.tobytes()
    assert (settled(sparse, vectors, own, 4).positions == full.positions).all()
