"""The service is all that a request is answered with, in one place."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from scripts.serve.engine.current import Current
from scripts.serve.engine.folded_paths import fold_paths
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.limits import LIMITS, Limits
from scripts.serve.engine.product_pictures import ProductPictures
from scripts.serve.engine.telemetry import Telemetry
from scripts.serve.engine.workers import Workers
from scripts.serve.groups.desk import GroupDesk
from scripts.serve.reports.desk import ReportDesk
from scripts.serve.review.desk import ReviewDesk

COUNTING = 8  # who may wait for what is counted


@dataclass(frozen=True)
class Service:
    """It has the current version, workers for questions, others for pictures, whose hosts may be slow, one for what is counted, which
    is told however many questions wait, and that itself."""

    current: Current
    workers: Workers
    picture_workers: Workers
    counters: Workers
    pictures: ProductPictures
    telemetry: Telemetry
    limits: Limits = LIMITS
    desks: LabelDesks | None = None
    groups: GroupDesk | None = None
    review: ReviewDesk | None = None
    reports: ReportDesk | None = None

    @classmethod
    def start(
        cls,
        current: Current,
        limits: Limits = LIMITS,
        picture_hosts: frozenset[str] = frozenset(),
        desks: LabelDesks | None = None,
        groups: GroupDesk | None = None,
        review: ReviewDesk | None = None,
        reports: ReportDesk | None = None,
    ) -> "Service":
        """Start workers for what is open; `picture_hosts` are those that pictures may be fetched from, `desks` where pairs are
        labelled, `groups` where groups are decided of, `review` where pairs of a scores file are looked at, `reports` those of a
        folder, if anywhere."""
        workers, painters = (Workers(limits.workers, limits.waiting, limits.work_s) for _ in range(2))
        counters = Workers(1, COUNTING, limits.work_s)
        pictures = ProductPictures(limits, picture_hosts)
        telemetry = Telemetry(current, workers, desks)
        return cls(current, workers, painters, counters, pictures, telemetry, limits, desks, groups, review, reports)

    def fold_paths(self, message: str) -> str:
        """Return a message for a client: no path of this machine stands in it."""
        sources = self.current.sources
        labels = None if self.desks is None else self.desks.path
        places = [sources.index, sources.model, labels, self.current.opened.index.catalog.pictures]
        if self.groups is not None:
            places += [self.groups.sources.groups, self.groups.sources.scores, self.groups.sources.decisions]
        if self.review is not None:
            places += [self.review.sources.scores, self.review.sources.previous]
        if self.reports is not None:
            places.append(self.reports.shelf.folder)
        return fold_paths(message, [place for place in places if place is not None])

    def begin(self) -> None:
        """Look for newer versions, and read what is read in the background."""
        self.current.watch()
        if self.review is not None:
            self.review.begin()

    def end(self) -> None:
        """Stop looking for newer versions, and let the work that was begun come to its end."""
        self.current.end()
        if self.desks is not None:
            self.desks.end()
        if self.groups is not None:
            self.groups.end()
        if self.review is not None:
            self.review.end()
        if self.reports is not None:
            self.reports.end()
        self.workers.end()
        self.picture_workers.end()
        self.counters.end()


def service_of(request: Request) -> Service:
    """Return the service that answers a request."""
    service: Service = request.app.state.service
    return service


async def _asked(request: Request) -> Any:
    return service_of(request)


Asked = Annotated[Service, Depends(_asked)]
