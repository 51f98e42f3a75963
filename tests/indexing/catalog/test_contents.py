"""Products of the same content."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexing.catalog.contents import RowBank, first_of, text_contents
from indexing.vectors.vectors import from_arrays, unit_rows

TEXTS = st.lists(st.sampled_from(["", "a", "b", "ab", "ё", "a "]), max_size=40)


@given(TEXTS)
def test_the_first_of_a_content_is_where_the_same_text_stood_first(texts):
    assert first_of(text_contents(texts)).tolist() == [texts.index(text) for text in texts]


@given(TEXTS, TEXTS)
def test_a_bank_finds_a_row_of_the_same_content_or_none(old, asked):
    found = RowBank(text_contents(old), None).find(text_contents(asked))
    assert [None if place < 0 else old[place] for place in found] == [text if text in old else None for text in asked]


def test_a_bank_gives_the_rows_of_what_it_finds():
    rows = unit_rows(np.arange(1, 7, dtype=np.float32).reshape(3, 2))
    bank = RowBank(text_contents(["a", "b", "c"]), from_arrays(rows))
    assert (bank.rows.take(bank.find(text_contents(["c", "a"]))) == rows[[2, 0]]).all()


@given(TEXTS, st.sets(st.integers(0, 39)), TEXTS)
def test_a_bank_finds_no_row_of_what_it_is_to_be_without(old, positions, asked):
    chosen = np.array([position for position in sorted(positions) if position < len(old)], dtype=np.int64)
    left = [text for text in old if text not in {old[position] for position in chosen}]
    found = RowBank(text_contents(old), None).without(chosen).find(text_contents(asked))
    assert [None if place < 0 else old[place] for place in found] == [text if text in left else None for text in asked]
