"""A tuned index is an engine as it is used: searched as hard as the asked recall needs, and what it shortens scored
again."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats2d
from indexing.search.faiss_index import FaissIndex
from indexing.search.index import Index
from indexing.search.neighbours import Neighbours, in_order
from indexing.search.recall import Recall, Truth, least_alone, recall, search_recalls
from indexing.vectors.rows import Rows

FETCHED = 4  # times k neighbours are asked of an engine of shortened vectors; the best k by the stored ones are kept


@dataclass(frozen=True)
class RescoredIndex:
    """It gives cosines of `rows` in place of those of an engine that shortens vectors: its own memory is not doubled,
    the stored vectors are on disk anyway."""

    engine: FaissIndex
    rows: Rows

    def __len__(self) -> int:
        return len(self.engine)

    def search(self, queries: Floats2d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return the k neighbours by exact cosine among those that the engine brings."""
        found = self.engine.search(queries, min(k * FETCHED, max(len(self), 1)), allowed=allowed)
        cosines = np.full(found.cosines.shape, np.nan, dtype=np.float32)
        for number, positions in enumerate(found.positions):
            there = positions >= 0
            cosines[number, there] = self.rows.take(positions[there]) @ np.asarray(queries[number], dtype=np.float32)
        ordered = in_order(found.positions, cosines)
        if ordered.k >= k:
            return ordered.first(k)
        room = ((0, 0), (0, k - ordered.k))
        return Neighbours(
            np.pad(ordered.positions, room, constant_values=-1), np.pad(ordered.cosines, room, constant_values=np.nan)
        )


def tuned(engine: FaissIndex, rows: Rows, effort: int | None) -> Index[Floats2d]:
    """Return the engine with its search parameter, scored again where its own cosines are not those of the vectors."""
    if effort is not None:
        engine.set_effort(effort)
    return engine if engine.whole_vectors else RescoredIndex(engine, rows)


@dataclass(frozen=True)
class Tuning:
    """It says the least effort that reaches the asked recall on a sample, or the most there is (None: the engine has
    none to choose), and the recall that it reaches."""

    effort: int | None
    recall: Recall

    def reaches(self, asked: float) -> bool:
        """Return whether the recall is surely as asked."""
        return self.recall.reaches(asked)


def tune(engine: FaissIndex, rows: Rows, truth: Truth, asked: float) -> Tuning:
    """Double the effort until the recall is reached, then halve the last step until it is as small as that allows.

    Of inverted lists it begins where the true neighbours' lists are looked at: fewer cannot find enough, whatever they hold, unless
    many of these tie with others, which count as well; more are needed only by vectors that are shortened. Searching for that takes
    minutes of a million products that are far apart.
    """
    if engine.effort is None:
        return Tuning(None, _measure(engine, rows, truth, None))
    least = _least_effort(engine, rows, truth, asked)
    low, high = 0 if truth.tied() > 1 - asked else least - 1, least
    tried = Tuning(high, _measure(engine, rows, truth, high))
    while not tried.reaches(asked) and high < engine.most_effort:
        low, high = high, min(high * 2, engine.most_effort)
        tried = Tuning(high, _measure(engine, rows, truth, high))
    while high - low > max(low // 8, 1):
        middle = (low + high) // 2
        other = Tuning(middle, _measure(engine, rows, truth, middle))
        low, high, tried = (low, middle, other) if other.reaches(asked) else (middle, high, tried)
        if not tried.reaches(asked):  # nothing reaches it: the most there is stays
            break
    engine.set_effort(tried.effort or 1)
    return tried


def _least_effort(engine: FaissIndex, rows: Rows, truth: Truth, asked: float) -> int:
    """Return an effort that is needed at least, found without a search."""
    centres = engine.centres()
    if centres is None:
        return 1
    return least_alone(truth, rows, centres, asked) or engine.most_effort


def _measure(engine: FaissIndex, rows: Rows, truth: Truth, effort: int | None) -> Recall:
    return recall(search_recalls(tuned(engine, rows, effort), rows, truth))
