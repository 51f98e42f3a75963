"""Each page is a shell that says what is served and to whom; its module of JavaScript asks the API for the rest."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from reranking.labels.reviews import NOTE_CHARS
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.service import Asked, Service
from scripts.serve.pages.shell import render_page
from scripts.serve.safety.guard import visitor_of

PAGES = (("/", "Search"),)
LABEL, REVIEW, REPORTS = ("/label", "Label"), ("/review", "Review"), ("/reports", "Reports")
GROUPS = ("/groups", "Groups")

router = APIRouter(include_in_schema=False)


@router.get("/")
async def search(request: Request, service: Asked) -> Response:
    """Return the page of searches."""
    return _page(request, service, "search", views=service.current.opened.index.views, text_chars=LIMITS.text_chars)


@router.get("/pair")
async def pair(request: Request, service: Asked) -> Response:
    """Return the page of a pair, which its address names."""
    return _page(request, service, "pair")


@router.get("/label")
async def label(request: Request, service: Asked) -> Response:
    """Return the page where pairs are labelled."""
    return _page(request, service, "label")


@router.get("/reference")
async def reference(request: Request, service: Asked) -> Response:
    """Return the page that shows the API's routes, and asks them."""
    return _page(request, service, "reference", document=request.app.openapi_url)


@router.get("/groups")
async def groups(request: Request, service: Asked) -> Response:
    """Return the page of product groups."""
    return _page(request, service, "groups")


@router.get("/group")
async def group(request: Request, service: Asked) -> Response:
    """Return the page of one group, which its address names."""
    return _page(request, service, "group")


@router.get("/review")
async def review(request: Request, service: Asked) -> Response:
    """Return the page where scored pairs are reviewed."""
    return _page(request, service, "review", note_chars=NOTE_CHARS)


@router.get("/reports")
async def reports(request: Request, service: Asked) -> Response:
    """Return the page of evaluation reports."""
    return _page(request, service, "reports")


def _pages(service: Service) -> list[tuple[str, str]]:
    """Return addresses and names of the pages that there are."""
    more = ((LABEL, service.desks), (REVIEW, service.review), (GROUPS, service.groups), (REPORTS, service.reports))
    return [*PAGES, *(page for page, source in more if source is not None)]


def _page(request: Request, service: Service, name: str, **facts: Any) -> Response:
    served = service.current.opened
    return render_page(
        name,
        script=f"{name}.js",
        here=request.url.path,
        pages=_pages(service),
        index=served.session.name,
        products=len(served.index.catalog),
        model=served.model is not None,
        visitor=visitor_of(request).name,
        **facts,
    )
