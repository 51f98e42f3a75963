"""A command leaves out what it would wait for in vain: what other libraries load for interfaces that no command uses."""

import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec  # late: it loads what reads packages' files

OWN = {"indexing", "reranking", "eval", "scripts"}  # in whose name Arrow asks where they make an array
REFUSED = {  # what is not loaded: the packages that do without it where it is not installed
    "sklearn": {"xgboost"},  # which takes three times as long as all the rest of it
    "pandas": {"pyarrow", *OWN},
}
"""What is asked for by `importlib.util.find_spec` is refused, too, in place of not being found."""


class _LeftOut:
    """It finds nothing, and refuses a library to those who do without it; others find it, and so do commands that need it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> "ModuleSpec | None":
        if fullname in REFUSED and (asking := _package_of(_asking())) in REFUSED[fullname]:
            raise ModuleNotFoundError(f"{asking} does without {fullname}", name=fullname)
        return None


def _asking() -> FrameType | None:
    """Return the code that imports: the nearest that is no part of Python's own machinery of imports."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _package_of(frame) == "importlib":
        frame = frame.f_back
    return frame


def _package_of(frame: FrameType | None) -> str:
    return "" if frame is None else str(frame.f_globals.get("__name__", "")).partition(".")[0]


def load_lean() -> None:
    """Load libraries without what no command uses from now on, in a process that is a command's own."""
    sys.meta_path.insert(0, _LeftOut())
