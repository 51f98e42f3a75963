"""Whoever sits at the terminal is asked whether to go on where pictures cannot be had."""

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from indexing.encoders.pictures.patience import PicturesMissing

Done = TypeVar("Done")
WHATEVER_COMES = 1.0  # --max-rejects
NO = 2  # the exit code of what a user must mend


def going_on_without_pictures(work: Callable[[float], Done], max_rejects: float) -> Done:
    """Do work that stops where too many pictures cannot be had, and again taking whatever comes where the user says so.

    `work` takes --max-rejects. Ends the command where the answer is no. Raises PicturesMissing where nobody is there to ask.
    """
    try:
        return work(max_rejects)
    except PicturesMissing as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        asked = f"heroic: {error}\nGo on and take whatever comes, as with --max-rejects 1?"
        if not click.confirm(asked, err=True):
            raise click.exceptions.Exit(NO) from error
    return work(WHATEVER_COMES)
