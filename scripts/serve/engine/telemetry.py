"""Telemetry counts requests and measures them, for Prometheus; what changes by itself is looked up when it is asked for."""

import time
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indexing.errors import InputError
from scripts.serve.engine.access_log import VISITOR, AccessLog
from scripts.serve.engine.current import Current
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.workers import Workers

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
ELSEWHERE = "other"  # the route of an address that leads nowhere: a name for each would be no bounded number of them


class Telemetry:
    """It counts in a registry of its own, so that two servers of one process do not mix."""

    def __init__(self, current: Current, workers: Workers, desks: LabelDesks | None = None) -> None:
        self.log: AccessLog | None = None
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "heroic_requests",
            "Requests by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "heroic_request_seconds", "Seconds to the last byte.", ("route",), registry=self.registry, buckets=BUCKETS
        )
        self.registry.register(_State(current, workers, desks, self._left_out))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format. It reads the label store, which may take a while."""
        return generate_latest(self.registry)

    def _left_out(self) -> int:
        return 0 if self.log is None else self.log.left_out


class _State(Collector):
    """It is what is so when it is asked for: the queue, and which versions are served."""

    def __init__(
        self, current: Current, workers: Workers, desks: LabelDesks | None, left_out: Callable[[], int]
    ) -> None:
        self.current, self.workers, self.desks, self.left_out = current, workers, desks, left_out

    def collect(self) -> Iterable[Metric]:
        opened, workers = self.current.opened, self.workers
        yield GaugeMetricFamily("heroic_queue", "Questions that wait or are being answered.", value=workers.here)
        yield GaugeMetricFamily("heroic_queue_limit", "More are refused.", value=workers.threads + workers.waiting)
        yield GaugeMetricFamily("heroic_products", "Products of the index.", value=len(opened.index.catalog))
        yield GaugeMetricFamily("heroic_versions_taken_up", "Newer versions since the start.", value=self.current.taken)
        refused = float(self.current.refused is not None)
        yield GaugeMetricFamily("heroic_version_refused", "1 where a newer version cannot be opened.", value=refused)
        served = {"index": opened.index.fingerprint, "created": opened.index.manifest.created}
        model = {} if opened.model is None else {"model": opened.model.fingerprint}
        yield InfoMetricFamily("heroic_served", "What is served.", value={**served, **model})
        yield from self._labels()
        yield CounterMetricFamily(
            "heroic_log_lines_left_out", "Lines left out of the access log.", value=self.left_out()
        )

    def _labels(self) -> Iterable[Metric]:
        """Return what is in the label store, or that it cannot be read: that is no reason to tell nothing."""
        labels = GaugeMetricFamily("heroic_labels", "Answers that count.", labels=("purpose", "verdict"))
        unreadable = False
        try:
            for named, count in ({} if self.desks is None else self.desks.counts()).items():
                labels.add_metric(named, count)
        except InputError:
            unreadable = True
        yield labels
        yield GaugeMetricFamily(
            "heroic_labels_unreadable", "1 where the store cannot be read.", value=float(unreadable)
        )


class Counted:
    """It is a layer that counts what passes through it, and writes it into an access log, where there is one."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry, log: AccessLog | None = None) -> None:
        self.app, self.telemetry, self.log = app, telemetry, log
        telemetry.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 499  # as nginx has it: the client went away

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route, method, seconds = _route(scope), _method(scope), time.perf_counter() - began
            self.telemetry.requests.labels(route, method, str(status)).inc()
            self.telemetry.seconds.labels(route).observe(seconds)
            if self.log is not None:
                visitor = getattr(scope.get(VISITOR), "name", None)
                self.log.add(route, method, status, seconds=seconds, visitor=visitor)


def _route(scope: MutableMapping[str, Any]) -> str:
    """Return the template that the address matched, not the address: there would be no end of names."""
    return str(getattr(scope.get("route"), "path", ELSEWHERE))


def _method(scope: MutableMapping[str, Any]) -> str:
    method = str(scope["method"])
    return method if method in ("GET", "POST", "HEAD", "OPTIONS") else ELSEWHERE
