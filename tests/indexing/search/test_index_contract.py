"""What every index promises, whatever its engine: on products whose neighbours can be seen, and beside an oracle.

All rows have a positive part in common, so that any two share something: a lexical index knows only such neighbours.
"""

from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from milvus_servers import lite_server, milvus_index, real_server

from indexing.publishing.address import Address
from indexing.publishing.server import connected
from indexing.publishing.shipment import LexicalRows
from indexing.search.faiss_index import build_faiss
from indexing.search.index import ExactIndex
from indexing.search.lexical_index import LexicalIndex
from indexing.search.neighbours import RESOLUTION, without_self
from indexing.vectors.ngram_options import LexicalOptions
from indexing.vectors.vectors import from_arrays, unit_rows


def exact(rows):
    return ExactIndex(rows)


def flat(rows):
    return build_faiss(from_arrays(rows))


def flat_in_shards(rows):
    return build_faiss(from_arrays(rows, shard_rows=3))


def all_lists(rows):
    """An inverted file of two lists, both searched."""
    return build_faiss(from_arrays(rows), "IVF2,Flat")


def lexical(rows):
    d = rows.shape[1]
    return LexicalIndex(LexicalOptions(), sp.csr_matrix(rows), np.arange(d), np.ones(d, dtype=np.float32))


INDEXES = [exact, flat, flat_in_shards, all_lists, lexical]
ELSEWHERE = ["lite", "lite, sparse", pytest.param("server", marks=pytest.mark.cluster)]


def as_queries(index, rows):
    sparse = isinstance(index, LexicalIndex) or isinstance(getattr(index, "rows", None), LexicalRows)
    return sp.csr_matrix(rows) if sparse else rows


def search(index, rows, k, **options):
    return index.search(as_queries(index, np.asarray(rows, dtype=np.float32)), k, **options)


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    with lite_server(tmp_path_factory.mktemp("lite")) as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with real_server(tmp_path_factory.mktemp("real") / "data") as uri, connected(Address(uri)) as server:
        yield server


@pytest.fixture(params=[*INDEXES, *ELSEWHERE], ids=lambda build: getattr(build, "__name__", build))
def build(request):
    if not isinstance(request.param, str):
        return request.param
    name, _, kind = request.param.partition(", ")
    return partial(milvus_index, request.getfixturevalue(name), sparse=kind == "sparse")


def towards(*degrees):
    """Unit rows in the plane at these angles: the cosine of two is that of the angle between them."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


FAN = towards(0, 10, 21, 33, 46, 60, 75)  # the nearest of each is the one before it, except for the first


def test_the_nearest_come_first(build):
    found = search(build(FAN), FAN[:1], 4)
    assert found.positions.tolist() == [[0, 1, 2, 3]]
    assert found.cosines[0] == pytest.approx(np.cos(np.radians([0, 10, 21, 33])), abs=2e-6)


def test_positions_are_int64_and_cosines_float32(build):
    found = search(build(FAN), FAN, 2)
    assert (found.positions.dtype, found.cosines.dtype) == (np.int64, np.float32)
    assert found.positions.shape == found.cosines.shape == (7, 2)


def test_its_length_counts_products_without_anything_to_see(build):
    assert len(build(np.vstack([FAN, np.zeros((2, 2), dtype=np.float32)]))) == 9


def test_a_duplicate_at_rank_one_is_kept(build):
    rows = towards(0, 40, 0, 80)
    found = without_self(search(build(rows), rows, 4), np.arange(4), 3)
    assert found.positions[0].tolist() == [2, 1, 3]
    assert found.positions[2].tolist() == [0, 1, 3]
    assert found.cosines[[0, 2], 0].tolist() == [1.0, 1.0]


def test_ties_stand_in_the_order_of_positions(build):
    rows = towards(50, 10, 10, 50, 10, 50)
    assert search(build(rows), rows[1:2], 6).positions.tolist() == [[1, 2, 4, 0, 3, 5]]


@pytest.mark.parametrize("k", [1, 3, 8, 20])
def test_of_many_duplicates_the_first_positions_are_chosen(build, k):
    rows = towards(*[70] * 30, *[20] * 80, 45)
    found = search(build(rows), towards(20, 45), k)
    assert found.positions[0].tolist() == list(range(30, 30 + k))
    assert found.positions[1].tolist() == [110, *range(30)][:k]  # 25 degrees either way: all others tie


def test_rows_of_zeros_are_nobodys_neighbours(build):
    rows = FAN.copy()
    rows[[0, 3]] = 0
    found = search(build(rows), FAN, 7).positions
    assert set(found[found >= 0]) == {1, 2, 4, 5, 6}
    assert (found[:, 5:] == -1).all()


def test_a_query_of_zeros_has_no_neighbours(build):
    found = search(build(FAN), np.vstack([FAN[0], np.zeros(2)]), 3)
    assert found.positions.tolist() == [[0, 1, 2], [-1, -1, -1]]
    assert np.isnan(found.cosines[1]).all()


def test_only_allowed_products_are_neighbours(build):
    allowed = np.array([False, True, False, True, True, False, True])
    assert search(build(FAN), FAN[:1], 5, allowed=allowed).positions.tolist() == [[1, 3, 4, 6, -1]]


def test_allowed_counts_products_without_anything_to_see(build):
    rows = FAN.copy()
    rows[1] = 0
    allowed = np.array([False, True, True, False, True, True, False])
    assert search(build(rows), FAN[:1], 4, allowed=allowed).positions.tolist() == [[2, 4, 5, -1]]


def test_nobody_allowed_is_nobody_found(build):
    assert search(build(FAN), FAN, 2, allowed=np.zeros(7, dtype=bool)).positions.tolist() == [[-1, -1]] * 7


def test_more_neighbours_than_products_end_in_minus_one(build):
    found = search(build(FAN), FAN[:2], 9)
    assert found.positions[:, 7:].tolist() == [[-1, -1], [-1, -1]]
    assert np.isnan(found.cosines[:, 7:]).all()
    assert not np.isnan(found.cosines[:, :7]).any()


def test_no_queries_have_no_neighbours(build):
    assert search(build(FAN), FAN[:0], 3).positions.shape == (0, 3)


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(7)))
def test_permuting_the_catalogue_permutes_the_answer(order):
    order = np.array(order)
    for make in INDEXES:
        before, after = search(make(FAN), FAN, 7), search(make(FAN[order]), FAN[order], 7)
        assert (order[after.positions] == before.positions[order]).all()
        assert after.cosines == pytest.approx(before.cosines[order], abs=2 * RESOLUTION)


def true_cosines(rows, queries):
    return queries.astype(np.float64) @ rows.astype(np.float64).T


def assert_the_k_best(found, rows, queries, k, allowed):
    """The k largest cosines, in their order, at positions that have these cosines: ties may swap."""
    cosines = true_cosines(rows, queries)
    for query, (positions, values) in enumerate(zip(found.positions, found.cosines, strict=True)):
        wanted = np.flatnonzero(np.any(rows, axis=1) & allowed) if queries[query].any() else []
        best = np.sort(cosines[query][wanted])[::-1][:k]
        there = positions >= 0
        assert there.sum() == len(best) == len(set(positions[there]))
        assert set(positions[there]) <= set(wanted)
        assert values[there] == pytest.approx(best, abs=3 * RESOLUTION)
        assert cosines[query][positions[there]] == pytest.approx(best, abs=3 * RESOLUTION)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 12))
def test_every_index_finds_the_k_largest_cosines(seed, size, k):
    generator = np.random.default_rng(seed)
    rows = unit_rows(generator.integers(1, 4, (size, 3)))  # few different rows: many duplicates
    rows[generator.random(size) < 0.2] = 0
    queries = unit_rows(generator.integers(1, 4, (4, 3)))
    allowed = generator.random(size) < 0.7
    for make in (exact, flat, flat_in_shards, lexical):
        index = make(rows)
        assert_the_k_best(search(index, queries, k), rows, queries, k, np.ones(size, dtype=bool))
        assert_the_k_best(search(index, queries, k, allowed=allowed), rows, queries, k, allowed)


@pytest.mark.parametrize("seed", range(3))
def test_engines_agree_with_the_exact_index_position_by_position(seed):
    rows = unit_rows(np.random.default_rng(seed).integers(0, 3, (200, 4)) + np.eye(4)[0])
    expected = search(exact(rows), rows, 10)
    for make in (flat, flat_in_shards, lexical):
        found = search(make(rows), rows, 10)
        assert found.cosines == pytest.approx(expected.cosines, abs=2 * RESOLUTION)
        swapped = found.positions != expected.positions
        assert swapped.mean() < 0.01  # a cosine on the edge of RESOLUTION may round either way


def test_negative_cosines_are_neighbours_in_dense_indexes():
    rows = towards(0, 90, 180)
    for make in (exact, flat):
        assert search(make(rows), rows[:1], 3).positions.tolist() == [[0, 1, 2]]
