"""Boosters are trained on examples: signals are learned first, from the same pairs, out of fold; then rows lie in
memory or on disk."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Examples
from reranking.boosters.feature_blocks import FeatureBlocks, block_file
from reranking.model.train_options import TrainOptions
from reranking.pairs.evaluation_category import SideCodes
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.feature import FeatureFamily
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.learned.rival_lists import RivalPairs
from reranking.signals.learned.rivals import train_first_look
from reranking.signals.learned.stacking import Stacking
from reranking.signals.learned.words import train_words
from reranking.signals.signals import Signals, prepare_signals
from reranking.training.identifier_choice import compares_identifiers

BYTES_A_VALUE = 16  # of memory: a float32 and what XGBoost needs while it quantises; measured at a million pairs
DISK_A_VALUE = 6  # a float32 and XGBoost's own file of quantised values, which grows past a byte for want of packing
BLOCK_PAIRS = 65_536


def prepare_training_signals(
    index: ProductIndex,
    train: LabelledPairs,
    products: Ints1d,
    options: TrainOptions,
    *,
    cross: CrossFolds | None = None,
    least_matches: int | None = None,
    progress: Progress = silent,
) -> Signals:
    """Prepare the families for pairs of `products` (sorted positions); words and rivals are learned where the
    options ask for them, unless the matches are too few to learn them from (fewer than `least_matches`)."""
    learns = options.words or options.rivals
    count = len(index.catalog)
    stacking = Stacking.of(train, count, seed=options.seed, least=least_matches) if learns else None
    pairs = RivalPairs.of(index, products, index.views, index.k) if options.rivals and stacking else None
    mentioned = products if pairs is None else pairs.mentioned
    compares = compares_identifiers(index, options)
    signals = prepare_signals(index, mentioned, same_source=options.same_source, identifiers=compares)
    if options.words and stacking is not None:
        signals = _with_words(index, signals, stacking)
    if pairs is not None and stacking is not None:
        seen = signals.of_training_pairs(True)

        def compute(left: Ints1d, right: Ints1d) -> Floats2d:
            return seen.compute_all(left, right, stage="features first look", progress=progress)

        look = train_first_look(compute, signals.names, stacking, options=options.boosting, seed=options.seed)
        signals = signals.with_rivals(index, pairs, look, progress)
    return signals if cross is None else signals.with_cross(index, cross, products)


def _with_words(index: ProductIndex, signals: Signals, stacking: Stacking) -> Signals:
    source, pairs = signals.tokens(index), stacking.pairs
    rows = source.rows.rows(pairs.left), source.rows.rows(pairs.right)
    return signals.with_words(index, train_words(source, *rows, stacking))


@dataclass(frozen=True)
class TrainingRoom:
    """It says where features fit: `memory` bytes for those of training pairs, a folder for blocks where they need more.

    `announce` is told in one line what training needs, before it starts.
    """

    memory: int
    folder: Path
    announce: Callable[[str], None] = lambda line: None

    def holds(self, pairs: int, features: int) -> bool:
        """Say whether the features of that many pairs fit into memory."""
        return pairs * features * BYTES_A_VALUE <= self.memory

    def beside(self, pairs: int, features: int) -> "TrainingRoom":
        """Return what is left for another training while the features of so many pairs are kept; it announces nothing."""
        kept = pairs * features * BYTES_A_VALUE if self.holds(pairs, features) else 0
        return TrainingRoom(self.memory - kept, self.folder / "fold")

    def say(self, train: int, valid: int, features: int) -> None:
        """Announce what training on that many pairs needs."""
        kept = valid * features * BYTES_A_VALUE
        whole = train * features * BYTES_A_VALUE
        head = f"train: {train:,} pairs and {valid:,} for validation, {features} features: needs about "
        if self.holds(train, features):
            self.announce(f"{head}{human(whole + kept)} of memory")
        else:
            disk = human(train * features * DISK_A_VALUE)
            self.announce(f"{head}{human(kept + self.memory // 2)} of memory and {disk} of disk in {self.folder}")

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Leave nothing in the folder behind, whatever happens."""
        try:
            yield
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def make_examples(
    signals: Signals,
    pairs: LabelledPairs,
    codes: SideCodes,
    *,
    stage: str,
    weights: Floats1d | None = None,
    room: TrainingRoom | None = None,
    progress: Progress = silent,
) -> Examples:
    """Compute the features of pairs, whose categories are `codes`; without `room` in memory."""
    directions = tuple(feature.direction for feature in signals.features)
    if room is None or room.holds(len(pairs), len(directions)):
        features = signals.compute_all(pairs.left, pairs.right, stage=stage, progress=progress)
        return Examples(features, pairs.targets, codes.left, weights, directions, codes.right)
    blocks = write_feature_blocks(signals, pairs.left, pairs.right, room.folder, stage=stage, progress=progress)
    return Examples(blocks, pairs.targets, codes.left, weights, directions, codes.right)


def write_feature_blocks(
    family: FeatureFamily, left: Ints1d, right: Ints1d, folder: Path, *, stage: str, progress: Progress = silent
) -> FeatureBlocks:
    """Compute the features of pairs of positions (p,) into files of `folder`, one block in memory at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = tuple(range(0, len(left), BLOCK_PAIRS))
    progress(stage, 0, len(left))
    for number, start in enumerate(starts):
        part = slice(start, start + BLOCK_PAIRS)
        np.save(block_file(folder, number), family.compute(left[part], right[part]))
        progress(stage, min(start + BLOCK_PAIRS, len(left)), len(left))
    return FeatureBlocks(folder, starts, (len(left), len(family.features)))
