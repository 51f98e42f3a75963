"""An unseen split leaves no product on two sides, and says what fell away."""

import numpy as np
import pytest

from reranking.pairs.labelled import LabelledPairs
from scripts.benchmarks.labelled_set import SPLITS
from scripts.benchmarks.unseen_split import UnseenSplit

PRODUCTS = 60  # every product 2 g has its match in 2 g + 1


def _given(random: np.random.Generator, *, shared: bool) -> dict[str, LabelledPairs]:
    """Return matches and as many random non-matches by split; products are of one split alone unless `shared`."""
    found = {}
    for number, name in enumerate(SPLITS):
        own = np.arange(number, PRODUCTS, 3)
        others = random.permutation(np.arange(PRODUCTS) if shared else own)[: len(own)]
        kept = own != others
        left, right = np.append(2 * own, 2 * own[kept]), np.append(2 * own + 1, 2 * others[kept] + 1)
        found[name] = LabelledPairs(left, right, np.append(np.ones(len(own)), np.zeros(int(kept.sum()))))
    return found


def _split(given: dict[str, LabelledPairs]) -> UnseenSplit:
    return UnseenSplit.of(given, np.zeros(sum(map(len, given.values())), dtype=np.int64))


def test_no_product_group_is_on_two_sides_and_no_match_falls_away() -> None:
    given = _given(np.random.default_rng(0), shared=True)
    split = _split(given)
    groups = [np.unique(split.pairs[name].products // 2) for name in SPLITS]
    assert len(np.unique(np.concatenate(groups))) == sum(map(len, groups))
    assert sum(pairs.targets.sum() for pairs in split.pairs.values()) == PRODUCTS
    assert split.away == sum(map(len, given.values())) - sum(map(len, split.pairs.values())) > 0


def test_the_same_pairs_are_split_alike() -> None:
    given = _given(np.random.default_rng(1), shared=True)
    one, other = _split(given), _split(given)
    assert all(np.array_equal(one.pairs[name].left, other.pairs[name].left) for name in SPLITS)


def test_splits_that_share_no_product_stay_as_they_are() -> None:
    given = _given(np.random.default_rng(2), shared=False)
    split = _split(given)
    assert split.pairs == given
    assert split.away == 0
    assert np.array_equal(split.weights(given["test"].targets), np.ones(len(given["test"])))


def test_weights_give_a_split_the_share_of_matches_of_the_whole() -> None:
    split = _split(_given(np.random.default_rng(3), shared=True))
    targets = split.pairs["test"].targets
    weights = split.weights(targets)
    assert weights @ targets / weights.sum() == pytest.approx(split.share)
