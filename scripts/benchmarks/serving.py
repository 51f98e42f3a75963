"""A server is timed over sockets against the raw call: `python -m scripts.benchmarks.serving INDEX [--model MODEL]`.

The server and the load are processes of their own; the load's CPU time is told apart, since both share the machine.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from indexing.product_index import open_index
from indexing.query.find_neighbours import Query, query_by_id
from reranking.answers.session import Session
from reranking.model.folder import load_reranker
from scripts.serve.safety.tokens import Role, add_token

V1 = "/api/v1"
K = 10
WARM = 20  # requests before the clock runs


@dataclass(frozen=True)
class Asking:
    """It is one kind of question: the requests that ask it, and the same call without a server, by number."""

    name: str
    requests: list[tuple[str, str, bytes | None]]
    raw: Callable[[int], object]


def main(index: Path, model: Path | None, seconds: float, connections: int) -> None:
    """Print one JSON object: of each kind of question the requests a second, times in ms, and ratios to the raw call; each kind is
    asked for `seconds` over so many connections."""
    with _serving(index, model) as (port, token, ready_s, process):
        before = _rss_mib(process.pid)
        askings = _askings(index, model)
        found = {one.name: _measure(one, port, token, seconds, connections) for one in askings}
        after = _rss_mib(process.pid)
    told = {"ready_s": round(ready_s, 2), "rss_mib": [before, after], "connections": connections, **found}
    print(json.dumps(told, indent=1))


@contextmanager
def _serving(index: Path, model: Path | None) -> Iterator[tuple[int, str, float, "subprocess.Popen[str]"]]:
    with tempfile.TemporaryDirectory() as folder:
        token = add_token(Path(folder) / "tokens.json", "load", Role.READ, 1)
        words = ["serve", str(index), "--port", "0", "--tokens", f"{folder}/tokens.json"]
        words += [] if model is None else ["--model", str(model)]
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "scripts.main", *words], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        where = re.search(r":(\d+)", process.stdout.readline())
        assert where is not None, "the server did not start"
        port = int(where[1])
        _ask(HTTPConnection("127.0.0.1", port), ("GET", f"{V1}/ready", None), token)
        try:
            yield port, token, time.perf_counter() - begun, process
        finally:
            process.terminate()
            process.wait()


def _askings(index: Path, model: Path | None) -> list[Asking]:
    opened = open_index(index)
    session = Session(opened, None if model is None else load_reranker(model))
    rows = np.random.default_rng(0).permutation(len(opened.catalog))[:2_000]
    products = opened.catalog.take(rows).table
    ids, titles = products["id"].to_pylist(), [title or "nothing" for title in products["title"].to_pylist()]
    texts = [title[:200] for title in titles]

    def by_id(number: int) -> object:
        return session.ask(query_by_id(opened.catalog, ids[number % len(ids)]), K)

    def by_text(number: int) -> object:
        return session.ask(Query(text=texts[number % len(texts)]), K)

    return [
        Asking(
            "by_id", [("GET", f"{V1}/products/{quote(str(one), safe='')}/neighbours?k={K}", None) for one in ids], by_id
        ),
        Asking(
            "by_text",
            [("POST", f"{V1}/search", json.dumps({"text": text, "k": K}).encode()) for text in texts],
            by_text,
        ),
    ]


def _measure(asking: Asking, port: int, token: str, seconds: float, connections: int) -> dict[str, Any]:
    raw = _times(asking.raw, seconds / 2)
    begun, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    with ThreadPoolExecutor(connections) as pool:
        loads = [pool.submit(_load, asking, port, token, seconds, number) for number in range(connections)]
        times = np.concatenate([load.result() for load in loads])
    wall, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    own = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
    alone = _load(asking, port, token, seconds / 2, 0)
    return {
        "requests": len(times),
        "per_second": round(len(times) / wall, 1),
        **{f"p{share}_ms": round(float(np.percentile(times, share)) * 1e3, 2) for share in (50, 95, 99)},
        "alone_ms": round(float(np.median(alone)) * 1e3, 2),
        "raw_ms": round(float(np.median(raw)) * 1e3, 2),
        "alone_ratio": round(float(np.median(alone) / np.median(raw)), 2),
        "load_cpu_share": round(own / wall, 2),
    }


def _times(call: Callable[[int], object], seconds: float) -> "np.ndarray[Any, np.dtype[np.float64]]":
    for number in range(WARM):
        call(number)
    times, end, number = [], time.perf_counter() + seconds, WARM
    while time.perf_counter() < end:
        begun = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - begun)
        number += 1
    return np.array(times)


def _load(asking: Asking, port: int, token: str, seconds: float, first: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Ask over one connection until the time is up, each request when the one before it is answered."""
    connection = HTTPConnection("127.0.0.1", port)
    return _times(
        lambda number: _ask(connection, asking.requests[(7 * first + number) % len(asking.requests)], token), seconds
    )


def _ask(connection: HTTPConnection, request: tuple[str, str, bytes | None], token: str) -> None:
    method, address, body = request
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, address, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content


def _rss_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmarks.serving")
    parser.add_argument("index", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=4)
    main(**vars(parser.parse_args()))
