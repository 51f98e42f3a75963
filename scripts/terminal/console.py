"""Commands print on a console as wide as the terminal, text that leaves it as it is, and numbers for people."""

import os
import sys

import numpy as np
from rich.console import Console

PIPED_WIDTH, WIDEST = 120, 10_000  # columns, where no terminal says how wide it is; that are believed of COLUMNS
VIEW_ORDER = ("fused", "text", "image", "lexical")


def open_console() -> Console:
    """Open a console on stdout; where that is no terminal, it is as wide as COLUMNS says, or PIPED_WIDTH."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_asked_width() or PIPED_WIDTH)


def widen(console: Console, least: int) -> None:
    """Give a console at least so many columns, where neither a terminal nor COLUMNS says how many there are."""
    if not sys.stdout.isatty() and not _asked_width():
        console.width = max(console.width, min(least, WIDEST))


def _asked_width() -> int:
    """Return the columns that COLUMNS asks for, 0 where it names no number of them."""
    asked = os.environ.get("COLUMNS", "")
    return min(int(asked), WIDEST) if asked.isdecimal() and len(asked) < 20 else 0


def plain(text: str) -> str:
    """Return one line without control characters: a title cannot paint the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def number_text(value: float) -> str:
    """Write a cosine or probability in three decimals, blank where it is unknown."""
    return "" if np.isnan(value) else f"{value:.3f}"
