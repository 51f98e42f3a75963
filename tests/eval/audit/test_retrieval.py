"""The sample of products: all that is near is shown once, and what was not scored is missed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from eval.audit.population import population_of
from eval.audit.retrieval import RetrievalSession, estimate_retrieval, partners_of
from eval.inputs.scores import Scores
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.labels.store import open_store


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def matches(sample, index):
    """The sample's true matches, as a set of pairs of positions."""
    pairs = pd.concat([pd.read_parquet(sample / f"pairs_{name}.parquet") for name in ("train", "valid", "test")])
    pairs = pairs[pairs.target == 1]
    left, right = (index.catalog.positions(pa.array(side)) for side in (pairs.left_id, pairs.right_id))
    return {frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True)}


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "audit.db", create=True) as opened:
        yield opened


def session_of(index, store, products=6, reviewer="anna"):
    return RetrievalSession(index, store, reviewer=reviewer, products=products)


def answer_all(session, matches, count=10**6):
    asked = []
    while len(asked) < count and (product := session.next_product()) is not None:
        partners = product.partners.tolist()
        session.answer(product, [n for n, p in enumerate(partners) if frozenset((product.position, p)) in matches])
        asked.append(product)
    return asked


def scored(index, pairs):
    """A population of some pairs of positions."""
    ids = index.catalog.ids.combine_chunks()
    left, right = (ids.take(pa.array([sorted(pair)[side] for pair in pairs])) for side in (0, 1))
    values = np.linspace(0, 1, len(pairs))
    return population_of(
        Scores(Path("s"), left, right, values, "score", {"match": values > 0.5}, None, None, np.arange(len(values)))
    )


def test_partners_are_those_of_every_view_and_of_a_deep_search(index):
    found = partners_of(index, 5, deep=25)
    for view in index.views:
        assert {int(p) for p in index.neighbours(view).positions[5] if p >= 0} <= found
    assert 5 not in found
    assert len(found) > 25


def test_each_pair_is_shown_once_and_each_product_answered_whole(index, store, matches):
    session = session_of(index, store, products=30)
    asked = answer_all(session, matches)
    pairs = [frozenset((product.position, p)) for product in asked for p in product.partners.tolist()]
    assert len(pairs) == len(set(pairs)) == len(store.standing())
    assert session.asked() == 30
    assert len({product.position for product in asked}) == len(asked)


def test_cut_short_it_goes_on_and_more_products_continue_the_sample(index, store, matches):
    first = answer_all(session_of(index, store), matches, 2)
    rest = answer_all(session_of(index, store, reviewer="bob"), matches)
    more = answer_all(session_of(index, store, products=8), matches)
    assert [product.place for product in (*first, *rest, *more)] == list(range(8))


def test_an_undo_takes_a_whole_product_back(index, store, matches):
    session = session_of(index, store)
    assert not session.undo()
    first, second = answer_all(session, matches, 2)
    assert session.undo()
    assert session.next_product().position == second.position
    assert session.undo()
    assert session.next_product().position == first.position
    assert store.standing() == []


def test_matches_that_were_not_scored_are_missed(index, store, matches):
    answer_all(session_of(index, store, products=40), matches)
    labels = [kept.label for kept in store.standing()]
    known = sorted(matches, key=sorted)
    whole = estimate_retrieval(store, labels, scored(index, known))
    assert (whole.recall, whole.products) == (1.0, 40)
    assert whole.interval.low < 1.0 == whole.interval.high
    half = estimate_retrieval(store, labels, scored(index, known[::2]))
    found = [label for label in labels if label.verdict == "match"]
    assert half.matches == whole.matches == len(found) > 10
    assert 0 < half.interval.low < half.recall < half.interval.high < 1


def test_without_a_sample_or_a_match_there_is_no_recall(index, store, matches):
    population = scored(index, sorted(matches, key=sorted))
    assert estimate_retrieval(store, [], population) is None
    answer_all(session_of(index, store), set())
    found = estimate_retrieval(store, [kept.label for kept in store.standing()], population)
    assert (found.matches, found.recall, found.interval) == (0, None, None)


def test_an_index_of_other_products_begins_a_sample_of_its_own(index, store, matches):
    answer_all(session_of(index, store), matches)
    other = replace(index, manifest=replace(index.manifest, fingerprint="another"))
    assert session_of(other, store).number != session_of(index, store).number


@pytest.mark.parametrize("products", [0, 321])
def test_more_products_than_there_are_is_refused(index, store, products):
    with pytest.raises(InputError, match="--products"):
        session_of(index, store, products=products)
