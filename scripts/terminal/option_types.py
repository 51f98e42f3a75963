"""Options that several commands have, and numbers that are refused, where they cannot be, while the command line is read."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

SEED = click.IntRange(0, 2**32 - 1)  # what every generator of random numbers takes


class Number(click.FloatRange):
    """It is a number in a range, which NaN is in none of."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value} is no number.", param, ctx)
        return found


SHARE = Number(0, 1)
NUMBER = Number()


def cluster_option(what: str) -> Callable[[Command], Command]:
    """Give a command --cluster, for `what` it does in parts, and --task-timeout."""

    def decorate(command: Command) -> Command:
        timeout = click.option(
            "--task-timeout",
            type=Number(1),
            metavar="SECONDS",
            help="With --cluster: a part that takes longer is stopped, and tried again elsewhere [default: none].",
        )
        where = click.option(
            "--cluster",
            metavar="auto|HOST:PORT|local:N",
            help=f"{what}: on a Ray cluster, or in N processes [default: in this one].",
        )
        return where(timeout(command))

    return decorate
