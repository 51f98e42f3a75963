"""The desk takes decisions of groups, in one thread that has the file of decisions open, and says which there are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from indexing.catalog.catalog import Catalog
from indexing.storage.event_file import which_file
from reranking.grouping.decision_store import DecisionStore, open_decisions
from reranking.grouping.members import GroupMembers
from reranking.labels.settled import id_column
from scripts.serve.engine.limits import Limits
from scripts.serve.engine.workers import Workers
from scripts.serve.groups.board import GroupBoard, GroupSources, OpenedGroups
from scripts.serve.groups.decided import DecidedGroup

Found = TypeVar("Found")


@dataclass(frozen=True)
class _Counted:
    """It is how many standing decisions name a product of which group, as of an event and a version of the groups."""

    event: int
    version: str
    by_group: dict[int, int]


NOTHING = _Counted(-1, "", {})


class GroupDesk:
    """It has the board that groups stand on, and a thread of its own for the file of decisions, as SQLite wants."""

    def __init__(self, sources: GroupSources, limits: Limits) -> None:
        """Make the file of decisions where there is none. Raises InputError for files that are not what they should be."""
        self.board = GroupBoard(sources)
        self.sources = sources
        self._busy_s = limits.work_s / 2  # so that a file that is locked is told before the answer is too late
        self._workers = Workers(1, limits.waiting, limits.work_s)
        self._store: DecisionStore | None = None
        self._file: tuple[int, int] | None = None
        self._counted = NOTHING
        if sources.decisions is not None:
            open_decisions(sources.decisions, create=True).close()

    @property
    def decides(self) -> bool:
        return self.sources.decisions is not None

    async def do(self, work: Callable[[DecisionStore], Found]) -> Found:
        """Return what `work` makes of the open file. Raises what it raises, Busy and TooLate."""
        return await self._workers.do(self._work, work)

    async def about(self, members: GroupMembers, number: int, catalog: Catalog) -> DecidedGroup:
        """Return what stands about the products of a group, as the catalogue has them; nothing without a file. One decision
        after another is read, and the ids of a large group are listed by the thread of the file, not by the one that answers
        everybody."""
        own = members.of_group(number)
        if not self.decides:
            return DecidedGroup.nothing(len(own))

        def work(store: DecisionStore) -> DecidedGroup:
            decisions = store.about(own.to_pylist())
            return DecidedGroup.of(members, own, decisions, lambda seq: store.seen(seq).retitled(catalog))

        return await self.do(work)

    async def counts(self, opened: OpenedGroups) -> dict[int, int]:
        """Return how many standing decisions name a product of which group, where any does."""
        return await self.do(lambda store: self._count(store, opened)) if self.decides else {}

    def end(self) -> None:
        """Close the file; what was decided is in it already."""
        self._workers.end(self._close)

    def _work(self, work: Callable[[DecisionStore], Found]) -> Found:
        assert self.sources.decisions is not None
        file = which_file(self.sources.decisions)
        if self._store is None or file != self._file:  # what is written into a file that was replaced would be lost
            self._close()
            self._store, self._file = open_decisions(self.sources.decisions, busy_s=self._busy_s), file
            self._counted = NOTHING
        return work(self._store)

    def _count(self, store: DecisionStore, opened: OpenedGroups) -> dict[int, int]:
        event = store.last_event()
        if (event, opened.version) != (self._counted.event, self._counted.version):
            seqs, ids = store.named_products()
            members = opened.linked.members
            places = members.find(id_column(ids))
            known = places >= 0
            couples = np.column_stack([members.groups[places[known]], np.array(seqs, dtype=np.int64)[known]])
            groups, counts = np.unique(np.unique(couples, axis=0)[:, 0], return_counts=True)
            by_group = dict(zip(groups.tolist(), counts.tolist(), strict=True))
            self._counted = _Counted(event, opened.version, by_group)
        return self._counted.by_group

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
