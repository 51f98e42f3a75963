"""How hard a server searches a view, and what recall that reaches, is measured beside comparing with everybody."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.publishing.milvus_index import EFFORTS, MilvusIndex
from indexing.publishing.part import index_type
from indexing.publishing.publication import MeasuredRecall
from indexing.search.neighbours import without_self
from indexing.search.recall import Recall, Truth, draw_sample, recall, recall_by, true_neighbours

TUNED_ON, MEASURED_ON = 500, 1500  # products; the effort is chosen on the first, and told is what others reach
LEAST = {"ef": 32, "search_list": 32, "nprobe": 1}
MOST_EFFORT = 2048
AT_ONCE = 64


@dataclass(frozen=True)
class Measuring:
    """It measures searches of one view by products of the index, of which each is to find its `k` neighbours."""

    index: ProductIndex
    view: str
    asked: float
    k: int
    progress: Progress

    @cached_property
    def _truth(self) -> Truth:
        drawn = draw_sample(len(self.index.catalog), TUNED_ON + MEASURED_ON, seed=self.index.made.seed)
        self.progress(f"compare {self.view}", 0, len(drawn))
        lexical = self.index.lexical if self.view == "lexical" else None
        if lexical is None:
            truth = true_neighbours(self.index.rows(self.view), drawn, self.k)
        else:
            found = lexical.search(lexical.matrix[drawn], self.k + 1)
            truth = Truth(drawn, without_self(found, drawn, self.k))
        self.progress(f"compare {self.view}", len(drawn), len(drawn))
        return truth

    def tuned(self, searched: MilvusIndex) -> MilvusIndex:
        """Return the index that searches as little as the asked recall needs, or as much as it can."""
        kind = searched.view.index
        name = EFFORTS.get(kind)
        if name is None:
            return searched
        lists = index_type(kind, searched.view.rows, searched.view.dim).params.get("nlist", MOST_EFFORT)
        effort, most = LEAST[name], min(MOST_EFFORT, int(lists))
        half = self._part(0, TUNED_ON)
        while True:
            tried = _with_effort(searched, effort)
            if effort >= most or self._reached(tried, half).reaches(self.asked):
                return tried
            effort = min(2 * effort, most)

    def measure(self, searched: MilvusIndex) -> tuple[MeasuredRecall, bool]:
        """Return the recall of products that nothing was chosen on (of all, where they are few), overall and by category,
        and whether it may be as asked: it is, or misses it by less than two standard errors."""
        truth = self._part(TUNED_ON, TUNED_ON + MEASURED_ON)
        recalls = self._recalls(searched, truth)
        overall = recall(recalls)
        codes, names = self.index.catalog.category_codes()
        known = overall.queries > 0
        measured = MeasuredRecall(
            self.asked,
            self.k,
            round(overall.mean, 4) if known else None,
            round(overall.error, 4) if known else None,
            overall.queries,
            recall_by(recalls, codes[truth.sample], names),
        )
        return measured, not known or overall.mean + 2 * overall.error >= self.asked

    def _part(self, start: int, stop: int) -> Truth:
        few = len(self._truth.sample) < TUNED_ON + MEASURED_ON
        return self._truth if few else self._truth.part(start, stop)

    def _reached(self, searched: MilvusIndex, truth: Truth) -> Recall:
        return recall(self._recalls(searched, truth))

    def _recalls(self, searched: MilvusIndex, truth: Truth) -> Any:
        found = []
        for start in range(0, len(truth.sample), AT_ONCE):
            part = truth.part(start, start + AT_ONCE)
            got = searched.search(searched.rows.take(part.sample), self.k + 1)
            found.append(part.recalls(without_self(got, part.sample, self.k)))
            self.progress(f"measure {self.view}", min(start + AT_ONCE, len(truth.sample)), len(truth.sample))
        return np.concatenate(found) if found else np.zeros(0)


def _with_effort(searched: MilvusIndex, effort: int) -> MilvusIndex:
    return replace(searched, view=replace(searched.view, effort=effort))
