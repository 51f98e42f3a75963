"""The result under another category mix."""

import numpy as np
import pytest

from eval.findings.mixes import value_under
from eval.inputs.context import Context
from eval.metrics.curves import rank_pairs
from eval.metrics.precision_auc import measure
from indexing.errors import InputError
from reranking.pairs.pair_files import read_id_pairs

PAIRS = {"left_id": [1, 3, 5, 7], "right_id": [2, 4, 6, 8]}


@pytest.fixture
def values():
    """Category a is perfect, b fails."""
    return measure(rank_pairs(np.array([0.9, 0.1, 0.9, 0.1]), np.array([1.0, 0, 0, 1]), np.array([0, 0, 1, 1])))


@pytest.fixture
def mix(write_table, values):
    def run(columns, context=None):
        return value_under(read_id_pairs(write_table("mix.parquet", columns)), ("a", "b"), values, context or Context())

    return run


def test_categories_count_by_their_share_in_the_other_file(mix):
    found = mix({**PAIRS, "cat3_grouped": ["a", "a", "a", "b"]})
    assert (found.weighted, found.covered, found.missing, found.pairs) == (0.75, 1.0, (), 4)


def test_categories_that_are_not_judged_here_are_named_and_left_out(mix):
    found = mix({**PAIRS, "cat3_grouped": ["a", "b", "z", None]})
    assert (found.weighted, found.covered, found.missing) == (0.5, 0.5, ("rest", "z"))


def test_a_mix_of_other_categories_alone_has_no_value(mix):
    assert mix({**PAIRS, "cat3_grouped": ["y"] * 4}).weighted is None


def test_an_index_tells_the_categories_where_the_file_does_not(mix, catalog_of):
    catalog = catalog_of(list(range(1, 9)), category_3=["a"] * 4 + ["b"] * 4)
    assert mix(PAIRS, Context(catalog=catalog)).weighted == 0.5


def test_without_either_it_is_refused(mix):
    with pytest.raises(InputError, match=r"no column 'cat3_grouped': give it, or --index"):
        mix(PAIRS)
