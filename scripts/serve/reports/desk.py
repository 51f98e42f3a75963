"""The desk of reports has the shelf of a folder, and compares what stands on it."""

from dataclasses import dataclass
from pathlib import Path

from scripts.serve.engine.limits import Limits
from scripts.serve.reports.comparisons import Comparisons
from scripts.serve.reports.shelf import ReportShelf


@dataclass(frozen=True)
class ReportDesk:
    """It is of one folder."""

    shelf: ReportShelf
    comparisons: Comparisons

    @classmethod
    def of_folder(cls, folder: Path, limits: Limits) -> "ReportDesk":
        """Open a folder of reports. Raises InputError for what is no folder."""
        return cls(ReportShelf(folder), Comparisons(folder, limits.work_s))

    def end(self) -> None:
        """Begin nothing more."""
        self.comparisons.end()
