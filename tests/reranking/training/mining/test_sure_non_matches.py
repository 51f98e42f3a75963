"""Non-matches are mined surest first, and never a pair that may be a match."""

import numpy as np
import pandas as pd
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.search.neighbours import rank_of
from reranking.pairs.candidates import candidates_with
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.repeats import pair_keys
from reranking.training.mining import sure_non_matches
from reranking.training.mining.sure_non_matches import largest_share, mine_non_matches

NO_KEYS = np.zeros(0, dtype=np.int64)


def mine(index, pairs, k=20, barred=NO_KEYS, foreign=()):
    outside = np.zeros(len(index.catalog), dtype=bool)
    outside[list(foreign)] = True
    return mine_non_matches(index, pairs, k, barred, outside)


def found(mined):
    return set(zip(mined.left.tolist(), mined.right.tolist(), strict=True))


def matches(*rows):
    left, right = np.array(rows).T
    return LabelledPairs(left, right, np.ones(len(rows)))


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """An index of titles, with sources, barcodes and whether it matches across sources only."""

    def make(titles, sources, barcodes=None, across=True):
        folder = tmp_path_factory.mktemp("sure")
        frame = pd.DataFrame({"id": range(len(titles)), "title": titles, "source": sources})
        if barcodes is not None:
            frame["attributes"] = [None if code is None else f'{{"ean": "{code}"}}' for code in barcodes]
        frame.to_parquet(folder / "products.parquet")
        options = BuildOptions(
            encoding=EncodingOptions(image_encoder="none"), match_across_sources=across, k=len(titles) - 1
        )
        return build_index([folder / "products.parquet"], folder / "index", options=options).index

    return make


TITLES = [f"kettle steel kx-{number}" for number in range(8)]


@pytest.fixture
def few(monkeypatch):
    """Two mined pairs are enough, and no nearness is too doubtful, for these catalogues are small."""
    monkeypatch.setattr(sure_non_matches, "LEAST", 2)
    monkeypatch.setattr(sure_non_matches, "MOST_DOUBT", 1)


def test_a_group_with_an_offer_of_a_source_has_no_other_there(build, few):
    index = build(TITLES, list("ababcbca"))
    mined = mine(index, matches((0, 1)))
    # 0 of a and 1 of b are one product: no other offer of a or b is, while those of c may be
    assert found(mined) == {(0, 3), (0, 5), (1, 2), (1, 7)}
    assert mined.by_source
    assert not mined.less_sure.any()


def test_two_known_groups_of_one_source_are_two_products_whatever_sources_their_offers_have(build, few):
    index = build(TITLES, list("abcdabcd"))
    mined = mine(index, matches((0, 1), (1, 2), (3, 4)))  # a b c and d a
    assert {(1, 3), (2, 3), (1, 4), (2, 4), (0, 3)} <= found(mined)


def test_two_known_groups_without_a_common_source_may_be_one_product(build, few):
    index = build(TITLES, list("abcdabcd"))
    mined = mine(index, matches((0, 1), (2, 3)))
    assert not {(0, 2), (0, 3), (1, 2), (1, 3)} & found(mined)
    assert (0, 5) in found(mined)


def test_sources_tell_nothing_where_groups_have_two_offers_of_one(build, few):
    index = build(TITLES, list("abaababb"))
    mined = mine(index, matches((0, 1), (1, 2), (3, 5), (5, 4)))  # a b a and a b b
    assert not mined.by_source


def test_offers_of_an_index_that_matches_everywhere_are_told_by_their_known_groups(build, few):
    index = build(TITLES, list("abcdabcd"), across=False)
    mined = mine(index, matches((0, 1), (2, 3)))
    sure = {pair for pair, less in zip(found_in_order(mined), mined.less_sure, strict=True) if not less}
    assert sure == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert not mined.by_source


def found_in_order(mined):
    return list(zip(mined.left.tolist(), mined.right.tolist(), strict=True))


def test_a_group_that_labels_join_is_never_mined(offers, learned):
    mined = mine(offers.index, offers.matches(learned))
    assert len(mined.left) > 1000
    assert 0 < mined.may_match < 0.005
    assert not (offers.product[mined.left] == offers.product[mined.right]).any()


def test_barred_pairs_and_foreign_products_are_never_mined(offers, learned):
    pairs = offers.matches(learned)
    every = mine(offers.index, pairs)
    keys = pair_keys(every.left, every.right, len(offers.product))
    foreign = int(every.right[3])
    left = mine(offers.index, pairs, barred=keys[:3], foreign=[foreign])
    gone = found(every) - found(left)
    touching = {pair for pair in found(every) if foreign in pair}
    assert gone == set(found_in_order(every)[:3]) | touching
    assert len(found(left)) == len(found(every)) - len(gone)


def test_a_shared_barcode_or_title_is_never_mined(build, few):
    codes = ["4006381333931", None, None, "4006381333931", None, "96385074", None, "4006381333932"]
    titles = [*TITLES[:7], "Kettle STEEL kx-1"]
    sources = list("ababbbba")
    without = mine(build(TITLES, sources), matches((0, 1)))
    assert {(0, 3), (1, 7)} <= found(without)
    assert found(without) - found(mine(build(titles, sources, codes), matches((0, 1)))) == {(0, 3), (1, 7)}


def test_no_more_neighbours_than_asked_are_mined(offers, learned):
    few, many = (mine(offers.index, offers.matches(learned), k=k) for k in (3, 20))
    assert found(few) < found(many)
    assert few.share > many.share


def test_the_share_is_that_of_known_matches_among_the_candidates_of_known_products(build, few):
    index = build(TITLES, list("ababcbca"))
    mined = mine(index, matches((0, 1)), k=7)
    # 0 of a has five candidates of b or c, 1 of b five of a or c; their own pair is in both
    assert mined.share == pytest.approx(1 / 9)


@pytest.fixture(scope="module")
def sparse(offers_without_shops):
    """Matches of a few products only, what is mined to them, and the nearness of pairs."""
    index, pairs = offers_without_shops.index, offers_without_shops.matches(np.array([0, 40, 80, 120, 160]))
    return index, pairs, mine(index, pairs)


def test_where_sure_pairs_are_few_unlabelled_neighbours_join_in(sparse, offers_without_shops, learned):
    assert sparse[2].less_sure.sum() > 30
    assert not mine(offers_without_shops.index, offers_without_shops.matches(learned)).less_sure.any()


def test_none_that_joins_in_is_nearer_than_half_of_the_matches(sparse):
    index, pairs, mined = sparse
    less = mined.left[mined.less_sure], mined.right[mined.less_sure]
    joined, of_matches = (
        sum(index.cosines(view, *sides) for view in ("text", "lexical")) for sides in (less, (pairs.left, pairs.right))
    )
    assert joined.max() < np.median(of_matches)


def test_none_that_joins_in_is_a_pair_of_first_neighbours(sparse):
    index, _, mined = sparse
    for view in ("text", "lexical"):
        neighbours = index.neighbours(view)
        mutual = rank_of(neighbours, mined.left, mined.right) + rank_of(neighbours, mined.right, mined.left) == 2
        assert not mutual[mined.less_sure].any()


def test_known_groups_that_are_as_near_as_matches_are_not_taken_for_sure(offers_of_six_shops):
    """Where labels tear products apart, pairs of two known groups are often of one product."""
    index, product = offers_of_six_shops.index, offers_of_six_shops.product
    of_products = [np.flatnonzero(product == number) for number in range(60)]
    torn = matches(*(offers[start : start + 2] for offers in of_products for start in range(0, len(offers) - 1, 2)))
    mined = mine(index, torn)
    assert mined.less_sure.all()
    whole = mine(index, offers_of_six_shops.matches(np.arange(60)))
    assert not whole.less_sure.any()
    known = np.isin(np.arange(len(product)), torn.products)
    left, right = np.divmod(candidates_with(index, known, 20), len(product))
    unlabelled = ~np.isin(pair_keys(left, right, len(product)), pair_keys(torn.left, torn.right, len(product)))
    hidden = product[left[unlabelled]] == product[right[unlabelled]]
    left_in = (product[mined.left] == product[mined.right]).mean()
    assert left_in < 0.8 * hidden.mean()
    assert mined.may_match == pytest.approx(left_in, rel=0.7)


def test_matches_that_are_no_candidates_are_refused(build):
    titles = ["red apple", "green pear", *[f"red apple {n}" for n in range(6)], *[f"green pear {n}" for n in range(6)]]
    index = build(titles, list("abcdefgh") + list("abcdef"))
    with pytest.raises(
        InputError, match=r"1 matches, and none of them is among the first 2 neighbours.*label non-matches"
    ):
        mine(index, matches((0, 1)), k=2)


def test_no_neighbour_that_is_surely_none_is_refused(build):
    index = build(["red apple", "red apples", "red apple"], list("abc"))
    with pytest.raises(InputError, match="none of their first 2 neighbours is surely no match: label non-matches"):
        mine(index, matches((0, 1)), k=2)


def test_the_largest_share_bounds_what_is_hidden():
    random = np.random.default_rng(0)
    known, others = random.normal(3, 1, 500), random.normal(0, 1, 4000)
    for hidden in (0.0, 0.05, 0.3):
        count = round(hidden * 4000)
        mixed = np.concatenate([others[count:], random.normal(3, 1, count)])
        assert largest_share(known, mixed) == pytest.approx(hidden, abs=0.035)


def test_the_largest_share_of_few_is_never_none():
    assert largest_share(np.arange(10.0), np.array([-1.0, -2.0])) == pytest.approx(0.25, abs=0.03)
