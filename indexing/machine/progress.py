"""How long work tells where it is. The library says nothing unless it is given a `Progress`."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # stage, done, total


def silent(stage: str, done: int, total: int) -> None:
    """Say nothing."""
