"""A real server on a real socket, and a client that speaks HTTP by Python's own library."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote

import uvicorn


@dataclass
class Reply:
    """What came back: the status, the headers in small letters, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, response: HTTPResponse):
        headers = {name.lower(): value for name, value in response.getheaders()}
        return cls(response.status, headers, response.read())

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        assert set(self.json) == {"error"}, self.json
        assert self.json["error"]["status"] == self.status
        return self.json["error"]["message"]


@dataclass
class Client:
    """It asks one server; a new connection each time, so that none hides what another one did."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method, address, body=None, headers=None) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, address, body, {**self.headers, **(headers or {})})
            return Reply.of(connection.getresponse())
        finally:
            connection.close()

    def get(self, address, **headers) -> Reply:
        return self.ask("GET", address, headers=headers)

    def post(self, address, content, **headers) -> Reply:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.ask("POST", address, body, {"Content-Type": "application/json", **headers})

    def send(self, address, parts, **headers) -> Reply:
        """Post a form of parts: (name, filename or None, bytes)."""
        body = b""
        for name, filename, content in parts:
            named = f'; filename="{filename}"' if filename is not None else ""
            body += (
                f'--part\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
            )
        kind = "multipart/form-data; boundary=part"
        return self.ask("POST", address, body + b"--part--\r\n", {"Content-Type": kind, **headers})

    def raw(self, content: bytes) -> bytes:
        """Send bytes as they are, and return what comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(content)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


def product(product_id, rest="") -> str:
    """The address of a product of any id."""
    return f"/api/v1/products/{quote(str(product_id), safe='')}{rest}"


@contextmanager
def serving(application, **settings) -> Iterator[int]:
    """Serve an application on a port of its own, which this yields; the server ends with the block."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, log_config=None, lifespan="on", timeout_graceful_shutdown=1, **settings)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
