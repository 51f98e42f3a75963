"""Tokens are counted over a whole catalogue; what was counted weighs rows of a few products later, each in its world."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from reranking.signals.product_rows import ProductRows, has_titles_only
from reranking.signals.texts.bags import BUCKETS, BagsBuilder
from reranking.signals.texts.worlds import AS_IT_IS, Worlds

Value = TypeVar("Value")
Entries = npt.NDArray[np.int32]


@dataclass(frozen=True)
class TokenCounts:
    """It keeps the builders of bags by their names, and the characters of the longest code of each bucket.

    Without `worlds` a family counts what it reads, the whole catalogue, and keeps the rows of the products asked for.
    With them it reads a few products, and makes the rows of the worlds of them. `titles_only` says that nobody has more
    than a title, None that the catalogue is to be looked at. `placed` (m,) are the positions of what is read, in a catalogue of
    so many products, where pairs are of positions there.
    """

    builders: dict[str, BagsBuilder] = field(default_factory=dict)
    code_lengths: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(BUCKETS, dtype=np.uint8))
    titles_only: bool | None = None
    worlds: Worlds | None = None
    placed: tuple[Ints1d, int] | None = None

    def entries(self) -> Entries:
        """Return what was counted (3, m): the number of a builder, in the order of names, a bucket, and how many products have it. The
        last number stands for the characters of the longest code of a bucket."""
        counted: list[npt.NDArray[np.integer]] = [
            *(self.builders[name].counts for name in sorted(self.builders)),
            self.code_lengths,
        ]
        there = [np.flatnonzero(counts) for counts in counted]
        number = np.repeat(np.arange(len(counted)), [len(buckets) for buckets in there])
        many = np.concatenate([counts[buckets] for counts, buckets in zip(counted, there, strict=True)])
        return np.stack([number, np.concatenate(there), many]).astype(np.int32)

    def add(self, entries: Entries, products: int) -> None:
        """Take in what was counted of so many other products, by builders of the same names."""
        names = sorted(self.builders)
        for number, name in enumerate(names):
            of_builder = entries[0] == number
            self.builders[name].counts[entries[1, of_builder]] += entries[2, of_builder]
            self.builders[name].products_seen += products
        _, buckets, lengths = entries[:, entries[0] == len(names)]
        self.code_lengths[buckets] = np.maximum(self.code_lengths[buckets], lengths.astype(np.uint8))

    def in_worlds(self, worlds: Worlds, *, titles_only: bool) -> "TokenCounts":
        """Return the same counts for rows of these worlds."""
        return replace(self, code_lengths=self.code_lengths.copy(), titles_only=titles_only, worlds=worlds)

    def for_products(self, positions: Ints1d, products: int, *, titles_only: bool) -> "TokenCounts":
        """Return the same counts for the products at these positions (sorted) of a catalogue of so many, which alone are read."""
        nobody, rows = np.zeros(0, dtype=np.int64), np.arange(len(positions))
        as_they_are = Worlds(rows, np.full(len(rows), AS_IT_IS), nobody, nobody)
        return replace(self.in_worlds(as_they_are, titles_only=titles_only), placed=(positions, products))

    def bags(self, name: str, *, groups: int = 1) -> BagsBuilder:
        """Return the builder of this name."""
        if self.worlds is not None:
            return self.builders[name].in_worlds(self.worlds)
        return self.builders.setdefault(name, BagsBuilder(groups=groups))

    def has_titles_only(self, catalog: Catalog) -> bool:
        """Return whether nobody has more than a title."""
        return has_titles_only(catalog) if self.titles_only is None else self.titles_only

    def rows(self, products: Ints1d, catalog: Catalog) -> ProductRows:
        """Return where the products asked for stand, or the rows of the worlds, each by its own number."""
        if self.placed is not None:
            return ProductRows.of(*self.placed)
        if self.worlds is None:
            return ProductRows.of(products, len(catalog))
        return ProductRows.of(np.arange(len(self.worlds)), len(self.worlds))

    def spread(self, values: Sequence[Value]) -> Sequence[Value]:
        """Return the value of each row, of those of the products that were read."""
        return values if self.worlds is None else [values[row] for row in self.worlds.rows.tolist()]
