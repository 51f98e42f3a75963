"""Batches of texts of like length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexing.encoders.text.text_encoder import token_batches


@given(st.lists(st.integers(0, 300), max_size=200), st.integers(1, 500))
def test_every_text_is_in_one_batch_and_batches_keep_the_budget(lengths, budget):
    batches = list(token_batches(np.array(lengths, dtype=np.int64), budget=budget))
    assert sorted(np.concatenate([*batches, []])) == list(range(len(lengths)))
    for batch in batches:
        longest = max(max(lengths[place] for place in batch), 1)
        assert len(batch) == 1 or longest * len(batch) <= budget


def test_the_longest_come_first_and_the_like_together():
    batches = [batch.tolist() for batch in token_batches(np.array([2, 9, 2, 8, 2]), budget=18)]
    assert batches == [[1, 3], [0, 2, 4]]
