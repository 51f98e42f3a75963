"""Code features compare model codes: those that both titles hold, that one lacks, and how alike the rarest are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Prefix
from scipy.sparse import csr_array

from indexing.arrays import Bools1d, Floats1d, Ints1d, Objects1d
from reranking.signals.texts.bags import BUCKETS, Bags, BagsBuilder, Counts, Occurrences, Rows, bucket_of
from reranking.signals.texts.codes import Codes
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.sparse_rows import ratio, row_maxima, row_sums
from reranking.signals.texts.string_ratios import numbered, string_ratios

TITLE_CHARS = 300  # where codes are searched for
MEANINGS = {
    "codes_smaller": "model codes of the title that has fewer",
    "codes_larger": "model codes of the title that has more",
    "codes_shared_smaller": "model codes of one title found in the other, however separated, smaller direction",
    "codes_shared_larger": "model codes of one title found in the other, however separated, larger direction",
    "codes_missing_smaller": "model codes of one title not found in the other, smaller direction",
    "codes_missing_larger": "model codes of one title not found in the other, larger direction",
    "codes_rarity_smaller": "rarity share of one title's codes found in the other, smaller direction",
    "codes_rarity_larger": "rarity share of one title's codes found in the other, larger direction",
    "rarest_shared_code": "rarity of the rarest model code that the other title has too",
    "rarest_missing_code_smaller": "rarity of the rarest code that the other title lacks, smaller side; 0: none",
    "rarest_missing_code_larger": "rarity of the rarest code that the other title lacks, larger side; 0: none",
    "longest_shared_code": "characters of the longest model code found in the other title; 0: none",
    "main_code_equal": "1 when the rarest codes of both titles are equal, 0.5 when one begins the other, else 0",
    "main_code_prefix": "characters that the rarest codes of both titles begin with alike",
    "main_code_ratio": "insert-delete similarity of the rarest codes of both titles, 0 to 1",
    "main_code_in_title_smaller": "how well one's rarest code fits into the other's title, 0 to 1, smaller direction",
    "main_code_in_title_larger": "how well one's rarest code fits into the other's title, 0 to 1, larger direction",
    "codes_in_text_smaller": "rarity share of one title's codes in the other's whole text, smaller direction",
    "codes_in_text_larger": "rarity share of one title's codes in the other's whole text, larger direction",
}


@dataclass(frozen=True)
class CodeSignals:
    """It holds the model codes of the prepared products' titles, weighed by the whole catalogue."""

    codes: Bags
    readings: Bags
    in_text: Bags  # codes of the whole text; empty when no product has more than its title
    lengths: npt.NDArray[np.uint8]  # (BUCKETS,) characters of the longest code of each bucket
    main_codes: Objects1d  # (m,) the rarest code of each product, empty for none
    compact_titles: Objects1d  # (m,) letters and digits only

    def compute(self, left: Rows, right: Rows) -> list[Floats1d]:
        """Return one column (p,) for each of MEANINGS."""
        return [*self._found_codes(left, right), *self._main_codes(left, right), *self._codes_in_text(left, right)]

    def _found_codes(self, left: Rows, right: Rows) -> list[Floats1d]:
        sizes = self.codes.sizes[left], self.codes.sizes[right]
        weights = self.codes.weights[left], self.codes.weights[right]
        own = self.codes.take(left), self.codes.take(right)
        ways = self._found(own[0], right), self._found(own[1], left)
        counts = tuple(np.diff(way.indptr).astype(np.float64) for way in ways)
        missing = sizes[0] - counts[0], sizes[1] - counts[1]
        shares = tuple(ratio(row_sums(ways[i].indptr, ways[i].data), weights[i]) for i in (0, 1))
        lacking = self._rarest_missing(own[0], ways[0]), self._rarest_missing(own[1], ways[1])
        return [
            np.minimum(*sizes),
            np.maximum(*sizes),
            np.minimum(*counts),
            np.maximum(*counts),
            np.minimum(*missing),
            np.maximum(*missing),
            np.fmin(*shares),
            np.fmax(*shares),
            np.fmax(*(row_maxima(way.indptr, way.data) for way in ways)),
            np.minimum(*lacking),
            np.maximum(*lacking),
            np.nan_to_num(np.fmax(*(row_maxima(way.indptr, self.lengths[way.indices]) for way in ways))),
        ]

    def _found(self, own: csr_array, other: Rows) -> csr_array:
        """Return the codes (p, BUCKETS) of one side that the other can be read to hold, with their weights."""
        return own.multiply(self._readable.take(other))

    def _rarest_missing(self, own: csr_array, found: csr_array) -> Floats1d:
        missing = own - found
        return np.nan_to_num(row_maxima(missing.indptr, missing.data))

    def _main_codes(self, left: Rows, right: Rows) -> list[Floats1d]:
        columns = np.full((3, len(left)), np.nan)
        both = np.flatnonzero(self._coded[left] & self._coded[right])
        columns[:, both] = self._compared(left[both], right[both])
        ways = self._main_code_in_title(left, right), self._main_code_in_title(right, left)
        return [*columns, np.fmin(*ways), np.fmax(*ways)]

    def _main_code_in_title(self, coded: Rows, titled: Rows) -> Floats1d:
        fits = np.full(len(coded), np.nan)
        there = np.flatnonzero(self._coded[coded] & self._titled[titled])
        codes, titles = self.main_codes[coded[there]], self.compact_titles[titled[there]]
        within = np.fromiter((code in title for code, title in zip(codes, titles, strict=True)), bool, len(there))
        fits[there[within]] = 1.0
        part = np.flatnonzero(~within)  # to find how much of a code fits takes far longer than to find all of it
        fits[there[part]] = string_ratios(codes[part].tolist(), titles[part].tolist(), fuzz.partial_ratio) / 100
        return fits

    def _compared(self, left: Rows, right: Rows) -> tuple[Floats1d, Floats1d, Floats1d]:
        """Return whether the codes of rows (p,) are equal, or one begins the other, how many characters both begin with, and how
        alike they are."""
        codes = self.main_codes[left].tolist(), self.main_codes[right].tolist()
        prefix = string_ratios(*codes, Prefix.similarity)
        alike = string_ratios(*codes, Indel.normalized_similarity)
        begins = prefix == np.minimum(self._lengths[left], self._lengths[right])
        equal = self._numbers[left] == self._numbers[right]
        return np.where(equal, 1.0, np.where(begins, 0.5, 0.0)), prefix, alike

    @cached_property
    def _numbers(self) -> Ints1d:
        """Return a number (m,) for each main code."""
        return numbered(self.main_codes.tolist())

    @cached_property
    def _lengths(self) -> Ints1d:
        """Return the characters (m,) of each main code."""
        return np.fromiter(map(len, self.main_codes), dtype=np.int64, count=len(self.main_codes))

    @cached_property
    def _coded(self) -> Bools1d:
        """Return who (m,) has a code."""
        return np.asarray(self.main_codes != "", dtype=bool)

    @cached_property
    def _titled(self) -> Bools1d:
        """Return who (m,) has letters or digits in the title."""
        return np.asarray(self.compact_titles != "", dtype=bool)

    @cached_property
    def _readable(self) -> Bags:
        """Return the readings, each weighing 1."""
        return replace(self.readings, matrix=self.readings.matrix.sign())

    def _codes_in_text(self, left: Rows, right: Rows) -> list[Floats1d]:
        if not self.in_text.has_tokens():
            return [np.full(len(left), np.nan)] * 2
        ways = tuple(
            ratio(self.codes.shared_weights(own, self.in_text, other), self.codes.weights[own])
            for own, other in ((left, right), (right, left))
        )
        return [np.fmin(*ways), np.fmax(*ways)]


@dataclass
class CodeSignalsBuilder:
    """A builder takes the codes of all blocks of a catalogue and keeps the rows of the prepared products; `counts` are
    the tokens of those."""

    counts: TokenCounts
    codes: BagsBuilder
    readings: BagsBuilder
    in_text: BagsBuilder
    own: list[frozenset[str]] = field(default_factory=list)
    compact: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, counts: TokenCounts) -> "CodeSignalsBuilder":
        """Return a builder without products."""
        return cls(counts, counts.bags("codes"), counts.bags("code readings"), counts.bags("codes in text"))

    def add(self, products: Sequence[Codes], in_text: Sequence[set[str]], prepared: Ints1d) -> None:
        """Take the codes of the titles of the next block, and those of its whole texts where there are any."""
        own = Occurrences.of_tokens([product.own for product in products])
        lengths = np.fromiter((len(code) for product in products for code in product.own), dtype=np.uint8)
        np.maximum.at(self.counts.code_lengths, own.columns, lengths)
        self.codes.add(own, len(products), prepared)
        self.readings.add(Occurrences.of_tokens([product.readings for product in products]), len(products), prepared)
        self.in_text.add(Occurrences.of_tokens(in_text), len(products), prepared)
        self.own += [products[i].own for i in prepared]
        self.compact += [products[i].compact[:TITLE_CHARS] for i in prepared]

    def build(self) -> CodeSignals:
        """Return the columns of the prepared products."""
        bags = self.codes.build(), self.readings.build(), self.in_text.build()
        compact = self.counts.spread(self.compact)
        return CodeSignals(*bags, self.counts.code_lengths, _column(self._main_codes()), _column(compact))

    def _main_codes(self) -> list[str]:
        """Return the rarest code of each row, in its world; of equally rare ones the longest, then the last by code point;
        empty for none."""
        counts, worlds = self.codes.counts, self.counts.worlds
        if worlds is None:
            return [_rarest(own, counts) for own in self.own]
        moved = self.codes.moved()
        differ = dict(zip(moved.keys.tolist(), moved.moved.tolist(), strict=True))
        return [
            _rarest(self.own[row], counts, differ, world * BUCKETS)
            for row, world in zip(worlds.rows.tolist(), worlds.world.tolist(), strict=True)
        ]


def _rarest(own: frozenset[str], counts: Counts, differ: Mapping[int, int] | None = None, first: int = 0) -> str:
    """Return the rarest code by counts, which `differ` by bucket from the key `first` on."""
    differ = differ or {}

    def rarity(code: str) -> tuple[int, int, str]:
        bucket = bucket_of(code)
        return -int(counts[bucket]) - differ.get(first + bucket, 0), len(code), code

    return max(own, key=rarity) if len(own) > 1 else next(iter(own), "")


def _column(texts: Sequence[str]) -> Objects1d:
    column = np.empty(len(texts), dtype=np.object_)
    column[:] = texts
    return column
