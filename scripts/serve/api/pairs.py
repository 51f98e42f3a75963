"""Pairs of products are scored by the model, many at once, and explained, one at a time."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from fastapi import APIRouter
from fastapi.responses import Response

from indexing.arrays import Ints1d
from scripts.serve.api.documents import pair_document, scores_document
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm, PairForm, PairsForm, PairShown, ScoresForm
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked

router = APIRouter(tags=["pairs"], responses={404: {"model": ErrorForm}, 422: {"model": ErrorForm}})


@router.post("/pairs/score", responses={200: {"model": ScoresForm}, 409: {"model": ErrorForm}})
async def score(pairs: PairsForm, service: Asked) -> Response:
    """Return the model's score, probability and decision of each pair."""
    opened = service.current.opened
    if opened.model is None:
        raise Refused(409, "no model is served, so pairs have no score: start heroic serve with --model")
    model = opened.model.fingerprint

    def work() -> dict[str, Any]:
        rows = scores_document(opened, *_positions(opened, pairs.pairs))
        return {"index": opened.index.fingerprint, "model": model, "pairs": rows}

    return as_json(await service.workers.do(work))


@router.post("/pairs/explain", responses={200: {"model": PairShown}})
async def explain_pair(pair: PairForm, service: Asked) -> Response:
    """Return both products side by side, and, where a model is served, why it scores them as it does."""
    opened = service.current.opened

    def work() -> dict[str, Any]:
        left, right = _positions(opened, [pair])
        return pair_document(opened, int(left[0]), int(right[0]))

    return as_json(await service.workers.do(work))


def _positions(opened: Served, pairs: Sequence[PairForm]) -> tuple[Ints1d, Ints1d]:
    """Return the positions of both sides. Raises UnknownId, and Refused for a product with itself."""
    sides = [pa.array([str(getattr(pair, side)) for pair in pairs], pa.large_string()) for side in ("left", "right")]
    left, right = (opened.index.catalog.positions(ids) for ids in sides)
    if (left == right).any():
        raise Refused(422, f"{pairs[int((left == right).argmax())].left!r} is paired with itself: name two products")
    return left, right
