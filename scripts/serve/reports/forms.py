"""Forms of reports: how they are listed, what one of them says, and what moved from one to another."""

from typing import Any, Literal

from scripts.serve.api.forms import Form


class BoundsForm(Form):
    """It is an interval."""

    low: float
    high: float


class ReportEntry(Form):
    """It is a report of the folder: when it was made, of which scores and truth, by which index and model, as far as it says so, and its
    main figure, the weighted area at its target precision; an audit's figures are `estimated`."""

    name: str
    kind: Literal["report", "audit report"]
    created: str
    scores: str
    truth: str
    target_precision: float
    pairs: int
    estimated: bool
    weighted: float | None
    interval: BoundsForm | None
    precision: float | None
    recall: float | None
    f1: float | None
    index: str | None
    model: str | None


class UnreadReport(Form):
    """It is what cannot be read, and why."""

    name: str
    reason: str


class ReportsForm(Form):
    """They are the reports of the folder, the newest first; `older` counts those that are left out."""

    folder: str
    reports: list[ReportEntry]
    unread: list[UnreadReport]
    older: int


class OpenedReport(Form):
    """It is a report: how it is listed, and its report.json or audit.json."""

    entry: ReportEntry
    document: dict[str, Any]


class ChangesForm(Form):
    """It is what moved between two reports: the document of `heroic compare --json`."""

    changes: dict[str, Any]
