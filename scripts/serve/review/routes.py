"""Reviews over HTTP: the next pair of a scores file with its score and reasons, a verdict with a note, and one step back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from reranking.answers.session import StillReading
from reranking.labels.label import PairVerdict
from reranking.labels.reviews import ReviewEvent
from scripts.serve.api.documents import pair_document
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm
from scripts.serve.engine.served import Served
from scripts.serve.engine.service import Asked, Service
from scripts.serve.review.board import BoardPair, NotHere, QueuePart, ReviewBoard, Said, Wanted
from scripts.serve.review.desk import ScoresBeingRead
from scripts.serve.review.forms import NextReview, NotesForm, ReviewCounts, ReviewForm, WantedForm
from scripts.serve.safety.guard import needs, visitor_of
from scripts.serve.safety.tokens import Role

Found = TypeVar("Found")
READING_S = 2  # after which it is asked again whether the scores are read
router = APIRouter(
    prefix="/review",
    tags=["review"],
    dependencies=[needs(Role.LABEL)],
    responses={status: {"model": ErrorForm} for status in (403, 409, 422, 503)},
)


@dataclass(frozen=True)
class _Turn:
    """It is what a reviewer looks at now, and what the board counts."""

    pair: BoardPair | None
    document: dict[str, Any]


@router.get("/next", responses={200: {"model": NextReview}})
async def next_pair(request: Request, wanted: Annotated[WantedForm, Query()], service: Asked) -> Response:
    """Return the first pair of what is wanted: nearest to its category's threshold; null where there is no more. Without a version
    and a row of it one begins anew, with what was passed over."""
    reviewer = visitor_of(request).name

    def work(board: ReviewBoard, served: Served) -> _Turn:
        if wanted.version is None and wanted.after < 0:
            board.begin(reviewer)
        return _turn(board, reviewer, board.next(reviewer, _wanted(board, wanted)), wanted)

    return await _answered(service, work)


@router.post("", responses={200: {"model": NextReview}})
async def answer(request: Request, review: ReviewForm, service: Asked) -> Response:
    """Keep a verdict, which is on disk when this answers, and return the pair that comes then."""
    reviewer = visitor_of(request).name

    def work(board: ReviewBoard, served: Served) -> _Turn:
        _refuse_unknown(board, review.then)
        ids = str(review.left), str(review.right)
        said = Said(reviewer, PairVerdict(review.verdict), review.note.strip(), review.then.version)
        board.answer(ids, said, served)
        return _turn(board, reviewer, board.next(reviewer, _wanted(board, review.then)), review.then)

    return await _answered(service, work)


@router.post("/undo", responses={200: {"model": NextReview}})
async def undo(request: Request, wanted: WantedForm, service: Asked) -> Response:
    """Take the reviewer's last verdict back, and return its pair."""
    reviewer = visitor_of(request).name

    def work(board: ReviewBoard, served: Served) -> _Turn:
        _refuse_unknown(board, wanted)
        return _turn(board, reviewer, board.undo(reviewer), wanted)

    return await _answered(service, work)


@router.get("/notes", responses={200: {"model": NotesForm}})
async def notes(service: Asked) -> Response:
    """Return the newest verdicts that have a note."""

    def work(board: ReviewBoard, served: Served) -> dict[str, Any]:
        return {"notes": [{**_said(event), **_ids(event)} for event in board.verdicts.notes()]}

    return as_json(await _at(service, work, service.current.opened))


@router.get("/counts", responses={200: {"model": ReviewCounts}})
async def counts(service: Asked) -> Response:
    """Return how many pairs there are by category, how many of them are open, and who said how much."""

    def work(board: ReviewBoard, served: Served) -> dict[str, Any]:
        queue = board.queue
        return {
            "file": queue.file,
            "version": board.current.version,
            "model": None if queue.made is None else queue.made.model_fingerprint,
            **{name: getattr(queue.counts, name) for name in ("rows", "missing", "odd")},
            "queue": len(queue),
            "compared": queue.compared,
            "categories": _categories(board),
            "reviewers": [
                {"reviewer": name, "match": said["match"], "no_match": said["no match"], "unsure": said["unsure"]}
                for name, said in sorted(board.verdicts.reviewers().items())
            ],
        }

    return as_json(await _at(service, work, service.current.opened))


async def _at(service: Service, work: Callable[[ReviewBoard, Served], Found], served: Served) -> Found:
    if service.review is None:
        raise Refused(409, "no scores are served: start heroic serve with --scores and --labels")
    try:
        return await service.review.at(work, served)
    except ScoresBeingRead as error:
        raise Refused(503, str(error), retry_s=READING_S) from error
    except NotHere as error:
        raise Refused(409, str(error)) from error


async def _answered(service: Service, work: Callable[[ReviewBoard, Served], _Turn]) -> Response:
    """Return a turn with both products side by side, of one version of the index, whatever takes its place meanwhile.

    A verdict is kept by then: where the model is still made ready for the catalogue, the next pair comes without its reasons.
    """
    served = service.current.opened
    turn = await _at(service, work, served)
    if turn.pair is not None:
        turn.document["pair"]["shown"] = await service.workers.do(_shown, served, turn.pair)
    return as_json(turn.document)


def _shown(served: Served, pair: BoardPair) -> dict[str, Any]:
    places = pair.left_position, pair.right_position
    try:
        return pair_document(served, *places)
    except StillReading:
        return pair_document(served, *places, explained=False)


def _turn(board: ReviewBoard, reviewer: str, pair: BoardPair | None, wanted: WantedForm) -> _Turn:
    verdicts = board.verdicts
    reviewers = verdicts.reviewers()
    progress = {
        "own": sum(reviewers.get(reviewer, {}).values()),
        "decided": int(verdicts.decided().sum()),
        "disputed": int(verdicts.disputed().sum()),
        "queue": len(board.queue),
        "remaining": int(board.wanted(reviewer, _wanted(board, wanted)).sum()),
    }
    place = {"version": board.current.version, "after": board.after(reviewer, _wanted(board, wanted))}
    return _Turn(pair, {"pair": None if pair is None else _pair(board, pair), "progress": progress, **place})


def _pair(board: ReviewBoard, pair: BoardPair) -> dict[str, Any]:
    queue, row = board.queue, pair.row
    filed = {
        "file": queue.file,
        "score": float(queue.scores[row]),
        "threshold": queue.threshold(row),
        "category": queue.names[queue.codes[row]],
        "fresh": bool(queue.fresh[row]),
        "model": None if queue.made is None else queue.made.model_fingerprint,
    }
    return {"row": row, "filed": filed, "said": [_said(event) for event in pair.verdicts]}


def _said(event: ReviewEvent) -> dict[str, Any]:
    assert event.review is not None, "an undo is no verdict"
    return {
        "reviewer": event.reviewer,
        "verdict": event.review.label.verdict.value,
        "note": event.review.note,
        "at": event.at,
    }


def _ids(event: ReviewEvent) -> dict[str, Any]:
    assert event.review is not None, "an undo is no verdict"
    return {"left": event.review.label.left, "right": event.review.label.right}


def _categories(board: ReviewBoard) -> list[dict[str, Any]]:
    """Return what is counted of each category, by falling number of pairs in the file."""
    queue = board.queue
    there, count = board.there(), len(queue.names)
    kept = np.bincount(queue.codes[there], minlength=count)
    still = np.bincount(queue.codes[there & ~board.verdicts.decided()], minlength=count)
    limits = [value if np.isfinite(value) else None for value in queue.thresholds.tolist()]
    columns = {
        "category": queue.names,
        "threshold": limits,
        "pairs": queue.pairs.tolist(),
        "fresh": queue.fresh_pairs.tolist(),
        "queue": kept.tolist(),
        "open": still.tolist(),
    }
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return sorted(rows, key=lambda row: (-row["pairs"], row["category"]))


def _refuse_unknown(board: ReviewBoard, form: WantedForm) -> None:
    """Raise InputError for a category that the file does not have, before anything is kept that would then be answered by an error."""
    board.queue.inside(_wanted(board, form).category, fresh=form.fresh)


def _wanted(board: ReviewBoard, form: WantedForm) -> Wanted:
    """Return what is wanted of the scores that are there now: a category that newer ones lack is no reason to refuse a verdict, and
    where none are compared with scores of before, no pair is fresh."""
    older = form.version not in (None, board.current.version)
    category = None if older and form.category not in board.queue.names else form.category
    fresh = form.fresh and (board.queue.compared or not older)
    return Wanted(QueuePart(form.part), category, fresh, form.after, form.version)
