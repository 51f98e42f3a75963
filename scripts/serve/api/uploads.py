"""Uploads are forms of several parts, one of which may be a picture: read within limits, and looked at before anything else sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from indexing.catalog.pictures import WEB_FORMATS, PictureError, decode
from scripts.serve.api.errors import Refused
from scripts.serve.engine.limits import Limits

PICTURE = "picture"  # the part of a form that holds it
JSON, PARTS = "application/json", "multipart/form-data"


def media_type(request: Request) -> str:
    """Return what the body is, one of JSON and PARTS. Raises Refused for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, PARTS):
        raise Refused(415, f"send JSON ({JSON}) or a form ({PARTS})")
    return kind


@asynccontextmanager
async def sent_form(request: Request, limits: Limits, *, part_chars: int | None = None) -> AsyncIterator[FormData]:
    """Give the parts of a form, those that are no files of at most `part_chars`, by default those of a text. Raises Refused for
    a form that is none, and for more."""
    most = 4 * (limits.text_chars if part_chars is None else part_chars)
    try:
        form = await request.form(max_files=1, max_fields=limits.parts, max_part_size=most)
    except HTTPException as error:  # what starlette makes of a form that it refuses
        if error.status_code != 400:
            raise
        raise Refused(413 if "maximum" in error.detail.lower() else 422, error.detail) from error
    try:
        yield form
    finally:
        await form.close()


async def picture_of(form: FormData, limits: Limits) -> bytes | None:
    """Return the picture of a form, None where it has none. Raises Refused for an empty one, and one of too many bytes."""
    sent = form.get(PICTURE)
    if not isinstance(sent, UploadFile):
        return None
    content = await sent.read(limits.upload_bytes + 1)
    if len(content) > limits.upload_bytes:
        raise Refused(413, f"{PICTURE}: has more than {limits.upload_bytes:,} bytes")
    if not content:
        raise Refused(422, f"{PICTURE}: is empty")
    return content


def refuse_picture(content: bytes, limits: Limits) -> None:
    """Raise Refused for what is no picture of a kind that the web has, and for too large a one."""
    try:
        decode(content, side=64, most_pixels=limits.upload_pixels, formats=WEB_FORMATS)
    except PictureError as error:
        raise Refused(413 if str(error).startswith("enormous") else 422, f"{PICTURE}: {error}") from error
