"""`heroic query` shows the products most like one, a text or a picture; without any of them it opens a prompt."""

import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.publishing_options import URI, address_at, searched_at, server_options
from scripts.terminal.interrupts import Stopped, handled
from scripts.terminal.option_types import STORED

if TYPE_CHECKING:
    from indexing.catalog.filters import Filters
    from indexing.product_index import ProductIndex
    from indexing.query.find_neighbours import Query
    from reranking.answers.session import Session
    from scripts.commands.query.prompt import Prompt


@click.command(name="query")
@click.argument("index", type=STORED)
@click.option("--id", "product_id", help="A product of the catalogue; it is not among its own neighbours.")
@click.option("--text", help="Free text; with --image both together are searched.")
@click.option("--image", type=click.Path(path_type=Path), help="A picture's file.")
@click.option(
    "--view",
    type=click.Choice(["text", "image", "fused", "lexical"]),
    help="Where to look; a text in the image view needs --image-encoder clip.",
)
@click.option("-k", default=10, show_default=True, type=click.IntRange(min=1), help="Neighbours to show.")
@click.option("--category", help="Only products of this category, at any level.")
@click.option("--source", "sources", multiple=True, help="Only products of this source; may be given again for others.")
@click.option("--not-source", "not_sources", multiple=True, help="No products of this source; may be given again.")
@click.option("--model", type=STORED, help="Adds its probability that each neighbour is a match.")
@click.option("--at", "uri", metavar=URI, help="Search the index where it was published (heroic publish).")
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    index: Path,
    product_id: str | None,
    text: str | None,
    image: Path | None,
    view: str | None,
    k: int,
    category: str | None,
    sources: tuple[str, ...],
    not_sources: tuple[str, ...],
    model: Path | None,
    uri: str | None,
    name: str,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Show the products of INDEX most like one: cosines of each view, title, category, source.

    Without --id, --text and --image a prompt opens (:help says what it understands); where the input is no terminal,
    each of its lines is answered.
    """
    asked = product_id is not None or text is not None or image is not None
    if product_id is not None and (text is not None or image is not None):
        raise click.UsageError("--id is a query of its own: leave out --text and --image")
    if as_json and not asked:
        raise click.UsageError("--json prints one answer: give --id, --text or --image")
    if view is not None and not asked:
        raise click.UsageError("--view is of one query: give --id, --text or --image")
    from indexing.catalog.filters import Filters
    from indexing.product_index import open_index

    address, filters = address_at(uri, name, token_file, "--at"), Filters(category, sources, not_sources)
    with searched_at(open_index(index), address) as opened:
        session = _session(opened, model)
        if not asked:
            from scripts.commands.query.prompt import Prompt

            converse(Prompt(session, k, filters))
            return
        _answer(session, _query(session, product_id, text, image, view), k, filters, as_json=as_json)


def _session(index: "ProductIndex", model: Path | None) -> "Session":
    from reranking.answers.session import Session

    if model is None:
        return Session(index)
    from reranking.model.folder import load_reranker  # which loads XGBoost

    return Session(index, load_reranker(model), prepares_few=True)


def _query(
    session: "Session", product_id: str | None, text: str | None, image: Path | None, view: str | None
) -> "Query":
    from dataclasses import replace

    from indexing.query.find_neighbours import Query, query_by_id

    if product_id is not None:
        return replace(query_by_id(session.index.catalog, product_id), view=view)
    return Query(text=text, picture=image, view=view)


def _answer(session: "Session", query: "Query", k: int, filters: "Filters", *, as_json: bool) -> None:
    from reranking.answers.document import as_document
    from scripts.commands.query.answers import least_width, render_answer
    from scripts.terminal.console import open_console, widen
    from scripts.terminal.progress import shown

    with shown(passing=True) as session.progress:
        answer = session.ask(query, k, filters)
    if as_json:
        click.echo(json.dumps(as_document(session, answer), ensure_ascii=False, indent=2))
        return
    console = open_console()
    widen(console, least_width(answer))
    console.print(render_answer(session, answer, console.width))


def converse(prompt: "Prompt") -> None:
    """Answer lines until there are no more: from the terminal with history and completion, else from stdin."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        from scripts.commands.query.terminal import typed_lines

        answer_until_left(prompt, typed_lines(prompt))
        return
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    for line in sys.stdin:
        if not prompt.answer(line):
            return


def answer_until_left(prompt: "Prompt", lines: Iterable[str]) -> None:
    """Answer what is typed; Ctrl-C ends the answer under way, not the prompt."""
    for line in lines:
        try:
            if not prompt.answer(line):
                return
        except Stopped:
            raise
        except KeyboardInterrupt:
            handled()
            click.echo("interrupted", err=True)
