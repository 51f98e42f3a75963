"""What `heroic score` says of the precision of its calls: for which share of matches, and what is to be expected."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reranking.decisions.thresholds import AskedThresholds
    from reranking.model.prior_choice import PriorChoice
    from reranking.model.reranker import XgboostReranker
    from reranking.model.scores_writer import Scored

SHOWN = 3  # categories with the lowest expected precision
LEAST_CALLS = 20  # of a category that is shown
SHORT_BY = 0.02  # below what was asked, from which the promise is taken back


def show_promise(scored: "Scored", model: "XgboostReranker", thresholds: "AskedThresholds | None" = None) -> None:
    """Print the share of matches and the precision to be expected on stdout; take a promise back on stderr. `thresholds` are
    those that the user gave."""
    for line in _share_lines(scored.choice):
        click.echo(line)
    _take_back(scored.choice)
    expected = scored.expected_precision
    if expected is None:
        return
    asked = model.asked
    click.echo(f"expected precision of what is called: {expected:.3f}{_lowest(scored)}")
    short = [
        (name, calls.pairs, asked.of(name), calls.precision)
        for name, calls in scored.calls.items()
        if calls.pairs >= LEAST_CALLS and calls.precision is not None and calls.precision < asked.of(name) - SHORT_BY
    ]
    for name, pairs, wanted, precision in sorted(short, key=lambda row: row[3])[:SHOWN]:
        _warn(
            f"precision not assured in {name}: {precision:.2f} is expected of its {pairs:,} calls where {wanted:g} was asked: "
            f"{_remedy(name, scored.choice, thresholds)}"
        )
    if not short:
        _take_back_all(scored, model, expected)


def _remedy(name: str, choice: "PriorChoice", thresholds: "AskedThresholds | None") -> str:
    if thresholds is not None and (name in thresholds.by_category or thresholds.default is not None):
        return "by the threshold that --thresholds gives it; raise that one, or leave it out"
    if choice.asked.kind != "estimate":
        return "at the share of matches that --prior says; leave --prior out to have it estimated, or label some of its pairs"
    return "its pairs are unlike those of validation; label some of them and train with them"


def _take_back_all(scored: "Scored", model: "XgboostReranker", expected: float) -> None:
    """Warn where too little is expected of all calls together, though of no category that has enough of them."""
    pairs = sum(calls.pairs for calls in scored.calls.values())
    wanted = sum(calls.pairs * model.asked.of(name) for name, calls in scored.calls.items()) / pairs
    if expected < wanted - SHORT_BY:
        _warn(
            f"precision not assured: {expected:.2f} is expected of all {pairs:,} calls where {wanted:.3g} was asked: these pairs "
            "are unlike those of validation; label some of them and train with them"
        )


def _take_back(choice: "PriorChoice") -> None:
    """Warn where the shares found take the promise back: they contradict each other, or what the scores were made for."""
    found = choice.estimate
    if found is None:
        return
    if choice.asked.kind == "model" and found.sure:
        _warn(
            f"precision not assured: {found.found:.3f} of the pairs are matches where the model expects {found.expected:.3f}, "
            "and --prior model leaves its thresholds and probabilities: leave --prior out"
        )
    if not found.agree:
        _warn(
            f"precision not assured: the share of matches is {found.found:.3f} by the probabilities, {found.black_box:.3f} by how "
            "many pairs are called, so scores are not spread as in validation; label some of these pairs and train with them"
        )


def _share_lines(choice: "PriorChoice") -> list[str]:
    found = choice.estimate
    if found is None:
        return ["share of matches: not estimated: the model keeps no validation pairs of both kinds (train it again)"]
    said = f"share of matches: {found.expected:.3f} expected by the model, {found.found:.3f} found"
    if found.black_box is not None:
        said += f" ({found.black_box:.3f} by how many are called)"
    if choice.shift is None and choice.asked.kind == "model":
        return [f"{said}; probabilities and thresholds are the model's, as asked"]
    if choice.shift is None:
        return [f"{said}: no difference that is sure, probabilities and thresholds are the model's"]
    where = "it" if choice.asked.kind == "estimate" else "what --prior says"
    return [f"{said}; probabilities and thresholds are moved to {where} (--prior model leaves them)"]


def _lowest(scored: "Scored") -> str:
    """Return the categories where least is to be expected, where there are several."""
    rows = [(calls.precision, name, calls.pairs) for name, calls in scored.calls.items() if calls.pairs >= LEAST_CALLS]
    known = sorted((precision, name, pairs) for precision, name, pairs in rows if precision is not None)
    if len(scored.calls) < 2 or not known:
        return ""
    return "; lowest " + ", ".join(f"{name} {precision:.3f} of {pairs:,}" for precision, name, pairs in known[:SHOWN])


def _warn(text: str) -> None:
    click.echo(f"heroic: warning: {text}", err=True)
