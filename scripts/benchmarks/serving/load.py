"""Load is put on a server: each connection asks again when it is answered, or all of them at a pace."""

import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.benchmarks.serving.askings import Asking
from scripts.benchmarks.serving.started import Request, Started

Seconds = npt.NDArray[np.float64]
WARM = 20  # requests before the clock runs
SAMPLED_S = 5.0  # between two looks at the memory


def measure(asking: Asking, server: Started, seconds: float, connections: int) -> dict[str, Any]:
    """Return requests a second and times of one kind of question, asked over so many connections, and alone, against the raw
    call."""
    raw = _raw(asking, seconds / 2)
    begun, cpu, server_cpu_s = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF), server.cpu_s()
    with ThreadPoolExecutor(connections) as pool:
        loads = [pool.submit(_again, asking.requests, server, seconds, number) for number in range(connections)]
        each = [load.result() for load in loads]
    times = np.concatenate(each)
    wall, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    own = used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime
    server_cpu_ms = (server.cpu_s() - server_cpu_s) * 1e3 / (len(times) + WARM * connections)
    alone = _again(asking.requests, server, seconds / 2, 0)
    return {
        "requests": len(times),
        "per_second": round(sum(len(one) / float(one.sum()) for one in each), 1),  # what warms them up is not of it
        **_percentiles(times),
        "server_cpu_ms": round(server_cpu_ms, 2),
        "alone_ms": round(float(np.median(alone)) * 1e3, 2),
        "alone_p99_ms": round(float(np.percentile(alone, 99)) * 1e3, 2),
        "raw_ms": round(float(np.median(raw)) * 1e3, 2),
        "raw_p99_ms": round(float(np.percentile(raw, 99)) * 1e3, 2),
        "alone_ratio": round(float(np.median(alone) / np.median(raw)), 2),
        "load_cpu_share": round(own / wall, 2),
    }


def _percentiles(times: Seconds) -> dict[str, float]:
    return {f"p{share}_ms": round(float(np.percentile(times, share)) * 1e3, 2) for share in (50, 95, 99)}


def _raw(asking: Asking, seconds: float) -> Seconds:
    for number in range(WARM):
        asking.raw(number)
    times: list[float] = []
    end, number = time.perf_counter() + seconds, WARM
    while time.perf_counter() < end or not times:
        begun = time.perf_counter()
        asking.raw(number)
        times.append(time.perf_counter() - begun)
        number += 1
    return np.array(times)


def _again(requests: list[Request], server: Started, seconds: float, first: int) -> Seconds:
    """Ask over one connection until the time is up, each request when the one before it is answered."""
    connection = server.connect()
    server.ask_until_ready(connection, requests[0])
    for number in range(WARM):
        server.ask(connection, requests[(7 * first + number) % len(requests)])
    times: list[float] = []
    end, number = time.perf_counter() + seconds, WARM
    while time.perf_counter() < end or not times:
        begun = time.perf_counter()
        server.ask(connection, requests[(7 * first + number) % len(requests)])
        times.append(time.perf_counter() - begun)
        number += 1
    return np.array(times)


@dataclass
class Soak:
    """It asks at a pace, whoever answers how fast, and keeps times, from when each was due, and what failed."""

    server: Started
    requests: list[Request]
    per_second: float
    seconds: float
    times: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, connections: int, *, exchanges: int = 0) -> dict[str, Any]:
        """Ask over so many connections for the whole time; so often meanwhile exchange the index for a newer version."""
        begun = time.perf_counter()
        memory = []
        swaps = [begun + self.seconds * (place + 1) / (exchanges + 1) for place in range(exchanges)]
        with ThreadPoolExecutor(connections) as pool:
            for _ in range(connections):
                pool.submit(self._ask, begun)
            while time.perf_counter() < begun + self.seconds:
                memory.append((self.server.rss_mib(), self.server.private_mib()))
                if swaps and time.perf_counter() >= swaps[0]:
                    swaps.pop(0)
                    self.server.exchange()
                time.sleep(min(SAMPLED_S, self.seconds / 20))
        third = max(1, len(memory) // 3)
        return {
            "per_second_asked": round(self.per_second, 1),
            "requests": len(self.times),
            "failed": len(self.failed),
            "first_failures": self.failed[:3],
            "exchanges": exchanges,
            **_percentiles(np.array(self.times)),
            "rss_mib_first_middle_last": [memory[place][0] for place in (0, third, -1)],
            "private_mib_first_middle_last": [memory[place][1] for place in (0, third, -1)],
            "private_mib_most": max(own for _, own in memory),
        }

    def _ask(self, begun: float) -> None:
        connection = self.server.connect()
        while True:
            with self._lock:
                number, self._next = self._next, self._next + 1
            due = begun + number / self.per_second
            if due > begun + self.seconds:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                self.server.ask(connection, self.requests[number % len(self.requests)])
                self.times.append(time.perf_counter() - due)
            except (OSError, ValueError, HTTPException) as error:
                self.failed.append(f"{type(error).__name__}: {error}"[:200])
                with suppress(OSError):
                    connection.close()
                connection = self.server.connect()
