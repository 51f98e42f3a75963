"""An update is measured by what it costs:
`python -m scripts.benchmarks.update [--size N] [--dim D] [--like DATA | --data DATA] [--share 0.01]`.

Builds an index of DATA's products, or of N made ones with ready-made vectors (like those of DATA's titles, or in clusters),
puts in a share of the products, half of them changed and half new, deletes half as many, and runs `heroic update`, `heroic
compact` and building anew, each in a process of its own. The last line is one JSON object: seconds, also of processors, and
peaks of each; `update_ratio` (seconds of the update to those of building, per share: 1 is as cheap as the share of the build) and
`update_cpu_ratio`; `recall` of the kept neighbours against exact search, of products put in and of others, and `recall_anew`.
"""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.benchmarks.peak_memory import taken_by

if TYPE_CHECKING:
    import pyarrow as pa

    from indexing.arrays import Floats2d, Ints1d
    from indexing.product_index import ProductIndex

CLUSTER = 10  # products around one centre
SPREAD = 0.7
LOADED = (
    "indexing.build.build_index",
    "indexing.update.update_index",
    "indexing.update.compact_index",
)  # before the clock runs
JUDGED, FIRST = 1000, 10  # products and neighbours that recall is measured on


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="A folder of products.parquet: index these.")
@click.option(
    "--like", type=click.Path(path_type=Path, exists=True), help="A folder of products.parquet: vectors as of these."
)
@click.option("--size", default=35_000, show_default=True, help="Made products, without --data.")
@click.option("--dim", default=128, show_default=True, help="Of vectors in clusters.")
@click.option("--share", default=0.01, show_default=True, help="Of the products: put in, half changed, half new.")
@click.option("--index", default="auto", show_default=True, help="As of heroic build-index.")
@click.option("-k", default=50, show_default=True)
@click.option("--compare/--no-compare", default=True, show_default=True, help="Build anew too, and compare.")
def command(
    data: Path | None, like: Path | None, size: int, dim: int, share: float, index: str, k: int, compare: bool
) -> None:
    """Measure updating an index."""
    from indexing.product_index import open_index

    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        table = _products(data) if data else _made(like, size, dim)
        measured: dict[str, Any] = {"products": len(table), "share": share}
        _write(table, share, work)
        del table
        words = ["-k", str(k), "--index", index, *([] if data else ["--text-encoder", "column:v", "--no-lexical"])]
        build = ["build-index", "--image-encoder", "none", *words]
        _run(measured, "build", [*build, str(work / "old.parquet"), "--out", str(work / "index")])
        changes = ["update", str(work / "index"), str(work / "changes.parquet"), "--delete", str(work / "gone.txt")]
        _run(measured, "update", changes)
        for name in ("", "cpu_"):
            measured[f"update_{name}ratio"] = round(measured[f"update_{name}s"] / measured[f"build_{name}s"] / share, 2)
        updated = open_index(work / "index")
        measured["layers"] = None if updated.made.layers is None else vars(updated.made.layers)
        measured["recall"] = _recalls(updated, work)
        if compare:
            _run(measured, "anew", [*build, str(work / "new.parquet"), "--out", str(work / "anew")])
            measured["recall_anew"] = _recalls(open_index(work / "anew"), work)
        _run(measured, "compact", ["compact", str(work / "index")])
    for name, value in measured.items():
        click.echo(f"{name:>18} {value}")
    click.echo(json.dumps(measured))


def _products(data: Path) -> "pa.Table":
    import pyarrow.parquet as pq

    return pq.read_table(data / "products.parquet")


def _made(like: Path | None, size: int, dim: int) -> "pa.Table":
    """Make `size` products of a name and a ready-made vector each."""
    import pyarrow as pa

    from scripts.benchmarks.made_vectors import rows_like

    rows = _clusters(size, dim) if like is None else rows_like(size, like)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    names = pa.array([f"product {number}" for number in range(size)])
    return pa.table({"id": pa.array([f"p{number}" for number in range(size)]), "title": names, "v": vectors})


def _clusters(size: int, dim: int) -> "Floats2d":
    import numpy as np

    generator = np.random.default_rng(0)
    centres = generator.normal(size=(max(size // CLUSTER, 1), dim)).astype(np.float32)
    rows: Floats2d = centres[generator.integers(0, len(centres), size)]
    rows += SPREAD * generator.normal(size=(size, dim)).astype(np.float32)
    return rows


def _write(table: "pa.Table", share: float, work: Path) -> None:
    """Write the products before and after, those to put in, and the ids to delete."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = max(1, round(share * len(table) / 2))
    chosen = np.random.default_rng(1).permutation(len(table))
    added, gone, changed, other = (chosen[part * count : (part + 1) * count] for part in range(4))
    before = np.setdiff1d(np.arange(len(table)), added)
    names = [name for name in ("title", "v") if name in table.column_names]
    mended = table
    for name in names:  # the changed get the titles and vectors of others
        place = np.arange(len(table))
        place[changed] = other
        column = table[name].combine_chunks().take(pa.array(place))
        mended = mended.set_column(mended.column_names.index(name), name, column)
    after = np.concatenate([np.setdiff1d(before, gone), added])
    pq.write_table(table.take(pa.array(before)), work / "old.parquet")
    pq.write_table(mended.take(pa.array(after)), work / "new.parquet")
    pq.write_table(mended.take(pa.array(np.concatenate([changed, added]))), work / "changes.parquet")
    (work / "gone.txt").write_text("\n".join(str(one) for one in table["id"].take(pa.array(gone)).to_pylist()))


def _run(measured: dict[str, Any], name: str, words: list[str]) -> None:
    taken = taken_by(words, loaded=LOADED)
    measured[f"{name}_s"], measured[f"{name}_cpu_s"] = round(taken.seconds, 2), round(taken.cpu_seconds, 2)
    measured[f"{name}_peak_mib"] = taken.peak_mib


def _recalls(index: "ProductIndex", work: Path) -> dict[str, float]:
    """Return the share of the true neighbours of each view that it keeps."""
    import numpy as np
    import pyarrow.parquet as pq

    given = index.catalog.lookup.positions(pq.read_table(work / "changes.parquet", columns=["id"])["id"])
    others = np.setdiff1d(np.arange(len(index.catalog)), given)
    generator = np.random.default_rng(2)
    found = {}
    for view in index.views:
        if view == "lexical":
            continue  # it is exact, and has no dense rows to compare with
        for name, positions in (("given", given), ("others", others)):
            sample = generator.choice(positions, min(JUDGED, len(positions)), replace=False)
            found[f"{view} {name}"] = _recall(index, view, sample)
    return found


def _recall(index: "ProductIndex", view: str, sample: "Ints1d") -> float:
    from indexing.search.neighbours import Neighbours
    from indexing.search.recall import recall, true_neighbours

    truth, kept = true_neighbours(index.rows(view), sample, FIRST), index.neighbours(view)
    judged = Neighbours(kept.positions[sample, :FIRST], kept.cosines[sample, :FIRST])
    return round(recall(truth.recalls(judged)).mean, 4)


if __name__ == "__main__":
    command()
