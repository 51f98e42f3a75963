"""A part is a collection with rows of a view: it is filled in batches, gone on with after a kill, and looked through before
anybody reads it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.errors import Unfinished
from indexing.machine.progress import Progress
from indexing.publishing.publication import OWNER, PublishedPart
from indexing.publishing.server import SPARSE_TYPE, MilvusServer, VectorField
from indexing.publishing.shipment import Shipment


@dataclass(frozen=True)
class IndexType:
    """It says which index a server is to build of a part's vectors: its `kind` in Milvus's words, and its parameters."""

    kind: str
    params: Mapping[str, Any]


def index_type(kind: str, rows: int, dim: int | None) -> IndexType:
    """Return how an index of so many rows is built."""
    lists = int(np.clip(4 * np.sqrt(max(rows, 1)), 1, 65_536))
    halves = next((dim // step for step in (4, 3, 2, 1) if dim is not None and dim % step == 0), 1)
    params: dict[str, dict[str, Any]] = {
        "HNSW": {"M": 16, "efConstruction": 200},
        "IVF_FLAT": {"nlist": lists},
        "IVF_SQ8": {"nlist": lists},
        "IVF_PQ": {"nlist": lists, "m": halves, "nbits": 8},
        SPARSE_TYPE: {"drop_ratio_build": 0.0},
    }
    return IndexType(kind, params.get(kind, {}))


@dataclass(frozen=True)
class PartMaker:
    """It makes the parts of one view on a server."""

    server: MilvusServer
    shipment: Shipment
    progress: Progress

    def make(self, name: str, positions: Ints1d, built: IndexType) -> PublishedPart:
        """Let a collection hold the rows of these products and nothing else, with an index; return it when it is loaded.

        What an earlier run of the same work left is gone on with. Raises Unfinished where the server holds other rows in
        the end.
        """
        server = self.server
        described = server.describe(name)
        there = 0 if described is None else server.flushed(name)
        if described is not None and there > len(positions):
            server.drop(name)
            described, there = None, 0
        if described is None:
            texts = ("id", *(text.name for text in self.shipment.products.texts))
            server.create(name, VectorField(self.shipment.rows.dim), texts, {OWNER: server.address.name})
        self._send(name, positions, there)
        server.build(name, built.kind, built.params, self.progress)
        server.load(name)
        self._look_through(name, positions, every=there > 0)
        return PublishedPart(name, len(positions))

    def _send(self, name: str, positions: Ints1d, there: int) -> None:
        """Send the rows behind those that are there: they were sent in this order."""
        done = there
        self.progress(f"send {name}", done, len(positions))
        for message in self.shipment.messages(positions[there:]):
            self.server.insert(name, message)
            done += len(message)
            self.progress(f"send {name}", done, len(positions))
        if done > there:
            self.server.flushed(name)

    def _look_through(self, name: str, positions: Ints1d, *, every: bool) -> None:
        """Count the rows; where an earlier run sent some of them, look at `every` one."""
        count = self.server.count(name)
        right = count == len(positions)
        if right and every:
            wanted = dict(
                zip(
                    self.shipment.products.keys[positions].tolist(),
                    self.shipment.digests[positions].view(np.int64).tolist(),
                    strict=True,
                )
            )
            right = _pages(self.server.digests(name)) == wanted
        if not right:
            self.server.drop(name)
            raise Unfinished(
                f"{self.server.address}: {name} held {count:,} rows, not the {len(positions):,} that were sent: does another "
                "process publish there? Run it again"
            )


def _pages(pages: Iterable[tuple[Ints1d, Ints1d]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for keys, digests in pages:
        found.update(zip(keys.tolist(), digests.tolist(), strict=True))
    return found
