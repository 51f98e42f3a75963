"""Tokens are looked at and taken back by whoever administers the server; new ones are written where the server runs."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from indexing.errors import InputError
from scripts.serve.api.errors import Refused, as_json
from scripts.serve.api.forms import ErrorForm, Form, Name
from scripts.serve.engine.service import Asked
from scripts.serve.safety.guard import needs
from scripts.serve.safety.tokens import Role, TokenFile, read_tokens, revoke_token
from scripts.serve.safety.visitors import Visitors

router = APIRouter(
    prefix="/tokens",
    tags=["tokens"],
    dependencies=[needs(Role.ADMIN)],
    responses={status: {"model": ErrorForm} for status in (403, 409, 422)},
)


class TokenShown(Form):
    """It is whose a token is, what it allows, and when it ends."""

    name: str
    role: str
    expires: str
    ended: bool


class TokensForm(Form):
    """They are the tokens that let others in."""

    tokens: list[TokenShown]


class RevokedForm(Form):
    """It names whose token is taken back."""

    name: Name


@router.get("", responses={200: {"model": TokensForm}})
async def tokens(request: Request, service: Asked) -> Response:
    """Return whose tokens there are; what they are, nobody knows but their owners."""
    return as_json(await service.workers.do(_work, _file(request)))


@router.post("/revoke", responses={200: {"model": TokensForm}})
async def revoke(request: Request, revoked: RevokedForm, service: Asked) -> Response:
    """Take a token back: from the next request on neither it nor browsers that came by it are let in."""
    return as_json(await service.workers.do(_work, _file(request), revoked.name))


def _file(request: Request) -> TokenFile:
    visitors: Visitors = request.app.state.visitors
    if visitors.tokens is None:
        raise Refused(409, "there are no tokens: start heroic serve with --tokens")
    return visitors.tokens


def _work(file: TokenFile, revoked: str | None = None) -> dict[str, Any]:
    """Take a token back, where one is named, and return those that are left. Raises InputError, which names the file without the folders
    above it."""
    try:
        if revoked is not None:
            revoke_token(file.path, revoked)
        records = read_tokens(file.path)
    except InputError as error:
        raise InputError(str(error).replace(str(file.path), file.path.name)) from error
    return {
        "tokens": [{"name": one.name, "role": one.role, "expires": one.expires, "ended": one.ended} for one in records]
    }
