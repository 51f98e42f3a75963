"""Boosters are trained on examples: signals are learned first, from the same pairs, out of fold; then rows lie in
memory or on disk."""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import boost
from reranking.boosters.ensemble import Boost
from reranking.boosters.examples import Examples
from reranking.boosters.feature_blocks import FeatureBlocks, write_feature_blocks
from reranking.model.train_options import TrainOptions
from reranking.pairs.evaluation_category import SideCodes
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.feature import Feature
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.learned.gate import CrossGate
from reranking.signals.learned.rival_lists import RivalPairs
from reranking.signals.learned.rivals import FirstLook, train_first_look
from reranking.signals.learned.stacking import Stacking
from reranking.signals.learned.word_training import train_words
from reranking.signals.signals import Signals, prepare_signals
from reranking.signals.stacked import Learned, StackedName
from reranking.training.identifier_choice import compares_identifiers

BYTES_A_VALUE = 16  # of memory: a float32 and what XGBoost needs while it quantises; measured at a million pairs
DISK_A_VALUE = 6  # a float32 and XGBoost's own file of quantised values, which grows past a byte for want of packing
BLOCK_PAIRS = 65_536


class PairSignals(Protocol):
    """They give the features of pairs, wherever these are computed."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return all declarations, in the order of the columns."""
        ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def without(self, names: Collection[StackedName]) -> "PairSignals":
        """Return the same, but for the columns of some of what was learned."""
        ...

    def learned(self, cross: CrossFolds | None) -> Learned:
        """Return what was learned for them, as it is stored with a model."""
        ...

    def of_training_pairs(self, among: bool) -> "PairSignals":
        """Return the same for pairs that they were trained on, or (not `among`) for others."""
        ...

    def in_thinned_catalogue(self) -> "PairSignals":
        """Return the same as they would see pairs in a catalogue without other offers of their products."""
        ...

    def compute_all(self, left: Ints1d, right: Ints1d, *, stage: str, progress: Progress = silent) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        ...

    def in_blocks(
        self, left: Ints1d, right: Ints1d, size: int, *, stage: str, progress: Progress = silent
    ) -> Iterator[Floats2d]:
        """Yield the same, the features of so many pairs at a time."""
        ...


class TrainingCrew(Protocol):
    """They are workers elsewhere that compute the features of a training, and train boosters in shares of the pairs."""

    def signals(
        self,
        index: ProductIndex,
        train: LabelledPairs,
        options: TrainOptions,
        *,
        cross: CrossFolds | None,
        progress: Progress,
    ) -> PairSignals:
        """Learn signals from the pairs, here, and return them as workers compute them."""
        ...

    def world_size(self, train: Examples) -> int:
        """Return into how many shares examples are divided to train boosters; 1 where these are trained here."""
        ...

    def boosting(self, world_size: int) -> Boost:
        """Return what trains boosters in so many shares."""
        ...


@dataclass(frozen=True)
class PlainStage:
    """It holds the families that learn nothing, prepared for products and for their `rivals` where these are to be compared; what is
    learned from labelled pairs comes on top."""

    signals: Signals
    rivals: RivalPairs | None

    @classmethod
    def of(
        cls,
        index: ProductIndex,
        products: Ints1d,
        options: TrainOptions,
        *,
        rivals: bool,
        progress: Progress = silent,
    ) -> "PlainStage":
        """Prepare for pairs of `products` (sorted positions)."""
        pairs = RivalPairs.of(index, products, index.views, index.k) if rivals else None
        mentioned = products if pairs is None else pairs.mentioned
        return cls(plain_signals(index, mentioned, options, progress), pairs)


def plain_signals(index: ProductIndex, products: Ints1d, options: TrainOptions, progress: Progress = silent) -> Signals:
    """Prepare the families that learn nothing for `products` (sorted positions)."""
    compares = compares_identifiers(index, options)
    return prepare_signals(index, products, same_source=options.same_source, identifiers=compares, progress=progress)


def prepare_training_signals(
    index: ProductIndex,
    train: LabelledPairs,
    products: Ints1d,
    options: TrainOptions,
    *,
    cross: CrossFolds | None = None,
    least_matches: int | None = None,
    plain: PlainStage | None = None,
    progress: Progress = silent,
) -> Signals:
    """Prepare the families for pairs of `products` (sorted positions); words and rivals are learned where the
    options ask for them, unless the matches are too few to learn them from (fewer than `least_matches`). Without a `plain` stage for
    these products, one is prepared."""
    stacking = deal_stacking(index, train, options, least=least_matches)
    if plain is None:
        rivals = options.rivals and stacking is not None
        plain = PlainStage.of(index, products, options, rivals=rivals, progress=progress)
    signals, look = learn_signals(index, plain.signals, stacking, options, progress)
    if plain.rivals is not None and look is not None:
        signals = signals.with_rivals(index, plain.rivals, look, progress)
    return signals if cross is None else signals.with_cross(index, cross, products)


def deal_stacking(
    index: ProductIndex, train: LabelledPairs, options: TrainOptions, *, least: int | None = None
) -> Stacking | None:
    """Deal the pairs that signals are learned from; return None where the options ask for none, or they are too few."""
    if not (options.words or options.rivals or options.reads_some):
        return None
    return Stacking.of(train, len(index.catalog), seed=options.seed, least=least)


def learn_signals(
    index: ProductIndex,
    signals: Signals,
    stacking: Stacking | None,
    options: TrainOptions,
    progress: Progress = silent,
) -> tuple[Signals, FirstLook | None]:
    """Learn what the options ask for on top of plain signals, prepared for the products of the stacking among others: the words and the
    gate before a cross-encoder, which the signals then have, and the first look, whose rivals they do not have yet."""
    if stacking is None:
        return signals, None
    if options.words:
        signals = _with_words(index, signals, stacking)
    if not (options.rivals or options.reads_some):
        return signals, None
    pairs, seen = stacking.pairs, signals.of_training_pairs(True)
    features = seen.compute_all(pairs.left, pairs.right, stage="features first look", progress=progress)
    look = train_first_look(features, signals.names, stacking, options=options.boosting, seed=options.seed)
    if options.reads_some:
        signals = replace(signals, gate=CrossGate.of(look, features, pairs.left, options.cross_share))
    return signals, look if options.rivals else None


def _with_words(index: ProductIndex, signals: Signals, stacking: Stacking) -> Signals:
    source, pairs = signals.tokens(index), stacking.pairs
    rows = source.rows.rows(pairs.left), source.rows.rows(pairs.right)
    return signals.with_words(index, train_words(source, *rows, stacking))


def silent_line(line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class TrainingRoom:
    """It says where features fit: `memory` bytes for those of training pairs, a folder for blocks where they need more.

    `announce` is told in one line what training needs, before it starts. With a `crew` others than this process work, too.
    """

    memory: int
    folder: Path
    announce: Callable[[str], None] = silent_line
    crew: TrainingCrew | None = None

    def holds(self, pairs: int, features: int) -> bool:
        """Say whether the features of that many pairs fit into memory."""
        return pairs * features * BYTES_A_VALUE <= self.memory

    def beside(self, pairs: int, features: int) -> "TrainingRoom":
        """Return what is left for another training while the features of so many pairs are kept; it announces nothing."""
        kept = pairs * features * BYTES_A_VALUE if self.holds(pairs, features) else 0
        return replace(self, memory=self.memory - kept, folder=self.folder / "fold", announce=lambda line: None)

    def boosting(self, train: Examples) -> tuple[Boost, int]:
        """Return what trains boosters on these examples, and in how many shares of them."""
        world_size = 1 if self.crew is None else self.crew.world_size(train)
        if self.crew is None or world_size == 1:
            return boost, 1
        self.announce(f"train: boosters in {world_size} shares of the pairs, each on a worker")
        return self.crew.boosting(world_size), world_size

    def say(self, train: int, valid: int, features: int, *, again: int = 0) -> None:
        """Announce what training on that many pairs needs, so many of which are seen once more."""
        kept, rows = valid * features * BYTES_A_VALUE, train + again
        whole = rows * features * BYTES_A_VALUE
        twice = f" ({again:,} of them once more in a thinned catalogue)" if again else ""
        head = f"train: {train:,} pairs{twice} and {valid:,} for validation, {features} features: needs about "
        if self.holds(rows, features):
            self.announce(f"{head}{human(whole + kept)} of memory")
        else:
            disk = human(rows * features * DISK_A_VALUE)
            self.announce(f"{head}{human(kept + self.memory // 2)} of memory and {disk} of disk in {self.folder}")

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Leave nothing in the folder behind, whatever happens."""
        try:
            yield
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def make_examples(
    signals: PairSignals,
    pairs: LabelledPairs,
    codes: SideCodes,
    *,
    stage: str,
    weights: Floats1d | None = None,
    again: Ints1d | None = None,
    room: TrainingRoom | None = None,
    progress: Progress = silent,
) -> Examples:
    """Compute the features of pairs, whose categories are `codes`; without `room` in memory.

    The pairs at the rows `again` come once more behind all others, as they would be seen in a thinned catalogue.
    """
    directions = tuple(feature.direction for feature in signals.features)
    shown = [(signals, pairs, stage)]
    if again is not None and len(again):
        shown.append((signals.in_thinned_catalogue(), pairs.take(again), f"{stage} once more"))
        rows = np.concatenate([np.arange(len(pairs)), again])
        pairs, codes, weights = pairs.take(rows), codes.take(rows), None if weights is None else weights[rows]
    features: Floats2d | FeatureBlocks
    if room is None or room.holds(len(pairs), len(directions)):
        parts = [seen.compute_all(p.left, p.right, stage=named, progress=progress) for seen, p, named in shown]
        features = parts[0] if len(parts) == 1 else np.concatenate(parts)
    else:
        blocks = (
            seen.in_blocks(p.left, p.right, BLOCK_PAIRS, stage=named, progress=progress) for seen, p, named in shown
        )
        features = write_feature_blocks(chain.from_iterable(blocks), room.folder)
    return Examples(features, pairs.targets, codes.left, weights, directions, codes.right)
