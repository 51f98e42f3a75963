"""Where nobody watches a bar, each finished stage is a line with the time that it took."""

from scripts.terminal import progress


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
