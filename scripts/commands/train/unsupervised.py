"""`heroic train --unsupervised` learns from an index alone, and says of everything that it is an estimate."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from scripts.commands.train.trained_text import feature_table
from scripts.terminal.reading import warn

if TYPE_CHECKING:
    from reranking.model.reranker import XgboostReranker
    from reranking.model.train_options import TrainOptions

OF_PAIRS = (  # options that say something of labelled pairs
    "valid",
    "group_by",
    "judge_by",
    "assume",
    "cross",
    "cross_share",
    "stacked",
    "leave_out_seen",
    "ids",
    "target",
    "max_rejects",
    "rejects",
    "mine",
    "transitive",
    "transitive_cap",
    "layout",
    "memory",
    "cluster",
    "task_timeout",
    "world_size",
    "trials",
    "storage",
    "settings",
    "audit",
)

LEARNED = (
    "words",
    "rivals",
)  # features that are learned from pairs; off unless they are asked for (docs/benchmarks.md)


def refuse_misfits(pairs: Sequence[Path], *, unsupervised: bool) -> None:
    """Raise a usage error for labelled pairs that are missing, and for pairs or options of pairs where none are learned from."""
    if not unsupervised:
        if not pairs:
            raise click.UsageError("no PAIRS: give labelled pairs or a label store, or --unsupervised to learn without")
        return
    if pairs:
        raise click.UsageError(f"--unsupervised learns without pairs, but {pairs[0]} is given: leave one out")
    for name in OF_PAIRS:
        if _asked(name):
            raise click.UsageError(f"--{name.replace('_', '-')} is of labelled pairs: leave it or --unsupervised out")


def _asked(name: str) -> bool:
    """Say whether the user gave an option."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def learn_unsupervised(index: Path, options: "TrainOptions", out: Path) -> None:
    """Train, write the model and print what it took for matches.

    Words and rivals are learned only where they are asked for: docs/benchmarks.md says what they are worth.
    """
    from indexing.product_index import open_index
    from reranking.model.folder import save_reranker
    from reranking.training.scarce_labels.unsupervised import robust_boosting, train_unsupervised
    from scripts.terminal.progress import shown

    boosting = robust_boosting(options.boosting.device, monotone=options.boosting.monotone)
    options = replace(
        options, boosting=boosting, words=options.words and _asked("words"), rivals=options.rivals and _asked("rivals")
    )
    with shown() as progress:
        trained = train_unsupervised(open_index(index), options=options, progress=progress)
        save_reranker(trained.reranker, out)
    warn(trained.warnings)
    _show(trained.reranker, out)


def _show(model: "XgboostReranker", out: Path) -> None:
    from rich.console import Console

    click.echo(f"model: {out} ({model.fingerprint})")
    found = model.report.without_labels
    for line in () if found is None else found.told():
        click.echo(line)
    thresholds = ", ".join(f"{name} {_shown(value)}" for name, value in sorted(model.thresholds.items()))
    click.echo(f"thresholds at which precision {model.target_precision:g} is expected: {thresholds}")
    click.echo(f"threshold of the best expected F1: {_shown(model.decisions.f1)}")
    Console().print(feature_table(model.report))


def _shown(threshold: float) -> str:
    return f"{threshold:.3f}" if threshold <= 1 else "never"
