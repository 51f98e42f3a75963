"""Tokens stay with their products, however many products are counted at once."""

import numpy as np
import pytest

from reranking.signals.texts.bags import BUCKETS, BagsBuilder, Occurrences


@pytest.mark.parametrize("groups", [1, 16])
def test_a_block_of_a_million_products_keeps_each_token_with_its_product(groups: int) -> None:
    n = (1 << 20) + 2
    rows = np.array([0, 1, 1 << 19, 1 << 20, (1 << 20) + 1, (1 << 20) + 1, (1 << 20) + 1])
    columns = np.array([7, 7, 7, 9, 7, 7, groups * BUCKETS - 1])
    builder = BagsBuilder(groups)
    builder.add(Occurrences(rows, columns), n, np.arange(n))
    bags = builder.build()
    assert np.flatnonzero(bags.sizes).tolist() == [0, 1, 1 << 19, 1 << 20, (1 << 20) + 1]
    assert bags.matrix[[1 << 20, (1 << 20) + 1]].indices.tolist() == [9, 7, groups * BUCKETS - 1]
    assert builder.counts[[7, 9, BUCKETS - 1]].tolist() == [4, 1, 1]
