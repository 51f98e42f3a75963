"""A product may have several codes: cells, or lists of them, become entries, and these become lists again."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.reading.cells.texts import TEXT, as_plain, as_text

CODE_LISTS = pa.large_list(TEXT)


@dataclass(frozen=True)
class CodeEntries:
    """They are texts (e,), none of them null, each with the `row` of its cell, which rise."""

    rows: Ints1d
    texts: pa.Array

    @classmethod
    def of_column(cls, column: pa.Array, where: str) -> "CodeEntries":
        """Take the cells of a plain column (n,), or of one of lists; objects say nothing. `where` begins errors."""
        kind, rows = column.type, np.arange(len(column))
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
            column, rows = as_plain(column.flatten()), np.repeat(rows, lengths)
        if pa.types.is_nested(column.type):
            return cls(rows[:0], pa.array([], TEXT))
        texts = as_text(column, where)
        return cls(rows, texts) if not texts.null_count else cls(rows, texts).filter(texts.is_valid())

    def filter(self, kept: pa.Array) -> "CodeEntries":
        """Return the entries that are `kept` (e,)."""
        return CodeEntries(self.rows[np.asarray(kept.to_numpy(zero_copy_only=False))], self.texts.filter(kept))

    def split(self, pattern: str) -> "CodeEntries":
        """Return the parts of each text between what is like the pattern."""
        parts = pc.split_pattern_regex(self.texts, pattern)
        lengths = pc.list_value_length(parts).to_numpy(zero_copy_only=False)
        return CodeEntries(np.repeat(self.rows, lengths), parts.flatten().cast(TEXT))

    def joined(self, others: "CodeEntries") -> "CodeEntries":
        """Return these entries and others, in the order of their rows."""
        rows = np.concatenate([self.rows, others.rows])
        order = np.argsort(rows, kind="stable")
        return CodeEntries(rows[order], pa.concat_arrays([self.texts, others.texts]).take(pa.array(order)))


def code_lists(rows: Ints1d, texts: pa.Array, count: int) -> pa.Array:
    """Return lists (count,) of the texts (e,) whose `rows` rise, each text once a row; null where a row has none."""
    if len(rows) > 1 and (rows[1:] == rows[:-1]).any():
        codes = texts.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
        _, first = np.unique(rows * len(texts) + codes, return_index=True)
        kept = np.sort(first)
        rows, texts = rows[kept], texts.take(pa.array(kept))
    counts = np.bincount(rows, minlength=count)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    return pa.LargeListArray.from_arrays(offsets, texts.cast(TEXT), type=CODE_LISTS, mask=pa.array(counts == 0))
