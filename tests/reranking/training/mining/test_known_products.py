"""What labelled matches say of products: groups, the sources that these have, and how often one has two offers."""

import numpy as np
import pytest

from reranking.training.mining.known_products import KnownProducts

#                                 a  b  a  b  c  a  none
KNOWN = KnownProducts(
    np.array([0, 0, 2, 2, 4, 5, 6]), np.array([1, 1, 1, 1, 0, 0, 0], dtype=bool), np.array([0, 1, 0, 1, 2, 0, -1])
)


def shares(left, right):
    return bool(KNOWN.share_a_source(np.array([left]), np.array([right]))[0])


def test_groups_that_have_offers_of_one_source_share_it():
    assert shares(0, 3)  # a b and a b: 0 and 3 are of two sources, and so are their groups
    assert shares(1, 5)  # b, whose group has an offer of a, and an unknown product of a
    assert not shares(1, 4)
    assert not shares(4, 5)
    assert not shares(6, 6)


def test_groups_are_told_apart():
    assert KNOWN.same(np.array([0, 0]), np.array([1, 2])).tolist() == [True, False]


def test_groups_with_two_offers_of_a_source_are_counted_as_if_there_were_half_of_one_more():
    assert KNOWN.doubled == pytest.approx(0.5 / 3)
    twice = KnownProducts(KNOWN.groups, KNOWN.known, np.array([0, 0, 0, 1, 0, 0, 0]))
    assert twice.doubled == pytest.approx(1.5 / 3)
