"""Seconds and recall measure the lexical view's self-join at scale:
`python -m scripts.benchmarks.lexical --size N --data DATA`.

DATA holds products.parquet with titles and pairs_valid.parquet; more titles are made of them by exchanging the digits in their
words, so that codes stay as rare as they are. Prints one JSON object: seconds of weighing and of the join, the share of
products with a full list, `recall_10` and `recall_50` of the validation matches, from the left product's side, among
products of other sources and those made, and `peak_mib` of the process.
"""

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.made_titles import made_titles

if TYPE_CHECKING:
    import pyarrow as pa

    from indexing.arrays import Ints1d

K = 60


@click.command()
@click.option("--size", default=200_000, show_default=True, help="Titles.")
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True), help="A folder of products.")
@click.option("--most-products", default=1000, show_default=True, help="That an n-gram may stand in.")
def command(size: int, data: Path, most_products: int) -> None:
    """Measure at one size."""
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from indexing.join.neighbour_files import NeighbourFiles, open_neighbours
    from indexing.join.self_join import SelfJoin, SparseRows
    from indexing.reading.read_catalog import ReadOptions, read_catalog
    from indexing.search.lexical_index import fit_lexical
    from indexing.search.neighbours import rank_of
    from indexing.vectors.ngram_options import TODAYS_LEXICAL

    real = pq.read_table(data / "products.parquet")
    real = real.filter(pc.greater(pc.utf8_length(real["title"]), 0)).slice(0, size)
    sources = np.full(size, -1, dtype=np.int64)
    sources[: len(real)] = real["source"].combine_chunks().dictionary_encode().indices.fill_null(-1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_titles(real["title"].to_pylist(), size, folder / "products.parquet")
        catalog = read_catalog([folder / "products.parquet"], folder=folder, options=ReadOptions()).catalog
        begun = time.perf_counter()
        lexical = fit_lexical(catalog, replace(TODAYS_LEXICAL, most_products=most_products))
        weighed = time.perf_counter()
        SelfJoin(lexical, SparseRows(lexical), K, sources).write(NeighbourFiles(folder, size, K), stage="join")
        joined = time.perf_counter()
        kept = open_neighbours(folder, size)
        ranks = rank_of(kept, *_matches(real, data))
        full = float((np.asarray(kept.positions)[:, -1] >= 0).mean())
    measured = {"size": size, "weigh_s": weighed - begun, "join_s": joined - weighed, "full": full}
    measured |= {f"recall_{k}": float((ranks <= k).mean()) for k in (10, 50)} | {"peak_mib": _peak_mib()}
    click.echo(json.dumps({name: round(value, 4) for name, value in measured.items()}))


def _matches(real: "pa.Table", data: Path) -> "tuple[Ints1d, Ints1d]":
    """Return the places of both sides of the validation matches."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    pairs = pq.read_table(data / "pairs_valid.parquet").filter(pc.field("target") == 1)
    sides = [pc.index_in(pairs[name], value_set=real["id"]) for name in ("left_id", "right_id")]
    known = pc.and_(*(pc.is_valid(side) for side in sides))
    left, right = (side.filter(known).to_numpy().astype("int64") for side in sides)
    return left, right


def _write_titles(real: list[str], size: int, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": pa.array(range(size), pa.int64()), "title": made_titles(real, size)}), path)


def _peak_mib() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    command()
