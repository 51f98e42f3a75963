"""A connection that says nothing, or says it slowly, is closed, and so is one too many: it holds no thread, but a place among
the connections."""

import asyncio
import ipaddress
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from scripts.serve.engine.limits import Limits


class HandshakeLoop(asyncio.SelectorEventLoop):
    """It is a loop whose servers close a connection that has not agreed on encryption after some seconds.

    uvicorn does not pass this on to asyncio, whose own time is a minute.
    """

    def __init__(self, handshake_s: float) -> None:
        super().__init__()
        self.handshake_s = handshake_s

    async def create_server(self, *given: Any, **options: Any) -> asyncio.Server:
        """Open a server as asyncio does."""
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = self.handshake_s
        return await super().create_server(*given, **options)


def bounded(limits: Limits) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, closing a connection above the limits at once, and one whose next request's head is not there
    after `head_s`.

    An address of other machines has a share of the connections; this machine's own has none: a proxy's come from it.
    """

    class BoundedProtocol(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            _send_at_once(transport)
            super().connection_made(transport)
            if self._too_many():
                transport.abort()  # nothing is waited for, as what it still has to say would be
            else:
                self._wait()

        def _too_many(self) -> bool:
            if len(self.connections) > limits.connections:
                return True
            host = None if self.client is None else self.client[0]
            if host is None or _is_own(host):
                return False
            same = sum(1 for other in self.connections if _address(other) == host)
            return same > limits.connections_of_an_address

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
            self._waiting = self.loop.call_later(limits.head_s, self._close_if_silent)

        def _close_if_silent(self) -> None:
            if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
                self.transport.close()

    return BoundedProtocol


def _send_at_once(transport: Any) -> None:
    """Let an answer's body follow its head without waiting until the other side has told that it got the head, some 40 ms.

    asyncio asks this of the system for sockets that it opened itself, not for those of one that it was given.
    """
    connected = transport.get_extra_info("socket")
    if connected is not None and connected.family in (socket.AF_INET, socket.AF_INET6):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _address(connection: Any) -> str | None:
    return None if connection.client is None else str(connection.client[0])


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
