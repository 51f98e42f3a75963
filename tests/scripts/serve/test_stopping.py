"""A server that was told to stop says so to whoever started it."""

import signal
from threading import Event, Timer

import pytest
import uvicorn

from scripts.serve import stopping
from scripts.serve.stopping import StoppingServer


@pytest.fixture
def server(monkeypatch):
    """A server that would end nobody's process."""
    monkeypatch.setattr(stopping, "Timer", lambda seconds, leave, given: Timer(0, Event().set))
    return StoppingServer(uvicorn.Config("nothing"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ended_it_is_passed_on_even_where_it_is_not_sent_again(server, number):
    server.handle_exit(number, None)
    with pytest.raises(KeyboardInterrupt):
        server.pass_on()


def test_who_was_not_told_to_stop_ends_without_a_word(server):
    server.pass_on()


@pytest.mark.parametrize(
    ("number", "after_s", "leaves"),
    [(signal.SIGTERM, 0.5, 0), (signal.SIGHUP, 0.5, 0), (signal.SIGINT, 0.5, 1), (signal.SIGTERM, 1.5, 1)],
)
def test_a_signal_that_is_sent_twice_at_once_is_one(server, monkeypatch, number, after_s, leaves):
    left, now = [], [100.0]
    monkeypatch.setattr(stopping, "_leave", lambda *given: left.append(given))
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    server.handle_exit(number, None)
    now[0] += after_s
    server.handle_exit(number, None)
    assert len(left) == leaves
