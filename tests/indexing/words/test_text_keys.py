import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.words.text_keys import FEW, mixed, text_keys

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=40)


@given(TEXTS)
def test_keys_are_those_that_older_indexes_have(texts):
    np.testing.assert_array_equal(text_keys(texts), pd.util.hash_array(np.array(texts, dtype=object)))


@pytest.mark.parametrize("count", [1, FEW - 1, FEW + 1, 3 * FEW])
def test_long_texts_are_read_to_the_end_however_few_they_are(count):
    texts = [f"{'long ' * 300}{number}" for number in range(count)] + ["short", ""]
    np.testing.assert_array_equal(text_keys(texts), pd.util.hash_array(np.array(texts, dtype=object)))


def test_the_hash_is_the_published_one():
    """The paper's appendix: the bytes 0 to 14, with the key of the bytes 0 to 15."""
    text = bytes(range(15)).decode()
    assert text_keys([text], bytes(range(16))) == mixed(np.array([0xA129CA6149BE45E5], dtype=np.uint64))


@given(TEXTS, st.integers(0, 5))
def test_a_column_in_chunks_and_cut_has_the_same_keys(texts, first):
    whole = text_keys(texts)
    for kind in (pa.string(), pa.large_string()):
        column = pa.chunked_array([pa.array(texts[:7], kind), pa.array(texts[7:], kind)])
        np.testing.assert_array_equal(text_keys(column.slice(first)), whole[first:])


def test_another_secret_gives_other_keys():
    texts = ["", "a", "kettle 2 l"]
    assert not np.any(text_keys(texts) == text_keys(texts, b"6543219876543210"))


def test_what_is_null_has_the_key_of_none():
    keys = text_keys(pa.array(["None", None, ""], pa.large_string()))
    assert keys[0] == keys[1] != keys[2]
