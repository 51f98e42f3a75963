"""Parts of the pairs are scored wherever there are workers; their scores come back in the order of the pairs file."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from indexing.arrays import Floats1d
from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.running.parts import Parts, put_array, read_array, tasks_ahead
from indexing.running.tasks import Counts, Runner, Task, finished
from indexing.shared_index import open_same_index, shared_place
from indexing.storage.scratch import scratch_folder, scratch_output
from reranking.boosters.boosting import on_device
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker
from reranking.model.scoring.counted_parts import count_in_parts, read_counted
from reranking.model.scoring.pair_parts import Division, pairs_name, read_part, rows_by_part, write_parts
from reranking.pairs.evaluation_category import side_categories
from reranking.pairs.positioned_blocks import PositionedBlock
from reranking.signals.counted_catalogue import CountedCatalogue

BLOCK_PAIRS = 65_536
MODEL = "model.zip"


@dataclass(frozen=True)
class Scoring:
    """It is what all parts need, opened: the index and what was counted of it, the model, and where parts are."""

    index: ProductIndex
    counted: CountedCatalogue
    model: XgboostReranker
    parts: Parts


@dataclass(frozen=True)
class ScoringRecipe:
    """It opens the index in a folder, or in a store, if it still has this fingerprint, and the model that is kept with the
    parts."""

    index: str
    fingerprint: str
    parts: Parts

    def open(self) -> Scoring:
        """Raise InputError where this machine does not see the index, or sees another one."""
        index = open_same_index(self.index, self.fingerprint)
        with scratch_folder() as folder:
            with zipfile.ZipFile(self.parts.local(MODEL)) as packed:
                packed.extractall(folder)
            model = load_reranker(folder / "model")
        on_device(model.members, "cpu")
        return Scoring(index, read_counted(index, self.parts), model, self.parts)


def score_part(task: Task, scoring: Scoring) -> Counts:
    """Score the pairs of a part, prepared for their products alone, and keep their scores."""
    left, right, named = read_part(scoring.parts.local(pairs_name(task.number)))
    scores = np.empty(len(left), dtype=np.float32)
    if len(left):
        products = np.unique([left, right])
        scorer = PairScorer.prepare(scoring.index, scoring.model, products, counted=scoring.counted, many=True)
        for start in range(0, len(left), BLOCK_PAIRS):
            block = slice(start, start + BLOCK_PAIRS)
            own, other = left[block], right[block]
            sides = side_categories(scoring.index.catalog, own, other, scoring.model.mapping, named[block])
            scores[block] = scoring.model.score(scorer.features(own, other), sides)
    put_array(scoring.parts, scores_name(task.number), scores)
    return {"pairs": len(scores)}


def scores_name(number: int) -> str:
    """Return the name of a part's scores."""
    return f"scores_{number:05d}.npy"


@dataclass(frozen=True)
class ScoredParts:
    """It scores the pairs of an index with a model in parts, by a runner; those that are there are not made again."""

    index: ProductIndex
    model: XgboostReranker
    division: Division
    parts: Parts
    runner: Runner

    def run(self, blocks: Iterator[PositionedBlock], pairs: int, progress: Progress) -> None:
        """Score all parts of the pairs in these blocks. Raises Unfinished for one that cannot be."""
        tasks = self.division.tasks()
        self.parts.make()
        ahead = tasks_ahead(self.parts, tasks, scores_name)
        if not ahead:
            return
        if self.parts.missing([pairs_name(task.number) for task in ahead]):
            write_parts(blocks, self.division, self.parts)
        if not self.parts.has(MODEL):
            self._put_model()
        count_in_parts(self.index, self.parts, self.runner, progress)
        recipe = ScoringRecipe(shared_place(self.index.folder), self.index.fingerprint, self.parts)
        done = len(tasks) - len(ahead)
        for _ in finished(self.runner.map(score_part, ahead, recipe)):
            done += 1
            progress("score", pairs * done // len(tasks), pairs)  # parts are about equal

    def _put_model(self) -> None:
        """Keep the model with the parts, as one file."""

        def write(file: BinaryIO) -> None:
            with zipfile.ZipFile(file, "w") as packed:
                for path in sorted((folder / "model").rglob("*")):
                    packed.write(path, path.relative_to(folder))

        with scratch_folder() as folder, scratch_output(folder):
            save_reranker(self.model, folder / "model")
            self.parts.put(MODEL, write)

    def in_order(self, blocks: Iterator[PositionedBlock]) -> Iterator[tuple[PositionedBlock, Floats1d]]:
        """Yield the blocks of the pairs file with their scores (p,)."""
        scores: dict[int, Any] = {}
        at = np.zeros(self.division.parts, dtype=np.int64)
        for block in blocks:
            found = np.empty(len(block.left), dtype=np.float32)
            for number, rows in rows_by_part(self.division, block.left):
                if number not in scores:
                    scores[number] = read_array(self.parts, scores_name(number))
                found[rows] = scores[number][at[number] : at[number] + len(rows)]
                at[number] += len(rows)
            yield block, found
