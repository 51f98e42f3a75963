"""Reports over HTTP: a list, one as numbers or as the page that was made of it, and what moved between two."""

from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from indexing.storage.records import stored_record
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm
from scripts.serve.engine.service import Asked, Service
from scripts.serve.reports.comparisons import StillComparing
from scripts.serve.reports.desk import ReportDesk
from scripts.serve.reports.forms import ChangesForm, OpenedReport, ReportsForm
from scripts.serve.reports.shelf import ShelvedReport, Unread

router = APIRouter(
    prefix="/reports", tags=["reports"], responses={status: {"model": ErrorForm} for status in (404, 409, 422)}
)
COMPARING_S = 2  # after which it is asked again whether two reports are compared
# The page of a report has its scripts inside: they run in a sandbox, of an origin that is nobody's, without cookies and network.
SANDBOX = {
    "Content-Security-Policy": (
        "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "unsafe-none",  # browsers open no sandbox that asks for more
}


@router.get("", responses={200: {"model": ReportsForm}})
async def reports(service: Asked) -> Response:
    """Return the reports of the folder, the newest first."""
    desk = _desk(service)
    found = await service.workers.do(desk.shelf.listing)
    return as_json(
        {
            "folder": desk.shelf.folder.resolve().name,
            "reports": [_entry(report) for report in found.reports],
            "unread": [_unread(service, one) for one in found.unread],
            "older": found.older,
        }
    )


@router.get("/{name}", responses={200: {"model": OpenedReport}})
async def report(name: str, service: Asked) -> Response:
    """Return a report as numbers."""
    found = await _find(service, name)
    return as_json({"entry": _entry(found), "document": stored_record(found.document)})


@router.get("/{name}/page", response_class=HTMLResponse)
async def page(name: str, service: Asked) -> Response:
    """Return the page that was made of a report, with curves, mistakes and pictures; its scripts run in a sandbox."""
    found = await _find(service, name)
    content = await service.workers.do(_desk(service).shelf.page, found)
    return HTMLResponse(content, headers=SANDBOX)


@router.get("/{name}/changes", responses={200: {"model": ChangesForm}, 503: {"model": ErrorForm}})
async def changes(name: str, since: Annotated[str, Query(max_length=255)], service: Asked) -> Response:
    """Return what moved from the report `since` to this one, on the pairs that both judge, and whether it is real."""
    second, first = await _find(service, name), await _find(service, since, quoted=False)
    for one in (first, second):
        if one.estimated:
            raise Refused(409, f"{one.name} is estimated from an audit: only reports of a whole truth are compared")
    try:
        return as_json({"changes": await _desk(service).comparisons.of_reports(first, second)})
    except StillComparing as error:
        raise Refused(503, str(error), retry_s=COMPARING_S) from error


def _desk(service: Service) -> ReportDesk:
    if service.reports is None:
        raise Refused(409, "no reports are served: start heroic serve with --reports")
    return service.reports


async def _find(service: Service, name: str, *, quoted: bool = True) -> ShelvedReport:
    """Return the report of a name, which comes percent-encoded in an address; it is one of the folder's, or nothing."""
    try:
        meant = unquote_to_bytes(name).decode() if quoted else name
    except UnicodeDecodeError as error:
        raise Refused(422, "the name is no text in UTF-8") from error
    found = await service.workers.do(_desk(service).shelf.find, meant)
    if found is None:
        raise Refused(404, "there is no such report in the folder")
    return found


def _entry(report: ShelvedReport) -> dict[str, Any]:
    named = (
        "name",
        "kind",
        "created",
        "scores",
        "truth",
        "target_precision",
        "pairs",
        "estimated",
        "weighted",
        "index",
        "model",
    )
    span = report.interval
    return {
        **{name: getattr(report, name) for name in named},
        "interval": None if span is None else {"low": span.low, "high": span.high},
        **vars(report.decided),
    }


def _unread(service: Service, one: Unread) -> dict[str, str]:
    return {"name": one.name, "reason": service.fold_paths(one.reason)}
