"""A search asks for products like a text, a picture that is sent along, or both together."""

import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from indexing.catalog.filters import Filters
from indexing.catalog.pictures import WEB_FORMATS, PictureError, decode
from indexing.query.find_neighbours import Query
from scripts.serve.api.documents import neighbours_document
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm, NeighboursForm, SearchForm
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked

PICTURE = "picture"  # the part of a form that holds it
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
        return neighbours_document(opened.session, opened.session.ask(query, asked.k, filters))
    _refuse_picture(picture, limits)
    with tempfile.NamedTemporaryFile(prefix="heroic-", suffix=".picture") as file:
        file.write(picture)
        file.flush()
        query = Query(text=asked.text, picture=Path(file.name), view=asked.view)
        document = neighbours_document(opened.session, opened.session.ask(query, asked.k, filters))
    return {**document, "query": {**document["query"], "image": "the picture that was sent"}}


def _refuse_picture(content: bytes, limits: Limits) -> None:
    """Refuse what is no picture of a kind that the web has, or too large a one, before anything else sees it."""
    try:
        decode(content, side=64, most_pixels=limits.upload_pixels, formats=WEB_FORMATS)
    except PictureError as error:
        raise Refused(413 if str(error).startswith("enormous") else 422, f"{PICTURE}: {error}") from error


async def _read(request: Request, limits: Limits) -> tuple[SearchForm, bytes | None]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return SearchForm.model_validate_json(await request.body()), None
    if kind != "multipart/form-data":
        raise Refused(415, "send JSON (application/json) or a form (multipart/form-data)")
    try:
        form = await request.form(max_files=1, max_fields=limits.parts, max_part_size=4 * limits.text_chars)
    except HTTPException as error:  # what starlette makes of a form that it refuses
        if error.status_code != 400:
            raise
        raise Refused(413 if "maximum" in error.detail.lower() else 422, error.detail) from error
    try:
        return _fields(form), await _picture(form, limits)
    finally:
        await form.close()


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


async def _picture(form: FormData, limits: Limits) -> bytes | None:
    sent = form.get(PICTURE)
    if not isinstance(sent, UploadFile):
        return None
    content = await sent.read(limits.upload_bytes + 1)
    if len(content) > limits.upload_bytes:
        raise Refused(413, f"{PICTURE}: has more than {limits.upload_bytes:,} bytes")
    if not content:
        raise Refused(422, f"{PICTURE}: is empty")
    return content
