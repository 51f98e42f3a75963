"""What `heroic score` says of the precision of its calls: for which share of matches, and what is to be expected."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.commands.kind_text import kind_lines
from scripts.terminal.reading import warn

if TYPE_CHECKING:
    from reranking.decisions.thresholds import AskedThresholds
    from reranking.model.reranker import XgboostReranker
    from reranking.model.scores_writer import Scored
    from reranking.model.scoring.prior_choice import PriorChoice

WITHHELD = {
    "labels": "labels of one kind do not tell what pairs other than the candidates of labelled products are like; label some of "
    "these, or tell their share (--prior)",
    "kind": "calls are of another kind than validation's, whose share of matches cannot be found; label some of them, or tell "
    "the share (--prior)",
}


MATCHING_WITHHELD = {
    **WITHHELD,
    "kind": "offers are not looked at for whether their calls are of validation's kind, so that more matches have to be told (--prior)",
}


def show_promise(
    scored: "Scored", model: "XgboostReranker", thresholds: "AskedThresholds | None" = None, ask: Path | None = None
) -> None:
    """Print the share of matches, the kind of what is called and the precision to be expected on stdout; take a promise back on
    stderr. `thresholds` are those that the user gave, `ask` the file of pairs to label."""
    from reranking.explain.promise_warnings import promise_warnings

    for line in (
        _not_measured() if model.report.without_labels else (*share_lines(scored.choice), *kind_lines(scored.kinds))
    ):
        click.echo(line)
    if scored.expected_precision is not None:
        click.echo(f"expected precision of what is called: {scored.expected_precision:.3f}{_lowest(scored)}")
    warn(promise_warnings(scored, model, thresholds, ask))


def _not_measured() -> list[str]:
    return [
        "share of matches: not estimated: the model learned without labels and knows no pairs to compare these with"
    ]


def show_matching_share(choice: "PriorChoice", model: "XgboostReranker") -> None:
    """Print the share of matches among the pairs of offers on stdout, and warn on stderr where it contradicts itself."""
    from reranking.explain.promise_warnings import share_warnings

    for line in _not_measured() if model.report.without_labels else share_lines(choice, MATCHING_WITHHELD):
        click.echo(line)
    warn(share_warnings(choice, withheld=True))


def share_lines(choice: "PriorChoice", withheld: Mapping[str, str] = WITHHELD) -> list[str]:
    """Return the lines of what the share of matches is, and what it was moved to; `withheld` says why it was not."""
    found = choice.estimate
    if found is None:
        return ["share of matches: not estimated: the model keeps no validation pairs of both kinds (train it again)"]
    said = f"share of matches: {found.expected:.3f} expected by the model, {found.found:.3f} found"
    if found.black_box is not None:
        said += f" ({found.black_box:.3f} by how many are called at the best F1)"
    if choice.shift is None and choice.asked.kind == "model":
        return [f"{said}; probabilities and thresholds are the model's, as asked"]
    if choice.withheld is not None:
        return [f"{said}; probabilities and thresholds stay the model's: {withheld[choice.withheld]}"]
    if choice.shift is None:
        return [f"{said}: no difference that is sure, probabilities and thresholds are the model's"]
    where = "it" if choice.asked.kind == "estimate" else "what --prior says"
    return [f"{said}; probabilities and thresholds are moved to {where} (--prior model leaves them)"]


def _lowest(scored: "Scored") -> str:
    """Return the categories where least is to be expected, where there are several."""
    from reranking.explain.promise_warnings import LEAST_CALLS, SHOWN

    rows = [(calls.precision, name, calls.pairs) for name, calls in scored.calls.items() if calls.pairs >= LEAST_CALLS]
    known = sorted((precision, name, pairs) for precision, name, pairs in rows if precision is not None)
    if len(scored.calls) < 2 or not known:
        return ""
    return "; lowest " + ", ".join(f"{name} {precision:.3f} of {pairs:,}" for precision, name, pairs in known[:SHOWN])
