"""Ratios of one run measure the index and its self-join at a size:
`python -m scripts.benchmarks.index --size N --data DIR`.

DIR holds products.parquet with titles. The rows are the lsa vectors of these titles; more of them are made from
neighbouring real ones so that the cosines of neighbours are distributed alike (both distributions are printed). The last line is one JSON
object: `exact_ratio` (FAISS's flat search to our exact self-join, on at most --exact-rows of the rows), `approx_ratio` (the
fastest of FAISS HNSW, hnswlib, usearch and what autofaiss takes to our join through near lists: build and search together, each with a recall@10 of
0.95), `recall` (ours), `peak_mib` of `heroic build-index` and `budget_mib` that it was given, `open_s`, `query_ratio` (a query of ours to the raw FAISS call, p50).
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.made_vectors import rows_like
from scripts.benchmarks.peak_memory import peak_mib

if TYPE_CHECKING:
    from indexing.arrays import Floats2d
    from indexing.vectors.rows import Rows
    from indexing.vectors.vectors import Vectors

K, KEPT, ASKED = 10, 50, 0.95
JUDGED = 4000  # rows on which recall is measured, others than those that chose how hard is searched
BUDGETS = ((50_000, "1G"), (300_000, "2G"), (1_500_000, "6G"))


@click.command()
@click.option("--size", required=True, type=int, help="Rows; up to the titles in DATA they are those.")
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True), help="A folder of products.")
@click.option("--exact-rows", default=50_000, show_default=True, help="Rows that the exact joins are compared on.")
@click.option(
    "--rivals",
    default="hnsw,hnswlib,usearch,autofaiss",
    show_default=True,
    help="That our approximate join is compared with.",
)
@click.option("--memory", help="The budget [default: 1G, 2G or 6G by size].")
@click.option("--clock", type=click.Choice(["wall", "cpu"]), default="wall", help="cpu: where other work goes on.")
@click.option("--parts", default="exact,approx,build", show_default=True)
def command(size: int, data: Path, exact_rows: int, rivals: str, memory: str | None, clock: str, parts: str) -> None:
    """Measure at one size."""
    now = time.perf_counter if clock == "wall" else time.process_time
    rows = rows_like(size, data)
    measured: dict[str, Any] = {"size": size, "dim": int(rows.shape[1])}
    if "exact" in parts:
        measured |= _exact(rows[:exact_rows], now)
    if "approx" in parts:
        measured |= _approximate(rows, [name for name in rivals.split(",") if name], now)
    if "build" in parts:
        measured |= _built(rows, memory or next((text for most, text in BUDGETS if size <= most), "16G"))
    click.echo(
        json.dumps({name: round(value, 4) if isinstance(value, float) else value for name, value in measured.items()})
    )


def join_rows(rows: "Rows", k: int, folder: Path, truth: Any = None) -> float:
    """Make our join, exact or, with a truth to choose by, through near lists; return which share of all comparisons it
    made."""
    import numpy as np

    from indexing.join.choice import choose_join
    from indexing.join.dense_join import DenseJoin
    from indexing.join.neighbour_files import NeighbourFiles
    from indexing.join.rows import distinct_units

    units, nobody = distinct_units(rows), np.full(len(rows), -1, dtype=np.int64)
    plan = choose_join("exact" if truth is None else "lists", rows, units, nobody, None, truth, ASKED).plan
    DenseJoin(rows, units, plan, k).write(NeighbourFiles(folder, len(rows), k), stage="join")
    return plan.products / len(units) ** 2


def _exact(array: "Floats2d", now: Callable[[], float]) -> dict[str, Any]:
    """Time FAISS's flat search and ours, in turn, three times, and the products alone, which limit both."""
    import faiss
    import numpy as np

    from indexing.vectors.vectors import from_arrays

    rows = from_arrays(array)
    flat = faiss.IndexFlatIP(array.shape[1])
    flat.add(array)
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(3):
            theirs.append(_timed(lambda: flat.search(array, KEPT + 1), now))
            ours.append(_timed(lambda turn=turn: join_rows(rows, KEPT, Path(folder) / str(turn)), now))  # type: ignore[misc]
    room = np.empty((1024, len(array)), dtype=np.float32)
    parts = [array[start : start + 1024] for start in range(0, len(array), 1024)]
    products = min(_timed(lambda: [np.matmul(p, array.T, out=room[: len(p)]) for p in parts], now) for _ in range(2))
    click.echo(f"exact: FAISS {min(theirs):.2f} s, ours {min(ours):.2f} s, all products alone {products:.2f} s")
    found = {"exact_rows": len(array), "exact_s": min(ours), "flat_s": min(theirs), "products_s": products}
    return {**found, "exact_ratio": min(theirs) / min(ours)}


def _approximate(array: "Floats2d", rivals: list[str], now: Callable[[], float]) -> dict[str, Any]:
    from indexing.join.neighbour_files import open_neighbours
    from indexing.search.neighbours import Neighbours
    from indexing.search.recall import draw_sample, recall, true_neighbours
    from indexing.vectors.vectors import from_arrays

    rows = from_arrays(array)
    judge = true_neighbours(rows, draw_sample(len(rows), JUDGED, seed=9), K)
    with tempfile.TemporaryDirectory() as folder:
        begun = now()
        share = _through_lists(rows, Path(folder))
        ours = now() - begun
        kept = open_neighbours(Path(folder), len(rows))
        found = Neighbours(kept.positions[judge.sample], kept.cosines[judge.sample])
    reached = recall(judge.recalls(found)).mean
    click.echo(f"ours: {ours:.2f} s, recall@{K} {reached:.4f}, {share:.2%} of all comparisons")
    times = {"ours": ours} | {name: _rival(name, array, judge, now) for name in rivals}
    best = min((times[name] for name in rivals if times[name]), default=0.0)
    return {"recall": reached, "approx_s": times, "approx_ratio": best / ours if best else None}


def _through_lists(rows: "Vectors", folder: Path) -> float:
    """Make an index of near lists from nothing: lists, the choice of how many are near, the join; return the share of
    all comparisons."""
    from indexing.build.dense_view import SAMPLE
    from indexing.search.recall import draw_sample, true_neighbours

    return join_rows(rows, K, folder, true_neighbours(rows, draw_sample(len(rows), SAMPLE), K))


def _rival(name: str, array: "Floats2d", judge: Any, now: Callable[[], float]) -> float:
    """Time building and searching all rows with the least effort that reaches the recall; 0 where none does, and where
    the library is not installed, which is said."""
    from scripts.benchmarks.other_libraries import RIVALS

    begun = now()
    try:
        rival = RIVALS[name](array)
    except ImportError as missing:
        click.echo(f"{name}: left out: {missing.name} is not installed (pip install {name})")
        return 0.0
    built = now() - begun
    for effort in (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512):
        if _recall_of(rival(array[judge.sample], effort, K + 1), judge) >= ASKED:
            begun = now()
            rival(array, effort, K + 1)
            searched = now() - begun
            click.echo(f"{name}: build {built:.2f} s, search {searched:.2f} s with effort {effort}")
            return built + searched
    click.echo(f"{name}: does not reach {ASKED}")
    return 0.0


def _recall_of(found: Any, judge: Any) -> float:
    import numpy as np

    true = judge.neighbours.positions
    return float(
        np.mean([len(set(given) & set(right)) / K for given, right in zip(found.tolist(), true.tolist(), strict=True)])
    )


def _built(array: "Floats2d", memory: str) -> dict[str, Any]:
    """Run the command at this size, and give its peak, how long its index takes to open, a query against the raw
    call."""
    from indexing.machine.memory import MIB, parse_memory

    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(scratch)
        _write_products(array, folder / "products.parquet")
        words = ["build-index", str(folder / "products.parquet"), "--out", str(folder / "index"), "--text-encoder"]
        words += ["column:v", "--no-lexical", "--memory", memory, "-k", str(KEPT)]
        begun = time.perf_counter()
        peak = peak_mib(words)
        taken = time.perf_counter() - begun
        opened = json.loads(subprocess.run(
            [sys.executable, "-m", "scripts.benchmarks.queries", str(folder / "index")], capture_output=True, check=True, text=True
        ).stdout.splitlines()[-1])  # fmt: skip
    return {"build_s": taken, "peak_mib": peak, "budget_mib": parse_memory(memory) / MIB, **opened}


def _write_products(array: "Floats2d", path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(
        path, pa.schema([("id", pa.int64()), ("title", pa.string()), ("v", pa.list_(pa.float32()))])
    ) as to:
        for start in range(0, len(array), 16_384):
            part = array[start : start + 16_384]
            vectors = pa.ListArray.from_arrays(
                pa.array(range(0, part.size + 1, part.shape[1]), pa.int32()), part.ravel()
            )
            ids = range(start, start + len(part))
            to.write_table(pa.table({"id": pa.array(ids), "title": [f"offer {n}" for n in ids], "v": vectors}))


def _timed(run: Callable[[], object], now: Callable[[], float]) -> float:
    begun = now()
    run()
    return now() - begun


if __name__ == "__main__":
    command()
