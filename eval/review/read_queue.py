"""A scores file of any length is read into a queue in memory that does not grow with it.

Its pairs go to disk in parts, each with the pairs of the scores of before that may be the same; of every part, and of all of them together,
the nearest to a threshold are kept, of each category and of the fresh ones as many.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from eval.inputs.scores import Provenance, Scores, read_score_blocks
from eval.review.parted_pairs import ROW, PartedPairs
from eval.review.queue import QueueCounts, ReviewQueue
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.files.tables import open_table
from indexing.machine.progress import Progress, silent
from indexing.storage.scratch import scratch_folder

MOST_KEPT = 500_000
REST = "rest"  # the category of pairs that have none
Rows = npt.NDArray[np.void]


def check_scores(path: Path) -> None:
    """Raise InputError for a file that holds no scores, or cannot be opened, before it is read."""
    next(iter(read_score_blocks(path, rows=1)))


def read_queue(
    path: Path, catalog: Catalog, *, previous: Path | None = None, progress: Progress = silent, most: int = MOST_KEPT
) -> ReviewQueue:
    """Read the queue of a scores file: pairs of products that the catalogue has, each once, the `most` nearest ones.

    Fresh is what `previous` does not have; without it, nothing is. Thresholds are those that the file says of its making, or
    else the lowest score that its column `match` calls a match.
    Raises InputError for what is no scores file, or has neither.
    """
    total = sum(open_table(file).about_rows() for file in (path, previous) if file is not None)
    with scratch_folder() as folder:
        reader = _Reader(catalog, PartedPairs(folder, total), progress, total)
        progress("read scores", 0, total)
        reader.read(path)
        if previous is not None:
            reader.read_before(previous)
        return reader.queue(path, most, compared=previous is not None)


@dataclass
class _Categories:
    """It numbers the categories in the order in which they come, and follows what of each is called a match."""

    codes: dict[str, int] = field(default_factory=dict)
    lowest: Floats1d = field(default_factory=lambda: np.zeros(0))  # called score
    decided: bool = True

    def add(self, block: Scores) -> Ints1d:
        """Return the code (b,) of each pair of a block."""
        if block.categories is None:
            texts = pa.array([REST] * len(block.values), pa.large_string())
        else:
            texts = pc.fill_null(block.categories, REST)
        encoded = texts.dictionary_encode()
        own = [self.codes.setdefault(name, len(self.codes)) for name in encoded.dictionary.to_pylist()]
        indices = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        codes: Ints1d = np.array(own, dtype=np.int64)[indices]
        self.lowest = np.append(self.lowest, np.full(len(self.codes) - len(self.lowest), np.inf))
        called = block.decisions.get("match")
        if called is None:
            self.decided = False
        else:
            np.minimum.at(self.lowest, codes[called], block.values[called])
        return codes

    def thresholds(self, made: Provenance | None, path: Path) -> Floats1d:
        if made is not None and made.default_threshold is not None:
            return np.array([made.thresholds.get(name, made.default_threshold) for name in self.codes])
        if not self.decided:
            raise InputError(f"{path}: has neither thresholds nor a column 'match': score with heroic score")
        return self.lowest


class _Reader:
    def __init__(self, catalog: Catalog, parts: PartedPairs, progress: Progress, total: int) -> None:
        self.catalog, self.parts, self.progress, self.total = catalog, parts, progress, total
        self.categories = _Categories()
        self.made: Provenance | None = None
        self.rows = self.done = self.missing = self.odd = 0

    def read(self, path: Path) -> None:
        """Read the scores themselves."""
        for block in read_score_blocks(path):
            codes, self.made = self.categories.add(block), block.provenance
            left, right, usable = self._positions(block)
            self.rows += len(left)
            self.missing += int(((left < 0) | (right < 0)).sum())
            self.odd += int(((left == right) & (left >= 0)).sum())
            self.parts.add(left[usable], right[usable], block.values[usable], codes[usable])
            self._tell(len(left))

    def read_before(self, path: Path) -> None:
        """Read which pairs were scored before."""
        for block in read_score_blocks(path):
            left, right, usable = self._positions(block)
            self.parts.add_before(left[usable], right[usable])
            self._tell(len(left))

    def queue(self, path: Path, most: int, *, compared: bool) -> ReviewQueue:
        """Choose the nearest pairs of all parts."""
        thresholds = self.categories.thresholds(self.made, path)
        count = len(thresholds)
        pairs, fresh_pairs = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        kept, repeated = np.zeros(0, dtype=ROW), 0
        for part, repeats in self.parts.parts(compared=compared):
            self._tell(0)  # whoever follows may end it here too, as a server that is stopped does
            repeated += repeats
            pairs += np.bincount(part["code"], minlength=count)
            fresh_pairs += np.bincount(part["code"][part["fresh"]], minlength=count)
            kept = nearest(np.concatenate([kept, part]), thresholds, most)
        kept = kept[np.argsort(distances(kept, thresholds), kind="stable")]
        used, places = np.unique(np.concatenate([kept["left"], kept["right"]]), return_inverse=True)
        left, right = np.split(places.astype(np.int64), 2)
        return ReviewQueue(
            file=path.name,
            ids=self.catalog.ids.take(pa.array(used)),
            left=left,
            right=right,
            scores=kept["score"].astype(np.float64),
            codes=kept["code"].astype(np.int64),
            fresh=kept["fresh"].astype(np.bool_),
            names=tuple(self.categories.codes),
            thresholds=thresholds,
            pairs=pairs,
            fresh_pairs=fresh_pairs,
            counts=QueueCounts(self.rows, self.missing, self.odd + repeated, len(kept)),
            compared=compared,
            made=self.made,
        )

    def _positions(self, block: Scores) -> tuple[Ints1d, Ints1d, Bools1d]:
        left, right = (self.catalog.lookup.find(ids) for ids in (block.left, block.right))
        return left, right, (left >= 0) & (right >= 0) & (left != right)

    def _tell(self, rows: int) -> None:
        self.done += rows
        self.progress("read scores", min(self.done, self.total), self.total)


def nearest(rows: Rows, thresholds: Floats1d, most: int) -> Rows:
    """Return the `most` rows that are nearest to the threshold of their category, of each category, and of its fresh pairs and the
    others, as many as of any other, where it has so many."""
    if len(rows) <= most:
        return rows
    part = rows["code"].astype(np.int64) * 2 + rows["fresh"]
    away = _away(rows, thresholds)
    order = np.lexsort((away, part))
    begins = np.flatnonzero(np.diff(part[order], prepend=-1))
    ranks = np.arange(len(rows)) - np.repeat(begins, np.diff(np.append(begins, len(rows))))
    return rows[order[np.argsort(ranks, kind="stable")[:most]]]


def distances(rows: Rows, thresholds: Floats1d) -> Floats1d:
    """Return how far each row's score is from its threshold; from the best score of the category where nothing is called a match."""
    best = np.full(len(thresholds), -np.inf)
    np.maximum.at(best, rows["code"], rows["score"])
    limits = np.where(np.isfinite(thresholds), thresholds, best)
    return np.asarray(np.abs(rows["score"] - limits[rows["code"]]), dtype=np.float64)


def _away(rows: Rows, thresholds: Floats1d) -> Floats1d:
    """Return what grows with the distance within a category."""
    limits = thresholds[rows["code"]]
    return np.where(np.isfinite(limits), np.abs(rows["score"] - limits), -rows["score"])
