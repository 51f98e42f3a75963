"""An audit asks its pairs of one reviewer; several may share a sample, at once or one after another."""

import zlib
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from eval.audit.answered import Answered, find_answered
from eval.audit.population import Population, pair_hashes, population_of
from eval.audit.sampling import LEAST_BUDGET, AuditSample, begin_sample
from eval.inputs.scores import Scores, check_provenance
from indexing.arrays import Ints1d
from indexing.product_index import ProductIndex
from reranking.labels.asking import AskedPair, SessionProgress
from reranking.labels.label import Label, PairVerdict, Purpose, Question, named
from reranking.labels.settled import check_catalogue, shown_of
from reranking.labels.store import LabelStore
from reranking.pairs.pair_files import cast_ids


@dataclass(frozen=True)
class AuditOptions:
    """They say how many labels an audit may spend, who is asked, the seed of a new sample, and the score from which pairs are called
    where the scores have no decisions."""

    budget: int
    reviewer: str
    seed: int = 0
    threshold: float | None = None


class AuditSession:
    """It is a `LabelSession` over the sample that a store has, or begins, of these scores."""

    def __init__(self, index: ProductIndex, scores: Scores, store: LabelStore, options: AuditOptions) -> None:
        """Raises InputError for scores or a store of other products, and for a sample that cannot be drawn."""
        check_provenance(scores, index_fingerprint=index.fingerprint, model_fingerprint=None)
        check_catalogue(store.path, [kept.label for kept in store.standing()], index.catalog)
        self._index, self._scores, self._store = index, scores, store
        self._sides = [
            index.catalog.positions(cast_ids(ids, index.catalog.ids.type, scores.path))
            for ids in (scores.left, scores.right)
        ]
        self._reviewer = named(options.reviewer)
        self.population: Population = population_of(scores, threshold=options.threshold)
        self._budget = min(options.budget, max(len(self.population), LEAST_BUDGET))  # more asks all there are
        self.sample: AuditSample = begin_sample(
            store, self.population, self._budget, seed=options.seed, threshold=options.threshold
        )
        self._row: int | None = None
        self._answered = self.answered()

    def answered(self) -> Answered:
        """Return what all reviewers answered of the sample until now."""
        return find_answered([kept.label for kept in self._store.standing()], self.sample.number, self.population)

    def next_pair(self) -> AskedPair | None:
        """Return the pair that is asked now, None when the budget is spent."""
        if self._row is None:
            self._answered = self.answered()
            rows = self._to_ask()
            self._row = int(rows[0]) if rows.size else None
        return None if self._row is None else self._pair(self._row)

    def answer(self, pair: AskedPair, verdict: PairVerdict) -> None:
        """Keep the verdict of the pair that was asked last."""
        assert self._row is not None, "no pair is asked"
        self._store.record(Label(pair.left, pair.right, verdict, self._reviewer, self._question(self._row)))
        self._row = None

    def undo(self) -> bool:
        """Take the reviewer's last answer in this sample back, so that its pair is asked next."""
        taken = self._store.undo(self._reviewer, Purpose.AUDIT, draw=self.sample.number)
        if taken is None:
            return False
        self._answered = self.answered()
        self._row = self._row_of(taken)
        return True

    def progress(self) -> SessionProgress:
        """Say how many pairs of the budget were asked, and how many match."""
        return SessionProgress(len(self._answered), max(self._budget, len(self._answered)), self._answered.matches)

    def _to_ask(self) -> Ints1d:
        salt = zlib.crc32(self._reviewer.encode())  # two who share the work seldom see the same pair
        return self.sample.to_ask(self._answered.rows, self._answered.targets, self._budget, salt=salt)

    def _pair(self, row: int) -> AskedPair:
        sides = [
            (ids[row].as_py(), int(at[row]))
            for ids, at in zip((self._scores.left, self._scores.right), self._sides, strict=True)
        ]
        (left, left_position), (right, right_position) = (
            sides if self.sample.chance[row] & np.uint64(1) else sides[::-1]
        )
        return AskedPair(left, right, left_position, right_position)

    def _question(self, row: int) -> Question:
        counts = self.sample.counts(self._answered.rows, self._answered.targets, self._budget)
        stratum = int(self.sample.strata.codes[row])
        made = self._scores.provenance
        (shown,) = shown_of(self._index.catalog, *self._in_id_order(row))
        return Question(
            Purpose.AUDIT,
            f"sample {self.sample.number}, stratum {stratum} of {len(self.sample.strata)}",
            min(float(self.sample.probabilities(counts)[stratum]), 1.0),
            self.sample.number,
            stratum,
            self._index.fingerprint,
            None if made is None else made.model_fingerprint,
            shown,
        )

    def _in_id_order(self, row: int) -> tuple[Ints1d, Ints1d]:
        """Return the positions of a pair's products, that of the smaller id first, as labels have them."""
        left, right = (side[row : row + 1] for side in self._sides)
        swapped = self._scores.left[row].as_py() > self._scores.right[row].as_py()
        return (right, left) if swapped else (left, right)

    def _row_of(self, label: Label) -> int:
        ids = partial(pa.array, type=self.population.id_type)
        return int(self.population.find(pair_hashes(ids([label.left]), ids([label.right])))[0])
