"""What was asked of the decisions, what they expected, and what they hold."""

import numpy as np
import pytest

from eval.findings.promise import Promise
from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.render import render_html
from eval.pages.report_json import as_document
from eval.report import evaluate

ASKED = {"kind": "scores", "target_precision": 0.8, "target_precisions": {"phones": 0.9, "cables": 0.8}}


@pytest.fixture
def judge(write_table):
    """Judge four pairs, of which the first two are matches; the file of scores has them the other way round."""

    def run(*, match, probability=(0.4, 0.5, 0.7, 0.96), heroic=ASKED):
        left, right = np.array(["a", "b", "c", "d"]), np.array(["w", "x", "y", "z"])
        truth = {"left_id": left, "right_id": right, "target": [1.0, 1.0, 0.0, 0.0]}
        scores = {"left_id": left[::-1], "right_id": right[::-1], "score": [0.1, 0.2, 0.3, 0.4]}
        if match is not None:
            scores["match"] = match
        if probability is not None:
            scores["probability"] = probability
        given = read_scores(write_table("scores.parquet", scores, heroic=heroic))
        return evaluate(given, read_truth(write_table("truth.parquet", truth)))

    return run


def test_expected_is_the_mean_probability_of_what_is_called_and_held_its_share_of_matches(judge):
    report = judge(match=[False, True, True, True])  # of the pairs of c, b and a: one other and two matches
    assert report.promise == Promise(
        asked=0.8, otherwise=1, expected=pytest.approx((0.5 + 0.7 + 0.96) / 3), held=pytest.approx(2 / 3)
    )
    assert as_document(report).promise == report.promise


def test_scores_without_probabilities_expect_nothing(judge):
    assert judge(match=[False, True, True, True], probability=None).promise.expected is None


def test_where_nothing_is_called_nothing_is_expected_or_held(judge):
    report = judge(match=[False] * 4)
    assert report.promise == Promise(asked=0.8, otherwise=1, expected=None, held=None)
    assert "nothing is called a match" in render_html(report)


@pytest.mark.parametrize("given", [{"match": None}, {"match": [True] * 4, "heroic": None}])
def test_scores_that_decide_nothing_or_do_not_say_what_was_asked_promise_nothing(judge, given):
    report = judge(**given)
    assert report.promise is None
    assert "precision asked" not in render_html(report)


def test_the_page_begins_with_asked_expected_and_held(judge):
    html = render_html(judge(match=[False, True, True, True]))
    places = [html.index(words) for words in ("precision asked", "0.720", "0.667", "Weighted area")]
    assert places == sorted(places)
    assert "another one of 1 category" in html
