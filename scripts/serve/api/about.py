"""About the server: whether it lives and is ready, what index and model it serves, and what it has counted."""

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from indexing.catalog.filters import category_names, source_names
from indexing.storage.records import stored_record
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm, Health, NamesForm, Readiness
from scripts.serve.engine.service import Asked
from scripts.serve.review.desk import ScoresReading

PLACES = ("pictures", "inputs")  # on this machine: nobody's business
MOST_NAMES = 1_000

router = APIRouter(tags=["about"])


@router.get("/health", responses={200: {"model": Health}})
async def health() -> Response:
    """Say that the server lives; anybody may ask."""
    return as_json({"status": "ok"})


@router.get("/ready", responses={200: {"model": Readiness}})
async def ready(service: Asked) -> Response:
    """Say that index and model are open and warm; anybody may ask."""
    current = service.current
    opened = current.opened
    model = None if opened.model is None else opened.model.fingerprint
    refused = None if current.refused is None else "a newer version cannot be opened; the log says why"
    told = {"status": "ready", "index": opened.index.fingerprint, "model": model, "refused": refused}
    return as_json({**told, "review": None if service.review is None else _reading(service.review.reading)})


def _reading(reading: ScoresReading) -> dict[str, int | str | None]:
    state = "failed" if reading.failed is not None else "ready" if reading.finished else "reading"
    refused = None if reading.refused is None else "newer scores cannot be read; the log says why"
    return {"state": state, "done": reading.done, "total": reading.total, "refused": refused}


@router.get("/index")
async def index(service: Asked) -> Response:
    """Return how the index was made: what `heroic inspect` says of it, but for the bytes on disk."""
    opened = service.current.opened
    manifest, told = opened.index.manifest, stored_record(opened.index.made)
    catalog = {name: value for name, value in told["catalog"].items() if name not in PLACES}
    named = {
        "created": manifest.created,
        "heroic_version": manifest.heroic_version,
        "fingerprint": manifest.fingerprint,
    }
    return as_json({**named, **told, "catalog": catalog})


@router.get("/model", responses={404: {"model": ErrorForm}})
async def model(service: Asked) -> Response:
    """Return how the model was made and how good it was on validation: what `heroic inspect` says of it."""
    found = service.current.opened.model
    if found is None:
        raise Refused(404, "no model is served")
    return as_json({"fingerprint": found.fingerprint, **stored_record(found.manifest)})


@router.get("/names", responses={200: {"model": NamesForm}})
async def names(service: Asked) -> Response:
    """Return the names of categories, of any level, and of sources that a filter may ask for, the first thousand of each."""
    served = service.current.opened

    def work() -> dict[str, list[str]]:
        catalog = served.index.catalog
        return {"categories": category_names(catalog)[:MOST_NAMES], "sources": source_names(catalog)[:MOST_NAMES]}

    return as_json(await service.workers.do(work))


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: Asked) -> Response:
    """Return counts and times in Prometheus' format."""
    text = await service.counters.do(service.telemetry.text)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})
