"""Two layers answer as the index of all living rows, whatever is dead, added, or not allowed."""

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.search.faiss_index import build_faiss
from indexing.search.index import ExactIndex
from indexing.search.layered_index import LayeredIndex
from indexing.vectors.layers import LayeredRows, Layers, open_layers
from indexing.vectors.vectors import from_arrays, unit_rows

MAIN, ADDED = 200, 30


@pytest.fixture
def layered():
    """The layers of rows of which a share was deleted, others changed into rows of the delta, and some added."""

    def make(dead, changed):
        generator = np.random.default_rng(dead)
        rows = unit_rows(generator.normal(size=(MAIN + ADDED, 6)))
        rows[[3, 17, MAIN + 2]] = 0  # nothing to see
        rows[20:26] = rows[19]  # ties
        gone = set(generator.choice(MAIN, dead, replace=False).tolist())
        replaced = generator.choice([row for row in range(MAIN) if row not in gone], changed, replace=False)
        positions = [row for row in range(MAIN) if row not in gone]
        stored = np.array([*positions, *[-1] * (ADDED - changed)])
        stored[np.isin(stored, replaced) | (stored < 0)] = MAIN + np.arange(ADDED)
        layers = Layers(stored, MAIN, ADDED)
        main, delta = from_arrays(rows[:MAIN], 64), from_arrays(rows[MAIN:])
        index = LayeredIndex(build_faiss(main), build_faiss(delta), layers)
        return index, LayeredRows(main, delta, layers), rows[stored]

    return make


@pytest.mark.parametrize(("dead", "changed"), [(0, 30), (5, 10), (60, 0), (150, 20)])
def test_it_answers_as_one_index_of_the_living(layered, dead, changed):
    index, rows, living = layered(dead, changed)
    expected = ExactIndex(living)
    queries = unit_rows(np.random.default_rng(1).normal(size=(25, 6)))
    for allowed in (None, np.arange(len(living)) % 3 == 0, np.zeros(len(living), dtype=bool)):
        for k in (1, 7, len(living)):
            found, true = index.search(queries, k, allowed=allowed), expected.search(queries, k, allowed=allowed)
            np.testing.assert_array_equal(found.positions, true.positions)
            np.testing.assert_allclose(found.cosines, true.cosines, atol=3e-6)
    assert len(index) == len(living) == len(rows)


def test_rows_are_those_of_both_layers(layered):
    _, rows, living = layered(20, 10)
    everybody = np.arange(len(living))
    np.testing.assert_array_equal(rows.take(everybody[::-1]), living[::-1])
    np.testing.assert_array_equal(np.concatenate([block for _, block in rows.blocks()]), living)
    np.testing.assert_array_equal(rows.seen(), living.any(axis=1))
    assert rows.dim == 6


def test_layers_are_saved_and_opened(tmp_path, layered):
    index, _, _ = layered(20, 10)
    index.layers.save(tmp_path / "delta")
    opened = open_layers(tmp_path / "delta", MAIN, ADDED, len(index))
    np.testing.assert_array_equal(opened.stored, index.layers.stored)
    assert (opened.dead, opened.share) == (30, 60 / len(index))


def around(angles):
    """Rows in the plane at these angles, of degrees."""
    angles = np.radians(angles)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def answers(rows, stored, queries, k, *, main=None, delta=None):
    """What two layers answer, and what one index of the living does; rows are those of the build, then of the delta."""
    size = len(rows) if delta is None else len(rows) - delta
    index = LayeredIndex(
        main or build_faiss(from_arrays(rows[:size])),
        None if delta is None else build_faiss(from_arrays(rows[size:])),
        Layers(np.array(stored), size, delta or 0),
    )
    return index.search(queries, k).positions.tolist(), ExactIndex(rows[stored]).search(queries, k).positions.tolist()


@pytest.mark.parametrize("dead", [*range(0, 40, 3), 99])
def test_whom_mostly_the_dead_are_near_finds_the_living_behind_them(dead):
    """The row at 0 degrees is number 0 and among the dead; the last query looks where nobody died."""
    rows = around(np.r_[0.15, 0.01 * np.arange(1, dead), np.linspace(1, 80, 200 - max(dead, 1))])
    stored = np.arange(dead, 200)
    found, expected = answers(rows, stored, around([0.0, 1.0, 80.0]), 3)
    assert found == expected


def test_with_nobody_dead_and_nothing_added_the_engine_answers():
    rows = around(np.linspace(0, 80, 30))
    found, expected = answers(rows, np.arange(30), rows[:4], 5)
    assert found == expected


def test_one_whose_ties_go_on_is_asked_for_again_by_itself():
    rows = around(np.r_[np.linspace(30, 80, 60), np.full(40, 10.0)])
    found, expected = answers(rows, np.r_[0:20, 25:100], around([70.0, 10.0, 40.0]), 3, delta=10)
    assert found == expected


class Limited:
    """An engine that finds at most so many neighbours, unless told among whom."""

    def __init__(self, rows, most):
        self.exact, self.most = ExactIndex(rows), most

    def __len__(self):
        return len(self.exact)

    def search(self, queries, k, *, allowed=None):
        if k > self.most:
            raise InputError("too many")
        return self.exact.search(queries, k, allowed=allowed)


def test_where_the_engine_cannot_find_more_it_searches_among_the_living():
    rows = around(np.linspace(0, 80, 60))
    found, expected = answers(rows, np.arange(5, 60), rows[[0, 30]], 4, main=Limited(rows, 14))
    assert found == expected


def test_what_was_only_added_is_found():
    rows = around(np.linspace(0, 80, 40)[np.random.default_rng(0).permutation(40)])
    found, expected = answers(rows, np.arange(40), rows[:5], 4, delta=10)
    assert found == expected


def test_of_one_whole_layer_only_those_allowed_are_found():
    rows, allowed = around(np.linspace(0, 80, 30)), np.arange(30) % 3 == 1
    index = LayeredIndex(build_faiss(from_arrays(rows)), None, Layers(np.arange(30), 30, 0))
    expected = ExactIndex(rows).search(rows[:4], 5, allowed=allowed)
    assert index.search(rows[:4], 5, allowed=allowed).positions.tolist() == expected.positions.tolist()


def test_that_the_last_one_fetched_is_row_0_makes_no_difference():
    """Of 30 dead, 18 are fetched when 3 are asked for: the 18th nearest is row 0."""
    rows = around(np.r_[0.175, 0.01 * np.arange(1, 30), np.linspace(1, 80, 170)])
    found, expected = answers(rows, np.arange(30, 200), around([0.0, 80.0]), 3)
    assert found == expected
