"""Scoring, parquet to parquet, has its speed and memory measured: `python -m scripts.benchmarks.scoring --data DIR`.

DIR holds products.parquet and pairs_{train,valid}.parquet; without it a sample is made. Builds the index with the
embedded encoders, trains a model, and scores pairs in two sizes. Memory that grew with the number of pairs would show in
the two peaks. The last line is one JSON object: `pairs_per_s` and `peak_mib` of the larger size, and all of both.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.peak_memory import peak_mib

if TYPE_CHECKING:
    from indexing.arrays import Ints1d
    from indexing.product_index import ProductIndex

SIZES = (200_000, 2_000_000)


@dataclass(frozen=True)
class ScoringRun:
    """It tells of scoring `pairs` in a process of its own: seconds from start to end, and peak resident memory."""

    pairs: int
    seconds: float
    peak_mib: float

    @property
    def pairs_per_s(self) -> float:
        return self.pairs / self.seconds


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="A folder of products and pairs.")
@click.option("--pairs", nargs=2, type=int, default=SIZES, show_default=True, help="Sizes scored.")
@click.option("--work", type=click.Path(path_type=Path), help="Where index and model are kept [default: nowhere].")
def command(data: Path | None, pairs: tuple[int, int], work: Path | None) -> None:
    """Measure scoring on DATA."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = work or Path(scratch)
        model = prepare(data or _sample(Path(scratch)), folder)
        runs = [measure_scoring(folder / "index", model, Path(scratch), count) for count in pairs]
    for run in runs:
        click.echo(f"{run.pairs:,} pairs: {run.pairs_per_s:,.0f} a second, peak {run.peak_mib:,.0f} MiB")
    last = runs[-1]
    click.echo(
        json.dumps(
            {
                "pairs_per_s": round(last.pairs_per_s, 1),
                "peak_mib": last.peak_mib,
                "peak_ratio": round(last.peak_mib / runs[0].peak_mib, 3),
                "runs": [vars(run) for run in runs],
            }
        )
    )


def prepare(data: Path, folder: Path) -> Path:
    """Build `folder`/index and train `folder`/model, unless they are there; return the model's folder."""
    index, model = folder / "index", folder / "model"
    everywhere = data.name in ("sample", "fashion")  # sets whose products are matched within a source too
    if not (index / "manifest.json").exists():
        words = [str(data / "products.parquet"), "--out", str(index)]
        peak_mib(["build-index", *words, *([] if everywhere else ["--match-across-sources"])])
    if not (model / "manifest.json").exists():
        train, valid = (str(data / f"pairs_{name}.parquet") for name in ("train", "valid"))
        peak_mib(["train", str(index), train, "--valid", valid, "--out", str(model)])
    return model


def measure_scoring(index: Path, model: Path, work: Path, count: int) -> ScoringRun:
    """Run `heroic score` over that many pairs of an index."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from indexing.product_index import open_index

    opened = open_index(index)
    left, right = distinct_pairs(opened, count)
    ids = opened.catalog.ids
    pairs = work / "pairs.parquet"
    pq.write_table(pa.table({"left_id": ids.take(pa.array(left)), "right_id": ids.take(pa.array(right))}), pairs)
    words = ["score", str(index), str(pairs), "--model", str(model), "--out", str(work / "out.parquet")]
    begun = time.perf_counter()
    peak = peak_mib(words)
    return ScoringRun(count, time.perf_counter() - begun, peak)


def distinct_pairs(index: "ProductIndex", count: int) -> "tuple[Ints1d, Ints1d]":
    """Return distinct pairs of positions: every product with its neighbours first, then with whoever comes after it."""
    import numpy as np

    n = len(index.catalog)
    neighbours = index.neighbours(index.main_view).positions
    own = np.repeat(np.arange(n), neighbours.shape[1])
    other = np.asarray(neighbours).ravel()
    steps = np.arange(1, count // n + 2)
    own = np.concatenate([own[other >= 0], np.repeat(np.arange(n), len(steps))])
    other = np.concatenate([other[other >= 0], (np.arange(n)[:, None] + steps[None, :] * 7).ravel() % n])
    keys = np.minimum(own, other) * n + np.maximum(own, other)
    _, first = np.unique(np.where(own == other, -1, keys), return_index=True)
    first = np.sort(first[own[first] != other[first]])[:count]
    if len(first) < count:
        raise click.ClickException(f"{n} products have only {len(first)} pairs here: give fewer --pairs")
    return own[first], other[first]


def _sample(work: Path) -> Path:
    from scripts.make_sample import make_sample

    make_sample(work / "sample", schema="generic")
    return work / "sample"


if __name__ == "__main__":
    command()
