"""Signals that were learned here are computed by workers, each for the products of its part of the pairs alone."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.running.parts import PartFolder, parts_for
from indexing.running.tasks import Runner
from indexing.storage.artefact import fingerprint_of
from reranking.signals.feature import Feature
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.signals import Signals
from reranking.signals.stacked import STACKED, Learned, StackedName
from reranking.training.apart.feature_parts import DividedPairs, FeatureParts, SignalKind
from reranking.training.apart.learned_files import digest_of_learned


@dataclass(frozen=True)
class SignalsApart:
    """They compute the `features` by a runner, whose parts lie beside a file or folder, by what was `kept` of learning. Pairs that
    are one part are computed here. What is counted of the index's catalogue is kept in parts of its own."""

    index: ProductIndex
    kept: Learned
    kind: SignalKind
    features: tuple[Feature, ...]
    runner: Runner
    beside: Path
    counted: PartFolder

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    def without(self, names: Collection[StackedName]) -> "SignalsApart":
        """Return the same, but for the columns of some of what was learned; what nobody reads is not kept either."""
        look = None if "rivals" in names else self.kept.look
        cross, gate = (None, None) if "cross" in names else (self.kept.cross, self.kept.gate)
        words = None if "words" in names and look is None and gate is None else self.kept.words
        kept = Learned(words, look, cross, gate)
        hidden = {feature for name in names for feature in STACKED[name]}
        shown = tuple(feature for feature in self.features if feature not in hidden)
        unshown = self.kind.unshown_words or "words" in names
        kind = replace(self.kind, unshown_words=unshown and words is not None)
        return replace(self, kept=kept, kind=kind, features=shown)

    def learned(self, cross: CrossFolds | None) -> Learned:
        """Return what was learned, as it is stored with a model; `cross` is what theirs was opened from."""
        words, look, gate = self.kept.words, self.kept.look, self.kept.gate
        return Learned(
            words and words.stored(), look and look.stored(), self.kept.cross and cross, gate and gate.stored()
        )

    def of_training_pairs(self, among: bool) -> "SignalsApart":
        """Return the same for pairs that they were trained on, or (not `among`) for others."""
        return replace(self, kind=replace(self.kind, among=among))

    def in_thinned_catalogue(self) -> "SignalsApart":
        """Return the same as they would see pairs in a catalogue without other offers of their products."""
        return replace(self, kind=replace(self.kind, thinned=True))

    def compute_all(self, left: Ints1d, right: Ints1d, *, stage: str, progress: Progress = silent) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        pairs = DividedPairs.of(self.index, left, right)
        if len(pairs.tasks) < 2:
            return self._here(left, right).compute_all(left, right, stage=stage, progress=progress)
        out = np.empty((len(left), len(self.features)), dtype=np.float32)
        self._made(pairs, stage, progress).fill(out)
        return out

    def in_blocks(
        self, left: Ints1d, right: Ints1d, size: int, *, stage: str, progress: Progress = silent
    ) -> Iterator[Floats2d]:
        """Yield the same, the features of so many pairs at a time."""
        pairs = DividedPairs.of(self.index, left, right)
        if len(pairs.tasks) < 2:
            yield from self._here(left, right).in_blocks(left, right, size, stage=stage, progress=progress)
            return
        made = self._made(pairs, stage, progress)
        places = np.empty(len(left), dtype=np.int64)
        places[pairs.rows] = np.arange(len(left))
        for start in range(0, len(left), size):
            yield made.of_rows(places[start : start + size])

    def _here(self, left: Ints1d, right: Ints1d) -> Signals:
        return self.kind.prepare(self.index, np.unique([left, right]), self.kept)

    def _made(self, pairs: DividedPairs, stage: str, progress: Progress) -> FeatureParts:
        kind = self.kind
        made_of = (
            self.index.fingerprint,
            digest_of_learned(self.kept),
            kind.same_source,
            kind.identifiers,
            kind.among,
            kind.thinned,
            kind.unshown_words,
        )
        parts = parts_for(self.beside, fingerprint_of(*made_of, pairs.digest))
        made = FeatureParts(self.index, self.counted, self.kept, kind, pairs, parts, self.runner)
        made.run(stage, progress)
        return made
