"""Recall against brute force, and how hard must be searched for it."""

import numpy as np
import pytest

from indexing.join.self_join import SelfJoin
from indexing.search.faiss_index import build_faiss
from indexing.search.index import ExactIndex
from indexing.search.near_lists import Lists, by_list
from indexing.search.neighbours import RESOLUTION, Neighbours, without_self
from indexing.search.recall import (
    CategoryRecall,
    Recall,
    Truth,
    draw_sample,
    least_alone,
    least_lists,
    least_probes,
    recall,
    recall_by,
    search_recalls,
    true_neighbours,
)
from indexing.vectors.centres import cluster_centres, nearest_centres
from indexing.vectors.vectors import from_arrays, unit_rows


@pytest.fixture
def rows():
    array = unit_rows(np.random.default_rng(0).normal(size=(500, 8)))
    array[::50] = 0
    return from_arrays(array, shard_rows=128)


def whole(rows):
    return rows.take(np.arange(len(rows)))


@pytest.mark.parametrize("sources", [None, np.arange(500) % 3], ids=["anywhere", "across"])
def test_true_neighbours_are_those_of_brute_force(rows, sources):
    sample = np.array([499, 3, 250, 0, 77])
    truth = true_neighbours(rows, sample, 6, sources=sources)
    expected = SelfJoin(ExactIndex(whole(rows)), rows, 6, sources).neighbours_of(sample)
    assert truth.neighbours.positions.tolist() == expected.positions.tolist()
    assert truth.neighbours.cosines == pytest.approx(expected.cosines, abs=2e-6, nan_ok=True)


def test_recall_is_the_share_of_true_neighbours_that_are_found(rows):
    truth = true_neighbours(rows, np.arange(1, 40), 10)
    index = build_faiss(rows, "IVF16,Flat")
    index.set_effort(2)
    found = without_self(index.search(rows.take(truth.sample), 11), truth.sample, 10)
    by_hand = [
        len(set(a.tolist()) & set(b.tolist())) / 10
        for a, b in zip(found.positions, truth.neighbours.positions, strict=True)
    ]
    assert truth.recalls(found) == pytest.approx(by_hand)
    assert search_recalls(index, rows, truth) == pytest.approx(by_hand)
    assert 0.1 < np.mean(by_hand) < 0.99


def test_a_tie_with_the_last_true_neighbour_counts():
    array = np.repeat(unit_rows(np.eye(3)), 4, axis=0)
    truth = true_neighbours(from_arrays(array), np.array([0]), 2)
    assert truth.neighbours.positions.tolist() == [[1, 2]]
    other = Neighbours(np.array([[3, 2]]), np.ones((1, 2), dtype=np.float32))
    worse = Neighbours(np.array([[3, 4]]), np.array([[1, 0]], dtype=np.float32))
    assert truth.recalls(other).tolist() == [1.0]
    assert truth.recalls(worse).tolist() == [0.5]


def test_a_product_with_nothing_to_see_is_not_judged(rows):
    truth = true_neighbours(rows, np.array([0, 1]), 4)
    recalls = truth.recalls(truth.neighbours)
    assert np.isnan(recalls[0])
    assert recall(recalls) == Recall(1.0, 0.0, 1)
    assert recall(recalls[:1]).queries == 0


def test_recall_is_told_by_category():
    found = recall_by(np.array([1.0, 0.5, 0.0, np.nan]), np.array([0, 0, 1, 1]), ["phones", "cables", "none of these"])
    assert found == {"phones": CategoryRecall(0.75, 2), "cables": CategoryRecall(0.0, 1)}


def test_the_least_lists_are_those_that_a_search_of_them_needs():
    array = unit_rows(np.random.default_rng(1).normal(size=(2000, 8)))
    rows = from_arrays(array)
    centres = cluster_centres(array, 32)
    lists = Lists(np.argmax(array @ centres.T, axis=1), centres)
    truth = true_neighbours(rows, draw_sample(2000, 400), 10)
    probed = least_lists(truth, lists, 0.9)
    near = lists.near(probed)
    close = np.zeros((32, 32), dtype=bool)
    close[np.arange(32)[:, None], near] = True
    close |= close.T
    compared = close[lists.codes[truth.sample][:, None], lists.codes[truth.neighbours.positions]]
    assert 0.9 <= compared.mean() < 0.97
    assert least_lists(truth, lists, 0.99) > probed > 1


def test_each_row_needs_fewer_lists_of_its_own_choice():
    array = unit_rows(np.random.default_rng(1).normal(size=(2000, 8)))
    rows, centres = from_arrays(array), cluster_centres(array, 32)
    truth = true_neighbours(rows, draw_sample(2000, 400), 10)
    probed = least_probes(truth, rows, centres, 0.9)
    chosen = nearest_centres(array, centres, probed)
    true = truth.neighbours.positions
    looks = (chosen[truth.sample][:, None, :] == chosen[true][:, :, :1]).any(axis=2)
    looked_at = (chosen[true] == chosen[truth.sample][:, None, :1]).any(axis=2)
    assert 0.9 <= (looks | looked_at).mean() < 0.97
    assert probed < least_lists(truth, Lists(np.argmax(array @ centres.T, axis=1), centres), 0.9)
    assert least_probes(truth, rows, centres, 1.01) is None


def test_no_number_of_lists_reaches_more_than_everything():
    lists = Lists(np.arange(4) % 2, np.eye(2, dtype=np.float32))
    truth = true_neighbours(from_arrays(unit_rows(np.eye(4))), np.arange(4), 2)
    assert least_lists(truth, lists, 1.0) == 2
    assert least_lists(truth, lists, 1.01) is None


def test_a_sample_is_drawn_without_repetition():
    assert len(set(draw_sample(50, 20).tolist())) == 20
    assert sorted(draw_sample(5, 20).tolist()) == [0, 1, 2, 3, 4]


def test_the_fewest_lists_when_neighbours_do_not_look_back(rows):
    centres = cluster_centres(whole(rows)[1:50], 20)
    truth = true_neighbours(rows, np.arange(1, 50), 5)
    alone, probed = least_alone(truth, rows, centres, 0.9), least_probes(truth, rows, centres, 0.9)
    looked = nearest_centres(rows.take(truth.sample), centres, alone)
    theirs = nearest_centres(whole(rows), centres, 1)[:, 0][truth.neighbours.positions]
    found = (looked[:, None, :] == theirs[:, :, None]).any(axis=2).mean()
    assert found > 0.9
    assert probed < alone < 20
    alike = np.ones(theirs.shape, dtype=bool)
    assert least_alone(truth, rows, centres, 0.9, alike=alike) == 1


def test_who_looks_at_which_list():
    starts, visitors = by_list(np.array([[2, 0], [1, 2], [2, 1]]), 4)
    assert starts.tolist() == [0, 1, 3, 6, 6]
    assert visitors.tolist() == [0, 1, 2, 0, 1, 2]
    starts, visitors = by_list(np.zeros((3, 0), dtype=np.int32), 2)
    assert (starts.tolist(), visitors.tolist()) == ([0, 0, 0], [])


@pytest.mark.parametrize("block", [50, 8192])
def test_true_neighbours_do_not_depend_on_the_blocks(rows, block, monkeypatch):
    monkeypatch.setattr("indexing.search.recall.BLOCK_ROWS", block)
    sample = np.array([128, 256, 499, 3])  # the first two begin a shard
    expected = SelfJoin(ExactIndex(whole(rows)), rows, 6).neighbours_of(sample)
    assert true_neighbours(rows, sample, 6).neighbours.positions.tolist() == expected.positions.tolist()


def test_who_has_nothing_to_see_is_nobodys_true_neighbour_however_far_the_others_are():
    truth = true_neighbours(from_arrays(np.array([[1, 0], [-1, 0], [0, 0]], dtype=np.float32)), np.array([0, 2]), 2)
    assert truth.neighbours.positions.tolist() == [[1, -1], [-1, -1]]


def test_a_part_of_the_truth_is_that_of_some_of_its_products(rows):
    truth = true_neighbours(rows, np.array([5, 6, 7, 8]), 3)
    part = truth.part(1, 3)
    assert part.sample.tolist() == [6, 7]
    assert part.neighbours.positions.tolist() == truth.neighbours.positions[1:3].tolist()
    assert part.neighbours.cosines.tolist() == truth.neighbours.cosines[1:3].tolist()


def test_the_same_seed_draws_the_same_sample():
    assert draw_sample(50, 20).tolist() == draw_sample(50, 20).tolist() != draw_sample(50, 20, seed=1).tolist()


def test_the_recall_of_a_category_is_told_to_four_places():
    assert recall_by(np.array([1.0, 0.0, 0.0]), np.zeros(3, dtype=int), ["a"])["a"].recall == 0.3333


def line_of_lists(lists):
    """Products one after the other on a quarter of a circle, each a list of its own, whose centre it is."""
    angles = np.linspace(0, np.pi / 2, lists)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def known(sample, positions):
    positions = np.array(positions)
    return Truth(np.array(sample), Neighbours(positions, np.where(positions < 0, np.nan, 0.5).astype(np.float32)))


@pytest.mark.parametrize(("other", "needed"), [(1, 2), (2, 3), (9, 10), (30, 33)])
def test_the_least_lists_are_exactly_as_many_as_a_neighbour_is_lists_away(other, needed):
    """The product at one end looks at `other` lists before that of the other; numbers grow by about a tenth."""
    centres = line_of_lists(40)
    rows, lists = from_arrays(centres), Lists(np.arange(40), centres)
    for sample, position in ((0, other), (other, 0)):
        truth = known([sample, 39], [[position], [-1]])  # the second has no neighbour, and is not judged
        assert least_lists(truth, lists, 1.0) == needed
        assert least_probes(truth, rows, centres, 1.0) == needed
    assert least_alone(known([0], [[other]]), rows, centres, 1.0) == needed


def test_a_row_alone_counts_the_lists_near_itself():
    centres = unit_rows(np.array([[1.0, 0.0], [0.9, 0.3], [0.8, 0.5], [0.0, 1.0]]))
    rows = from_arrays(centres)
    assert least_alone(known([3], [[0]]), rows, centres, 1.0) == 4  # three are nearer to the last
    assert least_alone(known([0], [[3]]), rows, centres, 1.0) == 4
    assert least_alone(known([2], [[0]]), rows, centres, 1.0) == 3
    assert least_alone(known([1], [[2]]), rows, centres, 1.0) == 2


@pytest.mark.parametrize(
    ("alike", "needed"), [([[1, 1], [1, 1]], 1), ([[1, 0], [1, 0]], 2), ([[0, 1], [0, 1]], 12), (None, 12)]
)
def test_those_alike_are_found_with_one_list(alike, needed):
    centres = line_of_lists(12)
    truth = known([0, 11], [[11, 1], [0, 10]])
    alike = None if alike is None else np.array(alike, dtype=bool)
    assert least_lists(truth, Lists(np.arange(12), centres), 1.0, alike=alike) == needed
    assert least_alone(truth, from_arrays(centres), centres, 1.0, alike=alike) == needed


def test_what_is_found_counts_down_to_a_tie_and_product_0_as_any_other():
    truth = Truth(np.array([1, 2]), Neighbours(np.array([[0, 3], [0, -1]]), np.float32([[0.9, 0.5], [0.8, np.nan]])))
    assert truth.recalls(truth.neighbours).tolist() == [1.0, 1.0]
    cosines = np.float32([[0.9, 0.5 - RESOLUTION], [0.8 - 2 * RESOLUTION, np.nan]])
    assert truth.recalls(Neighbours(np.array([[0, 4], [5, -1]]), cosines)).tolist() == [1.0, 0.0]


def test_the_error_of_a_recall_is_that_of_a_mean():
    found = recall(np.array([1.0, 0.5, 0.0, 0.5, np.nan]))
    assert (found.mean, found.queries) == (0.5, 4)
    assert found.error == pytest.approx(np.sqrt(0.125) / 2)
    nobody = recall(np.array([np.nan]))
    assert np.isnan([nobody.mean, nobody.error]).all()
    assert not nobody.reaches(0.0)
