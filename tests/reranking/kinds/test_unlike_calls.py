"""Calls of another kind are found and named; another share of matches, or another mix, is no other kind."""

import numpy as np
import pyarrow as pa
import pytest

from reranking.kinds.unlike_calls import LEAST_CALLS, find_unlike

NAMES = ("a", "b", "c", "d", "cosine_of_titles", "words_shared", "g", "h", "i", "j")


def found(judged, met, shares=None, seed=0):
    return find_unlike(judged, met, shares or {}, names=NAMES, seed=seed)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("judged", "met"), [(120, 120), (300, 2000), (2000, 300)])
def test_pairs_of_the_same_kind_are_not_unlike(made_pairs, judged, met, seed):
    same = found(made_pairs(judged, seed=seed), made_pairs(met, seed=100 + seed), seed=seed)
    assert same.withdrawn == ()
    assert same.all.share < 0.05


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("before", "after"), [(0.5, 0.1), (0.1, 0.5), (0.9, 0.5)])
def test_another_share_of_matches_is_no_other_kind(made_pairs, before, after, seed):
    judged, met = made_pairs(400, seed=seed, share=before), made_pairs(1000, seed=100 + seed, share=after)
    assert found(judged, met, dict.fromkeys("xy", (before, after)), seed).withdrawn == ()


@pytest.mark.parametrize("seed", range(4))
def test_another_mix_of_categories_is_no_other_kind(made_pairs, seed):
    judged, met = (
        made_pairs(400, seed=seed, mix={"x": 0.9, "y": 0.1}),
        made_pairs(1000, seed=9, mix={"x": 0.1, "y": 0.9}),
    )
    assert found(judged, met, seed=seed).withdrawn == ()


def test_what_only_one_shop_has_is_named_with_what_tells_it(made_pairs):
    unlike = found(made_pairs(400, seed=0), made_pairs(2000, seed=1, odd=0.2))
    assert [(part.margin, part.name) for part in unlike.withdrawn] == [("source", "C")]
    assert unlike.withdrawn[0].share > 0.5
    assert 0.2 < unlike.withdrawn[0].least < unlike.withdrawn[0].share
    assert {*unlike.told_by[:2]} == {"cosine_of_titles", "words_shared"}
    assert 0.1 < unlike.all.share < 0.25
    shares = {part.name: part.share for part in unlike.parts}
    assert shares["C"] > 0.5
    assert max(shares["A"], shares["B"], shares["x"], shares["y"]) < 0.25


def test_of_a_file_that_is_all_of_another_kind_all_is_withdrawn_and_no_shop_blamed(made_pairs):
    judged, met = made_pairs(400, seed=0), made_pairs(1000, seed=1)
    met.features[:, 4:6] += 4.0
    unlike = found(judged, met)
    assert [part.margin for part in unlike.withdrawn] == ["all"]
    assert unlike.unlike.mean() > 0.5


def test_a_category_whose_pairs_changed_is_named(made_pairs):
    judged, met = made_pairs(600, seed=0), made_pairs(2000, seed=1)
    inside = met.of_category("y")
    met.features[np.ix_(inside, [4, 5])] += 4.0
    assert [(part.margin, part.name) for part in found(judged, met).withdrawn] == [("category", "y")]


def test_two_new_shops_that_only_meet_each_other_are_both_named(made_pairs):
    judged, met = made_pairs(400, seed=0), made_pairs(1000, seed=1, odd=0.4)
    left = np.where(met.of_source("C"), "D", "A")
    object.__setattr__(met, "left_sources", pa.array(left, pa.large_string()))
    assert sorted(part.name for part in found(judged, met).withdrawn) == ["C", "D"]


def test_one_strange_product_with_many_calls_is_no_kind(made_pairs):
    """All calls of one product are one observation, not many."""
    met = made_pairs(1000, seed=1, odd=0.0)
    met.features[:60, 4:6] += 6.0
    met.left[:60] = 7
    sources = met.right_sources.to_pylist()
    sources[:60] = ["D"] * 60
    object.__setattr__(met, "right_sources", pa.array(sources, pa.large_string()))
    assert found(made_pairs(400, seed=0), met).withdrawn == ()


def test_too_few_calls_on_either_side_tell_nothing(made_pairs):
    few, enough = made_pairs(LEAST_CALLS - 1, seed=0), made_pairs(LEAST_CALLS, seed=1)
    assert found(few, enough) is None
    assert found(enough, few) is None
    assert found(enough, enough) is not None


def test_the_same_pairs_and_seed_find_the_same(made_pairs):
    judged, met = made_pairs(200, seed=0), made_pairs(500, seed=1, odd=0.3)
    one, other = found(judged, met), found(judged, met)
    np.testing.assert_array_equal(one.unlike, other.unlike)
    assert (one.withdrawn, one.told_by) == (other.withdrawn, other.told_by)


def test_prices_that_tell_products_apart_make_no_kind(made_pairs):
    """Calls among all offers of a product share what only that product has; read by boosters that saw others of them, all would be
    unlike."""
    offers = np.array([(one, other) for one in range(12) for other in range(one)])
    judged, met = made_pairs(660, seed=0, size=66), made_pairs(660, seed=1, size=66)
    for pairs, seed in ((judged, 2), (met, 3)):
        product, (left, right) = np.arange(660) // 66, offers[np.arange(660) % 66].T
        pairs.features[:, 5:10] = np.random.default_rng(seed).normal(size=(10, 5))[product]
        pairs.left[:], pairs.right[:] = 12 * product + left, 12 * product + right
    same = found(judged, met)
    assert same.withdrawn == ()
    assert same.all.share < 0.3


@pytest.mark.parametrize("odd", [0.0, 0.5])
def test_a_web_that_ties_all_calls_together_hides_no_kind(made_pairs, odd):
    """False matches chain: were the whole web one fold, boosters that never saw a scored pair would read it."""
    met = made_pairs(2000, seed=1, odd=odd)
    places = np.arange(len(met))
    object.__setattr__(met, "left", places)
    object.__setattr__(met, "right", places + 1)
    assert met.tied().max() == 0
    names = [part.name for part in found(made_pairs(400, seed=0), met).withdrawn]
    assert names == (["C"] if odd else [])
