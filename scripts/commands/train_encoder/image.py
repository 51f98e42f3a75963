"""`heroic train-encoder image` fits a picture model to one's own pictures, titles and matches."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.train_encoder.asked import Asked, closing_options, out_options, pairs_arguments, show_recall
from scripts.terminal.option_types import NUMBER

if TYPE_CHECKING:
    from reranking.encoder_training.pictures.training import ImageTrained


@click.command(name="image")
@pairs_arguments
@click.option(
    "--base", metavar="clip:MODEL/TAG|FOLDER", help="The model to start from [default: a new one of --config]."
)
@click.option("--config", default="small", show_default=True, metavar="small|FILE.json", help="Of a new model.")
@out_options("trained model")
@click.option("--hold-out-share", default=0.0, show_default=True, help="Product groups kept from it, for the reranker.")
@click.option("--epochs", default=40, show_default=True, help="At most.")
@click.option("--patience", default=8, show_default=True, help="Epochs without a better recall@10.")
@click.option("--minutes", type=NUMBER, help="At most; the learning rate falls to nothing by then.")
@click.option("--batch", default=64, show_default=True, help="Pictures a step, each with its partner.")
@click.option("--learning-rate", type=NUMBER, help="[default: 0.002 for a new model, 0.00001 for --base]")
@click.option("--temperature", default=0.07, show_default=True, help="Of the loss between pictures.")
@click.option(
    "--text-share", default=0.2, show_default=True, help="Of the loss between pictures and texts, 0 to below 1."
)
@click.option("--beside", default=3, show_default=True, help="Pictures like it that each brings into its batch.")
@click.option("--crop", default=0.6, show_default=True, help="The smallest share of a side that a crop keeps.")
@click.option("--flip/--no-flip", default=True, show_default=True, help="Whether offers show products mirrored.")
@closing_options
def command(
    index: Path,
    pairs: tuple[Path, ...],
    base: str | None,
    config: str,
    out: Path,
    valid: Path | None,
    hold_out_share: float,
    epochs: int,
    patience: int,
    minutes: float | None,
    batch: int,
    learning_rate: float | None,
    temperature: float,
    text_share: float,
    beside: int,
    crop: float,
    flip: bool,
    seed: int,
    device: str,
    resume: bool,
    ids: tuple[str, str] | None,
    target: str | None,
    max_rejects: float,
    rejects: Path | None,
) -> None:
    """Train a picture model on the products of PAIRS, so that pictures of a product are each other's neighbours.

    It learns from their pictures and titles, and from two pictures of a match. The model of the epoch with the best
    recall@10 of validation matches is kept, in a folder that open_clip reads, with a card and a picture of the
    training. Product groups are never split, unless --valid shares products with PAIRS.
    """
    from reranking.encoder_training.loop.schedule import Schedule
    from reranking.encoder_training.pictures.augmentation import Augmentation
    from reranking.encoder_training.pictures.clip_learner import ClipOptions
    from reranking.encoder_training.pictures.training import ImageTraining, train_image_encoder

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
    rate = learning_rate if learning_rate is not None else (2e-3 if base is None else 1e-5)
    clip = ClipOptions(
        batch=batch,
        temperature=temperature,
        text_weight=text_share,
        beside=beside,
        seed=seed,
        schedule=Schedule(rate, warmup=0.05, weight_decay=0.05),
        augmentation=Augmentation(crop=(crop, 1.1), flip=0.5 if flip else 0.0),
    )
    options = ImageTraining(hold_out_share=hold_out_share, seed=seed, clip=clip, run=asked.run_options())
    trained = asked.read().train(partial(train_image_encoder, base=base, config=config, options=options))
    _print(trained, out)


def _print(trained: "ImageTrained", out: Path) -> None:
    split = trained.split
    click.echo(f"image encoder: {out}")
    click.echo(
        f"pictures: trained on {trained.pictures:,} of {len(split.train.products):,} products"
        + (f", {trained.unusable:,} could not be used" if trained.unusable else "")
    )
    judged = split.valid.take((split.valid.targets == 1).nonzero()[0]).products
    shared = len(set(split.train.products.tolist()) & set(judged.tolist()))
    if shared:
        click.echo(
            f"note: {shared:,} products of validation matches were trained on: it is judged on new pictures of them"
        )
    show_recall(trained.history)
    click.echo(f"next: heroic build-index PRODUCTS --out INDEX --image-encoder clip:{out}")
