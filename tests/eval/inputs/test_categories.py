"""Where the evaluation category comes from: the truth's left product."""

import pytest

from eval.inputs.categories import categories_of, count_disagreements
from eval.inputs.context import Context
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from indexing.errors import InputError, UnknownId

TRUTH = {"left_id": [1, 3, 5], "right_id": [2, 4, 6], "target": [1.0, 0.0, 1.0]}
SCORES = {"left_id": [1, 3, 5], "right_id": [2, 4, 6], "score": [0.1, 0.2, 0.3]}


@pytest.fixture
def categorise(write_table):
    def run(scores=SCORES, truth=TRUTH, context=None):
        given, true = read_scores(write_table("s.parquet", scores)), read_truth(write_table("t.parquet", truth))
        return categories_of(join_scores(given, true), given, true, context or Context())

    return run


@pytest.fixture
def context(catalog_of):
    names = ["phones", "phones", "cables", "phones", None, "cables"]
    return Context(catalog=catalog_of([1, 2, 3, 4, 5, 6], category_3=names), kept=frozenset({"phones"}))


def named(categories):
    return [categories.names[code] for code in categories.codes]


def test_the_truths_own_column_comes_first(categorise, context):
    truth = {**TRUTH, "cat3_grouped": ["b", None, "a"]}
    categories = categorise({**SCORES, "category": ["x", "y", "z"]}, truth, context)
    assert named(categories) == ["b", "rest", "a"]
    assert categories.names == ("a", "b", "rest")
    assert categories.source == "truth"


def test_the_scores_column_comes_next(categorise, context):
    categories = categorise({**SCORES, "category": ["x", None, "z"]}, context=context)
    assert named(categories) == ["x", "rest", "z"]
    assert categories.source == "scores"


def test_then_the_index_where_what_the_model_does_not_keep_is_rest(categorise, context):
    categories = categorise(context=context)
    assert named(categories) == ["phones", "rest", "rest"]
    assert categories.source == "index"


def test_without_a_model_every_category_of_the_index_stands_for_itself(categorise, context):
    assert named(categorise(context=Context(catalog=context.catalog))) == ["phones", "cables", "rest"]


def test_with_nothing_at_all_everything_is_rest(categorise):
    categories = categorise()
    assert categories.names == ("rest",)
    assert categories.source == "none"


SWAPPED = {"left_id": [2, 3, 5], "right_id": [1, 4, 6], "score": [0.1, 0.2, 0.3], "category": ["cables", "x", "y"]}


def test_a_swapped_pair_follows_the_truths_left_product_where_an_index_tells_it(categorise, context):
    categories = categorise(SWAPPED, context=context)
    assert named(categories) == ["phones", "x", "y"]
    assert categories.guessed == 0


def test_a_swapped_pair_follows_the_truths_left_product_where_another_pair_tells_it(categorise):
    truth = {"left_id": [1, 1, 5], "right_id": [2, 4, 6], "target": [1.0, 0.0, 1.0]}
    scores = {**SWAPPED, "left_id": [2, 1, 5], "right_id": [1, 4, 6]}
    categories = categorise(scores, truth)
    assert named(categories) == ["x", "x", "y"]
    assert categories.guessed == 0


def test_a_swapped_pair_keeps_the_category_it_has_where_nothing_tells_and_is_counted(categorise):
    categories = categorise(SWAPPED)
    assert named(categories) == ["cables", "x", "y"]
    assert categories.guessed == 1


def test_a_category_column_that_is_no_text_is_refused(categorise):
    with pytest.raises(InputError, match="'cat3_grouped'"):
        categorise(truth={**TRUTH, "cat3_grouped": [["a"], ["b"], ["c"]]})


def test_products_that_differ_in_category_are_counted(write_table, context):
    given, true = read_scores(write_table("s.parquet", SCORES)), read_truth(write_table("t.parquet", TRUTH))
    pairs = join_scores(given, true)
    assert count_disagreements(pairs, context) == 2  # cables with phones, none with cables
    assert count_disagreements(pairs, Context()) is None


def test_a_product_that_the_index_lacks_is_refused(categorise, catalog_of):
    with pytest.raises(UnknownId, match="id 3"):
        categorise(context=Context(catalog=catalog_of([1, 2], category_3=["a", "a"])))
