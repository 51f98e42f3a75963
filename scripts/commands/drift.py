"""`heroic drift` says how far scores moved as the catalogue grew, and whether the model is to be trained again."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scripts.terminal.option_types import SHARE

if TYPE_CHECKING:
    from eval.comparing.drift import Drift


@click.command(name="drift")
@click.argument("before", metavar="SCORES_BEFORE", type=click.Path(path_type=Path))
@click.argument("after", metavar="SCORES_AFTER", type=click.Path(path_type=Path))
@click.option(
    "--most-flipped",
    default=0.05,
    show_default=True,
    type=SHARE,
    help="Share of the called pairs whose decision may change before the model is to be trained again.",
)
@click.option("--fail-if-moved", is_flag=True, help="Exit code 1 when the model is to be trained again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context, before: Path, after: Path, most_flipped: float, fail_if_moved: bool, as_json: bool
) -> None:
    """How far the scores of the same pairs moved, from one version of an index to another, with the same model.

    Score a fixed set of pairs with heroic score before and after updates. Decisions of more than --most-flipped of the
    pairs that either calls a match have changed, over all or in a category with at least 100 of them: train again.
    """
    from eval.comparing.drift import measure_drift
    from eval.inputs.scores import read_scores

    drift = measure_drift(read_scores(before), read_scores(after))
    moved = drift.moved(most_flipped)
    if as_json:
        click.echo(json.dumps(_document(drift, moved, most_flipped), ensure_ascii=False, indent=2))
    else:
        _print(drift, moved, most_flipped)
    if fail_if_moved and moved:
        ctx.exit(1)


def _print(drift: "Drift", moved: list[str], most_flipped: float) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("category", overflow="fold")
    for name in (
        "pairs",
        "rank corr.",
        "|change| 50 %",
        "90 %",
        "99 %",
        "shift",
        "called",
        "gained",
        "lost",
        "flipped",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for movement in (*drift.categories, drift.overall):
        table.add_row(
            Text(movement.name),
            f"{movement.pairs:,}",
            "" if movement.rank_correlation is None else f"{movement.rank_correlation:.4f}",
            *(f"{value:.4f}" for value in movement.quantiles),
            f"{movement.shift:+.4f}",
            f"{movement.called_before:,}",
            f"{movement.gained:,}",
            f"{movement.lost:,}",
            f"{movement.flipped:.1%}",
        )
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table, highlight=False)
    if drift.only_before or drift.only_after:
        click.echo(
            f"left out: {drift.only_before:,} pairs of the first file only, {drift.only_after:,} of the second only"
        )
    if drift.same_model is False:
        click.echo("the files were scored with two models: what moved is not the catalogue's doing alone")
    where = f"more than {most_flipped:.0%} of the called pairs changed: {', '.join(moved)}"
    stays = f"at most {most_flipped:.0%} of the called pairs changed, in each category with enough of them"
    click.echo(f"train again: {where}" if moved else f"the model may stay: {stays}")


def _document(drift: "Drift", moved: list[str], most_flipped: float) -> dict[str, Any]:
    return {
        "train_again": bool(moved),
        "moved": moved,
        "most_flipped": most_flipped,
        "same_model": drift.same_model,
        "only_before": drift.only_before,
        "only_after": drift.only_after,
        "overall": _values(drift.overall),
        "categories": [_values(movement) for movement in drift.categories],
    }


def _values(movement: Any) -> dict[str, Any]:
    from eval.comparing.drift import QUANTILES

    named = {f"change_q{round(share * 100)}": value for share, value in zip(QUANTILES, movement.quantiles, strict=True)}
    own = {name: value for name, value in vars(movement).items() if name != "quantiles"}
    return {**own, **named, "flipped": movement.flipped}
