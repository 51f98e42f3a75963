"""A request is bounded: its address, its body, and the time from its head to the last byte of its answer."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scripts.serve.api.errors import refusal
from scripts.serve.engine.limits import Limits
from scripts.serve.safety.guard import ENTER
from scripts.serve.safety.origins import values


class Deadline:
    """It is a layer that ends a request which takes too long, whichever side is slow."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, whole = False, False

        async def received() -> Message:
            nonlocal whole
            message = await receive()
            whole = whole or not message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self.seconds):
                await self.app(scope, received, sent)
        except TimeoutError:
            if begun:
                raise  # which breaks the connection off: an answer that is cut short must not look whole
            told = (504, "the answer took too long") if whole else (408, "the request took too long to arrive")
            await refusal(*told)(scope, receive, send)


class Bounded:
    """It is a layer that refuses heads and bodies above a limit, also bodies that do not say how long they are.

    What is left of a refused body is read and thrown away for as long as the next head may take: a connection that is closed
    at once would lose the answer.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app, self.limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most(scope)
        refused = self._refused(scope, most)
        if refused is not None:
            await refusal(*refused)(scope, receive, send)
        else:
            await self.app(scope, _counting(receive, most), send)

    def _refused(self, scope: Scope, most: int) -> tuple[int, str] | None:
        """Return a status and a reason for a head that is too long, or announces a body that is."""
        limits = self.limits
        if len(scope["query_string"]) > limits.query_bytes:
            return 414, f"the address has more than {limits.query_bytes:,} bytes behind its question mark"
        if sum(len(name) + len(value) for name, value in scope["headers"]) > limits.header_bytes:
            return 431, f"the headers have more than {limits.header_bytes:,} bytes"
        if len(values(scope["headers"], "content-type")) > 1:
            return 400, "two headers say what the body is: send one Content-Type"
        return (413, _too_large(most)) if _announced(scope) > most else None

    def _most(self, scope: Scope) -> int:
        if scope["raw_path"] == ENTER.encode():
            return self.limits.entrance_bytes
        kinds = values(scope["headers"], "content-type")
        forms = any(kind.lower().startswith("multipart/form-data") for kind in kinds)
        return self.limits.form_bytes if forms else self.limits.json_bytes


def _announced(scope: Scope) -> int:
    """Return how long the body says it is; h11 has refused what is no number."""
    return max(map(int, values(scope["headers"], "content-length")), default=0)


def _counting(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, _too_large(most))
        return message

    return counted


def _too_large(most: int) -> str:
    return f"the body has more than {most:,} bytes"
