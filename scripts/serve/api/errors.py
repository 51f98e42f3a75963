"""Whatever goes wrong is answered in one form of JSON: the status, a word for programs, and a sentence for people."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from indexing.errors import InputError, UnknownId, Unreachable
from reranking.answers.session import StillReading
from scripts.serve.engine.label_desks import StillChoosing
from scripts.serve.engine.service import Service, service_of
from scripts.serve.engine.workers import Busy, TooLate

RETRY_S, READING_RETRY_S = 1, 5
PLACE_CHARS = 100  # of the name of what is wrong, which may be the sender's own
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    414: "address_too_long",
    415: "unsupported_media",
    421: "unknown_host",
    422: "invalid",
    431: "headers_too_large",
    500: "internal",
    502: "unreachable",
    503: "busy",
    504: "deadline",
}


class Refused(Exception):
    """A request is not answered as asked: with this status, for this reason; after `retry_s` it may be."""

    def __init__(self, status: int, message: str, *, retry_s: float | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry_s = status, message, retry_s


def as_json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON values as an answer that nobody but the asker keeps; what is no number is null."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    kept = {"Cache-Control": "private, no-store", **(headers or {})}
    return Response(body, status, kept, media_type="application/json")


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the one form of an error."""
    error = {"status": status, "code": CODES.get(status, "error"), "message": message}
    return as_json({"error": error}, status, headers)


def answer_errors(app: FastAPI) -> None:
    """Let an application answer every error in that form."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(InputError, _input)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(StillReading, _reading)
    app.add_exception_handler(StillChoosing, _choosing)
    app.add_exception_handler(TooLate, _late)
    app.add_exception_handler(Exception, _bug)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = None if error.retry_s is None else {"Retry-After": f"{error.retry_s:.0f}"}
    return refusal(error.status, error.message, headers)


async def _input(request: Request, error: Exception) -> Response:
    """Answer what a user gave wrong, an unknown id, or else a value that cannot be used; or that a server behind this one
    does not answer."""
    service: Service = service_of(request)
    message = service.fold_paths(" ".join(str(error).split()))
    status = 404 if isinstance(error, UnknownId) else 502 if isinstance(error, Unreachable) else 422
    return refusal(status, message)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError | ValidationError)
    return refusal(422, "; ".join(_told(fault) for fault in list(error.errors())[:3]))


def _told(fault: Mapping[str, Any]) -> str:
    """Say what is wrong where; the value is not repeated, nor a long name: either may be a megabyte."""
    place = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query", "path"))[:PLACE_CHARS]
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is nothing at this address", 405: "this address does not take this method"}
    return refusal(error.status_code, said.get(error.status_code, str(error.detail)), error.headers)


async def _busy(request: Request, error: Exception) -> Response:
    return refusal(503, "too many requests wait already: ask again", {"Retry-After": str(RETRY_S)})


async def _reading(request: Request, error: Exception) -> Response:
    told = "the catalogue is still being read for the model: ask again"
    return refusal(503, told, {"Retry-After": str(READING_RETRY_S)})


async def _choosing(request: Request, error: Exception) -> Response:
    told = "the pairs to label are still being chosen among all candidates: ask again"
    return refusal(503, told, {"Retry-After": str(READING_RETRY_S)})


async def _late(request: Request, error: Exception) -> Response:
    return refusal(504, "the answer took longer than a request may: ask for less", {"Retry-After": str(RETRY_S)})


async def _bug(request: Request, error: Exception) -> Response:
    return refusal(500, "something went wrong in the server; its log says what")
