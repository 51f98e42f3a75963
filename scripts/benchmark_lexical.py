"""The lexical view's self-join at scale: `python -m scripts.benchmark_lexical --size N --data DATA`.

DATA holds products.parquet with titles; more are made of them by exchanging the digits in their words, so that codes stay as
rare as they are. Prints one JSON object: seconds of weighing and of the join, the shares of products with a full list
and with ten neighbours, and `peak_mib` of the process.
"""

import json
import re
import tempfile
import time
from pathlib import Path

import click

K = 60


@click.command()
@click.option("--size", default=200_000, show_default=True, help="Titles.")
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True), help="A folder of products.")
def command(size: int, data: Path) -> None:
    """Measure at one size."""
    import numpy as np

    from indexing.catalog_reading import ReadOptions, read_catalog
    from indexing.lexical_index import fit_lexical
    from indexing.neighbour_files import NeighbourFiles, open_neighbours
    from indexing.self_join import SelfJoin, SparseRows

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_titles(data, size, folder / "products.parquet")
        catalog = read_catalog([folder / "products.parquet"], folder=folder, options=ReadOptions()).catalog
        begun = time.perf_counter()
        lexical = fit_lexical(catalog)
        weighed = time.perf_counter()
        SelfJoin(lexical, SparseRows(lexical), K).write(NeighbourFiles(folder, size, K), stage="join")
        joined = time.perf_counter()
        there = (np.asarray(open_neighbours(folder, size).positions) >= 0).sum(axis=1)
    measured = {"size": size, "weigh_s": weighed - begun, "join_s": joined - weighed}
    measured |= {"full": float((there == K).mean()), "ten": float((there >= 10).mean()), "peak_mib": _peak_mib()}
    click.echo(json.dumps({name: round(value, 3) for name, value in measured.items()}))


def _write_titles(data: Path, size: int, path: Path) -> None:
    """The real titles first; then each again with other digits, from a seed."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    real = [title for title in pq.read_table(data / "products.parquet")["title"].to_pylist() if title]
    random = np.random.default_rng(0)
    titles = real[:size]
    while len(titles) < size:
        digits = "".join(str(digit) for digit in random.permutation(10))
        exchanged = str.maketrans("0123456789", digits)
        titles += [re.sub(r"\w*\d\w*", lambda word: word[0].translate(exchanged), title) for title in real]  # noqa: B023
    pq.write_table(pa.table({"id": pa.array(range(size), pa.int64()), "title": titles[:size]}), path)


def _peak_mib() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    command()
