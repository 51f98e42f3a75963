"""`heroic compare` says what moved between two reports, and whether it is real."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import NUMBER, SEED

if TYPE_CHECKING:
    from eval.comparing.comparison import Comparison

COMPARE_JSON = "compare.json"
COMPARE_HTML = "compare.html"
CHANGED = "changed.parquet"


@click.command(name="compare")
@click.argument("first", metavar="REPORT_A", type=click.Path(path_type=Path))
@click.argument("second", metavar="REPORT_B", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for compare.html, .json and changed.parquet.")
@click.option("--index", type=click.Path(path_type=Path), help="Adds titles to the page.")
@click.option("--fail-if-worse", type=NUMBER, metavar="BY", help="Exit code 1 when weighted fell by more than this.")
@click.option("--rounds", default=200, show_default=True, help="Paired bootstrap draws; 0 for no intervals.")
@click.option("--seed", default=0, show_default=True, type=SEED, help="Of the bootstrap.")
@click.option("--json", "as_json", is_flag=True, help="Print compare.json instead of the table.")
@click.pass_context
def command(
    ctx: click.Context,
    first: Path,
    second: Path,
    out: Path | None,
    index: Path | None,
    fail_if_worse: float | None,
    rounds: int,
    seed: int,
    as_json: bool,
) -> None:
    """What moved from REPORT_A to REPORT_B, folders that heroic evaluate wrote.

    Both are judged on the pairs that they share. A change is called real when the interval of a paired bootstrap over
    product groups excludes 0.
    """
    from eval.comparing.comparison import compare_reports
    from eval.comparing.judged import read_report
    from eval.metrics.intervals import Draws

    if out is not None:
        from indexing.storage.artefact import refuse_artefact

        refuse_artefact(out, "comparison")
    comparison = compare_reports(read_report(first), read_report(second), Draws(rounds=rounds, seed=seed))
    if out is not None:
        _write(comparison, index, out)
    _print(comparison, out, as_json=as_json)
    if fail_if_worse is not None and comparison.worse_by() > fail_if_worse:
        click.echo(f"heroic: weighted fell by {comparison.worse_by():.4f}, more than {fail_if_worse:g}", err=True)
        ctx.exit(1)


def _write(comparison: "Comparison", index: Path | None, out: Path) -> None:
    from eval.comparing.render import as_document, render_comparison, write_changed
    from indexing.storage.artefact import Manifest, write_json, write_manifest, writing

    catalog = None
    if index is not None:
        from indexing.product_index import open_index

        catalog = open_index(index).catalog
    made = {"first": comparison.first.folder.name, "second": comparison.second.folder.name}
    created = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    with writing(out, "comparison") as folder:
        page = render_comparison(comparison, catalog=catalog, created=created)
        (folder / COMPARE_HTML).write_text(page, encoding="utf-8")
        write_json(folder / COMPARE_JSON, as_document(comparison))
        write_changed(comparison, folder / CHANGED)
        write_manifest(folder, Manifest("comparison", made))


def _print(comparison: "Comparison", out: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from eval.comparing.render import as_document, comparison_table

    if as_json:
        click.echo(json.dumps(as_document(comparison), ensure_ascii=False, indent=2))
        return
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(comparison_table(comparison), highlight=False)
    if out is not None:
        click.echo(f"comparison: {out / COMPARE_HTML}")
