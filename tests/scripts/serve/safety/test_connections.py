"""Connections of which nothing comes."""

import asyncio
import socket
import ssl

from scripts.serve.safety.connections import HandshakeLoop


def test_who_does_not_agree_on_encryption_is_closed():
    async def wait_for_the_end():
        server = await asyncio.start_server(
            lambda *streams: None, "127.0.0.1", 0, ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        )
        async with server:
            with socket.create_connection(server.sockets[0].getsockname(), timeout=30) as silent:
                return await asyncio.to_thread(silent.recv, 1)

    with asyncio.Runner(loop_factory=lambda: HandshakeLoop(0.2)) as runner:
        assert runner.run(wait_for_the_end()) == b""
