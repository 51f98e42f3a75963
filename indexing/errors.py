"""These errors say what a user gave wrong. Commands turn them into one line on stderr and exit code 2."""


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
