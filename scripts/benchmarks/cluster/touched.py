"""How many rows a window of a join through near lists reads: with the lists in a chain through their centres, as builds have them,
and in the order in which they were trained."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexing.join.probing_plan import ProbingPlan


@click.command()
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--view", default="text", show_default=True)
@click.option("--lists", type=int, help="[default: as a build makes]")
@click.option("--probes", default=16, show_default=True, help="Lists that each row looks at.")
@click.option("--windows", multiple=True, default=[4, 16, 32, 64], show_default=True, type=int)
def main(index: Path, view: str, lists: int | None, probes: int, windows: tuple[int, ...]) -> None:
    """Print the mean share of all rows that a window of a join of INDEX reads."""
    from indexing.join.probing_plan import plan_probing
    from indexing.join.rows import distinct_units
    from indexing.product_index import open_index
    from indexing.search.faiss_index import cluster_centres
    from indexing.search.near_lists import in_chain, lists_for

    rows = open_index(index).rows(view)
    units = distinct_units(rows)
    count = lists or lists_for(len(units))
    centres = cluster_centres(rows.take(units.first), count, seed=0, rounds=5)
    for name, order in (("trained", centres), ("chain", in_chain(centres))):
        plan = plan_probing(rows, units, order, probes)
        shares = ", ".join(f"{number}: {_share(plan, number):.1%}" for number in windows)
        click.echo(f"{len(units):,} rows, {count:,} lists, {probes} looked at, in the order {name}: {shares}")


def _share(plan: "ProbingPlan", windows: int) -> float:
    """Return the mean share of rows that one of so many windows reads."""
    import numpy as np

    from indexing.join.parts import window_parts

    window_parts.WINDOWS, window_parts.WINDOW_COSINES = windows, 1
    shares = []
    for task in window_parts.window_tasks(plan):
        touched = np.zeros(len(plan), dtype=bool)
        window = plan.stripes[task.first][1], plan.stripes[task.last - 1][2]
        for number, stripe in enumerate(plan.stripes):
            for tile in plan.tiles(stripe, None if task.first <= number < task.last else window):
                touched[tile.a : tile.b] = True
                touched[tile.places] = True
        shares.append(touched.mean())
    return float(np.mean(shares))
