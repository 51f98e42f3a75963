"""A catalogue is counted once, so that features of a few of its products, and of other few, are prepared without reading all again."""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.machine.progress import Progress, silent
from reranking.identifiers.identifiers import Identifiers
from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.numbers import NumberSignals
from reranking.signals.families.titles import TextSignals
from reranking.signals.product_rows import Told, has_titles_only
from reranking.signals.texts.counting import Entries, TokenCounts

COUNTING = (TextSignals.from_catalog, NumberSignals.from_catalog, AttributeSignals.from_catalog)
NOBODY = np.zeros(0, dtype=np.int64)
STAGE = "count words"  # of what is told while all products are read


@dataclass(frozen=True)
class CountedCatalogue:
    """It is a catalogue with what was counted of the tokens of all products, of whom nobody has more than a title where it is
    `titles_only`."""

    catalog: Catalog
    tokens: TokenCounts
    titles_only: bool

    @classmethod
    def of_entries(cls, catalog: Catalog, entries: Entries, *, titles_only: bool | None = None) -> "CountedCatalogue":
        """Return a catalogue with what was counted of it before, elsewhere or in parts; `titles_only` is whether texts beyond titles
        were left out, None where that goes with the catalogue."""
        titles_only = has_titles_only(catalog) if titles_only is None else titles_only
        tokens = counted_tokens(catalog.slice(0, 0), titles_only=titles_only)
        tokens.add(entries, len(catalog))
        return cls(catalog, tokens, titles_only)

    @cached_property
    def identifiers(self) -> Identifiers:
        """Return the identifiers of all products."""
        return Identifiers.of(self.catalog)

    def counts_of(self, products: Ints1d) -> TokenCounts:
        """Return what weighs the tokens of the products at these positions (sorted), which alone are read."""
        return self.tokens.for_products(products, len(self.catalog), titles_only=self.titles_only)


def counted_tokens(catalog: Catalog, *, titles_only: bool, progress: Progress = silent) -> TokenCounts:
    """Count the tokens of all products, which is the same whether they are counted together or in parts that are added."""
    tokens = TokenCounts(titles_only=titles_only)
    for count, told in zip(COUNTING, passes(len(catalog), progress), strict=True):
        count(catalog, NOBODY, tokens, told)
    return tokens


def passes(products: int, progress: Progress, stage: str = STAGE) -> list[Told]:
    """Return what each reading of COUNTING tells of how many products it has read, which is a third of the way each."""
    progress(stage, 0, products)
    return [partial(_tell, progress, stage, number, products) for number in range(len(COUNTING))]


def _tell(progress: Progress, stage: str, number: int, products: int, done: int) -> None:
    progress(stage, (number * products + done) // len(COUNTING), products)
