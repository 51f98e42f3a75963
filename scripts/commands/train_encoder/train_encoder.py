"""`heroic train-encoder`: fit encoders and the cross-encoder to one's own pairs."""

import click

from scripts.lazy_group import LazyGroup

COMMANDS = {
    "text": ("scripts.train_text_encoder", "A sentence-transformers model, on texts of matches."),
    "cross": ("scripts.train_cross_encoder", "A cross-encoder, whose score becomes a signal of the reranker."),
    "image": ("scripts.train_image_encoder", "An open_clip model, on pictures and texts."),
}


@click.group(
    name="train-encoder", cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
def command() -> None:
    """Train an encoder, or the cross-encoder, on labelled pairs of products of an index."""
