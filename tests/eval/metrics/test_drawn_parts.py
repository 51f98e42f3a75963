"""Draws that workers measure are those that one process measures, whatever happens on the way."""

import numpy as np
import pytest
from tried_tasks import Troubled

from eval.metrics import drawn_parts
from eval.metrics.curves import rank_pairs
from eval.metrics.drawn_parts import DrawingApart
from eval.metrics.intervals import Draws, PairGroups
from eval.metrics.uncertainty import Measured, draw_here
from indexing.errors import Unfinished


@pytest.fixture
def measured():
    generator = np.random.default_rng(6)
    scores = generator.random(241)
    targets = (generator.random(241) < scores).astype(float)
    decisions = (scores > 0.6, scores > 0.7)
    return Measured(rank_pairs(scores, targets, np.append(np.arange(240) % 2, 2)), targets, 0.6, decisions)


@pytest.fixture
def groups():
    return PairGroups(np.append(np.arange(240) // 3, 500), np.append(np.arange(240) // 3 + 1, 500))


@pytest.mark.parametrize("rounds", [0, 1, 10, 47])
def test_parts_in_any_order_and_twice_measure_what_one_process_measures(measured, groups, tmp_path, rounds):
    draws = Draws(rounds=rounds, seed=2)
    drawing = DrawingApart(Troubled(rounds), tmp_path / "report")
    found, expected = drawing(measured, groups, draws), draw_here(measured, groups, draws)
    assert [rows.shape for rows in found] == [(rounds, 6), (40 if rounds else 0, 6)]
    for rows, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(rows, wanted)
    drawing.clear()
    assert list(tmp_path.iterdir()) == []


def test_groups_of_too_few_pairs_leave_draws_out_alike(tmp_path):
    """Draws in which no pair is inside or between the groups that are drawn count nowhere."""
    targets = np.array([1.0, 0.0, 1.0])
    measured = Measured(rank_pairs(np.array([0.9, 0.2, 0.4]), targets, np.array([0, 0, 1])), targets, 0.6, ())
    groups, draws = PairGroups(np.array([0, 2, 4]), np.array([1, 3, 5])), Draws(rounds=30)
    found, expected = (
        DrawingApart(Troubled(), tmp_path / "r")(measured, groups, draws),
        draw_here(measured, groups, draws),
    )
    assert len(found[0]) < 30
    for rows, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(rows, wanted)


def test_finished_parts_are_passed_over(measured, groups, tmp_path, monkeypatch):
    done, most = [], 3

    def few(task, draw):
        if len(done) >= most:
            raise Unfinished("the driver was stopped")
        done.append(task.number)
        return measure(task, draw)

    measure = drawn_parts.measure_part
    monkeypatch.setattr(drawn_parts, "measure_part", few)
    drawing, draws = DrawingApart(Troubled(), tmp_path / "report"), Draws(rounds=60)
    with pytest.raises(Unfinished):
        drawing(measured, groups, draws)
    before, most = set(done), 100
    done.clear()
    np.testing.assert_array_equal(drawing(measured, groups, draws)[0], draw_here(measured, groups, draws)[0])
    assert before
    assert before & set(done) == set()
