"""Long work tells a `Progress` how far it is. The library says nothing unless it is given one."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # stage, done, total


def silent(stage: str, done: int, total: int) -> None:
    """Say nothing."""
