"""Options of n-grams, and of the views made of them, are read with an index's manifest: by themselves they need none of
what counts and fits."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexing.catalog.catalog import TEXT_FIELDS
from indexing.storage.records import OMIT

MOST_COUNTING = 4  # threads that count blocks of texts, as each takes memory

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer


@dataclass(frozen=True)
class NgramOptions:
    """These options say which n-grams count: `analyzer` is `char_wb` (characters inside words) or `word`; they are
    `shortest` to `longest` long."""

    analyzer: str = "char_wb"
    shortest: int = 3
    longest: int = 3
    buckets: int = 1 << 20

    def vectorizer(self) -> "HashingVectorizer":
        import numpy as np
        from sklearn.feature_extraction.text import HashingVectorizer  # late: slower to load than a query to answer

        return HashingVectorizer(
            analyzer=self.analyzer,
            ngram_range=(self.shortest, self.longest),
            token_pattern=r"(?u)\S+" if self.analyzer == "word" else None,
            n_features=self.buckets,
            alternate_sign=False,
            norm=None,
            dtype=np.float32,
        )


@dataclass(frozen=True)
class LexicalOptions:
    """These options choose the n-grams: inside words, from `shortest` to `longest` characters, each in two products or
    more and in at most `most_products` different texts.

    A number with a unit is read as a word of `quantity_letters`, which weighs the more the longer it is; 0: as it is
    written, as indexes of before do.
    """

    fields: tuple[str, ...] = TEXT_FIELDS
    shortest: int = 3
    longest: int = 4
    most_products: int = 1000
    quantity_letters: int = field(default=0, metadata=OMIT)

    def ngrams(self) -> NgramOptions:
        return NgramOptions("char_wb", self.shortest, self.longest, buckets=1 << 22)


TODAYS_LEXICAL = LexicalOptions(quantity_letters=5)  # of new indexes


@dataclass(frozen=True)
class LsaOptions:
    """These options ask for `dim` singular vectors over the `most_ngrams` commonest n-grams of `most_texts` texts at
    most.

    Each dimension is divided by its singular value to the power `whitening`. Character bigrams and 0.5 had the best
    recall@10 of those tried on validation matches (docs/benchmarks.md): fewer n-grams leave more of each in the
    vector, and whitening gives the rarer ones, which tell products apart, more of it. Of what the singular vectors leave
    over of a text, whitened too, the share `residual` (of its square) is added on random signs. A number with a unit is read
    as a word of `quantity_letters`; 0: as it is written, as indexes of before do.
    """

    dim: int = 256
    fields: tuple[str, ...] = TEXT_FIELDS
    shortest: int = 2
    longest: int = 2
    whitening: float = 0.5
    most_ngrams: int = 60_000
    most_texts: int = 60_000
    iterations: int = 4
    seed: int = 0
    residual: float = field(default=0.1, metadata=OMIT)
    quantity_letters: int = field(default=0, metadata=OMIT)

    def ngrams(self) -> NgramOptions:
        return NgramOptions("char_wb", self.shortest, self.longest)


TODAYS_LSA = LsaOptions(quantity_letters=1)  # of new indexes
