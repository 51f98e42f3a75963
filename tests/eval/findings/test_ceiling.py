"""The retrieval ceiling."""

from types import SimpleNamespace

import numpy as np
import pytest

from eval.findings.ceiling import UNION, find_ceiling, recall_at
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from indexing.errors import InputError
from indexing.search.neighbours import Neighbours

NAN = np.nan


@pytest.fixture
def ceiling(write_table, catalog_of):
    """Four matches of products 0 to 7; the views' neighbours are named by product, 3 at most."""

    def find(views, *, called=(True, True, False, True), across=False, sources=None):
        ids = {"left_id": [0, 2, 4, 6, 0], "right_id": [1, 3, 5, 7, 3]}
        scores = read_scores(write_table("s.parquet", {**ids, "score": [0.9, 0.8, 0.7, 0.6, 0.5]}))
        pairs = join_scores(scores, read_truth(write_table("t.parquet", {**ids, "target": [1.0, 1, 1, 1, 0]})))
        made = {name: neighbours(of) for name, of in views.items()}
        index = SimpleNamespace(
            catalog=catalog_of(list(range(8)), source=sources or [None] * 8),
            k=3,
            views=tuple(views),
            neighbours=made.__getitem__,
            made=SimpleNamespace(match_across_sources=across),
        )
        return find_ceiling(index, pairs, np.array([0, 0, 1, 1, 2]), np.array([*called, False]), 3)

    return find


def neighbours(of):
    positions = np.full((8, 3), -1)
    for product, others in of.items():
        positions[product, : len(others)] = others
    cosines = np.where(positions < 0, np.nan, 1 - np.arange(3) / 10).astype(np.float32)
    return Neighbours(positions, cosines)


def test_recall_by_view_by_category_and_for_the_union(ceiling):
    found = ceiling({"text": {0: [1], 2: [4, 3]}, "image": {5: [6, 7, 4]}})
    views = {view.view: view for view in found.views}
    assert found.ks.tolist() == [1, 3]
    assert views["text"].recall.tolist() == [0.25, 0.5]
    assert views["image"].recall.tolist() == [0.0, 0.25]
    assert views[UNION].recall.tolist() == [0.25, 0.75]
    assert views[UNION].by_category[:2].tolist() == [[0.5, 1.0], [0.0, 0.5]]
    assert np.isnan(views[UNION].by_category[2]).all()  # no match there


def test_what_no_view_proposes_and_what_the_scores_then_lose(ceiling):
    found = ceiling({"text": {0: [1], 2: [3], 4: [5]}})
    assert found.missing.tolist() == [3]
    assert (found.kept, found.lost, found.unproposed) == (2, 1, 1)


def test_matches_of_one_source_are_counted_where_neighbours_come_from_others(ceiling):
    sources = ["a", "a", "a", "b", None, None, "a", "b"]
    assert ceiling({"text": {}}, across=True, sources=sources).same_source == 1
    assert ceiling({"text": {}}, across=False, sources=sources).same_source == 0


def test_a_match_is_found_if_either_side_ranks_the_other_within_k():
    there, back = np.array([1.0, 5.0, NAN, NAN]), np.array([NAN, 2.0, 1.0, NAN])
    recall = recall_at(there, back, ks=[1, 2, 10])
    assert recall.either.tolist() == [0.5, 0.75, 0.75]
    assert recall.matches == 4


def test_directed_recall_is_the_mean_over_both_directions():
    there, back = np.array([1.0, 5.0, NAN, NAN]), np.array([NAN, 2.0, 1.0, NAN])
    assert recall_at(there, back, ks=[1, 2, 10]).directed.tolist() == [0.25, 0.375, 0.5]


def test_without_matches_recall_is_unknown():
    recall = recall_at(np.zeros(0), np.zeros(0), ks=[1, 10])
    assert np.isnan(recall.either).all()
    assert np.isnan(recall.directed).all()
    assert recall.matches == 0


def test_a_k_below_one_is_refused():
    with pytest.raises(InputError, match="k 0"):
        recall_at(np.ones(1), np.ones(1), ks=[0, 5])


def test_ranks_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="2 ranks one way, 1 the other"):
        recall_at(np.ones(2), np.ones(1), ks=[1])
