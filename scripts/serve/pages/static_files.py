"""Static files are those of the package's own folder, read once: an address can name one of them, and nothing else."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import Response

from scripts.serve.api.errors import Refused

TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class StaticFile:
    """It is a file's content, its type, and a tag that changes with it."""

    content: bytes
    kind: str
    tag: str


def read_static() -> dict[str, StaticFile]:
    """Return the files by name."""
    found = {}
    for file in files("scripts.serve.pages").joinpath("static").iterdir():
        content = file.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        found[file.name] = StaticFile(content, TYPES[file.name.rpartition(".")[2]], tag)
    return found


def static_router() -> APIRouter:
    """Return the routes of the files."""
    router, kept = APIRouter(include_in_schema=False), read_static()

    @router.get("/favicon.ico")
    async def icon(request: Request) -> Response:  # browsers ask for it where a document names none, say one of JSON
        return await static(request, "icon.svg")

    @router.get("/static/{name}")
    async def static(request: Request, name: str) -> Response:
        file = kept.get(name)
        if file is None:
            raise Refused(404, "there is no such file")
        headers = {"ETag": file.tag, "Cache-Control": "no-cache"}  # asked again each time, sent where it has changed
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.kind)

    return router
