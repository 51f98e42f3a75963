"""A new offer, which no index has, is matched with the products of the index, as if it stood there."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from indexing.catalog.filters import Filters
from indexing.errors import InputError
from indexing.given.read_given import Given, GivenOptions, read_given
from indexing.product_index import ProductIndex
from reranking.decisions.prior_shift import AskedPrior
from reranking.matching.match_offers import MatchOptions, match_offers
from reranking.model.scoring.prior_choice import OWN_PRIOR, PriorChoice
from scripts.serve.api.documents import matches_document
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm
from scripts.serve.api.match_forms import MatchesForm, OfferForm
from scripts.serve.api.uploads import JSON, PARTS, PICTURE, media_type, picture_of, refuse_picture, sent_form
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.offer_matching import OfferMatching
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked

OFFER = "offer"  # the part of a form that holds it, as JSON
WAIT_S = 5.0  # for matching to be prepared, before the asker is to come again
_OFFERED = {"$ref": "#/components/schemas/OfferForm"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": _OFFERED},
            PARTS: {
                "schema": {
                    "type": "object",
                    "required": [OFFER],
                    "properties": {OFFER: {"type": "string"}, PICTURE: {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}

router = APIRouter(tags=["match"], responses={status: {"model": ErrorForm} for status in (409, 413, 415, 422, 503)})


@router.post("/match", responses={200: {"model": MatchesForm}}, openapi_extra=_BODY)
async def match(request: Request, service: Asked) -> Response:
    """Match an offer (JSON, or a form with the JSON as the part `offer` and a `picture`): the pairs with its neighbours, best first."""
    offer, picture = await _read(request, service.limits)
    opened = service.current.opened
    if opened.matching is None:
        raise Refused(409, "no model is served, so pairs have no score: start heroic serve with --model")
    return as_json(await service.workers.do(_match, opened, opened.matching, offer, picture, service.limits))


async def _read(request: Request, limits: Limits) -> tuple[OfferForm, bytes | None]:
    if media_type(request) == JSON:
        return OfferForm.model_validate_json(await request.body()), None
    async with sent_form(request, limits, part_chars=limits.json_bytes) as form:
        said = form.get(OFFER)
        if not isinstance(said, str):
            raise Refused(422, f"{OFFER}: give the offer as JSON in this part")
        return OfferForm.model_validate_json(said), await picture_of(form, limits)


def _match(
    opened: Served, matching: OfferMatching, offer: OfferForm, picture: bytes | None, limits: Limits
) -> dict[str, Any]:
    if picture is not None:
        refuse_picture(picture, limits)
    if any(encoder.made.engine == "column" for encoder in opened.index.made.encoders.values()):
        raise Refused(409, "the vectors of this index came ready-made, in a column: heroic match takes them in a file")
    among, prior = offer.among, _prior(offer, matching)
    options = MatchOptions(filters=Filters(among.category, tuple(among.source), tuple(among.not_source)), prior=prior)
    opened.index.allowed(options.filters)  # a name that no product has is said before the catalogue is waited for
    matcher = matching.matcher(WAIT_S)
    if matcher is None:
        raise Refused(503, "the catalogue is being read for the first offer: ask again", retry_s=WAIT_S)
    matcher = replace(matcher, options=options)
    with tempfile.TemporaryDirectory(prefix="heroic-") as folder:
        given = _given(opened.index, offer, picture, Path(folder))
        matched = match_offers(matcher, given.catalog, explain=offer.top)
    notes = [f"{one.column}: {one.reason}" for one in (*given.rejects, *matched.rejects)]
    return {**matches_document(opened, matched, offer.top), "notes": notes}


def _prior(offer: OfferForm, matching: OfferMatching) -> PriorChoice:
    """Return the choice of the share that is asked for. Raises InputError where it cannot be, in the words of the request."""
    try:
        return matching.prior(_asked_prior(offer))
    except InputError as error:
        raise InputError(str(error).replace("--prior", "prior")) from error


def _asked_prior(offer: OfferForm) -> AskedPrior:
    if offer.prior is None:
        return OWN_PRIOR
    if isinstance(offer.prior, float):
        return AskedPrior("told", offer.prior)
    named = dict(offer.prior)
    return AskedPrior("told", named.pop("default", None), named)


def _given(index: ProductIndex, offer: OfferForm, picture: bytes | None, folder: Path) -> Given:
    """Read an offer as a file of it would be read. Its picture is the one that was sent, wherever its cells may point."""
    row = offer.model_dump(exclude_none=True, exclude={"top", "among", "prior"})
    row["id"] = row.get("id", f"{OFFER}-{uuid4()}")
    if picture is not None:
        (folder / PICTURE).write_bytes(picture)
        row["image"] = PICTURE
    file = folder / "offer.jsonl"
    file.write_bytes(orjson.dumps(row) + b"\n")
    options = GivenOptions("generic", folder, max_rejects=1, own_ids=True)
    try:
        return read_given(index, [file], folder, options=options)
    except InputError as error:
        raise InputError(str(error).replace(str(file), OFFER)) from error
