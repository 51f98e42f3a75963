"""`heroic build-index`: from catalogue files to an index folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indexing.build import Built

FIELDS = "title,brand,attributes,description"


@click.command(name="build-index")
@click.argument("products", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The index folder.")
@click.option(
    "--schema", default="auto", show_default=True, metavar="auto|generic|ozon|FILE.yaml", help="Column names."
)
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder of relative pictures [default: the files' own]."
)
@click.option("--text-encoder", default="lsa", show_default=True, metavar="lsa|column:NAME|none")
@click.option(
    "--image-encoder",
    default="auto",
    metavar="thumbnail|column:NAME|none",
    help="[default: the contest's vectors for its schema, thumbnail where there are pictures, else none]",
)
@click.option("--text-fields", default=FIELDS, show_default=True, help="What lsa and the lexical view read.")
@click.option("--text-weight", default=0.5, show_default=True, help="Of the text in the fused vector, 0 to 1.")
@click.option("--lexical/--no-lexical", default=True, show_default=True, help="The view over rare character n-grams.")
@click.option("--index", default="auto", show_default=True, metavar="auto|FACTORY", help="A FAISS factory string.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@click.option("--match-across-sources", is_flag=True, help="Look for neighbours among other sources only.")
@click.option("-k", default=50, show_default=True, help="Neighbours kept of each product, in each view.")
@click.option("--max-rejects", default=0.01, show_default=True, help="Largest share of products with a malformed cell.")
@click.option("--seed", default=0, show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace the index of another catalogue.")
def command(products: tuple[Path, ...], out: Path, text_fields: str, **given: Any) -> None:
    """Build an index of PRODUCTS (parquet, CSV or JSONL files, or folders of them).

    Run again over the same catalogue, it reuses the vectors that still fit.
    """
    from indexing.build import build_index
    from indexing.build_options import BuildOptions
    from scripts.progress import shown

    fields = tuple(field.strip() for field in text_fields.split(",") if field.strip())
    options = BuildOptions(text_fields=fields, **given)
    with shown() as progress:
        built = build_index(products, out, options=options, progress=progress)
    _print(built, out)


def _print(built: "Built", out: Path) -> None:
    made = built.index.manifest.made
    click.echo(f"index: {out} ({built.index.fingerprint})")
    click.echo(f"products: {made['catalog']['products']:,} ({made['catalog']['schema']} schema)")
    if made["catalog"]["unread"]:
        names = ", ".join(made["catalog"]["unread"])
        click.echo(f"not read: {names} (vectors, bytes or objects; column:NAME reads a column of vectors)")
    for view, encoder in made["encoders"].items():
        again = ", reused" if view in built.reused else ""
        click.echo(f"{view}: {encoder['spec']}, {encoder['dim']} dimensions{again}")
    across = ", among other sources only" if made["match_across_sources"] else ""
    click.echo(f"views: {', '.join(made['views'])}; {made['k']} neighbours of each product in each{across}")
    if built.rejects:
        reasons = sorted({reject.reason.split(":")[0] for reject in built.rejects})
        click.echo(
            f"set aside: {len(built.rejects):,} cells or pictures ({'; '.join(reasons[:5])}), see {out}/rejects.parquet"
        )
