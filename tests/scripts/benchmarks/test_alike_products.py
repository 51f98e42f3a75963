"""Corner cases are made of products that are alike, half of those of test new, and of the offers of their pairs alone."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scripts.benchmarks.alike_products import AMOUNTS, Amounts, CornerCases, write_set
from scripts.benchmarks.corner_cases import SIZES
from scripts.benchmarks.labelled_set import SPLITS

PRODUCTS, OFFERS = 60, 8
GROUPS = np.repeat(np.arange(PRODUCTS), OFFERS)
FEW = Amounts(3, 2, {"train": 3, "valid": 2, "test": 4}, seen=20, new=10)


@pytest.fixture(scope="module")
def titles():
    return [f"brand{group // 6} line{group // 3} model{group} shop{row % OFFERS}" for row, group in enumerate(GROUPS)]


@pytest.fixture(scope="module")
def pairs(titles):
    return CornerCases.of(titles, GROUPS, 0).draw(FEW)


def matched(pairs):
    return set(GROUPS[pairs.left[pairs.targets == 1]])


def test_targets_say_which_offers_are_one_product(pairs):
    for name in SPLITS:
        np.testing.assert_array_equal(pairs[name].targets, GROUPS[pairs[name].left] == GROUPS[pairs[name].right])


def test_validation_has_the_products_of_training_and_half_of_those_of_test_are_new(pairs):
    train, valid, test = (matched(pairs[name]) for name in SPLITS)
    assert train == valid
    assert len(train) == 20
    assert len(test) == 20
    assert len(test - train) == 10
    new = np.isin(GROUPS, list(test - train))
    assert not new[pairs["train"].products].any()
    assert not new[pairs["valid"].products].any()


def test_no_offer_of_test_is_seen_before_and_a_new_product_has_two(pairs):
    before = np.union1d(pairs["train"].products, pairs["valid"].products)
    assert not np.isin(pairs["test"].products, before).any()
    counts = np.bincount(GROUPS[pairs["test"].products])
    assert set(counts[counts > 0]) == {2}


def test_most_products_come_with_those_that_are_alike(pairs):
    lines = np.unique(np.array(sorted(matched(pairs["train"]))) // 6, return_counts=True)[1]
    assert (lines >= 4).sum() >= 3


def test_most_others_are_the_nearest_ones(titles, pairs):
    part = pairs["train"]
    others = part.targets == 0
    alike = GROUPS[part.left[others]] // 3 == GROUPS[part.right[others]] // 3
    assert alike.mean() > 0.5


def test_the_same_seed_draws_the_same_and_another_one_others(titles, pairs):
    again, other = (CornerCases.of(titles, GROUPS, seed).draw(FEW) for seed in (0, 1))
    np.testing.assert_array_equal(again["test"].left, pairs["test"].left)
    assert set(other["test"].left) != set(pairs["test"].left)


def test_too_few_products_are_refused(titles):
    with pytest.raises(ValueError, match="60 products have 4 offers, of 750"):
        CornerCases.of(titles, GROUPS, 0).draw(Amounts(3, 1, {}))


def test_a_set_has_the_offers_of_its_pairs_alone(titles, pairs, tmp_path):
    products = pa.table(
        {"id": [f"p{row}" for row in range(len(titles))], "title": titles, "source": ["s"] * len(titles)}
    )
    write_set(products, pairs, tmp_path)
    kept = pq.read_table(tmp_path / "products.parquet")
    assert kept.schema.names == ["id", "title"]
    mentioned = set()
    for name in SPLITS:
        written = pq.read_table(tmp_path / f"pairs_{name}.parquet")
        assert written["left_id"].to_pylist() == [f"p{row}" for row in pairs[name].left]
        assert written["target"].to_pylist() == pairs[name].targets.tolist()
        mentioned |= {*written["left_id"].to_pylist(), *written["right_id"].to_pylist()}
    assert set(kept["id"].to_pylist()) == mentioned


def test_the_command_names_all_amounts():
    assert tuple(AMOUNTS) == SIZES
