"""Offers are scored as they would be in the index."""

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.matching.match_offers import match_offers, prepare_matching
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer


@pytest.fixture(scope="module")
def matcher(sample_index, sample_model):
    return prepare_matching(open_index(sample_index), load_reranker(sample_model))


def test_a_product_of_the_index_is_matched_as_its_pairs_are_scored(matcher):
    index = matcher.index
    rows = np.arange(0, len(index.catalog), 5)
    found = match_offers(matcher, index.catalog.take(rows))
    assert found.known.tolist() == rows.tolist()
    left = rows[found.offers]
    assert not (left == found.products).any()
    scorer = PairScorer.prepare(index, matcher.model, np.arange(len(index.catalog)))
    apart = np.abs(scorer.score(left, found.products) - found.scores)
    assert len(apart) > 1000
    assert (apart > 0.01).mean() < 0.002
    assert apart.max() < 0.1
