"""The rows that boosters are trained on: their features in memory or, where these do not fit, in blocks on disk."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from reranking.boosters.boosting import Examples
from reranking.boosters.feature_blocks import write_feature_blocks
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.signals import Signals

BYTES_A_VALUE = 16  # of memory: a float32 and what XGBoost needs while it quantises; measured at a million pairs
DISK_A_VALUE = 6  # a float32 and XGBoost's own file of quantised values, which grows past a byte for want of packing


@dataclass(frozen=True)
class TrainingRoom:
    """`memory` bytes for the features of the training pairs, and the folder for blocks where they need more.

    `announce` is told in one line what training needs, before it starts.
    """

    memory: int
    folder: Path
    announce: Callable[[str], None] = lambda line: None

    def holds(self, pairs: int, features: int) -> bool:
        """Whether the features of that many pairs fit into memory."""
        return pairs * features * BYTES_A_VALUE <= self.memory

    def say(self, train: int, valid: int, features: int) -> None:
        """What training on that many pairs needs."""
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
    codes: Ints1d,
    *,
    stage: str,
    weights: Floats1d | None = None,
    room: TrainingRoom | None = None,
    progress: Progress = silent,
) -> Examples:
    """Compute the features of pairs, whose category codes are `codes` (p,); without `room` in memory."""
    directions = tuple(feature.direction for feature in signals.features)
    if room is None or room.holds(len(pairs), len(directions)):
        features = signals.compute_all(pairs.left, pairs.right, stage=stage, progress=progress)
        return Examples(features, pairs.targets, codes, weights, directions)
    blocks = write_feature_blocks(signals, pairs.left, pairs.right, room.folder, stage=stage, progress=progress)
    return Examples(blocks, pairs.targets, codes, weights, directions)
