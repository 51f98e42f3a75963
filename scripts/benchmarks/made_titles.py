"""More titles are made of real ones, and catalogues as large as one likes:
`python -m scripts.benchmarks.made_titles DATA --size N --out products.parquet`.

Each further title is a real one with the digits in its words exchanged, so that codes stay as rare as they are.
"""

import re
from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--size", default=1_000_000, show_default=True, help="Products.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A parquet file.")
def command(data: Path, size: int, out: Path) -> None:
    """Write the products of DATA, and more with titles like theirs, in the same categories and of the same sources."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    real = pq.read_table(data / "products.parquet")
    real = real.filter(pc.greater(pc.utf8_length(real["title"]), 0))
    rows = pa.array(range(size), pa.int64())
    place = pc.subtract(rows, pc.multiply(pc.divide(rows, len(real)), len(real)))
    made = {name: real[name].take(place) for name in ("category", "source") if name in real.column_names}
    ids = [str(one) for one in real["id"].slice(0, size).to_pylist()]
    ids += [f"made-{number}" for number in range(len(ids), size)]
    pq.write_table(pa.table({"id": ids, "title": made_titles(real["title"].to_pylist(), size), **made}), out)


def made_titles(real: list[str], size: int) -> list[str]:
    """Return the real titles first; then each again with other digits, from a seed."""
    import numpy as np

    random = np.random.default_rng(0)
    titles = list(real)
    while len(titles) < size:
        digits = "".join(str(digit) for digit in random.permutation(10))
        exchanged = str.maketrans("0123456789", digits)
        titles += [re.sub(r"\w*\d\w*", lambda word: word[0].translate(exchanged), title) for title in real]  # noqa: B023
    return titles[:size]


if __name__ == "__main__":
    command()
