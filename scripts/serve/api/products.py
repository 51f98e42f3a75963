"""Products are looked up by id: what is known of one, its neighbours, its pictures."""

from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from indexing.catalog.filters import Filters
from indexing.query.find_neighbours import Query as Wanted
from indexing.query.find_neighbours import query_by_id
from scripts.serve.api.documents import neighbours_document, product_document
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm, KnownForm, Name, Names, NeighboursForm, ProductForm, View
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.product_pictures import NotShown, painted_side
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked

router = APIRouter(tags=["products"], responses={404: {"model": ErrorForm}, 422: {"model": ErrorForm}})
ID_CHARS = 1_000


IdAsked = Annotated[
    str | None,
    Query(min_length=1, max_length=ID_CHARS, description="In place of the id in the path, such as '.' or '..'."),
]


async def _product_id(request: Request, product_id: str, id: IdAsked = None) -> str:
    return unquoted(product_id) if id is None else id


def unquoted(part: str) -> str:
    """Return the id as it was meant: the address is routed as it came, so that an id may hold a slash."""
    try:
        found = unquote_to_bytes(part).decode()
    except UnicodeDecodeError as error:
        raise Refused(422, "the id is no text in UTF-8") from error
    if len(found) > ID_CHARS:
        raise Refused(422, f"the id has more than {ID_CHARS} characters")
    return found


ProductId = Annotated[str, Depends(_product_id)]


@router.get("/products/{product_id}", responses={200: {"model": ProductForm}})
async def product(product_id: ProductId, service: Asked) -> Response:
    """Return what the index knows of a product."""
    opened = service.current.opened

    def work() -> dict[str, Any]:
        return product_document(opened.index.catalog, _position(opened, product_id))

    return as_json(await service.workers.do(work))


@router.get("/known", responses={200: {"model": KnownForm}})
async def known(service: Asked, product_id: Annotated[str, Query(alias="id", max_length=ID_CHARS)]) -> Response:
    """Say whether the index has a product of this id."""
    found = service.current.opened.index.catalog.lookup.find(pa.array([product_id]))
    return as_json({"known": bool(found[0] >= 0)})


@router.get("/products/{product_id}/neighbours", responses={200: {"model": NeighboursForm}})
async def neighbours(
    product_id: ProductId,
    service: Asked,
    k: Annotated[int, Query(ge=1, le=LIMITS.neighbours)] = 10,
    view: View | None = None,
    category: Name | None = None,
    source: Annotated[Names, Query()] = [],  # noqa: B006  # which FastAPI copies
    not_source: Annotated[Names, Query()] = [],  # noqa: B006
) -> Response:
    """Return the products most like one of the catalogue, which is not among them; `source` and `not_source` may be given again."""
    opened, filters = service.current.opened, Filters(category, tuple(source), tuple(not_source))

    def work() -> dict[str, Any]:
        query = Wanted(position=_position(opened, product_id), view=view)
        return neighbours_document(opened.session, opened.session.ask(query, k, filters))

    return as_json(await service.workers.do(work))


@router.get("/products/{product_id}/picture", responses={200: {"content": {"image/jpeg": {}}}}, response_class=Response)
async def picture(
    product_id: ProductId,
    service: Asked,
    number: Annotated[int, Query(ge=0, le=1_000)] = 0,
    size: Annotated[int, Query(ge=1, le=1_536)] = 384,
) -> Response:
    """Return a product's picture, the main one or another by `number`, as JPEG whose sides are about `size` pixels or less."""
    opened, side = service.current.opened, painted_side(size)

    def work() -> bytes:
        position = _position(opened, product_id)
        return service.pictures.paint(opened.index.catalog, opened.index.fingerprint, position, number, side)

    try:
        content = await service.picture_workers.do(work)
    except NotShown as error:
        raise Refused(404, f"no picture: {error}") from error
    return Response(content, headers={"Cache-Control": "private, max-age=300"}, media_type="image/jpeg")


def _position(opened: Served, product_id: str) -> int:
    """Return a product's position. Raises UnknownId."""
    position = query_by_id(opened.index.catalog, product_id).position
    assert position is not None
    return position
