"""`heroic train-encoder text` fits a text model to one's own matches."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.train_encoder.asked import (
    Asked,
    base_model,
    closing_options,
    need_packages,
    out_options,
    pairs_arguments,
    show_recall,
)
from scripts.terminal.option_types import NUMBER

if TYPE_CHECKING:
    from reranking.encoder_training.text import TextTrained

TEMPLATE = "{title} {brand} {attributes} {description}"


@click.command(name="text")
@pairs_arguments
@click.option("--base", required=True, metavar="st:NAME|FOLDER", help="The model to start from.")
@out_options("trained model")
@click.option("--valid-products", default=4000, show_default=True, help="That an epoch is judged by, at most.")
@click.option("--hold-out-share", default=0.5, show_default=True, help="Product groups kept from it, for the reranker.")
@click.option("--text-template", default=TEMPLATE, show_default=True, help="The text of a product.")
@click.option("--max-tokens", default=128, show_default=True, help="Of a text.")
@click.option("--epochs", default=4, show_default=True, help="At most.")
@click.option("--patience", default=2, show_default=True, help="Epochs without a better recall@10.")
@click.option("--minutes", type=NUMBER, help="At most; the learning rate falls to nothing by then.")
@click.option("--batch", default=64, show_default=True, help="Matches a step.")
@click.option("--learning-rate", default=1e-4, show_default=True)
@click.option("--hard", default=3, show_default=True, help="Hard negatives of each product.")
@closing_options
def command(
    index: Path,
    pairs: tuple[Path, ...],
    base: str,
    out: Path,
    valid: Path | None,
    valid_products: int,
    hold_out_share: float,
    text_template: str,
    max_tokens: int,
    epochs: int,
    patience: int,
    minutes: float | None,
    batch: int,
    learning_rate: float,
    hard: int,
    seed: int,
    device: str,
    resume: bool,
    ids: tuple[str, str] | None,
    target: str | None,
    max_rejects: float,
    rejects: Path | None,
) -> None:
    """Train a text model on the matches of PAIRS, products of INDEX, so that matches are each other's neighbours.

    The model of the epoch with the best recall@10 of validation matches is kept, in an ordinary
    sentence-transformers folder, with a card and a picture of the training. Product groups are never split. On the
    products that it was trained on its cosines look too good: half of the groups are kept from it, and heroic train
    --leave-out-seen leaves the others out; judge on validation pairs whether leaving them out pays. --hold-out-share
    0 where only neighbours are wanted.
    """
    need_packages("heroic train-encoder text")
    from reranking.encoder_training.loop.schedule import Schedule
    from reranking.encoder_training.sentence_learner import SentenceOptions
    from reranking.encoder_training.text import TextTraining, train_text_encoder

    asked = Asked(
        index=index,
        pairs=pairs,
        out=out,
        valid=valid,
        epochs=epochs,
        patience=patience,
        minutes=minutes,
        seed=seed,
        device=device,
        resume=resume,
        ids=ids,
        target=target,
        max_rejects=max_rejects,
        rejects=rejects,
    )
    data = asked.read()
    options = TextTraining(
        template=text_template,
        hold_out_share=hold_out_share,
        valid_products=valid_products,
        hard=hard,
        max_tokens=max_tokens,
        seed=seed,
        sentences=SentenceOptions(batch, seed=seed, schedule=Schedule(learning_rate)),
        run=asked.run_options(),
    )
    trained = data.train(partial(train_text_encoder, base=base_model(base), options=options))
    _print(trained, out)


def _print(trained: "TextTrained", out: Path) -> None:
    split = trained.split
    click.echo(f"text encoder: {out}")
    click.echo(
        f"pairs: trained on {len(split.train):,} with {int(split.train.targets.sum()):,} matches, validated on "
        f"{len(split.valid):,}; {len(split.held):,} kept for the reranker"
    )
    show_recall(trained.history)
    click.echo(f"next: heroic build-index PRODUCTS --out INDEX --text-encoder st:{out}")
