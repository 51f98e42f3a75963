"""An image tower is timed, in pictures a second: a plain loop against `clip:`, in fp32, in int8, and without decoding.

`python -m scripts.benchmarks.image_throughput DATA` takes the pictures below a set's folder and a model of open_clip, whose weights
do not matter for speed: without a name for them they are random. All variants take turns in one process on the same
pictures; what counts is the ratio.
"""

import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indexing.arrays import Floats2d
    from indexing.catalog.catalog import Catalog
    from indexing.encoders.pictures.clip import ClipPictureModel
    from indexing.encoders.pictures.clip_model import ClipModel

MODEL = "ViT-B-32"
PICTURES = 256
PLAIN_BATCH = 32
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=PICTURES, show_default=True, help="Pictures, at most so many.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--model", default=MODEL, show_default=True, help="Of open_clip, with random weights; or a folder.")
def command(data: Path, limit: int, rounds: int, model: str) -> None:
    """Measure on the pictures below DATA."""
    click.echo(json.dumps(measure(data, limit=limit, rounds=rounds, model=model)))


def measure(folder: Path, *, limit: int | None = None, rounds: int = 3, model: str = MODEL) -> dict[str, float]:
    """Measure on at most `limit` pictures, never more than PICTURES, medians over the rounds: `image_plain_rate` in
    pictures a second; `image_ratio` and `image_int8_ratio`, how many times faster `clip:` is in the processor's best
    exact precision and in int8; `image_decode_share`, by how much it falls short of the rate without decoding; cosines
    to the plain rows, `image_cosine` and `image_int8_cosine`."""
    from indexing.encoders.pictures.clip import picture_model
    from indexing.encoders.precision import choose_precision

    files = _pictures(folder, min(limit or PICTURES, PICTURES))
    opened = _open(model)
    best = choose_precision("auto", "cpu")
    with tempfile.TemporaryDirectory() as work:
        fast = picture_model(opened, ["cpu"], precision=best)
        small = picture_model(opened, ["cpu"], precision="int8", eight_bits=Path(work) / "tower.onnx")
        prepared = _prepared(files, fast)
        runs: dict[str, Callable[[], Floats2d]] = {
            "plain": lambda: _plain(opened, files),
            "clip": lambda: _encoded(files, fast),
            "int8": lambda: _encoded(files, small),
            "bare": lambda: _bare(prepared, fast),
        }
        rows = {name: run() for name, run in runs.items()}  # also warms up
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                seconds[name].append(_timed(run))
    return _figures(seconds, rows, len(files))


def _figures(seconds: dict[str, list[float]], rows: dict[str, "Floats2d"], count: int) -> dict[str, float]:
    def ratio(slow: str, fast: str) -> float:
        return statistics.median(a / b for a, b in zip(seconds[slow], seconds[fast], strict=True))

    def cosine(name: str) -> float:
        return float((rows[name] * rows["plain"]).sum(axis=1).min())

    figures = {
        "image_plain_rate": count / statistics.median(seconds["plain"]),
        "image_ratio": ratio("plain", "clip"),
        "image_int8_ratio": ratio("plain", "int8"),
        "image_decode_share": 1 - ratio("bare", "clip"),
        "image_cosine": cosine("clip"),
        "image_int8_cosine": cosine("int8"),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def _pictures(folder: Path, count: int) -> list[Path]:
    """Return the first different pictures by name."""
    found: dict[bytes, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and len(found) < count:
            found.setdefault(file.read_bytes(), file)
    if not found:
        raise click.UsageError(f"{folder}: no pictures below it")
    return list(found.values())


def _open(model: str) -> "ClipModel":
    from indexing.encoders.pictures.clip_model import (
        ClipName,
        described,
        import_open_clip,
        open_clip_model,
        quiet_open_clip,
    )

    if Path(model).is_dir():
        return open_clip_model(ClipName.parse(model))
    logging.getLogger().setLevel(logging.ERROR)  # that the weights are random is what was asked
    with quiet_open_clip():
        module = import_open_clip().create_model(model, load_weights=False)
    return described(model, module, None)


def _plain(model: "ClipModel", files: list[Path]) -> "Floats2d":
    """Do what one writes first: open, preprocess, stack, encode."""
    import numpy as np
    import torch
    from PIL import Image

    from indexing.encoders.pictures.clip_model import import_open_clip

    preprocess: Any = import_open_clip().image_transform(
        model.shape.size, False, model.mean, model.std, model.shape.resize_mode, model.shape.interpolation
    )
    parts = []
    with torch.inference_mode():
        for start in range(0, len(files), PLAIN_BATCH):
            batch = [preprocess(Image.open(file).convert("RGB")) for file in files[start : start + PLAIN_BATCH]]
            parts.append(model.module.encode_image(torch.stack(batch), normalize=True).numpy())
    return np.concatenate(parts)


def _encoded(files: list[Path], model: "ClipPictureModel") -> "Floats2d":
    from indexing.encoders.pictures.picture_encoder import PictureEncoder

    return PictureEncoder("clip", model).encode(_catalog(files)).rows


def _prepared(files: list[Path], model: "ClipPictureModel") -> Any:
    import numpy as np
    from PIL import Image

    return np.stack([model.prepare(Image.open(file).convert("RGB")) for file in files])


def _bare(prepared: Any, model: "ClipPictureModel") -> "Floats2d":
    import numpy as np

    starts = range(0, len(prepared), model.batch)
    return np.concatenate([model.encode_pixels(prepared[start : start + model.batch]) for start in starts])


def _catalog(files: list[Path]) -> "Catalog":
    import pyarrow as pa

    from indexing.catalog.catalog import Catalog, catalog_of

    one = catalog_of(images=["x"]).table
    table = pa.concat_tables([one] * len(files))
    images = pa.array([[str(file)] for file in files], one["images"].type)
    return Catalog(table.set_column(table.column_names.index("images"), "images", images))


def _timed(run: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    command()
