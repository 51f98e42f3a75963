"""Numbers that options take are refused, where they cannot be, while the command line is read."""

import math
from typing import Any

import click

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
