"""The application is API and pages over a service, behind the layers that keep it safe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from indexing.storage.artefact import heroic_version
from scripts.serve.api import about, labels, match, pairs, products, search
from scripts.serve.api.errors import answer_errors
from scripts.serve.api.forms import SearchForm
from scripts.serve.api.match_forms import OfferForm
from scripts.serve.engine.access_log import AccessLog
from scripts.serve.engine.service import Service
from scripts.serve.engine.telemetry import Counted
from scripts.serve.groups import routes as groups
from scripts.serve.pages import routes as page_routes
from scripts.serve.pages.entrance import Entrance
from scripts.serve.pages.static_files import static_router
from scripts.serve.reports import routes as reports
from scripts.serve.review import routes as review
from scripts.serve.safety import token_routes
from scripts.serve.safety.guard import Guard
from scripts.serve.safety.request_limits import Bounded, Deadline
from scripts.serve.safety.response_headers import Headed

API = "/api/v1"


def build_application(service: Service, entrance: Entrance, log: AccessLog | None = None) -> ASGIApp:
    """Return the application that answers from a service, within its layers: what is refused never reaches a route."""
    routed = AsItCame(_routes(service, entrance, log))
    bounded = Bounded(Guard(routed, entrance.doorway), service.limits)
    headed = Headed(Deadline(bounded, service.limits.request_s), secure=entrance.doorway.secure)
    return Counted(headed, service.telemetry, log)


def _routes(service: Service, entrance: Entrance, log: AccessLog | None) -> FastAPI:
    """Return the routes of API and pages; the service and the log end when they do."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        service.begin()
        yield
        service.end()
        if log is not None:
            log.end()

    app = FastAPI(
        title="heroic",
        version=heroic_version(),
        lifespan=living,
        docs_url=None,  # its viewers are scripts of other hosts
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
        redirect_slashes=False,
    )
    app.state.service, app.state.visitors = service, entrance.doorway.visitors
    answer_errors(app)
    for routes in (products, search, match, pairs, labels, review, reports, groups, token_routes, about):
        app.include_router(routes.router, prefix=API)
    for router in (entrance.router, page_routes.router, static_router()):
        app.include_router(router)
    _document_forms(app)
    return app


class AsItCame:
    """It is a layer that routes addresses as they came, not unquoted: an id may hold a slash."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = scope["raw_path"].decode("latin-1")
        await self.app(scope, receive, send)


def _document_forms(app: FastAPI) -> None:
    """Put the forms that are read by hand, as they may come with a picture, among those of the OpenAPI document."""
    whole = app.openapi

    def documented() -> dict[str, object]:
        found = whole()
        for form in (SearchForm, OfferForm):
            schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
            found["components"]["schemas"] |= {**schema.pop("$defs", {}), form.__name__: schema}
        return found

    app.openapi = documented  # type: ignore[method-assign]
