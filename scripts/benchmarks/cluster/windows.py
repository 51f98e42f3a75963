"""What the windows of a join in parts cost, in seconds of processor time: `python -m scripts.benchmarks.cluster windows`.

Rows are made: near some centres. All is done in this process, one thread: what a cluster adds (sending tasks, starting
processes, other storage) is not in it.
"""

import tempfile
import time
from pathlib import Path

import click

WINDOWS = (1, 4, 16, 32)


@click.command()
@click.option("--products", default=20_000, show_default=True)
@click.option("--dim", default=64, show_default=True)
@click.option("--lists", default=64, show_default=True, help="Of the join through near lists.")
@click.option("--near", default=8, show_default=True, help="Lists that each row looks at.")
def main(products: int, dim: int, lists: int, near: int) -> None:
    """Print the seconds that each join takes whole, and in so many windows that are merged."""
    import numpy as np

    from indexing.join.choice import make_centres
    from indexing.join.dense_join import DenseJoin
    from indexing.join.neighbour_files import NeighbourFiles
    from indexing.join.parts import window_parts
    from indexing.join.plan import JoinPlan, plan_exact
    from indexing.join.probing_plan import ProbingPlan, plan_probing
    from indexing.join.rows import distinct_units
    from indexing.running.local import HERE, LocalRunner
    from indexing.vectors.vectors import from_arrays, unit_rows

    generator = np.random.default_rng(0)
    middles = generator.normal(size=(lists, dim))
    made = middles[generator.integers(0, lists, products)] + generator.normal(size=(products, dim))
    rows = from_arrays(unit_rows(made))
    units = distinct_units(rows)
    centres = make_centres(rows, units)[:lists]
    plans: dict[str, JoinPlan | ProbingPlan] = {
        "exact": plan_exact(rows, units),
        f"{near} of {len(centres)} lists": plan_probing(rows, units, centres, near),
    }
    for name, plan in plans.items():
        join = DenseJoin(rows, units, plan, 50, threads=1)
        for windows in (0, *WINDOWS):
            window_parts.WINDOWS, window_parts.WINDOW_COSINES = max(windows, 1), 1
            with tempfile.TemporaryDirectory() as folder:
                files = NeighbourFiles(Path(folder) / "neighbours", products, 50)
                begun = time.process_time()
                join.write(files, stage="join", runner=LocalRunner(apart=True) if windows else HERE)
                taken = time.process_time() - begun
            click.echo(f"{name}, {f'{windows} windows' if windows else 'whole'}: {taken:.1f} s")
