"""A promise of precision is taken back in one line for each reason: what is not assured, why, and what to do."""

import math
from pathlib import Path

from reranking.decisions.thresholds import AskedThresholds
from reranking.explain.kind_warnings import kind_warnings
from reranking.model.reranker import XgboostReranker
from reranking.model.scores_writer import Scored
from reranking.model.scoring.prior_choice import PriorChoice
from reranking.model.training_report import NO_TRUTH

SHOWN = 3  # categories with the lowest expected precision
LEAST_CALLS = 20  # of a category that is shown
SHORT_BY = 0.02  # below what was asked, from which the promise is taken back


def promise_warnings(
    scored: Scored, model: XgboostReranker, thresholds: AskedThresholds | None = None, ask: Path | None = None
) -> list[str]:
    """Return the warnings about what was scored, none where the promise stands. `thresholds` are those that the user gave,
    `ask` is the file of pairs to label, where the user named one."""
    return [
        *([] if model.report.without_labels is None else [f"precision not assured: {NO_TRUTH}"]),
        *share_warnings(scored.choice),
        *doubt_warnings(scored, model),
        *[line for labels in model.report.one_sided[-1:] for line in labels.warnings()],
        *assumed_warnings(scored, model, thresholds),
        *uncalled_warnings(scored, model, thresholds),
        *kind_warnings(scored.kinds, ask),
        *expectation_warnings(scored, model, thresholds),
    ]


def share_warnings(choice: PriorChoice, *, withheld: bool = False) -> list[str]:
    """Warn where the shares of matches contradict each other, or what the scores were made for; a larger share is `withheld` where
    none that is found is moved to."""
    found = choice.estimate
    if found is None:
        return []
    said = []
    if choice.asked.kind == "model" and found.sure and not (withheld and found.found > found.expected):
        said.append(
            f"precision not assured: {found.found:.3f} of the pairs are matches where the model expects {found.expected:.3f}, "
            "and --prior model leaves its thresholds and probabilities: leave --prior out"
        )
    if not found.agree:
        said.append(
            f"precision not assured: the share of matches is {found.found:.3f} by the probabilities, {found.black_box:.3f} by how "
            "many pairs are called at the best F1, so scores are not spread as in validation; label some of these pairs and train with them"
        )
    return said


def doubt_warnings(scored: Scored, model: XgboostReranker) -> list[str]:
    """Warn where the share of matches is likely smaller, though not surely, and too little is to be expected if it is."""
    found, calls = scored.choice.estimate, sum(of_category.pairs for of_category in scored.calls.values())
    if scored.matches_at_found is None or found is None or not calls:
        return []
    precision = scored.matches_at_found / calls
    if precision >= _asked_of_calls(scored, model) - SHORT_BY:
        return []
    return [
        f"precision not assured: {found.found:.3f} of the pairs seem to be matches where the model expects {found.expected:.3f}, and then "
        f"{precision:.2f} is expected of all {calls:,} calls; pairs of too few products to be sure. Tell the share "
        f"(--prior {found.found:.3f}), or label some of these pairs and train with them"
    ]


def _asked_of_calls(scored: Scored, model: XgboostReranker) -> float:
    """Return the precision asked, meaned over all calls."""
    pairs = sum(calls.pairs for calls in scored.calls.values())
    return sum(calls.pairs * model.asked.of(name) for name, calls in scored.calls.items()) / pairs


def assumed_warnings(scored: Scored, model: XgboostReranker, thresholds: AskedThresholds | None) -> list[str]:
    """Warn of categories with calls whose threshold is the best guess, and not the user's own."""
    own = () if thresholds is None else thresholds.by_category
    every = thresholds is not None and thresholds.default is not None
    called = [name for name, calls in scored.calls.items() if calls.pairs]
    names = [name for name in scored.choice.assumed(model) if name in called and name not in own and not every]
    if not names:
        return []
    calls = sum(scored.calls[name].pairs for name in names)
    return [
        f"precision not assured in {', '.join(names)}: the best guess decides {calls:,} calls there, of too few "
        "labelled pairs to be sure; label more of them and train again"
    ]


def uncalled_warnings(scored: Scored, model: XgboostReranker, thresholds: AskedThresholds | None) -> list[str]:
    """Warn of categories in which nothing is called whatever the score, where the user has not decided so."""
    own = () if thresholds is None else thresholds.by_category
    if not scored.categories or (thresholds is not None and thresholds.default is not None):
        return []
    deciding = scored.choice.thresholds(model)
    names = [
        name
        for name in scored.categories
        if name not in own and math.isinf(deciding.by_category.get(name, deciding.default))
    ]
    if not names:
        return []
    pairs = sum(scored.categories[name] for name in names)
    moved = "" if scored.choice.shift is None else " at the share of matches that these are made for"
    return [
        f"nothing is called a match in {', '.join(sorted(names))} ({pairs:,} pairs): no score is sure to hold the precision asked{moved}; "
        "label some of these pairs and train with them, or train for less (--target-precision) or for the best guess (--assume); "
        f"match_f1, which promises no precision, calls {scored.matches_f1:,} of all pairs"
    ]


def expectation_warnings(scored: Scored, model: XgboostReranker, thresholds: AskedThresholds | None) -> list[str]:
    """Warn where less precision is to be expected than was asked: of the categories where least is, else of all calls together."""
    asked = model.asked
    short = [
        (name, calls.pairs, asked.of(name), calls.precision)
        for name, calls in scored.calls.items()
        if calls.pairs >= LEAST_CALLS and calls.precision is not None and calls.precision < asked.of(name) - SHORT_BY
    ]
    if not short:
        return _all_together(scored, model)
    return [
        f"precision not assured in {name}: {precision:.2f} is expected of its {pairs:,} calls where {wanted:g} was asked: "
        f"{_remedy(name, scored.choice, model, thresholds)}"
        for name, pairs, wanted, precision in sorted(short, key=lambda row: row[3])[:SHOWN]
    ]


def _remedy(name: str, choice: PriorChoice, model: XgboostReranker, thresholds: AskedThresholds | None) -> str:
    if thresholds is not None and (name in thresholds.by_category or thresholds.default is not None):
        return "by the threshold that --thresholds gives it; raise that one, or leave it out"
    if choice.asked.kind != "estimate":
        return "at the share of matches that --prior says; leave --prior out to have it estimated, or label some of its pairs"
    if name in choice.assumed(model):
        return "by the best guess of --assume; label more of its pairs and train with them"
    return "its pairs may be unlike those of validation; label some of them and train with them"


def _all_together(scored: Scored, model: XgboostReranker) -> list[str]:
    """Warn where too little is expected of all calls together, though of no category that has enough of them."""
    expected = scored.expected_precision
    if expected is None:
        return []
    pairs = sum(calls.pairs for calls in scored.calls.values())
    wanted = _asked_of_calls(scored, model)
    if expected >= wanted - SHORT_BY:
        return []
    return [
        f"precision not assured: {expected:.2f} is expected of all {pairs:,} calls where {wanted:.3g} was asked: these pairs "
        "may be unlike those of validation; label some of them and train with them"
    ]
