"""How many rows a window of a join through near lists reads: with the lists in a chain through their centres, as builds have them,
and in the order in which they were trained; and how many it would read if lists were compared whole, by their centres."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexing.arrays import Floats2d
    from indexing.join.plan import JoinPlan
    from indexing.join.probing_plan import ProbingPlan
    from indexing.join.rows import Units
    from indexing.search.recall import Truth
    from indexing.vectors.rows import Rows

SAMPLE, K = 1000, 50  # products whose true neighbours say how many lists have to be looked at


@click.command()
@click.argument("index", type=click.Path(path_type=Path, exists=True))
@click.option("--view", default="text", show_default=True)
@click.option("--lists", type=int, help="[default: as a build makes]")
@click.option("--recall", default=0.95, show_default=True, help="That as many lists as needed are looked at for.")
@click.option("--windows", multiple=True, default=[4, 16, 32, 64], show_default=True, type=int)
def main(index: Path, view: str, lists: int | None, recall: float, windows: tuple[int, ...]) -> None:
    """Print the mean share of all rows that a window of a join of INDEX reads."""
    from indexing.join.rows import distinct_units
    from indexing.product_index import open_index
    from indexing.search.near_lists import in_chain, lists_for
    from indexing.search.recall import draw_sample, true_neighbours
    from indexing.vectors.centres import cluster_centres

    rows = open_index(index).rows(view)
    units = distinct_units(rows)
    count = lists or lists_for(len(units))
    centres = cluster_centres(rows.take(units.first), count, seed=0, rounds=5)
    truth = true_neighbours(rows, draw_sample(len(rows), SAMPLE), K)
    for name, order in (("trained", centres), ("chain", in_chain(centres))):
        for by, (looked_at, plan) in _plans(rows, units, order, truth, recall).items():
            shares = ", ".join(f"{number}: {_share(plan, number):.1%}" for number in windows)
            click.echo(
                f"{len(units):,} rows, {count:,} lists in the order {name}, {looked_at} looked at by {by}, "
                f"{plan.products / len(units) ** 2:.2%} of all pairs compared: {shares}"
            )


def _plans(
    rows: "Rows", units: "Units", centres: "Floats2d", truth: "Truth", asked: float
) -> dict[str, tuple[int, "JoinPlan | ProbingPlan"]]:
    """Return how many lists have to be looked at for a recall, and the plan: where each row looks at the lists nearest to it, as
    builds have it, and where the rows of a list are compared with all of the lists nearest to its centre."""
    import numpy as np

    from indexing.join.choice import OwnPlanner
    from indexing.join.probing_plan import plan_probing
    from indexing.search.recall import least_lists, least_probes

    probes = least_probes(truth, rows, centres, asked) or len(centres)
    cells = OwnPlanner().cells(rows, units, np.full(len(rows), -1), centres)
    near = least_lists(truth, cells.lists, asked) or len(centres)
    return {
        "each row": (probes, plan_probing(rows, units, centres, probes)),
        "each list": (near, cells.plan(cells.lists.near(near))),
    }


def _share(plan: "JoinPlan | ProbingPlan", windows: int) -> float:
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
