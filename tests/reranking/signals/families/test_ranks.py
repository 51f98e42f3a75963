"""Ranks and cosines of products on a circle, whose neighbours can be read off their angles."""

import numpy as np
import pandas as pd
import pytest
from flat_options import build_options

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.search.neighbours import Neighbours, shared_neighbours
from reranking.signals.families.listed_sides import SHARED_K, ListStatistics, claims
from reranking.signals.families.ranks import RankSignals
from reranking.signals.families.views import ViewSignals

ANGLES = {"A": 0, "B": 10, "C": 25, "D": 45, "E": 90, "blind": None}
# With two neighbours each: A: B C, B: A C, C: B D, D: C B, E: D C, blind: nobody.


def row_of(angle):
    """The vector at an angle in degrees; None is nothing to see."""
    return [0.0, 0.0] if angle is None else [np.cos(np.radians(angle)), np.sin(np.radians(angle))]


def build_circle(folder, angles, sources=None, **options):
    columns = {"id": list(angles), "v": [row_of(angle) for angle in angles.values()]}
    if sources is not None:
        columns["source"] = sources
    pd.DataFrame(columns).to_parquet(folder / "products.parquet")
    chosen = build_options(text_encoder="column:v", image_encoder="none", lexical=False, **options)
    return build_index([folder / "products.parquet"], folder / "index", options=chosen).index


@pytest.fixture(scope="module")
def circle(tmp_path_factory):
    return build_circle(tmp_path_factory.mktemp("circle"), ANGLES, k=2)


def positions(index, pairs):
    ids = index.catalog.ids.to_pylist()
    return (np.array([ids.index(pair[side]) for pair in pairs]) for side in (0, 1))


def signals_of(index, view, k):
    return RankSignals.of(index, view, k, np.arange(len(index.catalog)))


def features_of(index, pair, k=2):
    """The features of one pair by name, without the view's."""
    signals = signals_of(index, "text", k)
    values = signals.compute(*positions(index, [pair]))[0]
    return {feature.name.removeprefix("text_"): value for feature, value in zip(signals.features, values, strict=True)}


def cosine(degrees):
    return np.cos(np.radians(degrees))


@pytest.mark.parametrize(
    ("pair", "smaller", "larger", "mutual", "reciprocal", "shared"),
    [
        # shared: of each list of two the first, as the last may tie with one that was left out
        (("A", "B"), 1, 1, 2, 2.0, 0),
        (("B", "C"), 1, 2, 2, 1.5, 0),
        (("A", "C"), 2, np.nan, 1, 0.5, 1),
        (("C", "E"), 2, np.nan, 1, 0.5, 0),
        (("A", "D"), np.nan, np.nan, 0, 0.0, 0),
        (("A", "blind"), np.nan, np.nan, 0, 0.0, np.nan),
    ],
    ids=lambda value: "".join(value) if isinstance(value, tuple) else "",
)
def test_ranks_are_counted_from_both_sides(circle, pair, smaller, larger, mutual, reciprocal, shared):
    found = features_of(circle, pair)
    names = ("rank_smaller", "rank_larger", "rank_mutual", "rank_reciprocal", "shared")
    assert [found[name] for name in names] == pytest.approx([smaller, larger, mutual, reciprocal, shared], nan_ok=True)


def test_the_cosine_is_the_views_also_beyond_the_neighbours(circle):
    assert features_of(circle, ("A", "D"))["cosine"] == pytest.approx(cosine(45), abs=1e-6)


def test_gaps_are_to_the_best_neighbour_of_each_side(circle):
    found = features_of(circle, ("A", "C"))
    gaps = [cosine(10) - cosine(25), cosine(15) - cosine(25)]
    assert found["gap_best_smaller"] == pytest.approx(min(gaps), abs=1e-5)
    assert found["gap_best_larger"] == pytest.approx(max(gaps), abs=1e-5)


def test_each_others_best_neighbours_have_no_gap(circle):
    found = features_of(circle, ("A", "B"))
    assert [found["gap_best_smaller"], found["gap_best_larger"]] == pytest.approx([0, 0], abs=1e-5)


def test_z_measures_the_cosine_by_each_sides_neighbours(circle):
    found = features_of(circle, ("A", "E"))
    lists = [np.array([cosine(10), cosine(25)]), np.array([cosine(45), cosine(65)])]
    standings = [(cosine(90) - side.mean()) / side.std() for side in lists]
    assert found["z_smaller"] == pytest.approx(min(standings), rel=1e-3)
    assert found["z_larger"] == pytest.approx(max(standings), rel=1e-3)


def test_next_gaps_are_between_the_first_two_neighbours_of_each_side(circle):
    found = features_of(circle, ("A", "E"))
    steps = [cosine(10) - cosine(25), cosine(45) - cosine(65)]
    assert found["gap_next_smaller"] == pytest.approx(min(steps), abs=1e-5)
    assert found["gap_next_larger"] == pytest.approx(max(steps), abs=1e-5)


def test_a_side_with_nothing_to_see_leaves_what_the_other_side_says(circle):
    found = features_of(circle, ("A", "blind"))
    assert np.isnan([found["cosine"], found["gap_best_smaller"], found["z_larger"]]).all()
    assert found["gap_next_smaller"] == found["gap_next_larger"] == pytest.approx(cosine(10) - cosine(25), abs=1e-5)


def test_swapping_left_and_right_changes_nothing(circle):
    pairs = [(left, right) for left in ANGLES for right in ANGLES if left != right]
    left, right = positions(circle, pairs)
    signals = signals_of(circle, "text", 2)
    np.testing.assert_array_equal(signals.compute(left, right), signals.compute(right, left))


def test_the_k_asked_for_counts_though_the_index_keeps_more(circle):
    found = features_of(circle, ("A", "C"), k=1)
    assert np.isnan([found["rank_smaller"], found["z_smaller"], found["gap_next_smaller"]]).all()
    assert (found["rank_mutual"], found["shared"]) == (0, 1)
    assert found["gap_best_larger"] == pytest.approx(cosine(10) - cosine(25), abs=1e-5)


def test_more_neighbours_kept_change_nothing_at_the_same_k(circle, tmp_path):
    wider = build_circle(tmp_path, ANGLES, k=5)
    pairs = [(left, right) for left in ANGLES for right in ANGLES if left != right]
    left, right = positions(circle, pairs)
    one, other = (signals_of(index, "text", 2).compute(left, right) for index in (circle, wider))
    np.testing.assert_array_equal(one, other)


def test_equal_cosines_share_the_better_rank(tmp_path):
    index = build_circle(tmp_path, {"A": 0, "B": 10, "twin": 10, "C": 20}, k=3)
    ranks = [features_of(index, ("A", other), k=3)["rank_smaller"] for other in ("B", "twin")]
    assert ranks == [1, 1]
    assert features_of(index, ("A", "C"), k=3)["rank_smaller"] == 3


def test_claims_count_who_has_a_product_among_the_first_neighbours(circle):
    # A is claimed first by B; B by A; C by D; D by E; B's and C's second places count among the first ten only
    first = {pair: features_of(circle, pair)["claims_first_smaller"] for pair in (("A", "B"), ("A", "E"))}
    assert first == {("A", "B"): 1, ("A", "E"): 0}
    neighbours = circle.neighbours("text")
    assert claims(neighbours, 2).tolist() == [1, 3, 4, 2, 0, 0]
    found = features_of(circle, ("C", "E"))
    assert (found["claims_first_larger"], found["claims_ten_smaller"], found["claims_ten_larger"]) == (1, 0, 1)


def test_claims_at_the_same_cosine_all_count(tmp_path):
    twins = build_circle(tmp_path, {"a": 0, "b": 0, "c": 0, "d": 90}, k=3)
    assert features_of(twins, ("a", "b"), k=3)["claims_first_smaller"] == 2


def test_nobody_is_claimed_by_a_tie_that_goes_on_beyond_the_list(tmp_path):
    twins = build_circle(tmp_path, dict.fromkeys("abcdef", 0), k=3)
    assert features_of(twins, ("a", "b"), k=3)["claims_first_larger"] == 0


def test_the_rank_of_a_twin_that_the_list_left_out_is_that_of_its_like(tmp_path):
    index = build_circle(tmp_path, {"a": 0, "b": 10, "c": 10, "d": 10, "e": 90}, k=2)
    left_out = [features_of(index, pair)["rank_reciprocal"] for pair in (("a", "b"), ("a", "c"), ("a", "d"))]
    assert left_out == pytest.approx([1.0, 1.0, 1.0])  # a's first; a is none of theirs, whose lists are of one another
    assert index.neighbours("text").positions[0].tolist() == [1, 2]


def test_better_offers_are_those_of_the_others_source_that_are_nearer(tmp_path):
    shops = ["x", "y", "y", "y", None]
    index = build_circle(tmp_path, {"a": 0, "b": 10, "c": 20, "d": 40, "e": 60}, shops, k=4)
    better = {
        pair: [features_of(index, pair, k=4)[f"better_offers_{side}"] for side in ("smaller", "larger")]
        for pair in (("a", "b"), ("a", "c"), ("a", "d"), ("d", "a"))
    }
    assert better == {("a", "b"): [0, 0], ("a", "c"): [0, 1], ("a", "d"): [0, 2], ("d", "a"): [0, 2]}
    assert features_of(index, ("a", "e"), k=4)["better_offers_larger"] == 0  # e has no source: its side alone counts


def test_neighbours_that_are_all_alike_give_no_scale_to_measure_by(tmp_path):
    index = build_circle(tmp_path, {"A": 0, "B": 10, "twin": 10}, k=2)
    found = features_of(index, ("A", "B"))
    of_b = np.array([cosine(0), cosine(10)])  # A's neighbours tie: only B's side measures
    assert found["z_smaller"] == found["z_larger"] == pytest.approx((cosine(10) - of_b.mean()) / of_b.std(), rel=1e-3)


def test_no_more_than_the_first_neighbours_are_looked_at_for_shared_ones(tmp_path):
    index = build_circle(tmp_path, {f"p{n}": n for n in range(SHARED_K + 10)}, k=SHARED_K + 5)
    assert features_of(index, ("p0", "p1"), k=SHARED_K + 5)["shared"] == SHARED_K - 1  # all but one another


def test_a_view_that_was_not_built_is_refused(circle):
    with pytest.raises(InputError, match="has no lexical view"):
        signals_of(circle, "lexical", 2)


@pytest.fixture(scope="module")
def pictured(tmp_path_factory):
    """Three products with main pictures at 0, 30 and 90 degrees; `c` has no further pictures, `a` two, at 0 and 60."""
    folder = tmp_path_factory.mktemp("pictured")
    main, extra = [[row_of(0)], [row_of(30)], [row_of(90)]], [[row_of(0), row_of(60)], [row_of(90)], None]
    pd.DataFrame({"id": ["a", "b", "c"], "title": ["x", None, "z"], "main": main, "extra": extra}).to_parquet(
        folder / "products.parquet"
    )
    options = BuildOptions(encoding=EncodingOptions(image_encoder="column:main+extra"), lexical=False, k=2)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


def view_features(index, pair):
    signals = ViewSignals.of(index)
    values = signals.compute(*positions(index, [pair]))[0]
    return dict(zip([feature.name for feature in signals.features], values, strict=True))


def test_extra_pictures_are_compared_by_their_mean(pictured):
    assert view_features(pictured, ("a", "b"))["image_extra_cosine"] == pytest.approx(cosine(60), abs=1e-6)


def test_the_best_of_a_main_picture_and_the_others_extra_ones_counts(pictured):
    found = view_features(pictured, ("a", "b"))["image_cross_cosine"]
    assert found == pytest.approx(1, abs=1e-6)  # b's main at 30, the mean of a's at 30
    assert view_features(pictured, ("b", "c"))["image_cross_cosine"] == pytest.approx(1, abs=1e-6)  # only c's main


@pytest.mark.parametrize(("pair", "degrees"), [(("a", "b"), 45), (("a", "c"), 75), (("b", "c"), 30)])
def test_all_pictures_of_a_product_are_its_main_one_and_the_mean_of_the_others(pictured, pair, degrees):
    # all of a's are at 15, of b's at 60, c has but one
    assert view_features(pictured, pair)["image_all_cosine"] == pytest.approx(cosine(degrees), abs=1e-6)


def test_what_a_side_lacks_is_counted(pictured):
    missing = [view_features(pictured, pair) for pair in (("a", "b"), ("a", "c"), ("b", "c"))]
    assert [found["text_vector_missing"] for found in missing] == [1, 0, 1]
    assert [found["image_vector_missing"] for found in missing] == [0, 0, 0]
    assert [found["image_extra_vector_missing"] for found in missing] == [0, 1, 1]
    assert np.isnan(missing[1]["image_extra_cosine"])


def test_view_features_are_the_same_from_both_sides(pictured):
    signals = ViewSignals.of(pictured)
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    np.testing.assert_array_equal(signals.compute(left, right), signals.compute(right, left))


def test_a_product_without_any_picture_has_unknown_cosines_and_without_extra_ones_its_own(tmp_path):
    main = [[row_of(0)], [row_of(30)], [row_of(None)], [row_of(None)]]
    extra = [[row_of(60)], None, [row_of(90)], None]
    pd.DataFrame({"id": ["a", "b", "c", "d"], "main": main, "extra": extra}).to_parquet(tmp_path / "products.parquet")
    options = build_options(text_encoder="none", image_encoder="column:main+extra", lexical=False, k=2)
    index = build_index([tmp_path / "products.parquet"], tmp_path / "index", options=options).index
    assert view_features(index, ("a", "b"))["image_all_cosine"] == pytest.approx(1, abs=1e-6)
    assert view_features(index, ("b", "c"))["image_all_cosine"] == pytest.approx(cosine(60), abs=1e-6)
    assert view_features(index, ("b", "c"))["image_cross_cosine"] == pytest.approx(cosine(60), abs=1e-6)
    for pair in (("a", "d"), ("d", "a"), ("c", "d")):
        found = view_features(index, pair)
        assert np.isnan([found["image_all_cosine"], found["image_cross_cosine"], found["image_extra_cosine"]]).all()
    together = ViewSignals.of(index).compute(np.array([0, 0, 3]), np.array([1, 3, 0]))  # pairs do not lend one another
    assert np.isnan(together[:, -1]).tolist() == [False, True, True]


def test_each_feature_says_which_way_it_speaks_and_in_which_family(circle, pictured):
    ranks = {one.name.removeprefix("text_"): one for one in signals_of(circle, "text", 2).features}
    rising = {"cosine", "rank_mutual", "rank_reciprocal", "z_smaller", "z_larger"}
    falling = {"rank_smaller", "rank_larger", "gap_best_smaller", "gap_best_larger"}
    falling |= {"better_offers_smaller", "better_offers_larger"}
    assert {name for name, one in ranks.items() if one.direction == 1} == rising
    assert {name for name, one in ranks.items() if one.direction == -1} == falling
    assert {name for name, one in ranks.items() if one.direction == 0} == set(ranks) - rising - falling
    assert {name: one.family for name, one in ranks.items()} == {
        name: "cosines" if name == "cosine" else "text ranks" for name in ranks
    }
    views = {one.name: (one.family, one.direction) for one in ViewSignals.of(pictured).features}
    cosines = dict.fromkeys(("image_extra_cosine", "image_cross_cosine", "image_all_cosine"), ("cosines", 1))
    missing = {f"{view}_vector_missing": ("missing views", 0) for view in ("text", "image", "image_extra")}
    assert views == {**missing, **cosines}


@pytest.mark.parametrize("block", [3, 1000])
def test_many_pairs_have_the_features_that_each_has_alone(circle, monkeypatch, block):
    monkeypatch.setattr("reranking.signals.families.ranks.BLOCK_PAIRS", block)
    monkeypatch.setattr("reranking.signals.families.listed_sides.BLOCK_PRODUCTS", block)
    pairs = [(left, right) for left in ANGLES for right in ANGLES if left != right]
    found = signals_of(circle, "text", 2).compute(*positions(circle, pairs))
    assert found.dtype == np.float32
    for pair, row in zip(pairs, found, strict=True):
        np.testing.assert_array_equal(row, list(features_of(circle, pair).values()))
    assert claims(circle.neighbours("text"), 2).tolist() == [1, 3, 4, 2, 0, 0]


def test_a_twin_of_the_last_neighbour_that_was_left_out_has_its_rank(tmp_path):
    index = build_circle(tmp_path, {"a": 0, "b": 5, "c": 10, "twin": 10}, k=2)
    assert index.neighbours("text").positions[0].tolist() == [1, 2]
    assert [features_of(index, ("a", other))["rank_smaller"] for other in ("b", "c", "twin")] == [1, 2, 2]


def test_across_sources_a_twin_of_the_own_source_has_no_rank(tmp_path):
    angles, shops = {"a": 0, "b": 10, "same": 10, "other": 10, "none": 10}, ["x", "y", "x", "z", None]
    index = build_circle(tmp_path, angles, shops, k=1, match_across_sources=True)
    assert index.neighbours("text").positions[0].tolist()[:1] == [1]
    found = {other: features_of(index, ("a", other), k=1)["rank_mutual"] for other in ("same", "other", "none")}
    assert found["same"] == 0
    assert min(found["other"], found["none"]) >= 1


def test_offers_of_the_first_product_of_the_catalogue_count_as_any_other(tmp_path):
    index = build_circle(tmp_path, {"a": 0, "b": 10, "c": 60, "d": 25}, ["x", "y", "y", "x"], k=3)
    assert features_of(index, ("b", "d"), k=3)["better_offers_larger"] == 1  # a, also of x, is nearer to b


def test_without_a_source_on_either_side_better_offers_are_unknown(tmp_path):
    index = build_circle(tmp_path, {"a": 0, "b": 10, "c": 60}, [None, None, "x"], k=2)
    found = features_of(index, ("a", "b"))
    assert np.isnan([found["better_offers_smaller"], found["better_offers_larger"]]).all()


def test_who_has_fewer_neighbours_than_asked_for_is_measured_by_those_and_claims_them_all():
    positions = np.array([[1, 2, -1], [0, -1, -1], [-1, -1, -1]])
    found = Neighbours(positions, np.float32([[0.9, 0.5, np.nan], [0.9, np.nan, np.nan], [np.nan] * 3]))
    lists = ListStatistics.of(found, np.arange(3))
    assert lists.mean == pytest.approx([0.7, 0.9, np.nan], nan_ok=True)
    assert lists.deviation == pytest.approx([0.2, np.nan, np.nan], nan_ok=True)
    assert lists.step == pytest.approx([0.4, np.nan, np.nan], nan_ok=True)
    assert claims(found, 2).tolist() == [1, 1, 1]
    assert claims(found, 3).tolist() == [1, 1, 1]


def test_a_tie_of_the_last_claimed_with_the_end_of_the_list_claims_nobody():
    found = Neighbours(np.array([[1, 2, 3], [0, 2, 3]]), np.float32([[0.9, 0.5, 0.5], [0.9, 0.6, 0.5]]))
    four = Neighbours(np.vstack([found.positions, [[-1] * 3] * 2]), np.vstack([found.cosines, [[np.nan] * 3] * 2]))
    assert claims(four, 2).tolist() == [1, 0, 1, 0]


def test_claims_and_shared_neighbours_look_at_all_of_a_list_but_its_last(tmp_path):
    angles = {f"p{n}": angle for n, angle in enumerate(np.random.default_rng(0).uniform(0, 80, 30))}
    for k, ten, shared in ((5, 4, 4), (13, 10, 12)):
        (tmp_path / str(k)).mkdir()
        index = build_circle(tmp_path / str(k), angles, k=k)
        signals, neighbours = signals_of(index, "text", k), index.neighbours("text").first(k)
        assert signals.claims_first.tolist() == claims(neighbours, 1).tolist()
        assert signals.claims_ten.tolist() == claims(neighbours, ten).tolist()
        left, right = np.arange(29), np.arange(1, 30)
        column = [one.name for one in signals.features].index("text_shared")
        expected = shared_neighbours(neighbours, left, right, shared)
        np.testing.assert_array_equal(signals.compute(left, right)[:, column], expected)
