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


def test_an_interrupt_is_passed_on_even_where_it_is_not_sent_again(server):
    server.handle_exit(signal.SIGINT, None)
    with pytest.raises(KeyboardInterrupt):
        server.pass_on()


def test_who_was_not_interrupted_ends_without_a_word(server):
    server.pass_on()
