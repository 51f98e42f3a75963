"""Changed pictures look for their originals: `python -m scripts.benchmarks.pictures FOLDER`.

Of pictures in FOLDER, which differ, some are taken, and of each one is made that is cut, mirrored, turned, shrunk, coloured otherwise, on
another ground, under a logo, or one of four in a collage. For each encoder: how often the original is the nearest, and among the first ten,
of all; and the milliseconds of one processor that a picture takes. What is learned is learned of the originals. Prints a markdown table
and, last, one JSON object.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from PIL import Image, ImageDraw, ImageOps

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex

Picture = Image.Image
KS = (1, 10)


def _cut(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Keep three quarters of each side."""
    width, height = (3 * side // 4 for side in picture.size)
    left, top = (
        int(random.integers(side - kept + 1)) for side, kept in zip(picture.size, (width, height), strict=True)
    )
    return picture.crop((left, top, left + width, top + height))


def _shrunk(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    return picture.resize((max(picture.width // 2, 1), max(picture.height // 2, 1)))


def _recoloured(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Turn the hues by a third of the circle: another colour of the same thing."""
    hue, saturation, value = picture.convert("HSV").split()
    return Image.merge("HSV", (hue.point(lambda level: (level + 85) % 256), saturation, value)).convert("RGB")


def _on_a_ground(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Put the picture, half its size, anywhere on a ground of one colour."""
    ground = Image.new("RGB", picture.size, tuple(int(level) for level in random.integers(60, 200, size=3)))
    small = _shrunk(picture, random, _)
    ground.paste(small, (int(random.integers(picture.width // 2)), int(random.integers(picture.height // 2))))
    return ground


def _under_a_logo(picture: Picture, random: np.random.Generator, _: Picture) -> Picture:
    """Lay a shop's badge over a corner: a third of each side."""
    changed = picture.copy()
    pen, (width, height) = ImageDraw.Draw(changed), picture.size
    pen.rectangle((0, 0, width // 3, height // 3), fill="red")
    pen.ellipse((width // 12, height // 12, width // 4, height // 4), fill="yellow")
    return changed


def _in_a_collage(picture: Picture, random: np.random.Generator, other: Picture) -> Picture:
    """Show it beside another picture, twice each."""
    collage = Image.new("RGB", (2 * picture.width, 2 * picture.height), "white")
    for place, shown in enumerate((picture, other, other, picture)):
        collage.paste(shown.resize(picture.size), (place % 2 * picture.width, place // 2 * picture.height))
    return collage


CHANGES: dict[str, Callable[[Picture, np.random.Generator, Picture], Picture]] = {
    "cut": _cut,
    "mirrored": lambda picture, *_: ImageOps.mirror(picture),
    "turned by 90 degrees": lambda picture, *_: picture.rotate(90, expand=True),
    "shrunk": _shrunk,
    "recoloured": _recoloured,
    "on a ground": _on_a_ground,
    "under a logo": _under_a_logo,
    "in a collage": _in_a_collage,
}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--encoders", default="thumbnail,patches", show_default=True, help="As of heroic build-index.")
@click.option("--count", default=500, show_default=True, type=click.IntRange(min=2), help="Pictures.")
@click.option("--seed", default=0, show_default=True)
def command(folder: Path, encoders: str, count: int, seed: int) -> None:
    """Measure how changed pictures of FOLDER find their originals."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in (".jpg", ".jpeg", ".png")][:count]
    with tempfile.TemporaryDirectory() as scratch:
        _write_changed(files, Path(scratch), seed)
        found = {spec: _measure(spec, Path(scratch), len(files)) for spec in encoders.split(",")}
    click.echo("| changed | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    for name in next(iter(found.values())):
        click.echo(f"| {name} | " + " | ".join(_told(measured[name]) for measured in found.values()) + " |")
    click.echo(json.dumps(found))


def _told(value: Any) -> str:
    return " / ".join(f"{part:.3f}" for part in value) if isinstance(value, list) else f"{value:.2f}"


def _write_changed(files: list[Path], scratch: Path, seed: int) -> None:
    """Write the originals, and each change of them, into a folder of its own, and a catalogue of them."""
    random = np.random.default_rng(seed)
    for name in ("original", *CHANGES):
        (scratch / name).mkdir()
    for number, file in enumerate(files):
        picture, other = (Image.open(one).convert("RGB") for one in (file, files[number - 1]))
        picture.save(scratch / "original" / f"{number}.png")
        for name, change in CHANGES.items():
            change(picture, random, other).save(scratch / name / f"{number}.png")
    rows = "".join(f"{number},{number}.png\n" for number in range(len(files)))
    (scratch / "products.csv").write_text(f"id,image\n{rows}")


def _measure(spec: str, scratch: Path, count: int) -> dict[str, Any]:
    """Return recall at KS of each change, and what a picture takes."""
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
