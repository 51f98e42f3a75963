"""Labels are asked of whoever comes, one pair after another, and what a model says of a pair only when it is answered."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from eval.pages.side_by_side import side_by_side
from reranking.answers.session import StillReading
from reranking.asking.session import LearningSession
from reranking.labels.agreement import measure_agreement
from reranking.labels.asking import AskedPair, LabelSession
from reranking.labels.label import PairVerdict, Purpose
from reranking.labels.settled import of_purpose, settle
from scripts.serve.api.documents import fields_document, pair_document, row_of
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm
from scripts.serve.api.label_forms import (
    AgreementForm,
    DisputeQuestion,
    DisputeVerdict,
    LabelExport,
    NextQuestion,
    QuestionBatch,
    VerdictForm,
)
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked, Service
from scripts.serve.safety.guard import needs, visitor_of
from scripts.serve.safety.tokens import Role

router = APIRouter(
    prefix="/labels",
    tags=["labels"],
    dependencies=[needs(Role.LABEL)],
    responses={status: {"model": ErrorForm} for status in (403, 409, 422)},
)
MOST_ESTIMATES = 200  # that are drawn
NOTHING = "there is no answer of yours to take back"
MOST_AHEAD = 100  # pairs of a batch
STALE = "this is none of the pairs that you are asked now: ask for the next one"


@router.get("/next", responses={200: {"model": NextQuestion}})
async def next_pair(request: Request, service: Asked) -> Response:
    """Return the pair that is asked now, the same until it is answered; null when there is no more."""
    return as_json(await _desks(service).at(visitor_of(request).name, _question))


@router.get("/batch", responses={200: {"model": QuestionBatch}})
async def batch(request: Request, service: Asked, most: Annotated[int, Query(ge=1, le=MOST_AHEAD)] = 10) -> Response:
    """Return the pair that is asked now and those chosen to come after it, which may be answered in any order; none when there is no
    more. Nobody else is asked them for an hour."""

    def work(session: LearningSession, served: Served) -> dict[str, Any]:
        pairs = [_shown(served, pair) for pair in session.next_pairs(most)]
        return {"pairs": pairs, "progress": _progress(session)}

    return as_json(await _desks(service).at(visitor_of(request).name, work))


@router.post("", responses={200: {"model": NextQuestion}})
async def answer(request: Request, verdict: VerdictForm, service: Asked) -> Response:
    """Keep the verdict of the pair that is asked, or of another one of the batch, which is on disk when this answers, and return the next
    one; `answered` says what the model makes of the pair, where one is served."""

    def work(session: LearningSession, served: Served) -> dict[str, Any]:
        ids = {str(verdict.left), str(verdict.right)}
        pair = next((one for one in session.next_pairs(MOST_AHEAD) if {str(one.left), str(one.right)} == ids), None)
        if pair is None:
            raise Refused(409, STALE)
        session.turn_to(pair)
        session.answer(pair, PairVerdict(verdict.verdict))
        return {**_question(session, served), "answered": _revealed(served, pair)}

    return as_json(await _desks(service).at(visitor_of(request).name, work))


@router.post("/undo", responses={200: {"model": NextQuestion}})
async def undo(request: Request, service: Asked) -> Response:
    """Take the reviewer's last verdict back, so that its pair is asked again."""

    def work(session: LabelSession, served: Served) -> dict[str, Any]:
        if not session.undo():
            raise Refused(409, NOTHING)
        return _question(session, served)

    return as_json(await _desks(service).at(visitor_of(request).name, work))


@router.get("/disputes", responses={200: {"model": DisputeQuestion}})
async def dispute(request: Request, service: Asked, after: Annotated[int, Query(ge=0, lt=2**31)] = 0) -> Response:
    """Return a pair in dispute with what each reviewer says of it, beyond so many that are passed over."""

    def work(session: LearningSession, served: Served) -> dict[str, Any]:
        return _disputed(session, served, after)

    return as_json(await _desks(service).at(visitor_of(request).name, work))


@router.post("/disputes", responses={200: {"model": DisputeQuestion}})
async def settle_dispute(request: Request, verdict: DisputeVerdict, service: Asked) -> Response:
    """Keep a verdict of a pair in dispute in the place of what the reviewer said before, and return the next dispute."""

    def work(session: LearningSession, served: Served) -> dict[str, Any]:
        ids = {str(verdict.left), str(verdict.right)}
        pair = next((pair for pair, _ in session.disputes() if {str(pair.left), str(pair.right)} == ids), None)
        if pair is None:
            raise Refused(409, "this pair is not in dispute any longer: ask for the next one")
        session.judge(pair, PairVerdict(verdict.verdict))
        stays = any((one.left, one.right) == (pair.left, pair.right) for one, _ in session.disputes())
        return {**_disputed(session, served, verdict.after + stays), "answered": _revealed(served, pair)}

    return as_json(await _desks(service).at(visitor_of(request).name, work))


@router.post("/disputes/undo", responses={200: {"model": DisputeQuestion}})
async def undo_dispute(request: Request, service: Asked) -> Response:
    """Take the reviewer's last verdict back, and return the dispute that it was of, or else the first one."""

    def work(session: LearningSession, served: Served) -> dict[str, Any]:
        taken = session.take_back()
        if taken is None:
            raise Refused(409, NOTHING)
        places = [(pair.left, pair.right) for pair, _ in session.disputes()]
        ids = taken.left, taken.right
        return _disputed(session, served, places.index(ids) if ids in places else 0)

    return as_json(await _desks(service).at(visitor_of(request).name, work))


@router.get("/agreement", responses={200: {"model": AgreementForm}})
async def agreement(service: Asked) -> Response:
    """Return how far reviewers agree, and the pairs on which they do not."""
    desks = _desks(service)
    found = await service.workers.do(lambda: measure_agreement(desks.labels()))
    kappas = [vars(kappa) for kappa in found.kappas]
    disputes = [{"left": one.left, "right": one.right, "verdicts": one.verdicts} for one in found.disputes]
    return as_json({"pairs": found.pairs, "alpha": found.alpha, "kappas": kappas, "disputes": disputes})


@router.get("/export", responses={200: {"model": LabelExport}})
async def export(service: Asked) -> Response:
    """Return the settled pairs for learning, as `heroic labels --export` does, and how many stay out and why."""
    desks = _desks(service)

    def work() -> dict[str, Any]:
        settled = settle(of_purpose(desks.labels(), Purpose.LEARNING), desks.path)
        columns = settled.left.to_pylist(), settled.right.to_pylist(), settled.targets.tolist()
        rows = [
            {"left": left, "right": right, "target": int(target)} for left, right, target in zip(*columns, strict=True)
        ]
        return {"pairs": rows, "left_out": str(settled.left_out)}

    return as_json(await service.workers.do(work))


def _desks(service: Service) -> LabelDesks:
    if service.desks is None:
        raise Refused(409, "no label store is served: start heroic serve with --labels")
    return service.desks


def _question(session: LabelSession, served: Served) -> dict[str, Any]:
    """Return what is asked now, blind: neither a score nor why it is asked; and how far the reviewer is."""
    pair = session.next_pair()
    return {"pair": None if pair is None else _shown(served, pair), "progress": _progress(session), "answered": None}


def _progress(session: LabelSession) -> dict[str, Any]:
    return {**vars(session.progress()), "estimates": session.progress().estimates[-MOST_ESTIMATES:]}


def _disputed(session: LearningSession, served: Served, after: int) -> dict[str, Any]:
    """Return the dispute beyond so many; it is asked without a score, as every pair is before its verdict."""
    disputes = session.disputes()
    pair, found = disputes[after] if after < len(disputes) else (None, None)
    return {
        "pair": None if pair is None else _shown(served, pair),
        "verdicts": {} if found is None else found.verdicts,
        "place": after,
        "disputes": len(disputes),
        "progress": _progress(session),
        "answered": None,
    }


def _shown(served: Served, pair: AskedPair) -> dict[str, Any]:
    catalog = served.index.catalog
    sides = {"left": (pair.left, pair.left_position), "right": (pair.right, pair.right_position)}
    return {
        **{
            side: {"id": product_id, "pictures": len(row_of(catalog, position)["images"] or [])}
            for side, (product_id, position) in sides.items()
        },
        "fields": fields_document(side_by_side(catalog, pair.left_position, pair.right_position)),
    }


def _revealed(served: Served, pair: AskedPair) -> dict[str, Any] | None:
    """Return what the model says of a pair that is answered, None without one, and where it cannot say it yet."""
    if served.model is None:
        return None
    try:
        found = pair_document(served, pair.left_position, pair.right_position)["explanation"]
    except StillReading:
        return None
    return {name: found[name] for name in ("left", "right", "probability", "match", "for", "against")}
