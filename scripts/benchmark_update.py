"""What an update costs: `python -m scripts.benchmark_update [--size N] [--dim D] [--share 0.01] [--data DIR]`.

Builds an index of DATA's products, or of N made ones with ready-made vectors (clustered), puts in a share of the products,
half of them changed and half new, deletes half as many, and times `heroic update`, `heroic compact`, and building anew. The
last line is one JSON object: seconds, also of the processor, `update_ratio` (processor time of the update to that of
building, per share: 1 is as cheap as the share of the build), `recall` (of the first 10 kept neighbours of each view, updated
against built anew) and `peak_mib`.
"""

import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from indexing.product_index import ProductIndex

CLUSTER = 10  # products around one centre
SPREAD = 0.7
COMPARED = 10


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="A folder of products.parquet.")
@click.option("--size", default=35_000, show_default=True, help="Made products, without --data.")
@click.option("--dim", default=128, show_default=True, help="Of made vectors.")
@click.option("--share", default=0.01, show_default=True, help="Of the products: put in, half changed, half new.")
@click.option("--index", default="auto", show_default=True, help="As of heroic build-index.")
@click.option("-k", default=50, show_default=True)
@click.option("--compare/--no-compare", default=True, show_default=True, help="Build anew too, and compare.")
def command(data: Path | None, size: int, dim: int, share: float, index: str, k: int, compare: bool) -> None:
    """Measure updating an index."""
    from indexing.build import build_index
    from indexing.build_options import BuildOptions
    from indexing.compact import compact_index
    from indexing.update import update_index

    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        table = _products(data, size, dim)
        encoders = {} if data else {"text_encoder": "column:v", "lexical": False}
        options = BuildOptions(image_encoder="none", index=index, k=k, **encoders)  # type: ignore[arg-type]
        changes, gone = _write(table, share, work)
        measured: dict[str, Any] = {"products": len(table), "share": share}
        _timed(measured, "build_s", lambda: build_index([work / "old.parquet"], work / "index", options=options))
        updated = _timed(measured, "update_s", lambda: update_index(work / "index", [changes], delete=gone)).index
        if compare:
            _timed(measured, "anew_s", lambda: build_index([work / "new.parquet"], work / "anew", options=options))
        measured["update_ratio"] = round(measured["update_cpu_s"] / measured["build_cpu_s"] / share, 2)
        if compare:
            measured["recall"] = _agreement(updated, work / "anew")
        measured["layers"] = updated.manifest.made["layers"]
        del updated
        _timed(measured, "compact_s", lambda: compact_index(work / "index"))
        measured["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name, value in measured.items():
        click.echo(f"{name:>14} {value}")
    click.echo(json.dumps(measured))


def _products(data: Path | None, size: int, dim: int) -> "pa.Table":
    """A tenth more products than are indexed at first: the rest is there to be added."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    if data is not None:
        return pq.read_table(data / "products.parquet")
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(max(size // CLUSTER, 1), dim)).astype(np.float32)
    rows = centres[generator.integers(0, len(centres), size)]
    rows += SPREAD * generator.normal(size=(size, dim)).astype(np.float32)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), dim)
    names = pa.array([f"product {number}" for number in range(size)])
    return pa.table({"id": pa.array([f"p{number}" for number in range(size)]), "title": names, "v": vectors})


def _write(table: "pa.Table", share: float, work: Path) -> tuple[Path, Path]:
    """The products before and after, those to put in, and the ids to delete."""
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
    return work / "changes.parquet", work / "gone.txt"


def _timed(measured: dict[str, Any], name: str, run: Callable[[], Any]) -> Any:
    begun, worked = time.perf_counter(), time.process_time()
    result = run()
    measured[name] = round(time.perf_counter() - begun, 2)
    measured[name.replace("_s", "_cpu_s")] = round(time.process_time() - worked, 2)
    return result


def _agreement(updated: "ProductIndex", anew: Path) -> dict[str, float]:
    """The share of the first neighbours built anew that the updated index keeps too; of lsa's views it is less than 1 also
    because the encoder was fitted on other products."""
    import numpy as np

    from indexing.product_index import open_index

    other = open_index(anew)
    shares = {}
    for view in updated.views:
        found, expected = (np.asarray(of.neighbours(view).first(COMPARED).positions) for of in (updated, other))
        same = (found[:, :, None] == expected[:, None, :]).any(axis=1) & (expected >= 0)
        shares[view] = round(float(same.sum() / max(1, (expected >= 0).sum())), 4)
    return shares


if __name__ == "__main__":
    command()
