"""Paths of this machine are nobody's business: what is told to a client names files by what is left of their paths without the
folders above."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

_BEFORE = r"(?<![\w/.~-])"  # where a path begins


def fold_paths(message: str, places: Iterable[Path]) -> str:
    """Return a message in which `places`, whatever lies in or beside them, and temporary files are named without the folders above."""
    above = {str(folder) for place in places for folder in _above(place)} | {tempfile.gettempdir()}
    for folder in sorted(above - {"/", "."}, key=len, reverse=True):
        message = re.sub(f"{_BEFORE}{re.escape(folder)}/+", "", message)
    return message


def _above(place: Path) -> Iterable[Path]:
    """Return the folder above a place, as it was named, and by its whole paths."""
    return place.parent, place.absolute().parent, place.resolve().parent
