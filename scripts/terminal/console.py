"""Commands print on a console as wide as the terminal, text that leaves it as it is, and numbers for people."""

import os
import sys

import numpy as np
from rich.console import Console

PIPED_WIDTH = 120  # columns, where no terminal says how wide it is
VIEW_ORDER = ("fused", "text", "image", "lexical")


def open_console() -> Console:
    """Open a console on stdout; where that is no terminal, it is as wide as COLUMNS says, or PIPED_WIDTH."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    asked = os.environ.get("COLUMNS", "")
    return Console(highlight=False, width=int(asked) if asked.isdigit() else PIPED_WIDTH)


def plain(text: str) -> str:
    """Return one line without control characters: a title cannot paint the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def number_text(value: float) -> str:
    """Write a cosine or probability in three decimals, blank where it is unknown."""
    return "" if np.isnan(value) else f"{value:.3f}"
