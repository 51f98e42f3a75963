"""Features of training pairs are computed in parts, wherever there are workers, and come back in the order of the pairs."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.running.parts import PartFolder, put_array, read_array, tasks_ahead
from indexing.running.tasks import Counts, Runner, Task, finished
from indexing.shared_index import open_same_index, shared_place
from reranking.model.scoring.counted_parts import count_in_parts, read_counted
from reranking.model.scoring.pair_parts import divide
from reranking.signals.counted_catalogue import CountedCatalogue
from reranking.signals.signals import Signals, prepare_signals
from reranking.signals.stacked import Learned
from reranking.training.apart.learned_files import LearnedFiles, write_learned

PART_PAIRS = 250_000
PAIRS = "pairs.npy"


@dataclass(frozen=True)
class SignalKind:
    """It says how signals are prepared besides what they learned, whether the first look alone reads the words (`unshown_words`),
    whether for pairs that they learned from (`among`), and whether as if the catalogue had no other offers of them (`thinned`)."""

    same_source: bool
    identifiers: bool
    unshown_words: bool = False
    among: bool = False
    thinned: bool = False

    def prepare(
        self, index: ProductIndex, products: Ints1d, learned: Learned, counted: CountedCatalogue | None = None
    ) -> Signals:
        """Prepare them for pairs of `products` (sorted positions), by what was `counted` of the catalogue where that is known."""
        signals = prepare_signals(
            index,
            products,
            same_source=self.same_source,
            identifiers=self.identifiers,
            learned=learned,
            counted=counted,
        )
        shown = signals.without({"words"}) if self.unshown_words else signals
        read = shown.of_training_pairs(self.among)
        return read.in_thinned_catalogue() if self.thinned else read


@dataclass(frozen=True)
class FeatureMaking:
    """It is what all parts need, opened: the index and what was counted of it, what was learned, and where parts are."""

    index: ProductIndex
    counted: CountedCatalogue
    learned: Learned
    kind: SignalKind
    parts: PartFolder


@dataclass(frozen=True)
class FeatureRecipe:
    """It opens the index in a folder, or in a store, if it still has this fingerprint, what was `counted` of it, and what was learned,
    which is kept with the parts."""

    index: str
    fingerprint: str
    counted: PartFolder
    files: LearnedFiles
    kind: SignalKind
    parts: PartFolder

    def open(self) -> FeatureMaking:
        """Raise InputError where this machine does not see the index, or sees another one."""
        index = open_same_index(self.index, self.fingerprint)
        counted = read_counted(index, self.counted)
        return FeatureMaking(index, counted, self.files.read(self.parts), self.kind, self.parts)


def compute_part(task: Task, making: FeatureMaking) -> Counts:
    """Compute the features of a part's pairs, prepared for their products alone, and keep them."""
    pairs = np.asarray(read_array(making.parts, PAIRS)[:, task.first : task.last], dtype=np.int64)
    signals = making.kind.prepare(making.index, np.unique(pairs), making.learned, making.counted)
    put_array(making.parts, features_name(task.number), signals.compute_all(pairs[0], pairs[1], stage="features"))
    return {"pairs": pairs.shape[1]}


def features_name(number: int) -> str:
    """Return the name of a part's features."""
    return f"features_{number:05d}.npy"


@dataclass(frozen=True)
class DividedPairs:
    """It holds pairs (p,) in the order of their parts, where each of them stood (`rows`), and the parts as tasks."""

    left: Ints1d
    right: Ints1d
    rows: Ints1d
    tasks: tuple[Task, ...]

    @classmethod
    def of(cls, index: ProductIndex, left: Ints1d, right: Ints1d) -> "DividedPairs":
        """Divide the pairs by their left products, into the same parts whoever computes them."""
        division = divide(index, np.bincount(left, minlength=len(index.catalog)), size=PART_PAIRS)
        part_of = division.part_of[left]
        rows = np.argsort(part_of, kind="stable")
        edges = np.searchsorted(part_of[rows], np.arange(division.parts + 1))
        tasks = tuple(
            Task(number, int(first), int(last), f"the features of {last - first:,} pairs")
            for number, (first, last) in enumerate(pairwise(edges))
            if last > first
        )
        return cls(left[rows], right[rows], rows, tasks)

    @property
    def digest(self) -> str:
        """Return what changes with any pair, and with how they are divided."""
        digest = sha256()
        for array in (self.left, self.right, self.rows, np.array([task.first for task in self.tasks])):
            digest.update(np.ascontiguousarray(array, dtype=np.int64).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class FeatureParts:
    """It has the features (p, f) of divided pairs computed by a runner; parts that are there are not made again, nor is the catalogue
    `counted` again."""

    index: ProductIndex
    counted: PartFolder
    learned: Learned
    kind: SignalKind
    pairs: DividedPairs
    parts: PartFolder
    runner: Runner

    def run(self, stage: str, progress: Progress) -> None:
        """Have all parts computed. Raises Unfinished for one that cannot be."""
        tasks, count = self.pairs.tasks, len(self.pairs.left)
        self.parts.make()
        ahead = tasks_ahead(self.parts, tasks, features_name)
        if ahead:
            self.counted.make()
            count_in_parts(self.index, self.counted, self.runner, progress)
        done = count - sum(task.last - task.first for task in ahead)
        progress(stage, done, count)
        if not ahead:
            return
        put_array(self.parts, PAIRS, np.stack([self.pairs.left, self.pairs.right]))
        place, files = shared_place(self.index.folder), write_learned(self.learned, self.parts)
        recipe = FeatureRecipe(place, self.index.fingerprint, self.counted, files, self.kind, self.parts)
        for outcome in finished(self.runner.map(compute_part, ahead, recipe)):
            done += outcome.task.last - outcome.task.first
            progress(stage, done, count)

    def fill(self, out: Floats2d) -> None:
        """Put the features into `out` (p, f), in the order that the pairs had."""
        for task in self.pairs.tasks:
            out[self.pairs.rows[task.first : task.last]] = self._read(task)

    def of_rows(self, places: Ints1d) -> Floats2d:
        """Return the features (r, f) of the pairs at these `places` (r,) of the order of parts."""
        tasks = self.pairs.tasks
        of_task = np.searchsorted([task.first for task in tasks], places, side="right") - 1
        found = [(np.flatnonzero(of_task == number), tasks[number]) for number in np.unique(of_task)]
        parts = [(here, self._read(task)[places[here] - task.first]) for here, task in found]
        out = np.empty((len(places), parts[0][1].shape[1]), dtype=np.float32)
        for here, features in parts:
            out[here] = features
        return out

    def _read(self, task: Task) -> Floats2d:
        return read_array(self.parts, features_name(task.number))  # type: ignore[return-value]
