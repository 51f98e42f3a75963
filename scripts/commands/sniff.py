"""`heroic sniff` looks at files and writes the schema that they would be read by."""

from pathlib import Path

import click


@click.command(name="sniff")
@click.argument("products", metavar="FILES...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The YAML file to write [default: print it].")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
def command(products: tuple[Path, ...], out: Path | None, overwrite: bool) -> None:
    """Look at FILES (or folders of them) and write the schema that heroic build-index would read them by.

    Each line has its reason and examples of its cells beside it, for you to edit: which column means what, how the files
    are written, what is left out. Until you do, build-index --schema OUT gives the same catalogue as without, but for
    columns that are the same in every row.
    """
    from indexing.errors import InputError
    from indexing.reading.sniffing.sniffed import schema_text, sniff
    from indexing.storage.stores import file_name
    from indexing.storage.whole_file import writing_file
    from scripts.terminal.progress import shown

    with shown() as progress:
        sniffed = sniff(products, progress)
    if out is None:
        click.echo(schema_text(sniffed, Path()), nl=False)
        return
    if out.is_file() and not overwrite:
        raise InputError(f"{out}: is there already: give --overwrite to replace it, or another name")
    with writing_file(out) as unfinished:
        unfinished.write_text(schema_text(sniffed, out.parent), encoding="utf-8")
    for one in sniffed:
        kind = one.guess.export.name if one.guess.export else "columns by their names and content"
        click.echo(f"{', '.join(file_name(table.path) for table in one.tables)}: {kind}")
    unsaid = [file_name(one.tables[0].path) for one in sniffed if not one.says_source]
    if len(sniffed) > 1 and unsaid:
        more = f" and {len(unsaid) - 1} more" if len(unsaid) > 1 else ""
        click.echo(
            f"source: nothing says whose offers {unsaid[0]}{more} has: where a file is of one shop alone, take the # away before its line "
            "'source:', as --match-across-sources needs it"
        )
    click.echo(f"schema: {out}; edit it, then heroic build-index --schema {out} --out INDEX")
