"""A command leaves out what it would wait for in vain: XGBoost loads scikit-learn for an interface that no command uses, and that takes
three times as long as all the rest of it."""

import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

LIBRARY, UNNEEDED = "xgboost", "sklearn"
BOUND_LATE = "train"  # of the library, after it has looked for what it can do without


class _LeftOut(MetaPathFinder):
    """It finds nothing, and refuses scikit-learn to the thread in which XGBoost is being loaded; commands that need it load it
    themselves."""

    def __init__(self) -> None:
        self._thread = -1

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == LIBRARY:
            self._thread = threading.get_ident()
        if fullname == UNNEEDED and self._thread == threading.get_ident() and _is_loading():
            raise ModuleNotFoundError(f"{LIBRARY} does without {UNNEEDED}", name=UNNEEDED)
        return None


def _is_loading() -> bool:
    library = sys.modules.get(LIBRARY)
    return library is not None and not hasattr(library, BOUND_LATE)


def load_lean() -> None:
    """Load XGBoost without scikit-learn from now on, in a process that is a command's own."""
    sys.meta_path.insert(0, _LeftOut())
