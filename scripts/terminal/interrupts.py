"""Ctrl-C ends a command, and so does whoever runs it by a signal (systemd, a container, a scheduler, a terminal that is closed), also
where it comes while a library is being loaded or calls back into Python.

There the interrupt is lost, or becomes an error of another kind: so that it came is noted, and it is sent again.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

AGAIN_S = 0.1  # after which a lost interrupt is sent again
RECENT_S = 5.0  # in which an error is taken for what an interrupt has become
TWICE_S = 1.0  # in which a second one is the same: `timeout` sends it to the process, and then to its group
BY_SIGNAL = 128  # and the signal's number is what a process returns that a signal ended

_OURS: dict[
    signal.Signals, Callable[[int, FrameType | None], Any] | signal.Handlers
] = {  # what is Python's, or nobody's, to handle; what is ignored, as by nohup, stays ignored
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}
_never = (-float("inf"), signal.SIGINT)
_came = _never  # when the last one came, and which it was
_raised = _never[0]  # when one was raised that is not known to be lost


class Stopped(KeyboardInterrupt):
    """It is an interrupt by a signal, of nobody at the keyboard: it ends a prompt, too, where Ctrl-C ends an answer."""


@contextmanager
def watched() -> Iterator[None]:
    """Note interrupts within the block, where they are Python's to handle: not in a thread, nor where somebody else handles them."""
    main = threading.current_thread() is threading.main_thread()
    taken = [number for number, usual in _OURS.items() if main and signal.getsignal(number) == usual]
    unraisable = sys.unraisablehook
    for number in taken:
        signal.signal(number, _note)
    if taken:
        global _came, _raised
        _came, _raised = _never, _never[0]
        sys.unraisablehook = _send_again
    try:
        yield
    finally:
        for number in taken:
            if signal.getsignal(number) is _note:
                signal.signal(number, _OURS[number])
        sys.unraisablehook = unraisable


def came_in(error: BaseException) -> KeyboardInterrupt | None:
    """Return the interrupt that an error is, or came of: one that says how its work is gone on with, where there is any, since a
    second one may break off what follows from the first. None where none came."""
    found: KeyboardInterrupt | None = None
    step: BaseException | None = error
    seen: set[int] = set()  # by their identity: a library's error may not be hashable
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        if isinstance(step, KeyboardInterrupt) and (found is None or getattr(step, "__notes__", None) is not None):
            found = step
        step = step.__cause__ or step.__context__
    if found is None and time.monotonic() - _came[0] < RECENT_S and isinstance(error, Exception):
        return KeyboardInterrupt()
    return found


def which_came() -> tuple[int, str]:
    """Return what a process returns that the last interrupt ended, and what is said of it."""
    number = _came[1]
    return BY_SIGNAL + number, "interrupted" if number == signal.SIGINT else f"stopped by {number.name}"


def handled() -> None:
    """Let the next interrupt count, however soon it comes: of the last one nothing is under way any more."""
    global _raised
    _raised = _never[0]


def leave_to_system() -> None:
    """Let another interrupt end the process at once, unless it is the same: it is ending already."""
    for number in _OURS:
        if signal.getsignal(number) is _note:
            signal.signal(number, _end_at_once)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    if time.monotonic() - _raised >= TWICE_S:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


def _note(number: int, frame: FrameType | None) -> None:
    global _came, _raised
    now, which = time.monotonic(), signal.Signals(number)
    if now - _raised < TWICE_S and (which == signal.SIGINT or _came[1] != signal.SIGINT):
        return
    _came, _raised = (now, which), now
    raise KeyboardInterrupt if which == signal.SIGINT else Stopped


def _send_again(lost: Any) -> None:
    """Send an interrupt again that a library's callback has lost; what else cannot be raised is shown as ever."""
    global _raised
    if issubclass(lost.exc_type, KeyboardInterrupt):
        _raised = _never[0]
        own = threading.main_thread().ident
        timer = threading.Timer(AGAIN_S, signal.pthread_kill, (own, _came[1]))  # which also ends a wait
        timer.daemon = True
        timer.start()
    else:
        sys.__unraisablehook__(lost)
