"""A text's key is a hash of 64 bits, the same in every run: many texts at once are hashed as columns, without a Python object for each.

The hash is SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012) with the finaliser of splitmix64
behind it, as `pandas.util.hash_array` has it: keys that an index has kept stay what they were.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d

Keys = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

SECRET = b"0123456789123456"
BLOCK_TEXTS = 8_192  # whose states fit into a core's own cache
FEW = 12  # texts in a block that are still being read, from which on Python's own integers are faster than columns
WORD = 8  # bytes that a round takes in
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_LAST = 0xFF
_MASK = (1 << 64) - 1
_NOTHING = "None"  # what is hashed of a text that is not there


def text_keys(texts: pa.Array | pa.ChunkedArray | Sequence[str], secret: bytes = SECRET) -> Keys:
    """Return the key (n,) of each text; `secret`, 16 bytes, chooses one of many hashes. What is null has the key of `None`."""
    if not isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = pa.array(texts, pa.large_string())
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    blocks = (chunk.slice(at, BLOCK_TEXTS) for chunk in chunks for at in range(0, len(chunk), BLOCK_TEXTS))
    keys = [mixed(_siphash(*_bytes_of(block), secret)) for block in blocks]
    return np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)


def _bytes_of(texts: pa.Array) -> tuple[Bytes, Ints1d]:
    """Return the bytes of texts one after another, with room for a word behind them, and where each of them (n + 1,) begins."""
    texts = pc.fill_null(texts.cast(pa.large_string()), _NOTHING)
    _, offsets, content = texts.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    first, last = int(starts[0]), int(starts[-1])
    held = np.zeros(last - first + WORD, dtype=np.uint8)
    if last > first:
        held[: last - first] = np.frombuffer(content, dtype=np.uint8, count=last - first, offset=first)
    return held, starts - first


def _siphash(content: Bytes, starts: Ints1d, secret: bytes) -> Keys:
    """Return the hash (n,) of each text of a block: round by round, the longest texts first, so that those still read stand together."""
    lengths = np.diff(starts)
    whole = lengths // WORD
    order = np.argsort(-whole, kind="stable")
    starts, lengths, whole = starts[:-1][order], lengths[order], whole[order]
    words = np.ndarray(len(content) - WORD + 1, dtype="<u8", buffer=content, strides=(1,))  # one from every byte on
    states = _States.begun(len(starts), secret)
    active = np.searchsorted(-whole, -np.arange(1, int(whole.max(initial=0)) + 1), side="right")
    for number, count in enumerate(active.tolist()):
        if count <= FEW:
            _read_on(states, number, count, whole, words, starts)
            break
        states.take_in(words[starts[:count] + number * WORD], count)
    rest = words[starts + whole * WORD] & ((np.uint64(1) << (lengths % WORD * 8).astype(np.uint64)) - np.uint64(1))
    states.take_in(rest | lengths.astype(np.uint64) << np.uint64(56), len(starts))
    found = np.empty(len(starts), dtype=np.uint64)
    found[order] = states.ended()
    return found


class _States:
    """They are the four words (n,) of the state of every text."""

    def __init__(self, words: list[Words]) -> None:
        self.words = words
        self._room = np.empty(len(words[0]), dtype=np.uint64)

    @classmethod
    def begun(cls, count: int, secret: bytes) -> "_States":
        """Return states that have taken in nothing."""
        return cls([np.full(count, start, dtype=np.uint64) for start in _started(secret)])

    def take_in(self, words: Words, count: int) -> None:
        """Take in a word of each of the first `count` texts."""
        self.words[3][:count] ^= words
        self._rounds(2, count)
        self.words[0][:count] ^= words

    def ended(self) -> Keys:
        """Return the hashes (n,), after the last rounds."""
        self.words[2] ^= np.uint64(_LAST)
        self._rounds(4, len(self._room))
        return self.words[0] ^ self.words[1] ^ self.words[2] ^ self.words[3]

    def _rounds(self, times: int, count: int) -> None:
        room = self._room[:count]
        a, b, c, d = (word[:count] for word in self.words)
        for _ in range(times):
            _mix(a, b, 13, room)
            _turn(a, 32, room)
            _mix(c, d, 16, room)
            _mix(a, d, 21, room)
            _mix(c, b, 17, room)
            _turn(c, 32, room)


def _mix(one: Words, other: Words, bits: int, room: Words) -> None:
    """Add the other words to these, turn the others by so many bits, and cross them with the sums."""
    one += other
    _turn(other, bits, room)
    other ^= one


def _turn(words: Words, bits: int, room: Words) -> None:
    np.right_shift(words, np.uint64(64 - bits), out=room)
    np.left_shift(words, np.uint64(bits), out=words)
    words |= room


def _started(secret: bytes) -> Iterator[int]:
    halves = int.from_bytes(secret[:WORD], "little"), int.from_bytes(secret[WORD:], "little")
    return (start ^ halves[place % 2] for place, start in enumerate(_START))


def _read_on(states: _States, number: int, count: int, whole: Ints1d, words: Words, starts: Ints1d) -> None:
    """Take in all whole words of the first `count` texts from word `number` on, text by text: a few long ones are not worth columns."""
    for row in range(count):
        state = [int(word[row]) for word in states.words]
        for word in words[starts[row] + number * WORD :: WORD][: whole[row] - number].tolist():
            state[3] ^= word
            state = _round(*_round(*state))
            state[0] ^= word
        for place, value in enumerate(state):
            states.words[place][row] = value


def _round(a: int, b: int, c: int, d: int) -> list[int]:
    a = a + b & _MASK
    b = (b << 13 | b >> 51) & _MASK ^ a
    a = (a << 32 | a >> 32) & _MASK
    c = c + d & _MASK
    d = (d << 16 | d >> 48) & _MASK ^ c
    a = a + d & _MASK
    d = (d << 21 | d >> 43) & _MASK ^ a
    c = c + b & _MASK
    b = (b << 17 | b >> 47) & _MASK ^ c
    c = (c << 32 | c >> 32) & _MASK
    return [a, b, c, d]


def mixed(keys: Keys) -> Keys:
    """Return the numbers with every bit depending on every other (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(keys ^ (keys >> np.uint64(31)), dtype=np.uint64)
