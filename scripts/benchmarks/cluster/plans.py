"""Only the plan of a join through near lists is made in parts, and some of its windows are joined: memory at sizes of which a
whole build takes too long."""

import json
import os
import tempfile
from pathlib import Path

import click

from scripts.benchmarks.cluster.watched import StageTaken, Watch, WatchedRunner, children_of

CATEGORIES, GROUPS, KEPT = 300, 5_000, 60


@click.command()
@click.option("--products", default=1_000_000, show_default=True)
@click.option("--dim", default=64, show_default=True)
@click.option("--probes", default=4, show_default=True, help="Lists that each row looks at.")
@click.option("--windows", default=2, show_default=True, help="That are joined.")
@click.option("--processes", default=2, show_default=True)
def main(products: int, dim: int, probes: int, windows: int, processes: int) -> None:
    """Print as JSON what each stage takes, as `build --json` does."""
    from indexing.running.attempts import CrewRunner
    from indexing.running.processes import ProcessCrew

    watch = Watch(lambda: children_of(os.getpid()))
    runner = CrewRunner(ProcessCrew(processes))
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_rows(Path(folder) / "vectors" / "text", products, dim)
            stages = _planned(Path(folder), WatchedRunner(runner, watch), probes, windows)
        finally:
            runner.close()
    click.echo(json.dumps({name: vars(stage) for name, stage in stages.items()}))


def write_rows(folder: Path, products: int, dim: int) -> None:
    """Write rows near the middles of groups, which are near those of categories; three in a hundred repeat another one."""
    import numpy as np

    from indexing.vectors.vectors import SHARD_ROWS, unit_rows

    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    categories = generator.normal(size=(CATEGORIES, dim))[generator.integers(0, CATEGORIES, GROUPS)]
    middles = categories + 0.7 * generator.normal(size=(GROUPS, dim))
    for number, start in enumerate(range(0, products, SHARD_ROWS)):
        size = min(SHARD_ROWS, products - start)
        rows = middles[generator.integers(0, GROUPS, size)] + 0.8 * generator.normal(size=(size, dim))
        same = generator.random(size) < 0.03
        rows[same] = rows[generator.integers(0, size, int(same.sum()))]
        np.save(folder / f"vectors_{number:05d}.npy", unit_rows(rows))


def _planned(folder: Path, runner: WatchedRunner, probes: int, windows: int) -> dict[str, StageTaken]:
    """Return what the stages of a plan took, and the first windows of its join."""
    from indexing.join.choice import make_centres
    from indexing.join.parts.parts_planner import PartsPlanner
    from indexing.join.parts.unit_parts import units_in_parts
    from indexing.join.parts.window_parts import JoinRecipe, join_window, window_tasks
    from indexing.running.parts import PartFolder
    from indexing.search.near_lists import in_chain
    from indexing.vectors.rows import StoredRows

    again = StoredRows(folder / "vectors", "text", 1.0)
    rows, units_in, out = again.open(), PartFolder(folder / "units"), PartFolder(folder / "windows")
    units_in.make()
    out.make()
    with runner.watch.watching():
        units = units_in_parts(again, len(rows), None, units_in, runner, lambda done: None)
        planner = PartsPlanner(again, units_in, runner)
        plan = planner.probing(rows, units, in_chain(make_centres(rows, units)), probes)
        recipe = JoinRecipe(planner.stored(plan, KEPT, False), out)
        for _ in runner.map(join_window, window_tasks(plan)[:windows], recipe):
            pass
    click.echo(f"{len(units):,} distinct rows, {len(plan.bounds) - 1:,} lists", err=True)
    return runner.watch.stages
