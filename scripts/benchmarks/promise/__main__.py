"""A promise of precision is to hold where scored pairs are unlike validation's: `python -m scripts.benchmarks.promise DATA...`.

Each set makes four situations of its own pairs: `shares`, test pairs with other shares of matches; `seen`, validation with other
offers of training's products, and without; `source`, one source held out wholly; and `matches-only`, labels that hold only
matches, and a few others. A fifth, `given`, is the set's own split, for sets that were made to be hard (scripts/benchmarks/corner_cases.py).
For each precision asked and each seed a model is trained and test pairs are scored as users do it.
Prints what was skipped, a markdown table, verdicts and, last, one JSON object.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.benchmarks.labelled_set import open_set, seeds_of
from scripts.benchmarks.promise.runs import PromiseRun, append_run, read_runs
from scripts.benchmarks.promise.table import shares_line, table_of, verdict_lines
from scripts.benchmarks.promise.verdicts import judge_runs, judge_shares

if TYPE_CHECKING:
    from scripts.benchmarks.labelled_set import LabelledSet
    from scripts.benchmarks.promise.situations import Choices

NAMES = ("shares", "seen", "source", "matches-only")
GIVEN = "given"


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--work", type=click.Path(path_type=Path), help="Where indexes are kept [default: a temporary folder].")
@click.option("--out", type=click.Path(path_type=Path), help="A file of JSON lines, one a run: those in it are kept.")
@click.option("--situations", default=",".join(NAMES), show_default=True, help="Which of them are measured.")
@click.option("--seeds", default="0,1,2,3,4", show_default=True, help="Seeds of training and of the drawing of pairs.")
@click.option("--asked", default="0.75,0.9", show_default=True, help="Precisions asked.")
@click.option("--shares", default="1,4,0.25,0.1", show_default=True, help="shares: matches to others among test pairs.")
@click.option("--learned", type=float, help="shares: the same in training and validation [default: as they are].")
@click.option("--sources", default=5, show_default=True, help="source: how many of the largest are held out in turn.")
def command(
    data: tuple[Path, ...],
    work: Path | None,
    out: Path | None,
    situations: str,
    seeds: str,
    asked: str,
    shares: str,
    learned: float | None,
    sources: int,
) -> None:
    """Measure what is held and warned about on each folder of DATA."""
    from scripts.benchmarks.promise.situations import Choices

    names = situations.split(",")
    unknown = [name for name in names if name not in (*NAMES, GIVEN)]
    if unknown:
        raise click.UsageError(f"--situations names {unknown[0]!r}: there are {', '.join((*NAMES, GIVEN))}")
    choices = Choices(tuple(map(float, shares.split(","))), learned, sources)
    plan = _Plan(names, seeds_of(seeds), [float(precision) for precision in asked.split(",")], choices, out)
    runs: list[PromiseRun] = []
    skipped: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in data:
            opened = open_set(folder, (work or Path(scratch)) / folder.name, ("train", "valid", "test"))
            for name, seed in ((name, seed) for name in names for seed in plan.seeds):
                runs += _measure(opened, name, seed, plan, Path(scratch), skipped)
    _report(names, runs, list(dict.fromkeys(skipped)))


@dataclass(frozen=True)
class _Plan:
    """It is what is to be measured on each set, and the file `out` of runs, where there is one."""

    names: Sequence[str]
    seeds: Sequence[int]
    asked: Sequence[float]
    choices: "Choices"
    out: Path | None


def _measure(
    opened: "LabelledSet", name: str, seed: int, plan: _Plan, work: Path, skipped: list[str]
) -> list[PromiseRun]:
    """Make a situation with a seed; train, score and return the runs in each of its settings. Say in `skipped` what cannot be
    made."""
    from scripts.benchmarks.promise.situations import SITUATIONS
    from scripts.benchmarks.promise.trial import Trial

    runs: list[PromiseRun] = []

    def skip(why: str) -> None:
        skipped.append(f"skipped: {opened.name}, {name}: {why}")
        click.echo(skipped[-1], err=True)

    for setting in SITUATIONS[name](opened, seed, plan.choices, skip):
        for asked in plan.asked:
            click.echo(f"{opened.name}, {name}, {setting.learned}: asked {asked:g}, seed {seed}", err=True)
            trial = Trial(opened, name, setting, asked, seed, work)
            earlier = read_runs(plan.out)
            runs += [earlier[key] for key in trial.keys if key in earlier]
            for run in trial.runs(earlier):
                append_run(plan.out, run)
                runs.append(run)
    return runs


def _report(names: Sequence[str], runs: Sequence[PromiseRun], skipped: Sequence[str]) -> None:
    """Print what was skipped, the table, the verdicts and, last, all of it as one JSON object."""
    verdicts = [judge_runs(name, [run for run in runs if run.situation == name]) for name in names]
    found = judge_shares(runs)
    for line in (*skipped, table_of(runs), *(line for verdict in verdicts for line in verdict_lines(verdict))):
        click.echo(line)
    click.echo(shares_line(found))
    said = {
        "runs": [run.record() for run in runs],
        "verdicts": [asdict(verdict) | {"false_alarms": verdict.false_alarms} for verdict in verdicts],
        "shares_found": asdict(found),
        "skipped": list(skipped),
    }
    click.echo(json.dumps(said, ensure_ascii=False))


if __name__ == "__main__":
    command()
