"""The log says how far work in the background is: its beginning, then no more often than every few seconds."""

import logging

from scripts.serve.engine.logged_progress import EVERY_S, LoggedProgress


def test_it_is_told_when_it_begins_and_every_few_seconds(caplog):
    now = [100.0]
    progress = LoggedProgress("review", clock=lambda: now[0])
    steps = [
        (0, "groups", 0),
        (1, "groups", 9),
        (2, "scores", 0),
        (5, "scores", 3),
        (6, "scores", 4),
        (10, "scores", 5),
    ]
    with caplog.at_level(logging.INFO, "heroic.serve"):
        for share, stage, done in [*steps, (15, "scores", 9), (16, "scores", 0)]:
            now[0] = 100 + share * EVERY_S / 5
            progress(f"read {stage}", done, 9)
    assert caplog.messages == [
        "review: read groups, 0 of about 9",
        "review: read scores, 3 of about 9",
        "review: read scores, 5 of about 9",
        "review: read scores, 0 of about 9",
    ]
