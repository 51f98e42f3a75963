"""`heroic train-encoder cross` fits a cross-encoder to one's own pairs."""

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
)
from scripts.terminal.option_types import NUMBER

if TYPE_CHECKING:
    from reranking.encoder_training.cross import CrossTrained
    from reranking.pairs.product_groups import GroupBy

TEMPLATE = "{title} {brand} {price} {attributes} {description:200}"


@click.command(name="cross")
@pairs_arguments
@click.option(
    "--base", required=True, metavar="st:NAME|FOLDER", help="The text model, or cross-encoder, to start from."
)
@out_options("trained models")
@click.option("--folds", default=2, show_default=True, help="Models, each without the products of one fold.")
@click.option("--most-pairs", type=click.IntRange(min=4), help="That a model learns from [default: all].")
@click.option("--valid-pairs", default=2000, show_default=True, help="That an epoch is judged by, at most.")
@click.option("--text-template", default=TEMPLATE, show_default=True, help="The text of a product.")
@click.option("--max-tokens", default=128, show_default=True, help="Of both texts together.")
@click.option("--layers", type=click.IntRange(min=1), help="Keep the first so many of the base, for speed.")
@click.option(
    "--precision",
    default="fp32",
    show_default=True,
    type=click.Choice(["fp32", "bf16"]),
    help="In which the trained models score. bf16 is faster where the processor or GPU has it; the last digits of a "
    "score then depend on the pairs beside it.",
)
@click.option("--epochs", default=3, show_default=True, help="At most.")
@click.option("--patience", default=2, show_default=True, help="Epochs without a better average precision.")
@click.option("--minutes", type=NUMBER, help="At most, over all folds; the learning rate falls to nothing by then.")
@click.option("--batch", default=32, show_default=True, help="Pairs a step.")
@click.option("--learning-rate", default=1e-4, show_default=True)
@click.option(
    "--group-by",
    default="matches",
    show_default=True,
    type=click.Choice(["matches", "pairs"]),
    help="What ties products into a group, which is in one fold.",
)
@closing_options
def command(
    index: Path,
    pairs: tuple[Path, ...],
    base: str,
    out: Path,
    valid: Path | None,
    folds: int,
    most_pairs: int | None,
    valid_pairs: int,
    text_template: str,
    max_tokens: int,
    layers: int | None,
    precision: str,
    epochs: int,
    patience: int,
    minutes: float | None,
    batch: int,
    learning_rate: float,
    group_by: "GroupBy",
    seed: int,
    device: str,
    resume: bool,
    ids: tuple[str, str] | None,
    target: str | None,
    max_rejects: float,
    rejects: Path | None,
) -> None:
    """Train a cross-encoder on PAIRS of products of INDEX: it reads both texts at once, and says how likely they match.

    heroic train --cross makes its score a feature of the reranker. One model a fold of whole product groups is
    trained, so that training pairs are scored by a model that did not see their products.
    """
    need_packages("heroic train-encoder cross")
    from reranking.encoder_training.cross import CrossTraining, train_cross_encoder
    from reranking.encoder_training.cross_learner import CrossOptions
    from reranking.encoder_training.loop.schedule import Schedule

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
    options = CrossTraining(
        template=text_template,
        folds=folds,
        most_pairs=most_pairs,
        valid_pairs=valid_pairs,
        max_tokens=max_tokens,
        layers=layers,
        precision=precision,
        group_by=group_by,
        seed=seed,
        cross=CrossOptions(batch, seed, Schedule(learning_rate)),
        run=asked.run_options(),
    )
    trained = data.train(partial(train_cross_encoder, base=base_model(base), options=options))
    _print(trained, out)


def _print(trained: "CrossTrained", out: Path) -> None:
    click.echo(f"cross-encoder: {out}")
    for number, (history, count) in enumerate(zip(trained.histories, trained.pairs, strict=True)):
        best = history.best
        click.echo(
            f"fold {number}: {count:,} pairs, validation average precision {best.metric:.4f} after epoch {best.number} "
            f"({history.epochs[0].metric:.4f} before); ended after {history.ended}"
        )
    click.echo(f"next: heroic train INDEX PAIRS --cross {out} --out MODEL")
