"""Two reports of the same pairs compared."""

import numpy as np
import pyarrow as pa
import pytest

from eval.comparing.comparison import compare_reports, share_pairs
from eval.comparing.judged import JudgedReport
from eval.comparing.render import as_document, render_comparison
from eval.metrics.intervals import Draws
from eval.pages.report_document import ReportSource
from indexing.errors import InputError


@pytest.fixture
def judged(tmp_path):
    """A report as it is read, of 200 pairs in two categories; `noise` spoils its scores."""

    def make(noise=0.0, *, threshold=0.5, name="report", rows=slice(None), **columns):
        generator = np.random.default_rng(3)
        targets = np.arange(200) % 2.0
        scores = targets + noise * generator.normal(size=200)
        source = ReportSource("scores.csv", "score", "truth.csv", None, None, None, None)
        table = {
            "left": pa.array(np.arange(200) * 2)[rows],
            "right": pa.array(np.arange(200) * 2 + 1)[rows],
            "targets": targets[rows],
            "scores": scores[rows],
            "categories": pa.array(np.where(np.arange(200) < 100, "a", "<b>"), pa.large_string())[rows],
            "called": (scores > threshold)[rows],
        }
        return JudgedReport(
            tmp_path / name, 0.75, 1.0, {"a": threshold, "<b>": threshold}, source, **{**table, **columns}
        )

    return make


def test_a_report_compared_with_itself_has_not_moved(judged):
    comparison = compare_reports(judged(), judged(), Draws(rounds=50))
    assert comparison.weighted.by == 0
    assert not comparison.weighted.real
    assert (comparison.weighted.interval.low, comparison.weighted.interval.high) == (0, 0)
    assert sum(len(rows) for rows in vars(comparison.sides).values()) == 0


def test_clearly_worse_scores_are_really_worse_and_the_other_way_round_better(judged):
    worse = compare_reports(judged(), judged(2.0), Draws(rounds=100))
    better = compare_reports(judged(2.0), judged(), Draws(rounds=100))
    assert worse.weighted.real
    assert worse.worse_by() == pytest.approx(-better.worse_by())
    assert worse.worse_by() > 0.1
    assert worse.weighted.interval.high < 0 < better.weighted.interval.low


def test_pairs_that_changed_sides_are_told_apart_by_what_that_did(judged):
    scores = judged().scores.copy()
    scores[[1, 3, 2]] = [0.1, 0.2, 0.9]  # two matches lost, one wrong call added
    sides = compare_reports(judged(), judged(scores=scores, called=scores > 0.5), Draws(rounds=0)).sides
    assert sides.matches_lost.tolist() == [1, 3]
    assert sides.wrong_added.tolist() == [2]
    assert len(sides.matches_gained) == len(sides.wrong_dropped) == 0


def test_only_shared_pairs_are_judged_in_whatever_order_and_direction(judged):
    first = judged(rows=slice(0, 150))
    turned = judged(left=judged().right[::-1], right=judged().left[::-1], scores=judged().scores[::-1])
    second = judged(
        left=turned.left,
        right=turned.right,
        targets=judged().targets[::-1],
        scores=turned.scores,
        called=judged().called[::-1],
        categories=judged().categories[::-1],
    )
    shared = share_pairs(first, second)
    assert (len(shared.targets), shared.only_first, shared.only_second) == (150, 0, 50)
    assert compare_reports(first, second, Draws(rounds=0)).weighted.by == 0


def test_other_labels_are_counted_and_the_second_ones_count(judged):
    targets = judged().targets.copy()
    targets[:5] = 1 - targets[:5]
    shared = share_pairs(judged(targets=targets), judged())
    assert shared.relabelled == 5
    assert shared.targets.tolist() == judged().targets.tolist()


def test_reports_without_a_common_pair_are_refused(judged):
    with pytest.raises(InputError, match="no pair in common"):
        share_pairs(judged(rows=slice(0, 10)), judged(rows=slice(10, 20)))


def test_ids_of_other_types_meet_where_they_can(judged):
    first = judged(left=judged().left.cast(pa.large_string()), right=judged().right.cast(pa.large_string()))
    assert len(share_pairs(first, judged()).targets) == 200
    with pytest.raises(InputError, match="is text"):
        share_pairs(judged(left=pa.array([f"x{i}" for i in range(200)], pa.large_string())), judged())


def test_thresholds_that_moved_stand_beside_each_other(judged):
    document = as_document(compare_reports(judged(), judged(threshold=0.7), Draws(rounds=0)))
    assert [(row["threshold_first"], row["threshold_second"]) for row in document["categories"]] == [(0.5, 0.7)] * 2
    assert document["weighted"]["interval"] is None


def test_the_page_names_what_moved_and_takes_no_category_for_markup(judged):
    html = render_comparison(compare_reports(judged(), judged(2.0), Draws(rounds=20)))
    assert "&lt;b&gt;" in html
    assert "<b>" not in html.split("<main>")[1].replace("<b></b>", "")
    assert "http" not in html
