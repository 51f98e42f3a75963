"""Verdicts say of runs whether the promise was held where nothing was warned about, and how often warnings were right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts.benchmarks.promise.runs import PromiseRun, pooled

ENOUGH = 0.95  # of the precision asked, which is held or not
FALSE_ALARMS = 0.05  # of the runs that held, which may be warned
NEAR = 0.2  # of the true share of matches, within which the one found is near
LEAST_PAIRS = 5_000  # of a run whose share is judged


@dataclass(frozen=True)
class HeldTogether:
    """It pools runs without a warning that are alike but for their seed: the precision they held together, and whether it `holds`."""

    set: str
    situation: str
    learned: str
    scored: str
    asked: float
    runs: int
    calls: int
    held: float
    holds: bool


@dataclass(frozen=True)
class Verdict:
    """It counts the runs of a situation: those that were `refused`, called too few pairs to be counted (`few_calls`), or called
    `nothing`; and of the others those that held ENOUGH and that fell `short`, each with how many were warned. `unwarned` are
    the pooled runs without a warning, `missed` the keys of those that fell short."""

    situation: str
    runs: int
    refused: int
    few_calls: int
    nothing: int
    held: int
    held_warned: int
    short: int
    short_warned: int
    unwarned: tuple[HeldTogether, ...]
    missed: tuple[tuple[object, ...], ...]

    @property
    def false_alarms(self) -> float | None:
        """Return the share of the runs that held which were warned, None where none held."""
        return self.held_warned / self.held if self.held else None


@dataclass(frozen=True)
class SharesFound:
    """It counts the runs of LEAST_PAIRS and more, and those of them that found the share of matches within NEAR of it."""

    runs: int
    near: int


def judge_runs(situation: str, runs: Sequence[PromiseRun]) -> Verdict:
    """Return the verdict on the runs of a situation."""
    decided = [run for run in runs if run.counted and run.held is not None]
    held, short = ([run for run in decided if _holds(run.held, run.asked) is wanted] for wanted in (True, False))
    return Verdict(
        situation=situation,
        runs=len(runs),
        refused=sum(bool(run.refused) for run in runs),
        few_calls=sum(not run.counted and not run.refused for run in runs),
        nothing=sum(run.counted and not run.calls for run in runs),
        held=len(held),
        held_warned=sum(run.warned for run in held),
        short=len(short),
        short_warned=sum(run.warned for run in short),
        unwarned=tuple(_together(alike) for alike in groups_alike(run for run in decided if not run.warned)),
        missed=tuple(run.key for run in short if not run.warned),
    )


def judge_shares(runs: Sequence[PromiseRun]) -> SharesFound:
    """Return how often the share of matches that was found is near the true one."""
    large = [run for run in runs if run.pairs >= LEAST_PAIRS and run.found is not None and run.matches]
    return SharesFound(len(large), sum(abs((run.found or 0.0) / run.share - 1) <= NEAR for run in large))


def groups_alike(runs: Iterable[PromiseRun]) -> list[list[PromiseRun]]:
    """Return the runs in lists of those that differ in nothing but their seed."""
    found: dict[tuple[object, ...], list[PromiseRun]] = {}
    for run in runs:
        found.setdefault(run.key[:-1], []).append(run)
    return list(found.values())


def _together(runs: Sequence[PromiseRun]) -> HeldTogether:
    held, first = pooled(runs), runs[0]
    assert held is not None
    calls = sum(run.calls for run in runs)
    return HeldTogether(*first.key[:-1], len(runs), calls, held, _holds(held, first.asked))


def _holds(held: float | None, asked: float) -> bool:
    return held is not None and held >= ENOUGH * asked
