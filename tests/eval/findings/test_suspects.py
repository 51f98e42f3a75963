"""Labels that are likelier wrong than their scores."""

import numpy as np
import pytest

from eval.findings.suspects import SURE_MATCH, SURE_NONE, TIED
from eval.inputs.joining import join_scores, read_truth
from eval.inputs.scores import read_scores
from eval.report import evaluate


@pytest.fixture
def suspects(write_table):
    def find(left, right, targets, scores):
        ids = {"left_id": left, "right_id": right}
        scored = read_scores(write_table("s.parquet", {**ids, "score": scores}))
        true = read_truth(write_table("t.parquet", {**ids, "target": targets}))
        assert len(join_scores(scored, true)) == len(left)
        found = evaluate(scored, true).suspects
        return list(zip(found.rows.tolist(), found.reasons, strict=True))

    return find


def test_a_non_match_that_other_matches_tie_together_comes_first(suspects):
    found = suspects([1, 2, 1], [2, 3, 3], [1.0, 1.0, 0.0], [0.9, 0.8, 0.1])
    assert found[0] == (2, TIED)


def test_scores_as_usual_for_the_other_label_are_doubtful(suspects):
    count = np.arange(20)
    targets, scores = np.repeat([1.0, 0.0], 10), np.repeat([0.9, 0.1], 10)
    scores[0], scores[10] = 0.05, 0.95
    found = suspects(count * 2, count * 2 + 1, targets, scores)
    assert found == [(10, SURE_MATCH), (0, SURE_NONE)]


def test_a_category_of_one_label_has_none(suspects):
    assert suspects([1, 3], [2, 4], [0.0, 0.0], [0.9, 0.1]) == []
