"""`heroic audit` asks a reviewer a sample of the scored pairs, and says what the scores are worth."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.terminal.option_types import SEED, STORED

if TYPE_CHECKING:
    from eval.audit.session import AuditOptions, AuditSession
    from eval.inputs.scores import Scores
    from indexing.product_index import ProductIndex
    from reranking.labels.store import LabelStore


@click.command(name="audit")
@click.argument("index", type=STORED)
@click.argument("scores", type=click.Path(path_type=Path))
@click.option(
    "--store", required=True, type=click.Path(path_type=Path), help="The label store; made where there is none."
)
@click.option("--budget", default=300, show_default=True, help="Pairs to ask in all, those asked before among them.")
@click.option(
    "--products",
    type=click.IntRange(min=1),
    help="Ask of so many products, in place of pairs, which of all that is near are the same: what retrieval missed.",
)
@click.option("--reviewer", help="Who answers [default: the name that you are logged in with].")
@click.option("--threshold", type=float, help="Scores from which a pair is called [default: the column match].")
@click.option("--seed", default=0, show_default=True, type=SEED, help="Of a sample that begins.")
@click.option("--score-column", metavar="NAME", help="Of SCORES, where the score has a name of its own.")
@click.option("--ids", nargs=2, metavar="LEFT RIGHT", help="Id columns, where they have names of their own.")
def command(
    index: Path,
    scores: Path,
    store: Path,
    budget: int,
    products: int | None,
    reviewer: str | None,
    threshold: float | None,
    seed: int,
    score_column: str | None,
    ids: tuple[str, str] | None,
) -> None:
    """Ask pairs of SCORES, drawn so that few answers say most, and estimate precision, recall and the weighted area.

    Both products of INDEX are shown side by side, without score. Each answer is kept at once; the next call goes on
    where this one ended, and a larger --budget asks more of the same sample.
    """
    from eval.audit.session import AuditOptions, AuditSession
    from eval.inputs.scores import read_scores
    from indexing.product_index import open_index
    from reranking.labels.store import open_store
    from scripts.terminal.asking import ask_all, reviewer_name
    from scripts.terminal.console import open_console

    options = AuditOptions(budget, reviewer_name(reviewer), seed, threshold)
    opened, scored = open_index(index), read_scores(scores, ids=ids, score=score_column)
    with open_store(store, create=True) as labels:
        session = AuditSession(opened, scored, labels, options)
        if products is None:
            ask_all(session, opened.catalog, open_console())
        else:
            _ask_products(opened, labels, options, products)
        _conclude(session, scored, labels)


def _ask_products(index: "ProductIndex", store: "LabelStore", options: "AuditOptions", products: int) -> None:
    """Ask of so many products which of those near them are the same."""
    from eval.audit.retrieval import RetrievalSession
    from scripts.terminal.asking_products import ask_products
    from scripts.terminal.console import open_console

    session = RetrievalSession(index, store, reviewer=options.reviewer, products=products, seed=options.seed)
    ask_products(session, index.catalog, products, open_console())


def _conclude(session: "AuditSession", scores: "Scores", store: "LabelStore") -> None:
    """Print the estimates, or what is lacking for them."""
    from eval.audit.audit_report import audit_report
    from eval.pages.audit_pages import render_audit
    from indexing.errors import InputError
    from scripts.terminal.console import open_console

    at = session.progress()
    click.echo()
    try:
        report = audit_report(scores, store)
    except InputError as error:
        click.echo(f"asked: {at.asked:,} of {at.total:,}; {error}")
        return
    open_console().print(render_audit(report))
    if at.asked < at.total:
        click.echo(f"asked: {at.asked:,} of {at.total:,}: the same command goes on")
    click.echo(f"next: heroic evaluate {scores.path} --audit {store.path} --out REPORT")
