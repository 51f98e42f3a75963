"""What was read once of a whole catalogue says of a few products what reading all of it for them says."""

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.signals.whole_catalogue import WholeCatalogue


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def model(sample_model):
    return load_reranker(sample_model)


@pytest.mark.parametrize("products", [[3, 17], [0, 5, 6, 111, 319], [318]])
def test_pairs_of_a_few_products_have_the_same_features(index, model, products):
    whole = WholeCatalogue.read(index, model.needs.views, model.needs.k)
    before = {name: builder.counts.copy() for name, builder in whole.counted.tokens.builders.items()}
    given = np.array(products)
    left, right = (np.repeat(given, len(given)), np.tile(given, len(given)))
    left, right = left[left != right], right[left != right]
    expected, found = (PairScorer.prepare(index, model, given, of) for of in (None, whole))
    assert found.signals.names == expected.signals.names
    np.testing.assert_array_equal(found.features(left, right), expected.features(left, right))
    for name, builder in whole.counted.tokens.builders.items():
        np.testing.assert_array_equal(builder.counts, before[name])
    for product in products:
        assert found.signals.plain.text.rarities(product) == expected.signals.plain.text.rarities(product)
