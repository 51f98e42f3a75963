"""Milvus for tests: a local file of milvus-lite, and a real server in a network namespace that nothing else reaches.

The server listens on all interfaces: `make test-milvus` gives its tests a network of their own, with loopback alone.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from indexing.machine.progress import silent
from indexing.publishing.address import Address
from indexing.publishing.milvus_index import MilvusIndex
from indexing.publishing.part import PartMaker, index_type
from indexing.publishing.product_fields import ProductFields
from indexing.publishing.publication import MeasuredRecall, PublishedView
from indexing.publishing.server import SPARSE_TYPE, connect
from indexing.publishing.shipment import LexicalRows, Shipment
from indexing.vectors.vectors import from_arrays

PYTHON = "HEROIC_MILVUS_PYTHON"  # that of a virtual environment with milvus==2.3.5
STARTED_S = 300
_START = """
import sys
from milvus import MilvusServer, MilvusServerConfig
config = MilvusServerConfig(data_dir=sys.argv[1], proxy_port=int(sys.argv[2]))
config.set("authorization_enabled", sys.argv[3] == "locked")
server = MilvusServer(config, wait_for_started=False)
server.start()
print(server.server_proc.pid, server.webservice_port, flush=True)
server.server_proc.wait()
"""
_numbers = count()


def alone():
    """Say whether this process sees no network but loopback."""
    routes = Path("/proc/net/route").read_text(encoding="utf-8").splitlines()
    return len(routes) <= 1


@contextmanager
def real_server(folder, *, locked=False):
    """Run a real server for as long as the block lasts; give its address. A locked one asks for a token: `root:Milvus`.

    Each has a port of its own: that of one that was killed is not free again at once. Two at a time there cannot be, since the
    server's own etcd listens to others of its kind at 2380, which no setting changes.
    """
    python = os.environ.get(PYTHON)
    if python is None or not alone():
        pytest.skip(f"needs {PYTHON} and a network namespace of its own: make test-milvus")
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [python, "-c", _START, str(folder), str(port), "locked" if locked else "open"],
        stdout=subprocess.PIPE,
        text=True,
    )
    child, health = map(int, process.stdout.readline().split())
    try:
        _wait(health, process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        process.wait(30)
        process.stdout.close()


def _wait(health, process, folder):
    until = time.monotonic() + STARTED_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{health}/healthz", timeout=5) as answer:
                if b"OK" in answer.read():
                    return
        except OSError:
            time.sleep(0.2)
    what = f"did not start in {STARTED_S} s" if process.poll() is None else "ended while it started"
    pytest.fail(f"the server {what}: {_errors(folder / 'logs')}")


def _errors(logs):
    lines = [
        line for log in sorted(logs.glob("milvus-std*.log")) for line in log.read_text("utf-8", "replace").splitlines()
    ]
    return "\n".join([line[:300] for line in lines if "[ERROR]" in line or line.startswith("panic")][:5])


@contextmanager
def lite_server(folder):
    server = connect(Address(str(folder / "lite.db")))
    try:
        yield server
    finally:
        server.close()


def released(address):
    """Stop the server of a local file in this process."""
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(address.uri)


def fields_of(size, sources=None, categories=None):
    """The fields of products whose ids are their positions."""
    nothing = pa.chunked_array([pa.nulls(size, pa.large_string())])
    columns = {"source": sources, **{f"category_{level}": None for level in "1234"}, **(categories or {})}
    given = {
        name: nothing if texts is None else pa.chunked_array([pa.array(texts, pa.large_string())])
        for name, texts in columns.items()
    }
    return ProductFields(np.arange(size) - 3, pa.chunked_array([pa.array(range(size))]), given)


def milvus_index(server, rows, *, sparse=False, kind="FLAT", products=None):
    """Publish rows as one part; return the index of them."""
    products = fields_of(len(rows)) if products is None else products
    own = LexicalRows(sp.csr_matrix(rows)) if sparse else from_arrays(rows)
    kind = SPARSE_TYPE if sparse else kind
    shipment = Shipment.of_view("rows", own, products, silent)
    seen = np.flatnonzero(shipment.seen)
    dim = None if sparse else rows.shape[1]
    maker = PartMaker(server, shipment, silent)
    name = f"tried_{next(_numbers)}"
    parts = (maker.make(name, seen, index_type(kind, len(seen), dim)),) if len(seen) else ()
    unknown = MeasuredRecall(0.95, 10, None, None, 0)
    return MilvusIndex(server, PublishedView(parts, len(seen), kind, dim, None, unknown), own, products)
