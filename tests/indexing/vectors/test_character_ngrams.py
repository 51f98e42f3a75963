import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.vectors import character_ngrams
from indexing.vectors.character_ngrams import character_counts
from indexing.vectors.ngram_options import NgramOptions
from indexing.vectors.ngrams import count_blocks

LETTERS = "abA1. -éЯя漢😀İΣς\u00a0\x1f\n\U000f1234"
TEXTS = st.lists(st.text(LETTERS, max_size=12) | st.text(max_size=12), max_size=12)


def same(found, other):
    assert found.shape == other.shape
    for name in ("data", "indices", "indptr"):
        ours, theirs = getattr(found, name), getattr(other, name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("shortest", "longest", "buckets"), [(2, 2, 1 << 20), (3, 4, 1 << 22), (1, 5, 97)])
@given(texts=TEXTS)
def test_counts_are_those_that_older_indexes_were_made_of(shortest, longest, buckets, texts):
    options = NgramOptions("char_wb", shortest, longest, buckets=buckets)
    if texts:
        same(character_counts(texts, shortest, longest, buckets), options.vectorizer().transform(texts))


def test_long_texts_are_counted_in_parts(monkeypatch):
    texts = ["a kettle of steel", "", "кабель usb-c 2 м", "x" * 50, "tea", "a kettle"]
    whole = character_counts(texts, 3, 4, 1 << 22)
    for most in (1, 20, 60):
        monkeypatch.setattr(character_ngrams, "MOST_CHARACTERS", most)
        same(character_counts(texts, 3, 4, 1 << 22), whole)


def test_texts_without_a_word_have_nothing():
    counts = character_counts(["", " \n", "\u00a0"], 2, 2, 1 << 20)
    assert (counts.shape, counts.nnz) == ((3, 1 << 20), 0)


@pytest.mark.parametrize("options", [NgramOptions("word", 1, 2), NgramOptions("char_wb", 4, 5)])
def test_what_is_not_counted_here_is_counted_as_before(options):
    """Words shorter than the shortest n-gram are counted whole."""
    (found,) = count_blocks(["a kettle", "b"], options)
    same(found, options.vectorizer().transform(["a kettle", "b"]))
    assert found.nnz
