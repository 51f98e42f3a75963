"""What of a pair's features is learned from labelled pairs, beside the reranker itself."""

from dataclasses import dataclass

from reranking.cross_folds import CrossFolds
from reranking.first_look import FirstLook
from reranking.learned_words import LearnedWords


@dataclass(frozen=True)
class Learned:
    """What words say, the first look at rivals, and a cross-encoder, each where there is one."""

    words: LearnedWords | None = None
    look: FirstLook | None = None
    cross: CrossFolds | None = None
