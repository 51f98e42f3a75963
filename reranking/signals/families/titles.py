"""Text features say how far the words and characters of two titles agree, and how telling the words are that do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel

from indexing.arrays import Floats1d, Floats2d, Ints1d, Objects1d
from indexing.catalog.catalog import Catalog
from indexing.words.tokens import folds, words
from reranking.signals.feature import declare
from reranking.signals.product_rows import ProductRows, Told, catalog_blocks, titles, untold
from reranking.signals.texts.bags import Bags, Compared, Occurrences, Overlap, Rows, bucket_of
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.grams import character_grams
from reranking.signals.texts.sparse_rows import ratio
from reranking.signals.texts.string_ratios import numbered, string_ratios

FAMILY = "text"
TITLE_CHARS = 300  # what the edit ratios read of a title: their cost grows with its square
GRAM_SHARE = 0.1  # 3-grams that more products have are left out
FEATURES = declare(
    FAMILY,
    {
        "title_equal": "1 when the normalised titles are equal, else 0",
        "title_missing": "how many of the two have no title: 0, 1 or 2",
        "title_ratio": "insert-delete similarity of the normalised titles, 0 to 1",
        "title_sorted_ratio": "the same with the words of each title sorted",
        "title_length_ratio": "characters of the shorter normalised title over those of the longer",
        "title_first_word_equal": "1 when both titles begin with the same word, else 0",
        "words_smaller": "distinct words of the title that has fewer",
        "words_larger": "distinct words of the title that has more",
        "words_shared": "distinct words that both titles have",
        "words_jaccard": "shared words over all words of both titles",
        "words_containment_smaller": "shared words over the words of the longer title",
        "words_containment_larger": "shared words over the words of the shorter title",
        "rarity_jaccard": "the same as words_jaccard, each word weighing its rarity (inverse document frequency)",
        "rarity_containment_smaller": "rarity of the shared words over that of the title with more rarity",
        "rarity_containment_larger": "rarity of the shared words over that of the title with less rarity",
        "rarity_missing_smaller": "rarity of the words that only one title has, on the side with less of it",
        "rarity_missing_larger": "rarity of the words that only one title has, on the side with more of it",
        "rarest_shared_word": "rarity of the rarest word that both titles have",
        "rarest_missing_word_smaller": "rarity of the rarest word that only one title has, smaller side; 0: none",
        "rarest_missing_word_larger": "rarity of the rarest word that only one title has, larger side; 0: none",
        "words_cosine": "cosine of the titles' words weighed by rarity",
        "grams_cosine": "cosine of the titles' character 3-grams weighed by rarity",
        "whole_text_cosine": "cosine of title, brand, attributes and description; unknown if both have titles only",
        "title_in_text_smaller": "rarity share of one title's words found in the other's whole text, smaller direction",
        "title_in_text_larger": "rarity share of one title's words found in the other's whole text, larger direction",
    },
    rising=(
        "title_equal",
        "title_ratio",
        "title_sorted_ratio",
        "words_jaccard",
        "words_containment_smaller",
        "words_containment_larger",
        "rarity_jaccard",
        "rarity_containment_smaller",
        "rarity_containment_larger",
        "words_cosine",
        "grams_cosine",
        "whole_text_cosine",
        "title_in_text_smaller",
        "title_in_text_larger",
    ),
    falling=("rarest_missing_word_smaller", "rarest_missing_word_larger"),
)


@dataclass(frozen=True)
class Titles:
    """It holds normalised titles (m,): as written, with sorted words, a number that equal ones share, and the hash of the first word
    (-1: none)."""

    written: Objects1d
    ordered: Objects1d
    numbers: Ints1d
    first_words: Ints1d
    lengths: Floats1d

    @classmethod
    def of_words(cls, products: Sequence[list[str]]) -> "Titles":
        written = [" ".join(product) for product in products]
        ordered = [" ".join(sorted(product)) for product in products]
        firsts = Occurrences.of_tokens([product[:1] for product in products])
        first_words = np.full(len(products), -1, dtype=np.int64)
        first_words[firsts.rows] = firsts.columns
        lengths = np.fromiter(map(len, written), dtype=np.float64, count=len(written))
        columns = _column(written), _column(ordered)
        return cls(*columns, numbered(columns[0].tolist()), first_words, lengths)


def _column(texts: list[str]) -> Objects1d:
    column = np.empty(len(texts), dtype=np.object_)
    column[:] = [text[:TITLE_CHARS] for text in texts]
    return column


@dataclass(frozen=True)
class TextSignals:
    """It holds the titles and texts of the prepared products, weighed by the whole catalogue."""

    rows: ProductRows
    titles: Titles
    words: Bags
    grams: Bags
    text: Bags  # empty when no product has more than its title

    features = FEATURES

    @classmethod
    def from_catalog(
        cls, catalog: Catalog, products: Ints1d, counts: TokenCounts | None = None, told: Told = untold
    ) -> "TextSignals":
        """Read the catalogue once for what is rare, into `counts` where given; keep the rows of `products`, sorted
        positions. `told` of how many products are read."""
        counts = counts or TokenCounts()
        words_builder, grams_builder, text_builder = (counts.bags(name) for name in ("words", "grams", "text"))
        kept: list[list[str]] = []
        titles_only = counts.has_titles_only(catalog)
        for block in catalog_blocks(catalog, products, told):
            folded = [words(title) for title in folds(titles(block.catalog))]
            n = len(folded)
            words_builder.add(Occurrences.of_tokens(folded), n, block.prepared)
            grams_builder.add(character_grams([" ".join(product) for product in folded]), n, block.prepared)
            if not titles_only:
                texts = [words(text) for text in folds(block.catalog.texts())]
                text_builder.add(Occurrences.of_tokens(texts), n, block.prepared)
            kept.extend(folded[i] for i in block.prepared)
        if titles_only:
            nothing = np.zeros(0, dtype=np.int64)
            text_builder.add(Occurrences(nothing, nothing), len(products), np.arange(len(products)))
        return cls(
            counts.rows(products, catalog),
            Titles.of_words(counts.spread(kept)),
            words_builder.build(),
            grams_builder.build(max_share=GRAM_SHARE),
            text_builder.build(),
        )

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        return self.compute_compared(self.compare_words(left, right))

    def compare_words(self, left: Ints1d, right: Ints1d) -> Compared:
        """Return what the titles of pairs of positions (p,) have of each other's words."""
        return self.words.compare(self.rows.rows(left), self.rows.rows(right))

    def compute_compared(self, compared: Compared) -> Floats2d:
        """Return the same features of pairs whose words were compared."""
        rows = compared.left, compared.right
        columns = [*self._titles(*rows), *self._words(compared), self.grams.cosines(*rows), *self._text(*rows)]
        return np.column_stack(columns).astype(np.float32)

    def rarities(self, position: int) -> dict[str, float]:
        """Return the words of a prepared product's title, each with its rarity (inverse document frequency)."""
        row, matrix = int(self.rows.rows(np.array([position], dtype=np.int64))[0]), self.words.matrix
        own = slice(matrix.indptr[row], matrix.indptr[row + 1])
        weights = dict(zip(matrix.indices[own].tolist(), matrix.data[own].tolist(), strict=True))
        return {word: weights.get(bucket_of(word), 0.0) for word in self.titles.written[row].split()}

    def _titles(self, left: Rows, right: Rows) -> list[Floats1d]:
        lengths = self.titles.lengths[left], self.titles.lengths[right]
        known = (lengths[0] > 0) & (lengths[1] > 0)
        shorter, longer = np.minimum(*lengths), np.maximum(*lengths)
        written = self.titles.written[left].tolist(), self.titles.written[right].tolist()
        ordered = self.titles.ordered[left].tolist(), self.titles.ordered[right].tolist()
        equal = self.titles.numbers[left] == self.titles.numbers[right]
        firsts = self.titles.first_words[left] == self.titles.first_words[right]
        return [
            np.where(known, equal, np.nan),
            (lengths[0] == 0).astype(np.float64) + (lengths[1] == 0),
            np.where(known, string_ratios(*written, Indel.normalized_similarity), np.nan),
            np.where(known, string_ratios(*ordered, Indel.normalized_similarity), np.nan),
            ratio(shorter, longer),
            np.where(known, firsts, np.nan),
        ]

    def _words(self, compared: Compared) -> list[Floats1d]:
        left, right, overlap = compared.left, compared.right, Overlap.of(self.words, compared)
        sizes = self.words.sizes[left], self.words.sizes[right]
        weights = self.words.weights[left], self.words.weights[right]
        known = (sizes[0] > 0) & (sizes[1] > 0)
        shared_weight = np.where(known, overlap.shared_weight, np.nan)
        shared = np.where(known, overlap.shared, np.nan)
        missing = overlap.left_only_weight, overlap.right_only_weight
        rarest = np.nan_to_num(overlap.rarest_left_only), np.nan_to_num(overlap.rarest_right_only)
        return [
            np.minimum(*sizes),
            np.maximum(*sizes),
            shared,
            ratio(shared, overlap.left_only + overlap.right_only + overlap.shared),
            ratio(shared, np.maximum(*sizes)),
            ratio(shared, np.minimum(*sizes)),
            ratio(shared_weight, sum(missing) + overlap.shared_weight),
            ratio(shared_weight, np.maximum(*weights)),
            ratio(shared_weight, np.minimum(*weights)),
            np.where(known, np.minimum(*missing), np.nan),
            np.where(known, np.maximum(*missing), np.nan),
            np.where(overlap.shared > 0, overlap.rarest_shared, np.nan),
            np.where(known, np.minimum(*rarest), np.nan),
            np.where(known, np.maximum(*rarest), np.nan),
            overlap.cosine,
        ]

    def _text(self, left: Rows, right: Rows) -> list[npt.NDArray[np.floating]]:
        if not self.text.has_tokens():
            return [np.full(len(left), np.nan)] * 3
        found = self._title_in_text(left, right), self._title_in_text(right, left)
        more = np.maximum(self._more_than_title(left), self._more_than_title(right))
        values = [self.text.cosines(left, right), np.minimum(*found), np.maximum(*found)]
        return [np.where(more, value, np.nan) for value in values]

    def _title_in_text(self, title: Rows, text: Rows) -> Floats1d:
        return ratio(self.words.shared_weights(title, self.text, text), self.words.weights[title])

    def _more_than_title(self, rows: Rows) -> npt.NDArray[np.bool_]:
        return np.asarray(self.text.sizes[rows] > self.words.sizes[rows])
