"""What a build in parts takes on so many machines: memory of a process, bytes that move, processors, and hours:
`python -m scripts.benchmarks.scale --rows 1e9 --dim 384 --dim 512`.

It computes and runs nothing. `--against FILE` stands its memory and bytes beside what a build took that
`python -m scripts.benchmarks.cluster build --json` has watched.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from scripts.benchmarks.stage_costs import Catalogue, StageCost, stages_of

GIB, MIB, HOUR = 2**30, 2**20, 3600
OWN = {True: 210 * MIB, False: 70 * MIB}  # what a process begins with: the command, and a worker


@dataclass(frozen=True)
class Machines:
    """They are `count` machines of `cores` processors, each of which multiplies `gflops` billion times a second and reads and
    writes `network` bytes a second; the storage that all share gives `storage` bytes a second to all together."""

    count: int
    cores: int
    gflops: float
    network: float
    storage: float

    def seconds(self, stage: StageCost) -> float:
        """Return how long a stage takes: as long as its work, or what it moves, whichever is more."""
        work = stage.seconds + 2 * stage.multiplications / (self.gflops * 1e9)
        moved = stage.read + stage.written
        if stage.alone:
            return max(work / self.cores, moved / min(self.network, self.storage))
        return max(work / (self.count * self.cores), moved / min(self.count * self.network, self.storage))


@click.command()
@click.option("--rows", default=1e9, show_default=True, type=float, help="Products.")
@click.option("--dim", "dims", multiple=True, default=[384], show_default=True, type=int, help="Of each encoded view.")
@click.option("--distinct", default=0.97, show_default=True, help="Share of rows that are no copies.")
@click.option("--lists", type=int, help="Near lists [default: as a build makes].")
@click.option("--probes", default=16, show_default=True, help="Lists that each row looks at.")
@click.option("--kept", default=60, show_default=True, help="Neighbours kept, the reserve included.")
@click.option("--touched", default=0.5, show_default=True, help="Share of all rows that a window of a join reads.")
@click.option("--window-rows", default=1 << 20, show_default=True, help="Of a window of a join, at most.")
@click.option("--encode-ms", default=1.5, show_default=True, help="Of a product, on one processor.")
@click.option("--machines", default=32, show_default=True)
@click.option("--cores", default=32, show_default=True)
@click.option(
    "--gflops", default=130.0, show_default=True, help="Of a processor: a multiplication and an addition are two."
)
@click.option("--network", default=1.25, show_default=True, help="GB a second of a machine.")
@click.option("--storage", default=20.0, show_default=True, help="GB a second of the shared storage.")
@click.option("--encoded/--given", default=True, show_default=True, help="Vectors are encoded, or a column.")
@click.option(
    "--flat/--compressed", default=False, show_default=True, help="What the engine of queries keeps of a vector."
)
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="JSON of a build that was watched.")
def command(
    rows: float,
    dims: tuple[int, ...],
    distinct: float,
    lists: int | None,
    probes: int,
    kept: int,
    touched: float,
    window_rows: int,
    encode_ms: float,
    machines: int,
    cores: int,
    gflops: float,
    network: float,
    storage: float,
    encoded: bool,
    flat: bool,
    against: Path | None,
) -> None:
    """Print what each stage takes; of several views the fused one is joined as well."""
    from indexing.search.near_lists import lists_for

    cluster = Machines(machines, cores, gflops, network * 1e9, storage * 1e9)
    views = [(dim, encoded) for dim in dims] + ([(sum(dims), False)] if len(dims) > 1 else [])
    hours = 0.0
    for dim, own in views:
        found = Catalogue(
            int(rows),
            dim,
            lists or lists_for(int(rows)),
            probes,
            kept,
            distinct,
            touched=touched,
            window_rows=window_rows,
            encode_ms=encode_ms,
            flat=flat,
        )
        if against is not None:
            _compare(found, json.loads(against.read_text(encoding="utf-8")), own)
        else:
            hours += _print(found, cluster, own)
    if against is None:
        click.echo(f"together {hours:.1f} h, by {machines} machines of {cores} processors")


def _print(view: Catalogue, cluster: Machines, encoded: bool) -> float:
    click.echo(
        f"{view.rows:,} products of {view.dim} dimensions, {view.lists:,} lists, {view.probes} looked at, "
        f"{view.windows:,} windows"
    )
    click.echo(f"{'stage':20} {'process':>10} {'read':>10} {'written':>10} {'core hours':>10} {'hours':>8}")
    total = 0.0
    for stage in stages_of(view, encoded=encoded):
        seconds = cluster.seconds(stage)
        work = stage.seconds + 2 * stage.multiplications / (cluster.gflops * 1e9)
        held = stage.held + OWN[stage.alone]
        click.echo(
            f"{stage.name:20} {held / GIB:8.2f} G {stage.read / 1e9:8.0f} G {stage.written / 1e9:8.0f} G "
            f"{work / HOUR:10.1f} {seconds / HOUR:8.2f}"
        )
        total += seconds
    return total / HOUR


def _compare(view: Catalogue, measured: dict[str, Any], encoded: bool) -> None:
    click.echo(f"{'stage':20} {'MiB held':>10} {'measured':>10} {'MB written':>11} {'measured':>10}")
    for stage in stages_of(view, encoded=encoded):
        if stage.alone or stage.name not in measured:
            continue
        found = measured[stage.name]
        held = (stage.held + OWN[False]) / MIB
        click.echo(
            f"{stage.name:20} {held:10.0f} {found['worker_anonymous'] / MIB:10.0f} "
            f"{stage.written / 1e6:11.0f} {found['written'] / 1e6:10.0f}"
        )


if __name__ == "__main__":
    command()
