"""Exactly one score for every true pair."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from indexing.errors import InputError

TRUTH = {"left_id": [1, 3, 5], "right_id": [2, 4, 6], "target": [1.0, 0.0, 1.0]}


@pytest.fixture
def join(write_table):
    def joined(scores, truth=TRUTH):
        given = read_scores(write_table("scores.parquet", scores))
        return join_scores(given, read_truth(write_table("truth.parquet", truth)))

    return joined


def scored(left, right, values=None):
    return {"left_id": left, "right_id": right, "score": values or [float(i) for i in range(len(left))]}


def test_scores_come_in_the_order_of_the_truth(join):
    pairs = join(scored([5, 1, 3], [6, 2, 4], [0.5, 0.1, 0.3]))
    assert pairs.scores.tolist() == [0.1, 0.3, 0.5]
    assert pairs.rows.tolist() == [1, 2, 0]
    assert pairs.targets.tolist() == [1.0, 0.0, 1.0]


def test_swapped_pairs_join_and_are_marked(join):
    pairs = join(scored([2, 3, 6], [1, 4, 5], [0.1, 0.3, 0.5]))
    assert pairs.scores.tolist() == [0.1, 0.3, 0.5]
    assert pairs.swapped.tolist() == [True, False, True]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_any_order_and_any_swap_give_the_same_scores(join, size, random):
    swap = np.array([random.random() < 0.5 for _ in range(size)])
    order = random.sample(range(size), size)
    left, right = np.arange(size), np.arange(size) + 1  # a chain: every product but two is in two pairs
    truth = {"left_id": left, "right_id": right, "target": np.ones(size)}
    shuffled = {
        "left_id": np.where(swap, right, left)[order],
        "right_id": np.where(swap, left, right)[order],
        "score": left[order].astype(float),
    }
    pairs = join(shuffled, truth)
    assert pairs.scores.tolist() == left.tolist()
    assert pairs.swapped.tolist() == swap.tolist()


def test_text_ids_that_are_integers_meet_integers(join):
    assert join(scored(["1", "3", "5"], ["2", "4", "6"])).scores.tolist() == [0.0, 1.0, 2.0]
    texts = {**TRUTH, "left_id": ["1", "3", "5"], "right_id": ["2", "4", "6"]}
    assert join(scored([1, 3, 5], [2, 4, 6]), texts).scores.tolist() == [0.0, 1.0, 2.0]


def test_ids_of_another_kind_are_refused_with_a_value(join):
    with pytest.raises(InputError, match=r"scores\.parquet: id 'a-1' is text, the other file's ids are integers"):
        join(scored(["a-1", "3", "5"], ["2", "4", "6"]))


def test_missing_scores_are_counted_and_shown(join):
    with pytest.raises(InputError, match=r"2 pairs of .*truth\.parquet have no score, such as 3 and 4 \(row 2\)"):
        join(scored([1], [2]))


def test_unknown_pairs_are_counted_and_shown(join):
    with pytest.raises(InputError, match=r"1 scored pairs are not in .*, such as 1 and 4 \(row 4\).*score exactly"):
        join(scored([1, 3, 5, 1], [2, 4, 6, 4]))


@pytest.mark.parametrize("again", [(1, 2), (2, 1)])
def test_doubled_scores_are_refused_in_either_order(join, again):
    with pytest.raises(InputError, match=r"scores\.parquet: rows 1 and 4, pair 1 and 2 are the same pair \(1 such\)"):
        join(scored([1, 3, 5, again[0]], [2, 4, 6, again[1]]))


def test_doubled_truth_is_refused(join):
    truth = {"left_id": [1, 2], "right_id": [2, 1], "target": [1.0, 1.0]}
    with pytest.raises(InputError, match=r"truth\.parquet: rows 1 and 2, pair 1 and 2 are the same pair"):
        join(scored([1], [2]), truth)


def test_contradicting_truth_is_refused(join):
    truth = {"left_id": [1, 2], "right_id": [2, 1], "target": [1.0, 0.0]}
    with pytest.raises(
        InputError, match=r"truth\.parquet: rows 1 and 2, pair 1 and 2 contradict each other \(1 such pairs\)"
    ):
        join(scored([1], [2]), truth)


def test_a_product_paired_with_itself_is_refused(join):
    with pytest.raises(InputError, match=r"truth\.parquet: row 1 pairs product 7 with itself"):
        join(scored([7], [7]), {"left_id": [7], "right_id": [7], "target": [1.0]})


def test_null_targets_are_refused_with_their_row(join):
    with pytest.raises(InputError, match="row 2 has target null"):
        join(scored([1, 3, 5], [2, 4, 6]), {**TRUTH, "target": [1.0, None, 0.0]})


def test_truth_without_a_target_is_refused(write_table):
    with pytest.raises(InputError, match="no target column"):
        read_truth(write_table("t.parquet", {"left_id": [1], "right_id": [2]}))


def test_empty_truth_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("left_id,right_id,target\n")
    with pytest.raises(InputError, match=r"(no rows|ids are integers or text)"):
        read_truth(tmp_path / "t.csv")
