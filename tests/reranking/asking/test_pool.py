"""A pool says of how much it is."""

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.asking.open_session import open_session
from reranking.asking.pool import make_pool
from reranking.labels.label import Label, PairVerdict
from reranking.labels.store import open_store


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


def outside(index, pool, count):
    """Return ids of pairs that are not in a pool."""
    inside = set(zip(pool.left.tolist(), pool.right.tolist(), strict=True))
    first = pool.left[0]
    others = [place for place in range(len(index.catalog)) if not {(first, place), (place, first)} & inside]
    ids = index.catalog.ids
    return [(ids[int(first)].as_py(), ids[place].as_py()) for place in others if place != first][:count]


def test_labelled_pairs_that_are_no_candidates_count_on_both_sides(index, tmp_path):
    pool = make_pool(index)
    with open_store(tmp_path / "labels.db", create=True) as store:
        store.record_all(Label(*pair, PairVerdict.NO_MATCH, "anna") for pair in outside(index, pool, 4))
        opened = open_session(index, store, reviewer="anna", budget=9).pool
    assert len(opened) == len(pool) + 4
    assert opened.told() == f"pool: {len(pool) + 4:,} candidates"


def test_a_pool_of_some_candidates_says_of_how_many(index):
    whole, some = make_pool(index, k=3), make_pool(index, k=3, most=50)
    assert some.told().startswith("pool: 50 candidates: the better half")
    assert some.told().endswith(f"of {len(whole):,}")
    assert np.isin(some.left, whole.left).all()
