"""Changed pictures look for their originals: `python -m scripts.benchmarks.pictures FOLDER`.

Of pictures in FOLDER, which differ, some are taken, and of each one is made that is cut, mirrored, turned, shrunk, coloured otherwise, on
another ground, under a logo, or one of four in a collage. For each encoder: how often the original is the nearest, and among the first ten,
of all; and the milliseconds of one processor that a picture takes. What is learned is learned of the originals. Prints a markdown table
and, last, one JSON object.
"""

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex

KS = (1, 10)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--encoders", default="thumbnail,patches", show_default=True, help="As of heroic build-index.")
@click.option("--count", default=500, show_default=True, type=click.IntRange(min=2), help="Pictures.")
@click.option("--seed", default=0, show_default=True)
def command(folder: Path, encoders: str, count: int, seed: int) -> None:
    """Measure how changed pictures of FOLDER find their originals."""
    from scripts.benchmarks.changed_pictures import write_changed

    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in (".jpg", ".jpeg", ".png")][:count]
    with tempfile.TemporaryDirectory() as scratch:
        write_changed(files, Path(scratch), seed)
        found = {spec: _measure(spec, Path(scratch), len(files)) for spec in encoders.split(",")}
    click.echo("| changed | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    for name in next(iter(found.values())):
        click.echo(f"| {name} | " + " | ".join(_told(measured[name]) for measured in found.values()) + " |")
    click.echo(json.dumps(found))


def _told(value: Any) -> str:
    return " / ".join(f"{part:.3f}" for part in value) if isinstance(value, list) else f"{value:.2f}"


def _measure(spec: str, scratch: Path, count: int) -> dict[str, Any]:
    """Return recall at KS of each change, and what a picture takes."""
    import numpy as np

    from scripts.benchmarks.changed_pictures import CHANGES

    index = _index(spec, scratch)
    encoder, vectors = index.encoder("image"), index.vectors("image")
    assert vectors is not None
    originals, begun = vectors.take(np.arange(count)), time.process_time()
    found: dict[str, Any] = {}
    for name in CHANGES:
        rows = encoder.encode(replace(index.catalog, pictures=scratch / name)).rows
        cosines = rows @ originals.T
        ranks = (cosines > np.diagonal(cosines)[:, None]).sum(axis=1) + 1
        found[name] = [float((ranks <= k).mean()) for k in KS]
    return {**found, "ms a picture": 1e3 * (time.process_time() - begun) / (count * len(CHANGES))}


def _index(spec: str, scratch: Path) -> "ProductIndex":
    from indexing.build.build_index import build_index
    from indexing.build.options import BuildOptions
    from indexing.encoders.options import EncodingOptions

    encoding = EncodingOptions(text_encoder="none", image_encoder=spec)
    options = BuildOptions(encoding=encoding, images=scratch / "original", lexical=False)
    return build_index([scratch / "products.csv"], scratch / spec.partition(":")[0], options=options).index


if __name__ == "__main__":
    command()
