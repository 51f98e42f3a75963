"""Curves for the page: few points, and the ones that matter."""

import numpy as np
import pytest

from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.figures import MOST_POINTS, draw_categories
from eval.report import evaluate


@pytest.fixture
def draw(write_table):
    def run(scores, targets):
        ids = {"left_id": np.arange(len(scores)), "right_id": np.arange(len(scores)) + len(scores)}
        truth = read_truth(write_table("t.parquet", {**ids, "target": targets}))
        report = evaluate(read_scores(write_table("s.parquet", {**ids, "score": scores})), truth)
        return report, draw_categories(report)[0]

    return run


def test_a_curve_begins_at_the_artificial_point(draw):
    _, figure = draw(np.array([0.9, 0.5, 0.1]), np.array([1.0, 0.0, 1.0]))
    assert figure.recall == [0.0, 0.5, 0.5, 1.0]
    assert figure.precision == pytest.approx([1.0, 1.0, 0.5, 0.6667])
    assert figure.scores == [None, 0.9, 0.5, 0.1]
    assert (figure.last, figure.best) == (1, 1)


def test_a_long_curve_is_thinned_and_keeps_its_operating_point_and_its_end(draw):
    generator = np.random.default_rng(0)
    scores = generator.random(5000)
    report, figure = draw(scores, (generator.random(5000) < scores).astype(float))
    assert len(figure.recall) <= MOST_POINTS
    assert figure.recall == sorted(figure.recall)
    assert figure.recall[-1] == 1.0
    assert figure.recall[figure.best] == pytest.approx(report.values.recall_at_precision[0], abs=1e-4)
    assert figure.scores[figure.best] == pytest.approx(report.values.threshold[0], rel=1e-5)
    assert figure.precision[figure.last] >= 0.75
    assert max(figure.precision[figure.last + 1 :]) < 0.75


def test_a_category_that_never_reaches_the_precision_has_no_operating_point(draw):
    _, figure = draw(np.array([0.9, 0.5, 0.1]), np.array([0.0, 0.0, 1.0]))
    assert (figure.last, figure.best) == (0, 0)
