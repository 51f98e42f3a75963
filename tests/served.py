"""A real server on a real socket, and a client that speaks HTTP by Python's own library."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import uvicorn

from indexing.update.update_index import update_index
from reranking.answers.session import Session
from scripts.serve.application import build_application
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.service import Service
from scripts.serve.pages.entrance import Entrance
from scripts.serve.safety.guard import Doorway
from scripts.serve.safety.tokens import Role, TokenFile, add_token
from scripts.serve.safety.visitors import Visitors
from scripts.serve.server import settings

V1 = "/api/v1"
LINK = "tester"  # who comes by the start-up link


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
def serving(application, how, **tls) -> Iterator[int]:
    """Serve an application on a port of its own, which this yields; the server ends with the block."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, **how, **tls)
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


@dataclass
class Door:
    """A server of an index, and the ways into it: clients with a token of each role, and the link that was said last."""

    port: int
    service: Service
    visitors: Visitors
    tokens: dict[str, str]
    said: list[str]
    entrance: Entrance

    def client(self, role: str | None = None) -> Client:
        """A client with a token of the role, or nobody's."""
        return Client(self.port, {} if role is None else {"Authorization": f"Bearer {self.tokens[role]}"})

    @property
    def link(self) -> str:
        """The address that the last start-up link asks for."""
        return "/enter?secret=" + self.said[-1].partition("secret=")[2].split()[0]

    def browser(self) -> Client:
        """A client that came by the link, and says as browsers do where it comes from."""
        cookie = self.client().get(self.link).headers["set-cookie"].partition(";")[0]
        return Client(
            self.port, {"Cookie": cookie, "Origin": f"http://127.0.0.1:{self.port}", "Sec-Fetch-Site": "same-origin"}
        )


def make_hostile(current: Current, text: str) -> None:
    """Let every text of every product be `text`, past the reader, which leaves no markup in a catalogue; ids end in a number."""
    index = current.opened.index
    table = index.catalog.table
    for place, name in enumerate(table.column_names):
        if name == "id":
            table = table.set_column(
                place, name, pa.array([f"{text}{row}" for row in range(len(table))], pa.large_string())
            )
        elif table.schema.field(name).type == pa.large_string():
            table = table.set_column(place, name, pa.array([text] * len(table), pa.large_string()))
        elif name == "attributes":
            values = [[{"key": text, "value": text}]] * len(table)
            table = table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    session = Session(replace(index, catalog=replace(index.catalog, table=table)), current.opened.model)
    current._opened = replace(current.opened, session=session)


def add_product(folder, sample, product_id, where):
    """Update an index by one more product, a copy of its first under another id."""
    row = pd.read_parquet(sample / "products.parquet").iloc[:1].assign(id=product_id)
    row.to_parquet(where / f"{product_id}.parquet")
    update_index(folder, [where / f"{product_id}.parquet"])


@contextmanager
def served(
    current: Current, where, *, limits=LIMITS, desks=None, groups=None, review=None, reports=None, log=None, **doorway
) -> Iterator[Door]:
    """Serve what is open within all layers; a file of tokens is written into the folder `where`."""
    path = where / "tokens.json"
    tokens = {role.name.lower(): add_token(path, f"{role.name.lower()}er", role, 1) for role in Role}
    service, said = Service.start(current, limits, desks=desks, groups=groups, review=review, reports=reports), []
    names = frozenset({"127.0.0.1", "localhost"})
    door = Doorway(Visitors(TokenFile(path), LINK), **{"names": names, "cookie": "heroic-test", **doorway})
    entrance = Entrance(door, "http://127.0.0.1", said.append)
    entrance.tell()
    how = {**settings(limits), "timeout_graceful_shutdown": 1}
    with serving(build_application(service, entrance, log), how) as port:
        yield Door(port, service, door.visitors, tokens, said, entrance)
