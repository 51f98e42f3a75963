"""These errors say what a user gave wrong. Commands turn them into one line on stderr and exit code 2, an interrupt into one that says
how its work is gone on with, where it is."""

from collections.abc import Iterator
from contextlib import contextmanager

AGAIN = "run the same command again: it goes on where it was"
TRIALS_AGAIN = "run the same command again: it goes on from the trials that are finished"
PARTS_AGAIN = "run the same command again: it passes over the parts that are finished"


class InputError(ValueError):
    """Something that a user gave cannot be used; the message says what, its value, and what to do."""


class Unfinished(InputError):
    """The work stops here; what is made so far stays, and the same command goes on with it once the cause is gone."""


class Damaged(InputError):
    """A file of an artefact has another content than was written: what holds it is of no use any more."""


class Unreachable(InputError):
    """A server that the answer needs does not answer: asked again later it may."""


class UnknownId(InputError, KeyError):
    """The catalogue does not hold an id that was asked for."""

    def __str__(self) -> str:  # KeyError would show the repr of its argument
        return str(self.args[0]) if self.args else ""


@contextmanager
def kept_when_interrupted(again: str = AGAIN) -> Iterator[None]:
    """Let an interrupt within the block say how its work is gone on with; what the innermost block says counts."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if not getattr(interrupt, "__notes__", ()):
            interrupt.add_note(again)
        raise
