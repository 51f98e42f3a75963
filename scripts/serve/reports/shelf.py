"""On the shelf are the evaluation reports of a folder: what a request may name is what was found there, and nothing else."""

import json
import logging
import stat
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from eval.metrics.decisions import DecisionValues
from eval.pages.audit_pages import AUDIT_JSON, AuditDocument
from eval.pages.report_document import ReportDocument, ReportManifest, Span, read_document, report_manifest
from indexing.errors import InputError
from indexing.storage.artefact import MANIFEST, Manifest, read_manifest
from indexing.storage.records import read_record

MOST_LISTED = 500  # of a folder: the newest
MOST_PAGE_BYTES = 64 * 1024 * 1024
PAGE = "report.html"
KINDS = ("report", "audit report")
_log = logging.getLogger("heroic.serve")
_Seen = tuple[int, int, int]


@dataclass(frozen=True)
class ShelvedReport:
    """It is a report of the folder with its main figure, the weighted area at its target precision, and the values of its calls; `estimated` ones come from an audit.

    `document` is what the folder keeps for programs; `seen` changes when another report takes its place.
    """

    name: str
    kind: str
    created: str
    scores: str
    truth: str
    target_precision: float
    pairs: int
    weighted: float | None
    interval: Span | None
    decided: DecisionValues
    index: str | None
    model: str | None
    document: ReportDocument | AuditDocument
    seen: _Seen

    @property
    def estimated(self) -> bool:
        return isinstance(self.document, AuditDocument)


@dataclass(frozen=True)
class Unread:
    """It is what looks like a report of the folder and cannot be read, with the reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """It has the reports, the newest first, those that cannot be read, and how many older ones are left out."""

    reports: tuple[ShelvedReport, ...]
    unread: tuple[Unread, ...]
    older: int


class ReportShelf:
    """It looks at the folder whenever it is asked, and reads again what has changed."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError for what is no folder."""
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise InputError(
                f"--reports {folder}: no such folder: name the one that reports of heroic evaluate are written into"
            )
        self._read: dict[str, ShelvedReport] = {}
        self._refused: dict[str, str] = {}  # why, which is logged once
        self._lock = Lock()

    def listing(self) -> Listing:
        """Return what is there now. Raises InputError where the folder cannot be read."""
        with self._lock:
            places = self._places()
            there = {name for name, _ in places}
            self._read = {name: kept for name, kept in self._read.items() if name in there}
            self._refused = {name: reason for name, reason in self._refused.items() if name in there}
            found = [self._one(name, seen) for name, seen in places[:MOST_LISTED]]
        reports = [one for one in found if isinstance(one, ShelvedReport)]
        unread = tuple(one for one in found if isinstance(one, Unread))
        reports.sort(key=lambda report: report.created, reverse=True)
        return Listing(tuple(reports), unread, max(0, len(places) - MOST_LISTED))

    def find(self, name: str) -> ShelvedReport | None:
        """Return the report of a name, None for any other name."""
        return next((report for report in self.listing().reports if report.name == name), None)

    def page(self, report: ShelvedReport) -> bytes:
        """Return the page that `heroic evaluate` made. Raises InputError for one that is gone, too large, a link, or no file."""
        path = self.folder / report.name / PAGE
        if path.is_symlink():
            raise InputError(f"{path}: is a link, which is not followed")
        try:
            about = path.stat()
            if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for without end
                raise InputError(f"{path}: is no file: evaluate again")
            if about.st_size > MOST_PAGE_BYTES:
                raise InputError(f"{path}: has more than {MOST_PAGE_BYTES:,} bytes: open it as a file")
            return path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}): evaluate again") from error

    def _places(self) -> list[tuple[str, _Seen]]:
        """Return the names of folders that may be reports, those written last first; what lies behind links that lead out is none."""
        own, found = self.folder.resolve(), []
        try:
            for place in self.folder.iterdir():
                seen = _seen(place)
                if seen is not None and place.resolve().parent == own:
                    found.append((place.name, seen))
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be read ({error.strerror}): look at its permissions") from error
        return sorted(found, key=lambda one: (-one[1][2], one[0]))

    def _one(self, name: str, seen: _Seen) -> ShelvedReport | Unread | None:
        """Return a report, read again where it is another one, or could not be read: it may have been on its way into the folder."""
        kept = self._read.get(name)
        if kept is not None and kept.seen == seen:
            return kept
        try:
            found = _shelve(self.folder / name, seen)
        except Exception as error:  # whatever is wrong with it, the others are shown
            return self._refuse(name, error)
        self._refused.pop(name, None)
        if found is not None:
            self._read[name] = found
        return found

    def _refuse(self, name: str, error: Exception) -> Unread:
        told = isinstance(error, InputError | OSError)
        reason = " ".join(str(error).split()) if told else "it is damaged: the log says why"
        if self._refused.get(name) != reason:
            _log.warning("a report cannot be read: %s", error, exc_info=None if told else error)
        self._refused[name] = reason
        return Unread(name, reason)


def _seen(folder: Path) -> _Seen | None:
    """Return what changes when a report is written anew, None for what has no manifest."""
    try:
        own, manifest = folder.stat(), (folder / MANIFEST).stat()
    except OSError:
        return None
    return own.st_dev, own.st_ino, manifest.st_mtime_ns


def _shelve(folder: Path, seen: _Seen) -> ShelvedReport | None:
    """Read a report, None for an artefact of another kind. Raises InputError for one that cannot be read."""
    manifest = read_manifest(folder)
    if manifest.kind not in KINDS:
        return None
    made = report_manifest(folder, manifest)
    if manifest.kind == "report":
        return _measured(folder, manifest, made, seen)
    return _estimated(folder, manifest, made, seen)


def _measured(folder: Path, manifest: Manifest, made: ReportManifest, seen: _Seen) -> ShelvedReport:
    document = read_document(folder)
    calls, source = document.decisions.precision, document.provenance
    return ShelvedReport(
        folder.name,
        manifest.kind,
        manifest.created,
        made.scores,
        made.truth,
        made.target_precision,
        document.pairs,
        document.weighted,
        None if document.intervals is None else document.intervals.weighted,
        calls or DecisionValues(None, None, None),
        source.index_fingerprint,
        source.model_fingerprint,
        document,
        seen,
    )


def _estimated(folder: Path, manifest: Manifest, made: ReportManifest, seen: _Seen) -> ShelvedReport:
    path = folder / AUDIT_JSON
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}): evaluate again") from error
    document = read_record(stored, AuditDocument, where=str(path), remedy="evaluate again")
    return ShelvedReport(
        folder.name,
        manifest.kind,
        manifest.created,
        made.scores,
        made.truth,
        made.target_precision,
        document.pairs,
        document.weighted.value,
        document.weighted.interval,
        DecisionValues(document.precision.value, document.recall.value, None),
        None,
        None,
        document,
        seen,
    )
