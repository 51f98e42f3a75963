"""What the trainings of encoders say at their end."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reranking.encoder_training.loop.run import History


def show_recall(history: "History") -> None:
    """How much better the validation matches are found than before; a warning where no epoch made it better."""
    best, first = history.best, history.epochs[0]
    click.echo(
        f"validation recall@10: {first.metric:.4f} as it came, {best.metric:.4f} after epoch {best.number}; "
        f"ended after {history.ended}, {history.epochs[-1].seconds / 60:.0f} min"
    )
    if not best.number:
        click.echo("heroic: warning: no epoch was better than the model as it came, which this is", err=True)
