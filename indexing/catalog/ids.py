"""The user's identifiers lead to positions in the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.errors import InputError, UnknownId
from indexing.files.integers import plain_integers
from indexing.words.text_keys import text_keys

FEW = 64  # rows that are cut out of a table one by one
MOST_ZEROS = 12  # in front of an id, that are looked for
FORMS = 1_000  # ids whose looks are looked at


@dataclass(frozen=True)
class IdForms:
    """They say what ids of a catalogue look like: how long they are, and of what signs."""

    least: int
    most: int
    signs: frozenset[frozenset[str]]

    @classmethod
    def of(cls, ids: pa.ChunkedArray) -> "IdForms":
        """Look at some ids all over the catalogue."""
        places = np.unique(np.linspace(0, max(len(ids) - 1, 0), FORMS).astype(np.int64))[: len(ids)]
        seen = [str(ids[int(place)].as_py()) for place in places]
        return cls(min(map(len, seen), default=0), max(map(len, seen), default=0), frozenset(map(_signs, seen)))

    def has(self, word: str) -> bool:
        """Say whether a word could be an id by its looks; zeros in front may have been lost."""
        return (
            0 < len(word) <= self.most and _signs(word) in self.signs and (word.isdecimal() or len(word) >= self.least)
        )


def _signs(word: str) -> frozenset[str]:
    """Return the kinds of signs in a word: letters, small or not, digits, and each sign that is neither, blanks too."""
    return frozenset(
        "0" if sign.isdecimal() else "a" if sign.islower() else "A" if sign.isalpha() else sign for sign in word
    )


@dataclass(frozen=True)
class IdLookup:
    """A lookup finds the positions of ids by binary search over sorted 64-bit keys: 16 bytes a product, any id type.

    An integer is its own key, text is hashed; found text is compared in full, so a colliding hash is never a hit.
    """

    ids: pa.ChunkedArray  # (n,) int64 or large_string, in file order
    sorted_keys: npt.NDArray[np.uint64]  # (n,)
    order: Ints1d  # (n,) position of each sorted key

    @classmethod
    def from_ids(cls, ids: pa.ChunkedArray) -> "IdLookup":
        """Make the lookup of a catalogue's ids. Raises InputError when an id occurs twice, or when two ids share a
        hash (2 in 10 million catalogues of 6 million text ids)."""
        keys = _keys(ids)
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        twice = np.flatnonzero(ordered[1:] == ordered[:-1])
        if twice.size:
            place = twice[np.argmin(order[twice])]
            first, second = int(order[place]), int(order[place + 1])  # a stable sort keeps file order
            raise InputError(
                f"id {ids[first].as_py()!r} (position {first}) occurs again as {ids[second].as_py()!r} (position {second}); "
                f"{twice.size} rows repeat an id: every product needs an id of its own"
            )
        return cls(ids, ordered, order)

    def positions(self, ids: pa.Array | pa.ChunkedArray) -> Ints1d:
        """Return the position of each id, (n,) int64. Raises UnknownId naming the first that the catalogue lacks."""
        found = self.find(ids)
        missing = np.flatnonzero(found < 0)
        if missing.size:
            value = ids[int(missing[0])].as_py()
            many = f" ({missing.size} of {len(ids)} ids are unknown)" if len(ids) > 1 else ""
            hint = self.lost_zeros([value])
            raise UnknownId(
                f"id {value!r} is not in the catalogue{many}: {hint or 'use the catalogue that these ids come from'}"
            )
        return found

    def lost_zeros(self, unknown: Sequence[int | str]) -> str:
        """Return what to do where one of some unknown ids is in the catalogue with zeros before it, which spreadsheets take
        away; empty where none is, of the first FEW."""
        if pa.types.is_integer(self.ids.type):
            return ""
        for value in map(str, unknown[:FEW]):
            longer = [value.zfill(len(value) + more) for more in range(1, MOST_ZEROS + 1)] if value.isdecimal() else []
            for place in self.find(pa.array(longer, pa.large_string())) if longer else ():
                if place >= 0:
                    return f"the catalogue has {self.ids[int(place)].as_py()!r}: zeros in front of {value!r} were lost; write ids as text, not as numbers"
        return ""

    def find(self, ids: pa.Array | pa.ChunkedArray) -> Ints1d:
        """Return the position of each id, (n,) int64, -1 where the catalogue lacks it."""
        wanted = _in_type(ids, self.ids.type)
        if len(self.order) == 0:
            return np.full(len(ids), -1, dtype=np.int64)
        keys = _keys(pc.fill_null(wanted, 0 if pa.types.is_integer(wanted.type) else ""))
        place = np.minimum(np.searchsorted(self.sorted_keys, keys), len(self.order) - 1)
        found = np.where(self.sorted_keys[place] == keys, self.order[place], -1).astype(np.int64)
        if not pa.types.is_integer(self.ids.type):
            hits = np.flatnonzero(found >= 0)
            same = pc.equal(self._at(found[hits]), wanted.take(pa.array(hits)))
            found[hits[~np.asarray(pc.fill_null(same, False), dtype=bool)]] = -1
        return np.where(np.asarray(wanted.is_null(), dtype=bool), -1, found)

    def taken_for_text(self, word: str) -> str | None:
        """Return what to say of a word that is searched for as a text though it looks like an id, which no product has; None of any
        other."""
        if not self._forms.has(word) or self.find(pa.array([word]))[0] >= 0:
            return None
        hint = self.lost_zeros([word])
        return f"no product has the id {word!r}, it is searched for as a text{hint and f' ({hint})'}"

    @cached_property
    def _forms(self) -> IdForms:
        return IdForms.of(self.ids)

    def _at(self, positions: Ints1d) -> pa.Array | pa.ChunkedArray:
        """Return the ids at positions, a few without joining all chunks first, as Arrow does."""
        if len(positions) <= FEW:
            return pa.array([self.ids[position].as_py() for position in positions.tolist()], self.ids.type)
        return self.ids.take(pa.array(positions))


def _in_type(ids: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """Return the ids in the catalogue's type, null where they cannot be of it: "007" and 2.0 are no integers."""
    if pa.types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    if not pa.types.is_integer(kind) or pa.types.is_null(ids.type) or pa.types.is_signed_integer(ids.type):
        return ids.cast(kind)
    text = ids.cast(pa.large_string())
    return pc.if_else(plain_integers(text), text, None).cast(kind)


def _keys(ids: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    if not pa.types.is_integer(ids.type):
        return text_keys(ids)
    values = ids.to_numpy(zero_copy_only=False) if isinstance(ids, pa.Array) else ids.to_numpy()
    return np.asarray(values, dtype=np.int64).view(np.uint64)
