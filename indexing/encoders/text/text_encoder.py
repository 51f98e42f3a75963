"""A text encoder puts a text model, whatever engine it runs in, behind a template.

The batches that models read are cut here, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from indexing.arrays import Floats2d, Ints1d
from indexing.catalog.catalog import TEXT_FIELDS, Catalog
from indexing.catalog.text_template import TextTemplate
from indexing.encoders.encoder import Encoded


class TextModel(Protocol):
    """A text model turns texts into vectors."""

    @property
    def dim(self) -> int:
        """Return d, the length of a row."""

    def encode_texts(self, texts: Sequence[str], *, query: bool = False) -> Floats2d:
        """Return unit rows (n, d) float32 of texts that are not empty.

        `query` asks for the prompt that the model declares for what is typed, not the one for what is kept.
        """


@dataclass(frozen=True)
class TextEncoder:
    """It runs a model over the texts of a template.

    `query` says that the products are typed texts, of which only the title is there.
    """

    spec: str
    model: TextModel
    template: TextTemplate
    query: bool = False

    @property
    def dim(self) -> int:
        return self.model.dim

    def encode(self, catalog: Catalog) -> Encoded:
        """Return a row a product; products without any text have a row of zeros. The same text is encoded once."""
        texts = self.template.texts(catalog)
        if self.query:  # a template without the title would leave nothing of what was typed
            texts = [text or plain for text, plain in zip(texts, catalog.texts(TEXT_FIELDS), strict=True)]
        distinct = list(dict.fromkeys(text for text in texts if text))
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        if distinct:
            places = {text: place for place, text in enumerate(distinct)}
            there = [number for number, text in enumerate(texts) if text]
            encoded = self.model.encode_texts(distinct, query=self.query)
            rows[there] = encoded[[places[texts[number]] for number in there]]
        return Encoded(rows)


def token_batches(lengths: Ints1d, *, budget: int) -> Iterator[Ints1d]:
    """Yield places of texts, longest first, so that texts x their longest length stays within the budget.

    A text over the budget comes alone. The longest come first, so that what does not fit into memory shows at once. The
    batches depend on the lengths alone.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        longest = max(int(lengths[order[start]]), 1)
        count = max(budget // longest, 1)
        yield order[start : start + count]
        start += count
