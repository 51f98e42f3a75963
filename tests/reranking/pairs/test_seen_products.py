"""Which products of judged pairs training has seen: told by labels, or likely by neighbours."""

import numpy as np
import pandas as pd
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.seen_products import NEAREST, find_seen

TITLES = [f"steel kettle kx-{number}" for number in range(12)] + [f"oak lamp {number}" for number in range(8)]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seen")
    pd.DataFrame({"id": range(20), "title": TITLES}).to_parquet(folder / "products.parquet")
    options = BuildOptions(encoding=EncodingOptions(image_encoder="none"), k=15)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


def pairs_of(*rows):
    left, right, targets = (np.array(column) for column in zip(*rows, strict=True))
    return LabelledPairs(left, right, targets.astype(float))


TRAIN = pairs_of((0, 1, 1), (2, 3, 1), (4, 5, 0))
JUDGED = pairs_of((6, 7, 1), (8, 9, 1), (1, 10, 1), (6, 9, 0))


def asked(answer=0.0):
    """What was asked about, and a function that answers so of each pair."""
    pairs = []

    def probabilities(left, right):
        pairs.extend(zip(left.tolist(), right.tolist(), strict=True))
        return np.array([answer(*pair) if callable(answer) else answer for pair in zip(left, right, strict=True)])

    return pairs, probabilities


def test_labels_tell_of_products_that_a_chain_of_matches_ties_to_training(index):
    found = find_seen(index, TRAIN, JUDGED, asked()[1])
    assert np.flatnonzero(found.probability).tolist() == [1, 10]
    assert found.share(JUDGED) == pytest.approx(1 / 3)
    assert found.sides_seen(JUDGED.left, JUDGED.right).tolist() == [0, 0, 2, 0]


def test_it_asks_of_the_others_about_their_nearest_products_with_a_training_match(index):
    pairs, probabilities = asked()
    find_seen(index, TRAIN, JUDGED, probabilities)
    assert {left for left, _ in pairs} == {6, 7, 8, 9}
    assert {right for _, right in pairs} <= {0, 1, 2, 3, 10}  # of 4 and 5 training has no match; 10 matches 1
    assert len(pairs) == len(set(pairs)) <= 4 * 2 * NEAREST


def test_the_most_probable_neighbour_counts(index):
    found = find_seen(index, TRAIN, JUDGED, asked(lambda left, right: 0.7 if (left, right) == (8, 2) else 0.2)[1])
    assert found.probability[[6, 8, 9]].tolist() == [0.2, 0.7, 0.2]
    assert found.share(JUDGED) == pytest.approx((0.2 + 0.7 + 1) / 3)
    assert found.sides_seen(np.array([8, 8]), np.array([9, 10])).tolist() == [1, 2]


def test_likely_pairs_join_product_groups_of_both_sides(index):
    found = find_seen(index, TRAIN, JUDGED, asked(lambda left, right: 0.5 if (left, right) == (8, 2) else 0.49)[1])
    groups = found.groups(TRAIN, JUDGED)
    assert len({int(groups[product]) for product in (2, 3, 8, 9)}) == 1
    assert len({int(groups[product]) for product in (0, 1, 10)}) == 1
    assert len(set(groups.tolist())) == 20 - 3 - 2 - 1


def test_without_matches_nothing_is_seen(index):
    none = pairs_of((6, 7, 0))
    assert find_seen(index, TRAIN, none, asked(1.0)[1]).share(none) == 0.0
    assert not find_seen(index, none, JUDGED, asked(1.0)[1]).probability.any()
