"""A Milvus server, or a local file of milvus-lite, is spoken to here alone: what goes wrong is said in one line."""

import logging
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Ints1d
from indexing.errors import InputError, Unreachable
from indexing.machine.progress import Progress, silent
from indexing.publishing.address import TOKEN_VARIABLE, Address

CALL_S, BULK_S = 30.0, 300.0  # a call is waited for; one that moves many rows, or loads them
STALLED_S = 900.0  # in which no further row was indexed: the index will not come
REACH_S = 5.0
MOST = 16_384  # neighbours that Milvus brings at most, and rows of one page
VECTOR, KEY, DIGEST = "vector", "key", "digest"
MOST_TEXT = 65_535  # bytes of a field
DENSE_TYPES = ("FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "IVF_PQ", "DISKANN")
LITE_TYPES = (
    "FLAT",
    "HNSW",
    "IVF_FLAT",
    "IVF_SQ8",
)  # of others milvus-lite says that they are built, and searches by hand
SPARSE_TYPE = "SPARSE_INVERTED_INDEX"
FIRST_SPARSE = (2, 4)
_LATER_LOG = logging.CRITICAL + 1
_REFUSED = ("auth", "permission", "unauthenticated", "privilege")


@dataclass(frozen=True)
class VectorField:
    """It is the vector of a collection: of `dim` numbers, or sparse where that is None."""

    dim: int | None


@dataclass(frozen=True)
class MilvusServer:
    """It is a connection; several threads may use it at once. `version` is as the server says it."""

    address: Address
    version: str
    _client: Any = field(repr=False)

    def __str__(self) -> str:
        return f"milvus-lite {self.version}" if self.address.lite else f"Milvus {self.version}"

    @property
    def sparse(self) -> bool:
        """Say whether it knows sparse vectors; one that does not may break down where it is given some."""
        return self.address.lite or self._numbers >= FIRST_SPARSE

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:2])

    def refuse_type(self, kind: str) -> None:
        """Raise InputError for an index type of dense vectors that was found not to be built there."""
        if self.address.lite and kind not in LITE_TYPES:
            raise InputError(f"--index {kind}: {self} does not build it: choose from {', '.join(LITE_TYPES)}")
        if kind == "DISKANN" and self.version.endswith("-lite"):
            raise InputError(f"--index {kind}: {self}, a server in one process, does not build it: choose another")

    def collections(self) -> list[str]:
        with _told(self.address):
            return list(self._client.list_collections(timeout=CALL_S))

    def describe(self, name: str) -> tuple[str, Mapping[str, str]] | None:
        """Return the collection that a name or an alias leads to, and its properties; None where there is none."""
        from pymilvus.exceptions import MilvusException

        with _told(self.address):
            try:
                found = self._client.describe_collection(name, timeout=CALL_S)
            except MilvusException as error:
                if error.code == 100 or "not exist" in error.message or "not found" in error.message:
                    return None
                raise
        return str(found["collection_name"]), dict(found.get("properties") or {})

    def create(self, name: str, column: VectorField, texts: Sequence[str], properties: Mapping[str, str]) -> None:
        """Make a collection of keys, digests, these fields of text and a vector."""
        from pymilvus import DataType

        with _told(self.address):
            schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field(KEY, DataType.INT64, is_primary=True)
            schema.add_field(DIGEST, DataType.INT64)
            for text in texts:
                schema.add_field(text, DataType.VARCHAR, max_length=MOST_TEXT)
            if column.dim is None:
                schema.add_field(VECTOR, DataType.SPARSE_FLOAT_VECTOR)
            else:
                schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=column.dim)
            self._client.create_collection(name, schema=schema, properties=dict(properties), timeout=CALL_S)

    def drop(self, name: str) -> None:
        with _told(self.address):
            self._client.drop_collection(name, timeout=BULK_S)

    def insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        with _told(self.address):
            self._client.insert(name, rows, timeout=BULK_S)

    def flushed(self, name: str) -> int:
        """Bring what was inserted to the disk; return how many rows that is."""
        with _told(self.address):
            self._client.flush(name, timeout=BULK_S)
            return int(self._client.get_collection_stats(name, timeout=CALL_S)["row_count"])

    def build(self, name: str, kind: str, params: Mapping[str, Any], progress: Progress = silent) -> None:
        """Build an index of the vectors and wait until every row is in it. Raises InputError where that does not come."""
        stage = f"build {name}"
        with _told(self.address):
            indexes = self._client.list_indexes(name, timeout=CALL_S)
            if not indexes:
                asked = self._client.prepare_index_params()
                asked.add_index(VECTOR, index_type=kind, metric_type="IP", params=dict(params))
                self._client.create_index(name, asked, sync=False, timeout=BULK_S)
            best, since = -1, time.monotonic()
            while True:
                done, rows = self._built(name, kind)
                progress(stage, done, rows)
                if done >= rows:
                    return
                if done > best:
                    best, since = done, time.monotonic()
                if time.monotonic() - since > STALLED_S:
                    raise InputError(
                        f"{self.address}: {kind} of {name} has {done:,} of {rows:,} rows for {STALLED_S / 60:.0f} minutes: "
                        f"{self} does not build it: choose another --index"
                    )
                time.sleep(0.2)

    def _built(self, name: str, kind: str) -> tuple[int, int]:
        """Return how many rows are in the index, of how many: by its files where milvus-lite says what is not so."""
        said = self._client.describe_index(name, VECTOR, timeout=CALL_S)
        rows = int(said["total_rows"])
        if not self.address.lite or kind == SPARSE_TYPE:  # of sparse ones milvus-lite writes no file
            return int(said["indexed_rows"]), rows
        folder = Path(self.address.uri) / "collections" / name / "partitions"
        parts = len(list(folder.glob("*/data/*.parquet")))
        built = len(list(folder.glob(f"*/indexes/*.{VECTOR}.*idx")))
        return (rows if built >= parts else rows * built // parts), rows

    def load(self, name: str) -> None:
        with _told(self.address):
            self._client.load_collection(name, timeout=BULK_S)

    def count(self, name: str) -> int:
        """Count the rows of a loaded collection, with all that was ever acknowledged."""
        with _told(self.address):
            found = self._client.query(
                name, filter="", output_fields=["count(*)"], consistency_level="Strong", timeout=BULK_S
            )
            return int(found[0]["count(*)"])

    def digests(self, name: str) -> Iterator[tuple[Ints1d, Ints1d]]:
        """Yield the keys and the digests of a loaded collection, a page at a time."""
        with _told(self.address):
            pages = self._client.query_iterator(
                name, batch_size=MOST, filter="", output_fields=[DIGEST], timeout=BULK_S
            )
            try:
                while page := pages.next():
                    yield (
                        np.array([row[KEY] for row in page], dtype=np.int64),
                        np.array([row[DIGEST] for row in page], dtype=np.int64),
                    )
            finally:
                pages.close()

    def search(self, name: str, queries: Any, limit: int, condition: str, params: Mapping[str, int]) -> list[list[int]]:
        """Return for each query the keys of the rows with the greatest products, the greatest first."""
        with _told(self.address):
            found = self._client.search(
                name,
                queries,
                filter=condition,
                limit=limit,
                anns_field=VECTOR,
                output_fields=[KEY],
                search_params={"metric_type": "IP", "params": dict(params)},
                consistency_level="Eventually",  # what is published does not change
                timeout=CALL_S,
            )
            return [list(hits.ids) for hits in found]

    def point(self, alias: str, name: str, *, new: bool) -> None:
        """Let an alias lead to a collection, in one step."""
        with _told(self.address):
            if new:
                self._client.create_alias(name, alias, timeout=CALL_S)
            else:
                self._client.alter_alias(name, alias, timeout=CALL_S)

    def close(self) -> None:
        """End the connection, and let go of a local file."""
        with suppress(Exception):
            self._client.close()
        if self.address.lite:
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(self.address.uri)


@contextmanager
def connected(address: Address, *, existing: bool = False) -> Iterator[MilvusServer]:
    """Connect for as long as the block lasts."""
    server = connect(address, existing=existing)
    try:
        yield server
    finally:
        server.close()


def connect(address: Address, *, existing: bool = False) -> MilvusServer:
    """Connect to a server, or open a local file, which is made unless it is to be there (`existing`).

    Raises InputError where the package is missing, the server cannot be reached, or does not let in.
    """
    _refuse_missing(address, existing=existing)
    try:
        import pymilvus
    except ImportError as error:
        raise InputError(f"{address.uri}: Milvus needs pymilvus: pip install 'heroic[milvus]'") from error
    for name in ("pymilvus", "milvus_lite"):  # they tell whole tracebacks of what is raised anyway
        logging.getLogger(name).setLevel(_LATER_LOG)
    with _told(address):
        client = pymilvus.MilvusClient(uri=address.uri, token=address.token, timeout=CALL_S)
        version = str(client.get_server_version(timeout=CALL_S))
    return MilvusServer(address, version.removeprefix("milvus_lite-").removeprefix("v"), client)


def _refuse_missing(address: Address, *, existing: bool) -> None:
    if not address.lite:
        try:
            socket.create_connection(address.host, timeout=REACH_S).close()
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{address.uri}: cannot be reached ({error}): is Milvus running there?") from error
        return
    path = Path(address.uri)
    try:
        import milvus_lite  # noqa: F401
    except ImportError as error:
        raise InputError(f"{path}: a local file needs milvus-lite: pip install milvus-lite") from error
    if existing and not path.exists():
        raise InputError(f"{path}: nothing is published there: heroic publish INDEX --to {path}")
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file, and none of milvus-lite: name another")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: its folder is missing: make it first")


@contextmanager
def _told(address: Address) -> Iterator[None]:
    """Say in one line what a server, or the way to it, refuses."""
    import grpc
    from pymilvus.exceptions import ConnectionConfigException, MilvusException

    try:
        yield
    except ConnectionConfigException as error:
        raise InputError(
            f"{address.uri}: cannot be opened: does another process use it, or is it no milvus-lite?"
        ) from error
    except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError) as error:
        reason = " ".join(part for part in map(_reason, _chain(error)) if part)[:300] or type(error).__name__
        if any(word in reason.lower() for word in _REFUSED):
            what = f"set {TOKEN_VARIABLE} or give --token-file"
            raise InputError(f"{address.uri}: does not let in ({reason}): {what}") from error
        if getattr(error, "code", None) == 2 or isinstance(error, grpc.RpcError | grpc.FutureTimeoutError):
            raise Unreachable(f"{address.uri}: does not answer ({reason})") from ConnectionError(reason)
        raise InputError(f"{address.uri}: {reason}") from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was made of: pymilvus says no more of a refused token than of no server."""
    yield error
    if error.__cause__ is not None and error.__cause__ is not error:  # it raises errors from themselves, too
        yield error.__cause__


def _reason(error: BaseException) -> str:
    said = error.details() if hasattr(error, "details") else getattr(error, "message", error)
    return " ".join(str(said).split())
