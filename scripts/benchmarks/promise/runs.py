"""A run trains one model and scores one file of pairs: its row says what was asked, what came of it and what was warned about."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

LEAST_CALLS = 100  # of a source that counts
Key = tuple[str, str, str, str, float, int]


@dataclass(frozen=True)
class PromiseRun:
    """One row has, of so many scored `pairs` with so many `matches`, the `calls` and those of them that are `right`, and the
    same by the model's own thresholds (`own_calls`, `own_right`).

    `learned` says what was trained and validated on, `scored` which pairs were scored. `refused` is why training was refused,
    empty where it was not. `found` is the share of matches that was estimated, `expected` the precision that was said.
    """

    set: str
    situation: str
    learned: str
    scored: str
    asked: float
    seed: int
    pairs: int
    matches: int
    refused: str = ""
    found: float | None = None
    sure: bool = False
    expected: float | None = None
    calls: int = 0
    right: int = 0
    own_calls: int = 0
    own_right: int = 0
    warnings: tuple[str, ...] = ()
    training_warnings: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Return what tells this run from all others."""
        return self.set, self.situation, self.learned, self.scored, self.asked, self.seed

    @property
    def share(self) -> float:
        """Return the true share of matches."""
        return self.matches / self.pairs

    @property
    def held(self) -> float | None:
        """Return the precision of what is called, None where nothing is."""
        return self.right / self.calls if self.calls else None

    @property
    def recall(self) -> float | None:
        """Return the share of the matches that is called, None without any."""
        return self.right / self.matches if self.matches and not self.refused else None

    @property
    def own_held(self) -> float | None:
        """Return the precision by the model's own thresholds, None where nothing is called."""
        return self.own_right / self.own_calls if self.own_calls else None

    @property
    def own_recall(self) -> float | None:
        """Return the recall by the model's own thresholds, None without matches."""
        return self.own_right / self.matches if self.matches and not self.refused else None

    @property
    def warned(self) -> bool:
        """Return whether training or scoring said a warning."""
        return bool(self.warnings or self.training_warnings)

    @property
    def counted(self) -> bool:
        """Return whether verdicts count the run: it was not refused, and calls enough where it scores a source's pairs."""
        return not self.refused and (self.situation != "source" or self.calls >= LEAST_CALLS)

    def record(self) -> dict[str, object]:
        """Return the row as JSON has it, with the figures that follow from it."""
        figures = ("share", "held", "recall", "own_held", "own_recall")
        return asdict(self) | {name: getattr(self, name) for name in figures}


def read_runs(path: Path | None) -> dict[Key, PromiseRun]:
    """Return the runs of a file of JSON lines by their keys, none without a file."""
    if path is None or not path.exists():
        return {}
    runs = [_of_record(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {run.key: run for run in runs}


def append_run(path: Path | None, run: PromiseRun) -> None:
    """Add a run to a file of JSON lines, where there is to be one."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(run.record(), ensure_ascii=False) + "\n")


def pooled(runs: Sequence[PromiseRun]) -> float | None:
    """Return the precision of all that is called in these runs, None where nothing is."""
    calls = sum(run.calls for run in runs)
    return sum(run.right for run in runs) / calls if calls else None


def _of_record(record: dict[str, object]) -> PromiseRun:
    values = {field.name: record[field.name] for field in fields(PromiseRun)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return PromiseRun(**values)  # type: ignore[arg-type]
