"""Pairs worth a label: of the kind that no label tells of, near the threshold, no product twice, sources in turn."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.files.tables import open_table
from reranking.decisions.thresholds import Thresholds
from reranking.kinds.judged_sample import JudgedSample
from reranking.kinds.kind_check import check_kinds
from reranking.kinds.pairs_to_label import choose_pairs, write_pairs

NAMES = tuple("abcdefghij")


@pytest.fixture
def check(made_pairs):
    """Check made pairs, of which a share has a product of shop C, at a threshold."""

    def run(odd, threshold=0.7, **options):
        judged = JudgedSample(made_pairs(800, seed=0), NAMES, 0.5)
        met = made_pairs(2000, seed=1, odd=odd, **options)
        return check_kinds(judged, met, Thresholds({}, threshold, threshold), {}, seed=0)

    return run


def chosen(kinds, threshold=0.7, count=50):
    return choose_pairs(kinds, np.full(len(kinds.sample), threshold), count)


def test_they_are_unlike_calls_of_the_shop_that_is_warned_of(check):
    kinds = check(0.3)
    asked = chosen(kinds)
    assert len(asked.rows) == 50
    assert kinds.unlike[asked.rows].all()
    assert set(asked.why) == {"a call of C that is unlike any that were judged"}
    assert kinds.sample.of_source("C")[asked.rows].all()


def test_no_product_stands_twice(check):
    kinds = check(0.3, size=10)
    rows = chosen(kinds).rows
    assert len(set(kinds.sample.left[rows])) == len(rows) == 50


def test_where_nothing_is_withdrawn_they_are_the_calls_nearest_to_the_threshold(check):
    kinds = check(0.0, size=1)
    assert kinds.found.withdrawn == ()
    asked = chosen(kinds)
    scores = kinds.sample.scores
    assert scores[asked.rows].min() >= 0.7
    assert scores[asked.rows].max() == np.sort(scores[scores >= 0.7])[49]
    assert set(asked.why) == {"a call near the threshold"}


def test_two_sources_take_turns(check):
    kinds = check(0.0, size=1)
    sources = np.where(np.arange(2000) < 1990, "B", "E")
    object.__setattr__(kinds.sample, "right_sources", pa.array(sources, pa.large_string()))
    rows = chosen(kinds, count=10).rows
    called = (kinds.sample.scores[1990:] >= 0.7).sum()
    assert (rows >= 1990).sum() == min(5, called) > 0


def test_where_nothing_is_called_the_nearest_are_asked_for(check):
    kinds = check(0.0, threshold=np.inf)
    assert kinds.untold == "called"
    asked = chosen(kinds, threshold=np.inf)
    assert len(asked.rows) == 50
    assert set(asked.why) == {"no call, but near the threshold"}
    assert kinds.sample.scores[asked.rows].min() > 0.9


@pytest.mark.parametrize("name", ["ask.csv", "ask.parquet"])
def test_of_no_pairs_at_all_none_are_asked_for(made_pairs, catalog_of_offers, tmp_path, name):
    nothing = made_pairs(100, seed=0).take(np.zeros(0, dtype=np.int64))
    kinds = check_kinds(None, nothing, Thresholds({}, np.inf, np.inf), {}, seed=0)
    assert kinds.untold == "kept"
    write_pairs(choose_pairs(kinds, np.zeros(0)), kinds, np.zeros(0), catalog_of_offers("t"), tmp_path / name)
    table = open_table(tmp_path / name)
    assert table.names[-1] == "target"
    assert table.rows in (0, None)
