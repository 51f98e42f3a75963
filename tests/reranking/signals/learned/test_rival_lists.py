"""Rivals of products on a line of angles, whose neighbours can be read off, with log-odds given by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.search.neighbours import Neighbours
from reranking.signals.learned.rival_lists import NOBODY, RivalLists, RivalPairs, SideRivals, first_neighbours

ANGLES = [0, 10, 25, 45, 90]
SOURCES = np.array([0, 1, 1, 0, -1])


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("angles")
    vectors = [[np.cos(np.radians(angle)), np.sin(np.radians(angle))] for angle in ANGLES]
    pd.DataFrame({"id": range(len(ANGLES)), "v": vectors}).to_parquet(folder / "products.parquet")
    options = BuildOptions(encoding=EncodingOptions(text_encoder="column:v", image_encoder="none"), lexical=False, k=4)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


@pytest.fixture(scope="module")
def pairs(index):
    return RivalPairs.of(index, np.arange(len(ANGLES)), index.views, 4)


def lists_of(pairs, given):
    """Rival lists in which every pair is as unlikely as can be but those given, {(left, right): log-odds}."""
    log_odds = [given.get((left, right), -8.0) for left, right in zip(pairs.left, pairs.right, strict=True)]
    return RivalLists.of(pairs, np.array(log_odds, dtype=np.float32))


def against(lists, side, other):
    found = lists.of_side(np.array([side])).against(np.array([other]), SOURCES)
    return float(found.best[0]), float(found.best_offer[0]), float(found.expected[0])


def test_the_rivals_of_a_product_are_its_first_neighbours(pairs):
    of_first = pairs.rivals[pairs.starts[0] : pairs.starts[1]]
    assert of_first.tolist() == [1, 2, 3]


def test_the_first_product_of_a_catalogue_is_a_rival_like_any_other(pairs):
    assert pairs.rivals[pairs.starts[1] : pairs.starts[2]].tolist() == [0, 2, 3]
    lists = lists_of(pairs, {(0, 1): 5.0, (1, 2): 0.0})
    assert against(lists, 1, 2)[0] == 5.0


def test_a_pair_of_rivals_is_scored_once_whichever_way_it_is_met(pairs):
    assert (pairs.left < pairs.right).all()
    keys = pairs.left * 10 + pairs.right
    assert len(np.unique(keys)) == len(keys) < len(pairs.rivals)
    own = np.repeat(pairs.products, np.diff(pairs.starts))
    assert (keys[pairs.pair_of] == np.minimum(own, pairs.rivals) * 10 + np.maximum(own, pairs.rivals)).all()


def test_rivals_depend_on_no_other_product_that_is_prepared(index, pairs):
    alone = RivalPairs.of(index, np.array([2]), index.views, 4)
    assert alone.rivals.tolist() == pairs.rivals[pairs.starts[2] : pairs.starts[3]].tolist()


def test_the_best_rival_is_never_the_other_product_itself(pairs):
    lists = lists_of(pairs, {(0, 1): 5.0, (0, 2): 2.0})
    assert against(lists, 0, 1)[0] == 2.0
    assert against(lists, 0, 2)[0] == 5.0


def test_a_third_product_matches_both_sides_no_more_likely_than_either(pairs):
    lists = lists_of(pairs, {(0, 1): 5.0, (1, 2): 3.0, (0, 3): 1.0, (2, 3): 2.0})
    ours, theirs = lists.of_side(np.array([0, 1])), lists.of_side(np.array([2, 0]))
    assert ours.shared(theirs).tolist() == [3.0, -8.0]  # 1 of 0 and 2; none of 1 and 0 that likely
    assert theirs.shared(ours).tolist() == [3.0, -8.0]


def test_sides_without_a_common_rival_have_none_that_matches_both():
    one = SideRivals(csr_array(([20.0, 20.0, 20.0], [1, 2, 3], [0, 2, 3]), shape=(2, 5)), np.zeros(2))
    other = SideRivals(csr_array(([20.0], [3], [0, 1, 1]), shape=(2, 5)), np.zeros(2))
    assert one.shared(other).tolist() == other.shared(one).tolist() == [NOBODY, NOBODY]


def test_the_best_offer_is_of_the_other_products_source(pairs):
    lists = lists_of(pairs, {(0, 1): 1.0, (0, 2): 2.0, (0, 3): 3.0})
    assert against(lists, 0, 2)[:2] == (3.0, 1.0)


def test_where_nobody_competes_the_best_rival_is_below_all(pairs):
    lists = lists_of(pairs, {})
    assert against(lists, 0, 3)[1] == NOBODY


def test_expected_matches_are_the_probabilities_of_the_others_together(pairs):
    lists = lists_of(pairs, {(0, 1): 0.0, (0, 2): 0.0, (0, 3): 0.0})
    assert against(lists, 0, 1)[2] == 1.0
    assert against(lists, 0, 4)[2] == 1.5


def test_one_pair_gets_what_it_gets_in_company(pairs):
    lists = lists_of(pairs, {(0, 1): 0.3, (0, 2): -0.7, (1, 2): 1.9, (2, 3): 0.4})
    sides, others = np.array([0, 1, 4, 2]), np.array([1, 3, 0, 0])
    together = lists.of_side(sides).against(others, SOURCES)
    for row, (side, other) in enumerate(zip(sides, others, strict=True)):
        assert against(lists, side, other) == (together.best[row], together.best_offer[row], together.expected[row])


def neighbours(*lists):
    positions = np.array([[position for position, _ in row] for row in lists], dtype=np.int64)
    return Neighbours(positions, np.array([[cosine for _, cosine in row] for row in lists], dtype=np.float32))


def found_in(listed, count):
    rows, positions = first_neighbours(listed, np.arange(len(listed)), count)
    return [positions[rows == row].tolist() for row in range(len(listed))]


def test_those_that_tie_with_the_last_rival_are_rivals_too():
    assert found_in(neighbours([(1, 0.9), (2, 0.5), (3, 0.5), (4, 0.1)]), 2) == [[1, 2, 3]]


def test_of_a_tie_to_the_end_of_a_full_list_nobody_is_taken():
    assert found_in(neighbours([(1, 0.9), (2, 0.5), (3, 0.5), (4, 0.5)]), 2) == [[1]]


def test_of_a_list_with_room_all_are_taken():
    assert found_in(neighbours([(1, 0.9), (2, 0.5), (-1, np.nan), (-1, np.nan)]), 3) == [[1, 2]]


def test_the_product_at_position_0_is_found():
    assert found_in(neighbours([(0, 0.9), (2, 0.5), (-1, np.nan)]), 2) == [[0, 2]]


def thinned(lists, side, other):
    found = lists.of_side(np.array([side])).thinned(np.array([other]))
    met = found.against(np.array([other]), SOURCES)
    return float(met.best[0]), float(met.best_offer[0]), float(met.expected[0])


def test_a_thinned_catalogue_has_no_likely_matches_but_the_other_product(pairs):
    lists = lists_of(pairs, {(0, 1): 5.0, (0, 2): 2.0, (0, 3): -1.0})
    assert against(lists, 0, 1)[:2] == (2.0, 2.0)
    assert thinned(lists, 0, 1) == (-1.0, NOBODY, pytest.approx(1 / (1 + np.exp(1.0)), abs=1e-6))
    assert thinned(lists, 0, 3)[0] == NOBODY  # the other one is never its own rival


def test_as_likely_as_not_is_no_likely_match(pairs):
    lists = lists_of(pairs, {(0, 1): 0.0, (0, 2): 1 / 1024})
    assert thinned(lists, 0, 3)[0] == 0.0


def test_a_third_product_that_matches_is_not_shared_in_a_thinned_catalogue(pairs):
    lists = lists_of(pairs, {(0, 1): 5.0, (1, 2): 3.0, (0, 3): 1.0, (2, 3): -2.0})
    left, right = np.array([0]), np.array([2])
    ours, theirs = lists.of_side(left).thinned(right), lists.of_side(right).thinned(left)
    assert ours.shared(theirs).tolist() == theirs.shared(ours).tolist() == [NOBODY]
    assert lists.of_side(left).shared(lists.of_side(right)).tolist() == [3.0]


def test_lists_of_many_rows_are_thinned_row_by_row(pairs):
    lists = lists_of(pairs, {(0, 1): 5.0, (0, 2): -1.0, (1, 2): 3.0, (2, 3): 4.0})
    left, right = np.array([0, 1, 2, 0]), np.array([2, 3, 0, 1])
    found = lists.of_side(left).thinned(right).against(right, SOURCES)
    for row, (side, other) in enumerate(zip(left, right, strict=True)):
        assert (found.best[row], found.best_offer[row]) == thinned(lists, side, other)[:2]
