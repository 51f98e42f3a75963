"""`heroic label` asks a reviewer the pairs whose labels teach most."""

from pathlib import Path

import click

from scripts.terminal.option_types import SEED, STORED


@click.command(name="label")
@click.argument("index", type=STORED)
@click.option(
    "--store", required=True, type=click.Path(path_type=Path), help="The label store; made where there is none."
)
@click.option("--model", type=STORED, help="Begin where this model sees matches, in place of looks alone.")
@click.option("--reviewer", help="Who answers [default: the name that you are logged in with].")
@click.option(
    "--budget", default=500, show_default=True, type=click.IntRange(min=1), help="Pairs labelled in all, by everybody."
)
@click.option("--seed", default=0, show_default=True, type=SEED, help="Of what chance decides.")
def command(index: Path, store: Path, model: Path | None, reviewer: str | None, budget: int, seed: int) -> None:
    """Label candidate pairs of INDEX, those first that teach a model most.

    Both products are shown side by side, without score. Each answer is kept at once, in STORE; the next call goes on where this
    one ended. Several reviewers may label at once: they are asked different pairs.
    """
    from indexing.product_index import open_index
    from reranking.asking.open_session import open_session
    from reranking.labels.store import open_store
    from reranking.model.folder import load_reranker
    from reranking.model.train_options import FEWEST_LABELS
    from scripts.terminal.asking import ask_all, reviewer_name
    from scripts.terminal.console import open_console
    from scripts.terminal.progress import shown

    name = reviewer_name(reviewer)
    opened, scorer = open_index(index), None if model is None else load_reranker(model)
    with open_store(store, create=True) as labels:
        with shown() as progress:
            begun = open_session(
                opened, labels, reviewer=name, budget=budget, model=scorer, seed=seed, progress=progress
            )
        click.echo(begun.pool.told(), err=True)
        try:
            finished = ask_all(begun.session, opened.catalog, open_console())
            others = begun.session.asked_by_others() if finished else 0
            at = begun.session.progress()
        finally:
            begun.session.end()
    click.echo()
    click.echo(f"labelled: {at.asked:,} of {at.total:,}, {at.matches:,} matches; {at.note}")
    if not finished:
        click.echo("the same command goes on")
    elif at.asked < at.total and others:
        click.echo(f"{others:,} pairs are being asked by other sessions: the same command asks what they leave")
    elif at.asked < at.total:
        click.echo("every candidate is labelled: there is no more to ask")
    if min(at.matches, at.asked - at.matches) >= FEWEST_LABELS:
        click.echo(f"next: heroic train {index} {store} --out MODEL")
