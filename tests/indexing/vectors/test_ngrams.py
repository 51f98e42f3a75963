"""Hashed n-grams and their weights."""

import time

import numpy as np
import pytest
import scipy.sparse as sp

from indexing.vectors import ngrams
from indexing.vectors.ngram_options import NgramOptions
from indexing.vectors.ngrams import count_blocks, document_counts, inverse_document_frequency, weigh


def test_blocks_of_texts_count_as_one(monkeypatch):
    texts, options = ["kettle steel", "", "cable", "kettle"], NgramOptions(buckets=1 << 10)
    (whole,) = count_blocks(texts, options)
    monkeypatch.setattr("indexing.vectors.ngrams.BLOCK_TEXTS", 3)
    blocks = list(count_blocks(texts, options))
    assert [block.shape[0] for block in blocks] == [3, 1]
    assert (sp.vstack(blocks) != whole).nnz == 0


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_blocks_come_in_order_whichever_thread_is_ready_first(monkeypatch, threads):
    monkeypatch.setattr(ngrams, "BLOCK_TEXTS", 2)
    monkeypatch.setattr(ngrams, "thread_count", lambda: threads)
    texts = ["a" * length for length in range(40, 0, -1)]

    def late(counts):
        time.sleep(0.001 * float(counts.sum()) / 40)
        return int(counts.sum())

    options = NgramOptions("char_wb", 3, 3, 1 << 10)
    assert list(ngrams.of_counts(texts, options, late)) == [2 * length - 1 for length in range(40, 0, -2)]


def test_words_keep_short_ones_and_marks():
    (counts,) = count_blocks(["5 м usb-c 5"], NgramOptions("word", 1, 1, buckets=1 << 20))
    assert sorted(counts.data.tolist()) == [1, 1, 2]


def test_a_text_counts_once_for_each_of_its_ngrams():
    counts = sp.csr_matrix(np.array([[2, 0, 1], [1, 0, 0]], dtype=np.float32))
    assert document_counts(counts).tolist() == [2, 0, 1]


def test_rarer_ngrams_weigh_more():
    assert inverse_document_frequency(np.array([0, 9]), 9).tolist() == pytest.approx([1 + np.log(10), 1.0])


def test_weighed_rows_have_length_one_or_are_empty():
    counts = sp.csr_matrix(np.array([[2, 0, 1], [0, 0, 0], [0, 1, 0]], dtype=np.float32))
    weighed = weigh(counts, np.array([1.0, 0.0, 3.0], dtype=np.float32))
    first = np.array([1 + np.log(2), 0, 3.0])
    assert weighed.toarray() == pytest.approx(np.array([first / np.linalg.norm(first), [0] * 3, [0] * 3]), abs=1e-6)
    assert weighed.nnz == 2
    assert counts.data.tolist() == [2, 1, 1]
