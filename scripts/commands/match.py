"""`heroic match` matches offers that are in no index against one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.promise_text import show_matching_share
from scripts.terminal.option_types import SHARE, STORED, prior_option
from scripts.terminal.reading import passed_over, schema_option, warn

if TYPE_CHECKING:
    from indexing.catalog.rejects import Reject
    from indexing.reading.row_checks import PassedOver
    from reranking.matching.match_file import MatchedFile


@click.command(name="match")
@click.argument("index", type=STORED)
@click.argument("model", type=STORED)
@click.argument("offers", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="A line or row an offer: .jsonl or .parquet."
)
@click.option(
    "--top", default=5, show_default=True, type=click.IntRange(min=0), help="Best pairs written of each offer."
)
@click.option("--reasons", is_flag=True, help="Write why the model scores each pair so.")
@click.option(
    "-k", type=click.IntRange(min=1), help="Neighbours in each view that are scored [default: 20, or as MODEL has]."
)
@click.option(
    "--thresholds", type=click.Path(path_type=Path), help="YAML of category: threshold, over the model's own."
)
@prior_option("the offers' pairs")
@click.option("--category", help="Only products of this category, at any level.")
@click.option("--source", "sources", multiple=True, help="Only products of this source; may be given again for others.")
@click.option("--not-source", "not_sources", multiple=True, help="No products of this source; may be given again.")
@schema_option("Which column means what; auto is as INDEX was built.")
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder of relative pictures [default: the files' own]."
)
@click.option(
    "--max-rejects",
    default=0.01,
    show_default=True,
    type=SHARE,
    help="Largest share of rows with a malformed cell, or set aside; 1 goes on without pictures too.",
)
def command(
    index: Path,
    model: Path,
    offers: tuple[Path, ...],
    out: Path,
    top: int,
    reasons: bool,
    k: int | None,
    thresholds: Path | None,
    prior: str,
    category: str | None,
    sources: tuple[str, ...],
    not_sources: tuple[str, ...],
    schema: str,
    images: Path | None,
    max_rejects: float,
) -> None:
    """Match OFFERS (parquet, CSV or JSONL files, or folders of them) against INDEX by MODEL.

    Each is scored as if heroic update had put it into INDEX, alone: offers of one file do not see one another. Nothing is
    written into INDEX.
    """
    from indexing.catalog.filters import Filters
    from indexing.catalog.reject_log import RejectLog
    from indexing.encoders.pictures.patience import TAKE_WHAT_COMES, Patience
    from indexing.given.read_given import GivenOptions, read_given
    from indexing.product_index import open_index
    from indexing.storage.scratch import scratch_folder
    from indexing.storage.whole_file import refuse_folder, refuse_input
    from reranking.decisions.prior_shift import AskedPrior
    from reranking.decisions.thresholds import read_thresholds
    from reranking.matching.match_file import match_into_file, refuse_suffix
    from reranking.matching.match_offers import MatchOptions, prepare_matching
    from reranking.model.folder import load_reranker
    from reranking.model.scoring.prior_choice import refuse_prior
    from scripts.terminal.missing_pictures import going_on_without_pictures
    from scripts.terminal.progress import shown

    refuse_suffix(out)
    refuse_folder(out)
    refuse_input("--out", out, offers)
    reranker, opened = load_reranker(model), open_index(index)
    filters = Filters(category, sources, not_sources)
    opened.allowed(filters)  # a name that no product has is said before anything is read
    asked = AskedPrior.parse(prior)
    refuse_prior(reranker, asked)
    decides = None if thresholds is None else read_thresholds(thresholds)

    def match(most: float) -> "_Told":
        with shown() as progress, scratch_folder() as scratch:
            read = GivenOptions(schema, images, most, own_ids=True)
            given = read_given(opened, offers, scratch, options=read, progress=progress)
            matcher = prepare_matching(
                opened,
                reranker,
                options=MatchOptions(k, decides, filters),
                patience=Patience(most >= 1, TAKE_WHAT_COMES),
                progress=progress,
            )
            log = RejectLog(scratch / "pictures")
            found = match_into_file(
                matcher, given.catalog, out, rejects=log, top=top, reasons=reasons, prior=asked, progress=progress
            )
            return _Told(given.notes, given.passed_over, found, _set_aside(lambda: chain(given.rejects, log), out))

    told = going_on_without_pictures(match, max_rejects)
    _print(told, out)
    if told.found.alone < told.found.offers:  # else no pair was scored that a share could be of
        show_matching_share(told.found.choice, reranker)


@dataclass(frozen=True)
class _Told:
    """It holds what is printed of a run: `set_aside` are lines of what could not be used."""

    notes: tuple[str, ...]
    passed_over: "PassedOver"
    found: "MatchedFile"
    set_aside: list[str]


def _set_aside(rejects: Callable[[], "Iterable[Reject]"], out: Path) -> list[str]:
    """Write rejects, which may be more than the memory holds, beside the output, and return what is to be said of them."""
    from indexing.catalog.rejects import reject_kinds, write_rejects

    kinds = reject_kinds(rejects())
    if not kinds:
        return []
    path = out.with_name(f"{out.name}.rejects.parquet")
    count = write_rejects(rejects(), path)
    return [f"set aside: {count:,} rows, cells or pictures, see {path}", *(f"  {kind.line()}" for kind in kinds)]


def _print(told: _Told, out: Path) -> None:
    found = told.found
    warn(told.notes)
    click.echo(f"matched: {found.matched:,} of {found.offers:,} offers with a product of the index, in {out}")
    passed_over(told.passed_over)
    if found.known:
        click.echo(f"in the index already: {found.known:,} by their id, each matched in the place of that product")
    if found.alone:
        click.echo(f"near nobody: {found.alone:,} offers, in none of the views")
    for line in told.set_aside:
        click.echo(line)
