"""Engines as they are used: searched as hard as is needed, shortened vectors scored again."""

import numpy as np
import pytest

from indexing.search.faiss_index import build_faiss
from indexing.search.index import ExactIndex
from indexing.search.recall import draw_sample, least_alone, recall, search_recalls, true_neighbours
from indexing.search.tuned_index import RescoredIndex, tune, tuned
from indexing.vectors.vectors import from_arrays, unit_rows

ROWS = from_arrays(unit_rows(np.random.default_rng(0).normal(size=(3000, 16))))
TRUTH = true_neighbours(ROWS, draw_sample(3000, 300), 10)


@pytest.mark.parametrize("factory", ["IVF64,Flat", "HNSW8"])
def test_the_effort_is_the_least_that_reaches_the_recall(factory):
    engine = build_faiss(ROWS, factory)
    chosen = tune(engine, ROWS, TRUTH, 0.9)
    assert chosen.reaches(0.9)
    assert engine.effort[1] == chosen.effort < engine.most_effort
    engine.set_effort(max(int(chosen.effort * 0.7), 1))
    assert not recall(search_recalls(engine, ROWS, TRUTH)).reaches(0.9)


def test_lists_of_whole_vectors_are_searched_once_to_be_tuned(monkeypatch):
    efforts = []

    def counted(index, rows, truth):
        efforts.append(index.effort[1])
        return search_recalls(index, rows, truth)

    monkeypatch.setattr("indexing.search.tuned_index.search_recalls", counted)
    chosen = tune(build_faiss(ROWS, "IVF64,Flat"), ROWS, TRUTH, 0.9)
    assert efforts == [chosen.effort]


def test_shortened_vectors_are_searched_from_the_least_effort_that_whole_ones_need():
    whole = tune(build_faiss(ROWS, "IVF64,Flat"), ROWS, TRUTH, 0.9)
    short = tune(build_faiss(ROWS, "IVF64,SQ4"), ROWS, TRUTH, 0.9)
    assert short.reaches(0.9)
    assert short.effort >= whole.effort


def test_of_vectors_that_tie_fewer_lists_are_enough_than_hold_the_true_neighbours():
    """Any of those that tie with the last one counts, as of vectors of a few words each."""
    rows, generator = np.zeros((5000, 64), dtype=np.float32), np.random.default_rng(0)
    for row in rows:
        row[generator.choice(64, 4, replace=False)] = 0.5
    few_words = from_arrays(rows)
    truth, engine = true_neighbours(few_words, draw_sample(5000, 300), 10), build_faiss(few_words, "IVF64,Flat")
    chosen = tune(engine, few_words, truth, 0.9)
    assert chosen.reaches(0.9)
    assert chosen.effort < least_alone(truth, few_words, engine.centres(), 0.9) // 2


def test_what_cannot_reach_the_recall_says_so():
    chosen = tune(build_faiss(ROWS, "IVF16,PQ2x4"), ROWS, TRUTH, 0.99)
    assert not chosen.reaches(0.99)
    assert chosen.effort == 16


def test_an_engine_without_a_choice_is_measured():
    chosen = tune(build_faiss(ROWS, "SQ8"), ROWS, TRUTH, 0.9)
    assert chosen.effort is None
    assert chosen.recall.mean > 0.95


@pytest.mark.parametrize("factory", ["SQ8", "IVF8,SQ8", "IVF8,PQ4x4"])
def test_shortened_vectors_are_scored_again_by_the_stored_ones(factory):
    index = tuned(build_faiss(ROWS, factory), ROWS, None)
    assert isinstance(index, RescoredIndex)
    queries = ROWS.take(np.arange(50))
    found = index.search(queries, 5)
    expected = np.einsum("ij,ikj->ik", queries, ROWS.take(found.positions.ravel()).reshape(50, 5, 16))
    assert found.cosines == pytest.approx(expected, abs=2e-6)
    assert (np.diff(found.cosines, axis=1) <= 0).all()


def test_scored_again_more_are_found_than_without():
    engine = build_faiss(ROWS, "PQ4x4")
    true = ExactIndex(ROWS.take(np.arange(3000))).search(ROWS.take(TRUTH.sample), 10).positions
    plain, again = (of.search(ROWS.take(TRUTH.sample), 10).positions for of in (engine, RescoredIndex(engine, ROWS)))

    def share(found):
        return np.mean([len(set(a) & set(b)) for a, b in zip(found.tolist(), true.tolist(), strict=True)])

    assert share(again) > share(plain) + 1


@pytest.mark.parametrize("factory", ["Flat", "IVF8,Flat", "HNSW8"])
def test_whole_vectors_are_not_scored_twice(factory):
    engine = build_faiss(ROWS, factory)
    assert tuned(engine, ROWS, None) is engine


def test_more_neighbours_than_products_end_in_minus_one():
    few = from_arrays(ROWS.take(np.arange(3)))
    found = RescoredIndex(build_faiss(few, "SQ8"), few).search(few.take(np.arange(2)), 5)
    assert (found.positions[:, 3:] == -1).all()
    assert np.isnan(found.cosines[:, 3:]).all()
