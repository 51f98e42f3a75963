"""What of a pair's features is learned from labelled pairs, beside the reranker itself."""

from dataclasses import dataclass

from reranking.signals.learned.cross_encoder import CrossFolds
from reranking.signals.learned.rivals import FirstLook
from reranking.signals.learned.words import LearnedWords


@dataclass(frozen=True)
class Learned:
    """What words say, the first look at rivals, and a cross-encoder, each where there is one."""

    words: LearnedWords | None = None
    look: FirstLook | None = None
    cross: CrossFolds | None = None
