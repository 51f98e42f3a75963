"""Two titles are marked with what differs between them: words, and numbers above all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from indexing.words.tokens import fold, words
from reranking.signals.texts.codes import plain_number

Mark = Literal["", "word", "number"]
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")


@dataclass(frozen=True)
class MarkedText:
    """It is a run of a text; `mark` says that the other text lacks it, and whether it holds a digit."""

    text: str
    mark: Mark = ""


def mark_differences(left: str, right: str) -> tuple[tuple[MarkedText, ...], tuple[MarkedText, ...]]:
    """Cut both texts into pieces; a word that the other has anywhere, in other case, or cut in two, is no
    difference."""
    words_of = _plain_words(left), _plain_words(right)
    return _pieces(left, _known(*words_of)), _pieces(right, _known(*words_of[::-1]))


def _plain_words(text: str) -> list[str]:
    """Return the words of each cut as it is marked: folding a whole text may join what stands apart."""
    return [plain_number(word) for found in _WORD.finditer(text) for word in words(fold(found[0]))]


def _known(own: list[str], others: list[str]) -> frozenset[str]:
    """Say which words are no difference: those of the other text, two of it written together, or that it writes so."""
    there = frozenset(others)
    known = there.union(map("".join, pairwise(others)))
    return known.union(*(both for both in pairwise(own) if "".join(both) in there))


def _pieces(text: str, known: frozenset[str]) -> tuple[MarkedText, ...]:
    pieces: list[MarkedText] = []
    for piece in _cut(text, known):
        if pieces and pieces[-1].mark == piece.mark == "":
            pieces[-1] = MarkedText(pieces[-1].text + piece.text)
        else:
            pieces.append(piece)
    return tuple(pieces)


def _cut(text: str, known: frozenset[str]) -> Iterator[MarkedText]:
    end = 0
    for found in _WORD.finditer(text):
        if found.start() > end:
            yield MarkedText(text[end : found.start()])
        same = all(plain_number(word) in known for word in words(fold(found[0])))
        mark: Mark = "" if same else "number" if any(letter.isdigit() for letter in found[0]) else "word"
        yield MarkedText(found[0], mark)
        end = found.end()
    if end < len(text):
        yield MarkedText(text[end:])
