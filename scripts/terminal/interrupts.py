"""Ctrl-C ends a command, also where it comes while a library is being loaded or calls back into Python.

There the interrupt is lost, or becomes an error of another kind: so that it came is noted, and it is sent again.
"""

import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

AGAIN_S = 0.1  # after which a lost interrupt is sent again
RECENT_S = 5.0  # in which an error is taken for what an interrupt has become

_came = -float("inf")


def watch() -> None:
    """Note interrupts from now on, where they are Python's to handle."""
    ours = threading.current_thread() is threading.main_thread()
    if ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _note)
        sys.unraisablehook = _send_again


def just_came() -> bool:
    """Return whether an interrupt came a moment ago."""
    return time.monotonic() - _came < RECENT_S


def leave_to_system() -> None:
    """Let another interrupt end the process at once: it is ending already."""
    if signal.getsignal(signal.SIGINT) is _note:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _note(number: int, frame: FrameType | None) -> None:
    global _came
    _came = time.monotonic()
    raise KeyboardInterrupt


def _send_again(lost: Any) -> None:
    """Send an interrupt again that a library's callback has lost; what else cannot be raised is shown as ever."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        own = threading.main_thread().ident
        timer = threading.Timer(AGAIN_S, signal.pthread_kill, (own, signal.SIGINT))  # which also ends a wait
        timer.daemon = True
        timer.start()
    else:
        sys.__unraisablehook__(lost)
