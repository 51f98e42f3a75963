"""Runs and verdicts are said as a markdown table and as lines."""

from collections.abc import Sequence

from scripts.benchmarks.promise.runs import PromiseRun, pooled
from scripts.benchmarks.promise.verdicts import (
    ENOUGH,
    FALSE_ALARMS,
    LEAST_PAIRS,
    NEAR,
    SharesFound,
    Verdict,
    groups_alike,
)

TITLES = (
    *(
        "set",
        "situation",
        "learned from",
        "scored",
        "asked",
        "runs",
        "true share",
        "found",
        "held",
        "recall",
        "expected",
    ),
    *("held by the model's", "recall", "warned", "warned in training"),
)


def table_of(runs: Sequence[PromiseRun]) -> str:
    """Return a row for runs that differ in nothing but their seed: the precision held is pooled, other figures are means."""
    rows = [TITLES, ("---",) * len(TITLES), *(_row(alike) for alike in groups_alike(runs))]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(runs: Sequence[PromiseRun]) -> tuple[str, ...]:
    first, done = runs[0], [run for run in runs if not run.refused]
    refused = len(runs) - len(done)
    own_calls = sum(run.own_calls for run in done)
    return (
        *(first.set, first.situation, first.learned, first.scored, f"{first.asked:g}"),
        f"{len(runs)}{f', {refused} refused' if refused else ''}",
        _figure(first.share),
        _mean([run.found for run in done]),
        _figure(pooled(done)),
        _mean([run.recall for run in done]),
        _mean([run.expected for run in done]),
        _figure(sum(run.own_right for run in done) / own_calls if own_calls else None),
        _mean([run.own_recall for run in done]),
        str(sum(bool(run.warnings) for run in done)),
        str(sum(bool(run.training_warnings) for run in done)),
    )


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return _figure(sum(known) / len(known) if known else None)


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def verdict_lines(verdict: Verdict) -> list[str]:
    """Return what a verdict says, a line for each question."""
    late = [group for group in verdict.unwarned if not group.holds]
    said = [
        f"{verdict.situation}: {verdict.runs} runs, {verdict.refused} refused, {verdict.few_calls} of a source with few calls, "
        f"{verdict.nothing} that call nothing",
        f"  without a warning {len(verdict.unwarned) - len(late)} of {len(verdict.unwarned)} hold {ENOUGH:g} of what was asked, "
        "pooled over seeds",
        *(
            f"    not {group.set}, {group.learned}, {group.scored}, asked {group.asked:g}: {group.held:.3f} of {group.calls:,} calls"
            for group in late
        ),
        f"  {verdict.short} runs fell short, {verdict.short_warned} of them warned",
    ]
    alarms = verdict.false_alarms
    if alarms is not None:
        kept = "kept" if alarms <= FALSE_ALARMS else "not kept"
        said.append(
            f"  {verdict.held} runs held, {verdict.held_warned} of them warned: {alarms:.3f}, at most {FALSE_ALARMS:g} is {kept}"
        )
    return said


def shares_line(found: SharesFound) -> str:
    """Return how often the share of matches was found."""
    return f"share of matches found within {NEAR:g} of it, at {LEAST_PAIRS:,} pairs and more: {found.near} of {found.runs} runs"
