"""Character n-grams of many texts are hashed and counted as columns, without a Python object for each.

They are those of scikit-learn's `HashingVectorizer` with the analyzer `char_wb`, in the same buckets: n-grams of each word with a blank before and
after it, of lower-case texts, hashed by MurmurHash3 (32 bits, Austin Appleby, in the public domain) of their UTF-8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from indexing.arrays import Bools1d, Ints1d

Hashes = npt.NDArray[np.uint32]

SHORTEST_WORD = 3  # characters of a word with its blanks: n-grams that are no longer are in every word whole
MOST_CHARACTERS = 1 << 18  # of the texts that are counted at once, but for one text that is longer
_ROOM = 8  # bytes behind the last character that may be looked at
_C1, _C2, _ADDED = np.uint32(0xCC9E2D51), np.uint32(0x1B873593), np.uint32(0xE6546B64)
_REST = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF], dtype=np.uint32)  # of a word, by the bytes that are left
_FINAL = (np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))


def character_counts(texts: Sequence[str], shortest: int, longest: int, buckets: int) -> sp.csr_matrix:
    """Return how often each text has n-grams of `shortest`, at most SHORTEST_WORD, to `longest` characters, float32 (t, buckets)."""
    parts = [_counted(part, shortest, longest, buckets) for part in _parts(_padded(texts))]
    return parts[0] if len(parts) == 1 else sp.vstack(parts, format="csr")


def _padded(texts: Sequence[str]) -> list[str]:
    """Return the lower-case texts with one blank before and one after each word: two stand between words, and no n-gram has both."""
    return [f" {'  '.join(words)} " if (words := text.lower().split()) else "" for text in texts]


def _parts(texts: list[str]) -> list[list[str]]:
    """Return the texts in parts of so many characters at most that counting them takes little memory."""
    ends = np.cumsum([len(text) for text in texts])
    if not len(ends) or ends[-1] <= MOST_CHARACTERS:
        return [texts]
    cuts = np.flatnonzero(np.diff(ends // MOST_CHARACTERS)) + 1
    bounds = [0, *cuts.tolist(), len(texts)]
    return [texts[first:last] for first, last in pairwise(bounds)]


def _counted(texts: list[str], shortest: int, longest: int, buckets: int) -> sp.csr_matrix:
    characters = _Characters.of(texts)
    rows, hashes = [], []
    for length in range(shortest, longest + 1):
        first = characters.ngrams(length)
        rows.append(characters.rows[first])
        hashes.append(characters.hashes(first, length))
    found = np.abs(np.concatenate(hashes).view(np.int32).astype(np.int64)) % buckets
    return _summed(np.concatenate(rows), found, len(texts), buckets)


def _summed(rows: Ints1d, found: Ints1d, texts: int, buckets: int) -> sp.csr_matrix:
    """Return how often each bucket was found (g,) in each row."""
    keys = np.sort(rows * buckets + found)
    new = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    places = np.flatnonzero(new)
    counts = np.diff(np.append(places, len(keys))).astype(np.float32)
    ends = np.bincount(keys[places] // buckets, minlength=texts).cumsum()
    columns = (keys[places] % buckets).astype(np.int32)
    return sp.csr_matrix((counts, columns, np.append(0, ends).astype(np.int32)), (texts, buckets))


@dataclass(frozen=True)
class _Characters:
    """They are the characters (c,) of texts as UTF-8: where each begins, and the last one ends (c + 1,), which text each is of, and
    which is a blank with another behind it. `words` are the 32 bits from each byte on."""

    starts: Ints1d
    rows: Ints1d
    apart: Bools1d
    words: Hashes

    @classmethod
    def of(cls, texts: list[str]) -> "_Characters":
        content = "".join(texts).encode()
        held = np.zeros(len(content) + _ROOM, dtype=np.uint8)
        held[: len(content)] = np.frombuffer(content, dtype=np.uint8)
        starts = np.flatnonzero((held[: len(content)] & 0xC0) != 0x80)  # other bytes go on with a character
        blank = held[starts] == ord(" ")
        apart = np.append(blank[:-1] & blank[1:], False)[: len(blank)]
        rows = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
        words = np.ndarray(len(held) - 3, dtype="<u4", buffer=held, strides=(1,))
        return cls(np.append(starts, len(content)), rows, apart, words)

    def ngrams(self, length: int) -> Ints1d:
        """Return the first characters (g,) of the n-grams of so many: those within a word and its blanks."""
        last = len(self.rows) - length + 1
        if last <= 0:
            return np.zeros(0, dtype=np.int64)
        across = np.zeros(last, dtype=bool)
        for place in range(length - 1):
            across |= self.apart[place : last + place]
        return np.flatnonzero(~across)

    def hashes(self, first: Ints1d, length: int) -> Hashes:
        """Return the hashes (g,) of n-grams that begin with these characters."""
        begins, sizes = self.starts[first], self.starts[first + length] - self.starts[first]
        found = np.zeros(len(first), dtype=np.uint32)
        whole = sizes // 4
        for number in range(int(whole.max(initial=0))):
            there = slice(None) if (whole > number).all() else np.flatnonzero(whole > number)
            mixed = _turned(found[there] ^ _scrambled(self.words[begins[there] + 4 * number]), 13)
            found[there] = mixed * np.uint32(5) + _ADDED
        rest = self.words[begins + 4 * whole] & _REST[sizes % 4]
        found ^= _scrambled(rest)
        return _finished(found ^ sizes.astype(np.uint32))


def _scrambled(words: Hashes) -> Hashes:
    return _turned(words * _C1, 15) * _C2


def _turned(words: Hashes, bits: int) -> Hashes:
    turned: Hashes = (words << np.uint32(bits)) | (words >> np.uint32(32 - bits))
    return turned


def _finished(hashes: Hashes) -> Hashes:
    for bits, factor in zip((16, 13), _FINAL, strict=True):
        hashes = (hashes ^ (hashes >> np.uint32(bits))) * factor
    return hashes ^ (hashes >> np.uint32(16))
