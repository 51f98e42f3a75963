"""Curves for the page: few points, and the ones that matter."""

import numpy as np
import pytest

from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.figures import MOST_CUTS, MOST_POINTS, cut_categories, draw_categories
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


@pytest.fixture
def report(write_table):
    def make(scores, targets, categories=None, thresholds=None):
        ids = {"left_id": np.arange(len(scores)), "right_id": np.arange(len(scores)) + len(scores)}
        more = {} if categories is None else {"cat3_grouped": categories}
        made = None if thresholds is None else {"kind": "scores", "thresholds": thresholds}
        truth = read_truth(write_table("t.parquet", {**ids, "target": targets, **more}))
        return evaluate(read_scores(write_table("s.parquet", {**ids, "score": scores}, heroic=made)), truth)

    return make


def test_the_counts_are_exact_at_every_threshold(report):
    generator = np.random.default_rng(0)
    scores = generator.random(3000)
    targets = (generator.random(3000) < scores).astype(float)
    codes = generator.integers(0, 3, 3000)
    found = report(scores, targets, np.array(["a", "b", "c"])[codes], {"b": 0.4321})
    for code, cut in enumerate(cut_categories(found)):
        assert len(cut.thresholds) <= MOST_CUTS
        inside = codes == code
        assert (cut.pairs, cut.positives) == (inside.sum(), targets[inside].sum())
        for threshold, called, matches in zip(cut.thresholds, cut.called, cut.found, strict=True):
            above = inside & (scores >= threshold)
            assert (above.sum(), targets[above].sum()) == (called, matches)
        assert cut.thresholds == sorted(cut.thresholds, reverse=True)
        assert cut.called[-1] == cut.pairs


def test_the_models_threshold_is_kept_as_it_is_and_the_best_here_is_marked(report):
    cut = cut_categories(report([0.9, 0.8, 0.4, 0.1], [1.0, 1, 0, 0], thresholds={"rest": 0.35}))[0]
    assert cut.thresholds[cut.model] == 0.35
    assert (cut.called[cut.model], cut.found[cut.best], cut.called[cut.best]) == (3, 2, 2)


def test_a_threshold_above_every_score_calls_nothing(report):
    cut = cut_categories(report([0.9, 0.1], [0.0, 1.0], thresholds={"rest": 0.95}))[0]
    assert (cut.model, cut.best) == (-1, -1)


def test_thresholds_are_short_numbers_where_scores_lie_apart(report):
    cut = cut_categories(report([1 / 3, 2 / 3], [0.0, 1.0]))[0]
    assert cut.thresholds == [0.66, 0.33]
