"""A search asks for products like a text, a picture that is sent along, or both together."""

import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from indexing.catalog.filters import Filters
from indexing.query.find_neighbours import Query
from scripts.serve.api.documents import neighbours_document
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm, NeighboursForm, SearchForm
from scripts.serve.api.uploads import JSON, PICTURE, media_type, picture_of, refuse_picture, sent_form
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked

LISTS = ("source", "not_source")
_SEARCHED = {"$ref": "#/components/schemas/SearchForm"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _SEARCHED},
            "multipart/form-data": {
                "schema": {
                    "allOf": [_SEARCHED],
                    "type": "object",
                    "properties": {PICTURE: {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}

router = APIRouter(tags=["search"], responses={status: {"model": ErrorForm} for status in (413, 415, 422)})


@router.post("/search", responses={200: {"model": NeighboursForm}}, openapi_extra=_BODY)
async def search(request: Request, service: Asked) -> Response:
    """Return the products most like a text (JSON, or a form), a picture (the part `picture` of a form), or both."""
    asked, picture = await _read(request, service.limits)
    if asked.text is None and picture is None:
        raise Refused(422, "text, picture: give a text, a picture, or both")
    opened = service.current.opened
    return as_json(await service.workers.do(_search, opened, asked, picture, service.limits))


def _search(opened: Served, asked: SearchForm, picture: bytes | None, limits: Limits) -> dict[str, Any]:
    filters = Filters(asked.category, tuple(asked.source), tuple(asked.not_source))
    if picture is None:
        query = Query(text=asked.text, view=asked.view)
        document = neighbours_document(opened.session, opened.session.ask(query, asked.k, filters))
        note = opened.index.catalog.lookup.taken_for_text((asked.text or "").strip())
        return document if note is None else {**document, "notes": [note, *document["notes"]]}
    refuse_picture(picture, limits)
    with tempfile.NamedTemporaryFile(prefix="heroic-", suffix=".picture") as file:
        file.write(picture)
        file.flush()
        query = Query(text=asked.text, picture=Path(file.name), view=asked.view)
        document = neighbours_document(opened.session, opened.session.ask(query, asked.k, filters))
    return {**document, "query": {**document["query"], "image": "the picture that was sent"}}


async def _read(request: Request, limits: Limits) -> tuple[SearchForm, bytes | None]:
    if media_type(request) == JSON:
        return SearchForm.model_validate_json(await request.body()), None
    async with sent_form(request, limits) as form:
        return _fields(form), await picture_of(form, limits)


def _fields(form: FormData) -> SearchForm:
    found: dict[str, Any] = {}
    for name in dict.fromkeys(form.keys()):
        values = form.getlist(name)
        if name == PICTURE and any(isinstance(value, UploadFile) for value in values):
            continue
        if name not in LISTS and len(values) > 1:
            raise Refused(422, f"{name}: is given {len(values)} times")
        found[name] = values if name in LISTS else values[0]
    return SearchForm.model_validate(found)
