"""Make a sample catalogue from a seed: offers, drawn pictures and labelled pairs, in Heroic's schema and the contest's.

Run `python -m scripts.make_sample --out DIR`. The committed sample is described in data/README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from scripts.sample.files import SampleCounts

SCHEMAS = ("generic", "ozon", "both")


def make_sample(
    out: Path,
    *,
    products: int = 1200,
    offers: int = 3000,
    seed: int = 0,
    schema: str = "both",
    picture_px: int = 96,
    renamed_keys: float = 0.0,
    own_values: float = 0.0,
    filled_in: float | None = None,
) -> SampleCounts:
    """Write a sample into the folder `out`, which must be new or empty; equal arguments give equal content.

    Each seller calls the share `renamed_keys` of all attributes by names of its own, and says the share `own_values` of what they state in ways of its own; offers state the share `filled_in` of
    attributes, by default some oftener than others. The generic schema lies in `out` itself, the contest's in `out/ozon`. The folder appears when it is complete.
    Raises InputError when it is in use, or when so many offers of so many products cannot be.
    """
    from indexing.errors import InputError
    from scripts.sample.files import write_sample

    if schema not in SCHEMAS:
        raise InputError(f"schema {schema!r} is unknown: give one of {', '.join(SCHEMAS)}")
    return write_sample(
        out,
        products=products,
        offers=offers,
        seed=seed,
        schema=schema,
        picture_px=picture_px,
        renamed_keys=renamed_keys,
        own_values=own_values,
        filled_in=filled_in,
    )


@click.command("make-sample")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="New or empty folder.")
@click.option("--products", default=1200, show_default=True, type=click.IntRange(min=16))
@click.option("--offers", default=3000, show_default=True, type=click.IntRange(min=16))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--schema", default="both", show_default=True, type=click.Choice(SCHEMAS))
@click.option("--picture-px", default=96, show_default=True, type=click.IntRange(min=32), help="Side of a picture.")
@click.option(
    "--renamed-keys",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of attribute keys that each seller calls otherwise.",
)
@click.option(
    "--own-values",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of what attributes state that each seller says otherwise.",
)
@click.option(
    "--filled-in",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of attributes that an offer states [default: some oftener than others].",
)
def command(
    out: Path,
    products: int,
    offers: int,
    seed: int,
    schema: str,
    picture_px: int,
    renamed_keys: float,
    own_values: float,
    filled_in: float | None,
) -> None:
    """Make a sample catalogue with pictures and labelled pairs."""
    from indexing.errors import InputError

    try:
        counts = make_sample(
            out,
            products=products,
            offers=offers,
            seed=seed,
            schema=schema,
            picture_px=picture_px,
            renamed_keys=renamed_keys,
            own_values=own_values,
            filled_in=filled_in,
        )
    except InputError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{out}: {counts.offers} offers of {counts.products} products")
    for split, pairs in counts.pairs.items():
        click.echo(f"pairs_{split}: {pairs} pairs, {counts.matches[split]} matches")


if __name__ == "__main__":
    command()
