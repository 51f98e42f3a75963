"""A session asks one reviewer the pairs whose labels teach most, always a batch ahead: while some are answered, a committee learns
what was answered before, and chooses the next."""

import zlib
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from reranking.asking.ahead import Ahead
from reranking.asking.batch import SIZE, Chosen
from reranking.asking.claims import Claims
from reranking.asking.planning import AskingPlan, AskingPlanner
from reranking.asking.pool import QuestionPool
from reranking.asking.pool_rows import PoolRows
from reranking.labels.agreement import Dispute, measure_agreement
from reranking.labels.asking import AskedPair, SessionProgress
from reranking.labels.label import Label, PairVerdict, Purpose, Question, named
from reranking.labels.settled import SettledPairs, check_catalogue, of_purpose, settle, shown_of, verdicts_by_pair
from reranking.labels.store import LabelStore
from reranking.labels.trend import Trend

NOTE, CONTENT = "learning", "pairs of heroic label"
DISPUTE = "in dispute"  # why a pair is asked again
TREND = 50  # labels over which a trend is told


@dataclass(frozen=True)
class LearningOptions:
    """They say who is asked; how many pairs are labelled in all, those of before and of others among them; the fingerprint of the model
    whose scores the pool's weak scores are, if any; and the seed of what chance decides."""

    reviewer: str
    budget: int
    model_fingerprint: str | None = None
    seed: int = 0


class LearningSession:
    """It is a `LabelSession` over a pool of an index's candidates."""

    def __init__(self, index: ProductIndex, pool: QuestionPool, store: LabelStore, options: LearningOptions) -> None:
        """Raises InputError for a store of other products, and a reviewer without a name."""
        self._index, self._pool, self._store, self._options = index, pool, store, options
        self._reviewer = named(options.reviewer)
        self._rows, self._trend = PoolRows(index.catalog, pool), Trend(store)
        self._read()
        self._refuse_other()
        self._claims = Claims(store, self._reviewer)
        self._draw = store.add_note(NOTE, CONTENT)
        self._steps = 0  # of this session: each batch has another seed
        self._ahead: Ahead[AskingPlan] = Ahead()
        self._queue: deque[Chosen] = deque()
        self._reserve: deque[Chosen] = deque()
        self._asked: AskedPair | None = None
        self._chosen: Chosen | None = None  # of what is asked, unless it is no pair of the pool
        self._in_doubt = 0

    def _refuse_other(self) -> None:
        """Raise InputError where the store's labels are of another catalogue."""
        catalog, path = self._index.catalog, self._store.path
        check_catalogue(path, self._standing, catalog)
        own = pa.types.is_integer(catalog.ids.type)
        if self._standing and isinstance(self._standing[0].left, int) != own:
            names = ("integers", "text") if own else ("text", "integers")
            raise InputError(
                f"{path}: its ids are {names[1]}, those of the index are {names[0]}: label each catalogue in a store of its own"
            )

    def next_pair(self) -> AskedPair | None:
        """Return the pair that is asked now; None when the budget is spent or the pool is empty."""
        if self._asked is None and self._labelled < self._options.budget:
            self._chosen = self._next()
            self._asked = None if self._chosen is None else self._rows.shown(self._chosen.row, self._options.seed)
        if self._asked is not None and not self._ahead.busy and len(self._queue) <= SIZE // 2:
            self._ahead.begin(self._planner())
        return self._asked

    def next_pairs(self, most: int) -> list[AskedPair]:
        """Return the pair that is asked now and those that are likely to be asked after it, at most so many and as far as they are chosen:
        nobody else is asked them meanwhile."""
        first = self.next_pair()
        if first is None:
            return []
        left = min(most, self._options.budget - self._labelled) - 1
        return [first, *(self._rows.shown(one.row, self._options.seed) for one in list(self._queue)[: max(left, 0)])]

    def turn_to(self, pair: AskedPair) -> None:
        """Ask this one of `next_pairs` now; the one that is asked comes after it."""
        found = next((one for one in self._queue if self._rows.shown(one.row, self._options.seed) == pair), None)
        if pair == self._asked or found is None:
            return
        self._queue.remove(found)
        if self._chosen is not None:
            self._queue.appendleft(self._chosen)
        self._asked, self._chosen = pair, found

    def answer(self, pair: AskedPair, verdict: PairVerdict) -> None:
        """Keep the verdict of the pair that was asked last."""
        assert self._asked is not None, "no pair is asked"
        chosen = self._chosen
        why, probability = ("", None) if chosen is None else (chosen.why, chosen.probability)
        self._store.record(
            Label(pair.left, pair.right, verdict, self._reviewer, self._question(pair, why, probability))
        )
        self._asked = self._chosen = None
        self._steps += 1
        self._read()

    def undo(self) -> bool:
        """Take the reviewer's last answer here back, so that its pair is asked next, if the index still has both products."""
        taken = self.take_back()
        if taken is None:
            return False
        (left, right), (row,) = (
            self._rows.positions([(taken.left, taken.right)])[0],
            self._rows.of_ids([(taken.left, taken.right)]),
        )
        if left >= 0 and right >= 0:
            if self._chosen is not None:
                self._queue.appendleft(self._chosen)
            question, known = taken.question, row >= 0
            stored = AskedPair(taken.left, taken.right, int(left), int(right))
            self._asked = self._rows.shown(int(row), self._options.seed) if known else stored  # turned as it was
            self._chosen = Chosen(int(row), question.why, question.probability) if known else None
        return True

    def take_back(self) -> Label | None:
        """Take the reviewer's last answer here back, whatever is asked next; None when there is none."""
        taken = self._store.undo(self._reviewer, Purpose.LEARNING, draw=self._draw)
        self._read()
        return taken

    def disputes(self) -> list[tuple[AskedPair, Dispute]]:
        """Return the pairs of the index of which sure reviewers say different things, with what each says."""
        self._read()
        found = measure_agreement(of_purpose(self._standing, Purpose.LEARNING)).disputes
        places = self._rows.positions([(one.left, one.right) for one in found])
        there = (
            (AskedPair(one.left, one.right, *map(int, place)), one) for one, place in zip(found, places, strict=True)
        )
        return [(pair, one) for pair, one in there if pair.left_position >= 0 and pair.right_position >= 0]

    def judge(self, pair: AskedPair, verdict: PairVerdict) -> None:
        """Keep a verdict of a pair in dispute, which counts in the place of what the reviewer said of it before."""
        self._store.record(Label(pair.left, pair.right, verdict, self._reviewer, self._question(pair, DISPUTE, None)))
        self._steps += 1
        self._read()

    def progress(self) -> SessionProgress:
        """Say how many pairs of the budget are labelled, how many match, and what the committee makes of them."""
        total = max(self._options.budget, self._labelled)
        learning = of_purpose(self._standing, Purpose.LEARNING)
        own = {(label.left, label.right) for label in learning if label.reviewer == self._reviewer}
        return SessionProgress(self._labelled, total, self._matches, self._note(), len(own), self._estimates)

    def wait(self) -> None:
        """Wait for the committee before the next batch, so that what is asked does not hang on how fast answers come."""
        if self._ahead.busy and not self._queue:
            self._follow(self._ahead.take())

    def asked_by_others(self) -> int:
        """Return how many pairs of the pool are not asked here because other sessions ask them now, and nobody answered yet."""
        self._read()
        return len(self._rows.among(self._claims.of_others() - self._answered))

    def end(self) -> None:
        """Leave to others what was to be asked next. Where the store cannot be written, they get it an hour later."""
        with suppress(InputError):
            self._claims.release()

    def _next(self) -> Chosen | None:
        """Return what is asked next: by the newest plan there is, without waiting for a newer one as long as anything is left of it;
        None when a plan by what is known now has nothing."""
        if self._ahead.ready and not self._queue:
            self._follow(self._ahead.take())
        while (chosen := self._first()) is None:  # the first question, the end of a pool, or others were faster
            newest = not self._ahead.busy
            if newest:
                self._ahead.begin(self._planner())
            plan = self._ahead.take()
            self._follow(plan)
            if newest and not plan.batch:
                return None
        return chosen

    def _first(self) -> Chosen | None:
        """Return the first pair that the plan has and that still nobody else is asked or answered, None where nothing is left of it."""
        while self._queue or self._reserve:
            if not self._queue:
                self._queue.extend(self._reserve.popleft() for _ in range(min(SIZE, len(self._reserve))))
            self._queue = self._claimed(self._queue)
            if self._queue:
                return self._queue.popleft()
        return None

    def _follow(self, plan: AskingPlan) -> None:
        """Ask by a plan from now on."""
        self._queue, self._reserve = deque(plan.batch), deque(plan.reserve)
        self._in_doubt = plan.in_doubt
        if plan.expected_f1 is not None:
            self._trend.add(plan.labels, plan.expected_f1)

    def _claimed(self, chosen: Iterable[Chosen]) -> "deque[Chosen]":
        """Return those of the chosen pairs that nobody answered meanwhile and no other session was faster to claim."""
        pairs = {self._rows.ids(one.row): one for one in chosen}
        own = self._claims.claim(pairs.keys() - self._answered)
        return deque(one for pair, one in pairs.items() if pair in own)

    def _planner(self) -> AskingPlanner:
        """Return the work of planning by what the store has now; it needs nothing more of the session."""
        left, right = (self._index.catalog.lookup.find(side) for side in (self._settled.left, self._settled.right))
        there = (left >= 0) & (right >= 0)
        left, right, targets = left[there], right[there], self._settled.targets[there]
        closed = self._closed()
        closed[[chosen.row for chosen in self._waiting()]] = True
        salt = zlib.crc32(self._reviewer.encode())
        seed = int(np.random.SeedSequence([self._options.seed, salt, self._steps]).generate_state(1)[0])
        rows = self._rows.of_positions(left, right)
        return AskingPlanner(self._pool, left, right, targets, rows, closed, len(self._index.catalog), seed)

    def _waiting(self) -> Iterable[Chosen]:
        """Return the pairs that are asked before the next plan."""
        return [*self._queue, *([] if self._chosen is None else [self._chosen])]

    def _closed(self) -> Bools1d:
        """Return which rows of the pool nobody is to be asked: somebody answered them, or is being asked."""
        closed = np.zeros(len(self._pool), dtype=bool)
        closed[self._rows.among(self._answered | self._claims.of_others())] = True
        return closed

    def _read(self) -> None:
        """Read what the store has now, other reviewers' answers too."""
        self._standing = [kept.label for kept in self._store.standing()]
        self._answered = {(label.left, label.right) for label in self._standing}
        self._settled: SettledPairs = settle(self._standing, self._store.path)
        self._labelled = len(verdicts_by_pair(of_purpose(self._standing, Purpose.LEARNING)))
        self._matches = int(self._settled.targets.sum())
        self._trend.read()

    @property
    def _estimates(self) -> tuple[tuple[int, float], ...]:
        """Return what this session and those before and beside it estimated: labels and expected F1."""
        return self._trend.up_to(self._labelled)

    def _question(self, pair: AskedPair, why: str, probability: float | None) -> Question:
        places = np.array([pair.left_position]), np.array([pair.right_position])
        turned = pair.left > pair.right  # type: ignore[operator]  # ids of one type
        (shown,) = shown_of(self._index.catalog, *(places[::-1] if turned else places))
        return Question(
            Purpose.LEARNING,
            why,
            probability,
            self._draw,
            None,
            self._index.fingerprint,
            self._options.model_fingerprint,
            shown,
        )

    def _note(self) -> str:
        estimates = self._estimates
        if not estimates:
            return "no estimate yet"
        labels, now = estimates[-1]
        before = [value for count, value in estimates if count <= labels - TREND]
        trend = f" ({now - before[-1]:+.2f} in {TREND} labels)" if before else ""
        return f"F1 {now:.2f} by its own estimate{trend}, {self._in_doubt:,} pairs in doubt"
