"""What is learned from labelled pairs before the reranker, all of it together: its names, its columns, and what is stored of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reranking.signals.feature import Feature
from reranking.signals.learned.cross import FEATURES as CROSS_FEATURES
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.learned.gate import CrossGate
from reranking.signals.learned.rivals import FEATURES as RIVAL_FEATURES
from reranking.signals.learned.rivals import FirstLook
from reranking.signals.learned.words import FEATURES as WORD_FEATURES
from reranking.signals.learned.words import LearnedWords

StackedName = Literal["words", "rivals", "cross"]
STACKED: Mapping[StackedName, tuple[Feature, ...]] = {  # what is learned from labelled pairs
    "words": WORD_FEATURES,
    "rivals": RIVAL_FEATURES,
    "cross": CROSS_FEATURES,
}


def stacked_among(names: Sequence[str]) -> tuple[StackedName, ...]:
    """Return which of what is learned from labelled pairs has columns among these."""
    return tuple(name for name, features in STACKED.items() if features[0].name in names)


@dataclass(frozen=True)
class Learned:
    """It keeps what words say, the first look at rivals, a cross-encoder, and the gate before it, each where there is one."""

    words: LearnedWords | None = None
    look: FirstLook | None = None
    cross: CrossFolds | None = None
    gate: CrossGate | None = None

    @property
    def looks(self) -> tuple[FirstLook, ...]:
        """Return the first looks: at rivals, and the gate's."""
        before_cross = None if self.gate is None else self.gate.look
        return tuple(look for look in (self.look, before_cross) if look is not None)
