"""Where nobody watches a bar, each finished stage is a line with the time that it took."""

import io

import pytest

from scripts.terminal import progress


class Terminal(io.StringIO):
    """It is somebody's terminal, which keeps what is drawn on it."""

    def isatty(self):
        return True


def test_a_stage_that_comes_again_is_told_with_its_own_time(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.shown() as told:
        for at, stage, done in [
            (0, "parse", 5), (1, "parse", 9), (3, "parse", 9), (4, "read", 1), (7, "read", 9), (9, "parse", 2), (11, "parse", 9)
        ]:  # fmt: skip
            now[0] = float(at)
            told(stage, done, 9)
    assert capsys.readouterr().err.splitlines() == [
        "parse: 9 in 1.0 s", "parse: 9 in 2.0 s", "read: 9 in 3.0 s", "parse: 9 in 2.0 s"
    ]  # fmt: skip


def test_what_passes_within_a_second_is_not_told_on_the_way_to_an_answer(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.shown(passing=True) as told:
        for at, stage, done in [(0, "open", 0), (0.9, "open", 9), (1, "read", 0), (2, "read", 9), (2.5, "read", 9)]:
            now[0] = float(at)
            told(stage, done, 9)
    assert capsys.readouterr().err.splitlines() == ["read: 9 in 1.0 s"]


def test_a_long_stage_is_told_each_minute_with_what_is_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.shown() as told:
        for at, stage, done in [
            (0, "score", 100), (59, "score", 200), (60, "score", 300), (100, "score", 400), (119, "score", 500),
            (130, "score", 600), (140, "score", 1100), (150, "join", 0), (209, "join", 0), (210, "join", 0)
        ]:  # fmt: skip
            now[0] = float(at)
            told(stage, done, 1100)
    assert capsys.readouterr().err.splitlines() == [
        "score: 300 of 1,100 in 60 s, about 240 s left",  # 200 took 60 s, 800 are left
        "score: 600 of 1,100 in 130 s, about 130 s left",
        "score: 1,100 in 140.0 s",
        "join: 0 of 1,100 in 60 s",  # of which nobody knows
    ]


@pytest.mark.parametrize(("passing", "stays"), [(False, True), (True, False)])
def test_bars_on_the_way_to_an_answer_go_away(monkeypatch, passing, stays):
    terminal = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(passing=passing):
        pass
    assert terminal.getvalue() == ""  # nothing was told
    with progress.shown(passing=passing) as told:
        told("read texts", 3, 9)
    assert "read texts" in terminal.getvalue()
    assert ("\x1b[2K" not in terminal.getvalue().rpartition("read texts")[2]) == stays  # a line that is erased
