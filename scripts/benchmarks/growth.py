"""Growth of a catalogue moves scores, and this measures how far:
`python -m scripts.benchmarks.growth DATA [--growth 0.2]`.

DATA holds products.parquet and pairs_{train,valid}.parquet. An index of the products of these pairs, and no others, is
built, a model trained, the validation pairs scored; then as many others as make up the growth are put in by
`heroic update`, and the same pairs scored again with the same model. Prints `heroic drift`, and the metric of both; the
last line is its JSON document.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--growth", default=0.2, show_default=True, help="Products put in, as a share of those before.")
@click.option("--across/--anywhere", default=True, show_default=True, help="Match across sources.")
@click.option("--seed", default=0, show_default=True)
def command(data: Path, growth: float, across: bool, seed: int) -> None:
    """Measure how far the scores of DATA's validation pairs move."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        before, added = _split(data, work, growth, seed)
        click.echo(f"products: {before:,}, then {added:,} more")
        pairs = {name: str(data / f"pairs_{name}.parquet") for name in ("train", "valid")}
        index, images = str(work / "index"), ["--images", str(data)]
        sources = ["--match-across-sources"] if across else []
        _heroic("build-index", str(work / "before.parquet"), "--out", index, *images, *sources)
        _heroic("train", index, pairs["train"], "--valid", pairs["valid"], "--out", str(work / "model"))
        for name in ("first", "second"):
            scores = str(work / f"{name}.parquet")
            _heroic("score", index, pairs["valid"], "--model", str(work / "model"), "--out", scores)
            report = str(work / f"report-{name}")
            click.echo(_heroic("evaluate", scores, "--truth", pairs["valid"], "--out", report).splitlines()[-6])
            if name == "first":
                click.echo(_heroic("update", index, str(work / "added.parquet"), *images))
        files = [str(work / "first.parquet"), str(work / "second.parquet")]
        click.echo(_heroic("drift", *files))
        click.echo(json.dumps(json.loads(_heroic("drift", *files, "--json"))))


def _split(data: Path, work: Path, growth: float, seed: int) -> tuple[int, int]:
    """Write the products of the pairs, and others that make them grow; return how many there are of each."""
    import numpy as np
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from reranking.pairs.pair_files import read_id_pairs

    products = pq.read_table(data / "products.parquet")
    mentioned = np.zeros(len(products), dtype=bool)
    for name in ("train", "valid"):
        pairs = read_id_pairs(data / f"pairs_{name}.parquet")
        for side in (pairs.left, pairs.right):
            mentioned |= pc.is_in(products["id"], value_set=side.cast(products["id"].type)).to_numpy()
    others = np.flatnonzero(~mentioned)
    count = min(len(others), round(growth * int(mentioned.sum())))
    chosen = np.sort(np.random.default_rng(seed).choice(others, count, replace=False))
    pq.write_table(products.filter(mentioned), work / "before.parquet")
    pq.write_table(products.take(chosen), work / "added.parquet")
    return int(mentioned.sum()), count


def _heroic(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "scripts.main", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(done.stderr)
    return done.stdout.rstrip()


if __name__ == "__main__":
    command()
