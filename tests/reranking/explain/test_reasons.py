"""Reasons in words: what was seen, the strongest first, and never turned round."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.catalog.catalog import FIELDS
from indexing.product_index import open_index
from reranking.explain.contributions import FeatureContributions, explain_pair, explained_family
from reranking.explain.explanation import explain
from reranking.explain.reasons import reasons_of
from reranking.explain.wording.seen_pair import SeenPair
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.signals.feature import Feature
from reranking.signals.signals import declared_features

DECLARED = {feature.name: feature for feature in declared_features()}
OF_FAMILY = {explained_family(feature): feature for feature in declared_features()}


def product(row):
    return {"id": "x", **dict.fromkeys(FIELDS.names), **({"title": row} if isinstance(row, str) else row)}


@pytest.fixture
def seen():
    """A pair of products, given as titles or rows, of which each family adds what is given."""

    def make(left, right, added, values=(), rarity=()):
        features = [*(OF_FAMILY[family] for family in added), *(DECLARED[name] for name in dict(values))]
        of_families = [np.nan] * len(added)
        found = FeatureContributions(
            tuple(features),
            np.array([*of_families, *dict(values).values()], dtype=np.float32),
            np.array([*added.values(), *[0.0] * len(dict(values))], dtype=np.float32),
            -1.0,
        )
        return SeenPair(product(left), product(right), found, dict(rarity))

    return make


@pytest.fixture
def words(seen):
    """What one family says when it adds `added`."""

    def tell(family, added, left, right, **more):
        reasons = reasons_of(seen(left, right, {family: added}, **more))
        (reason,) = reasons.supporting if added > 0 else reasons.opposing
        return reason.words

    return tell


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (1, "“new” in one title only (+0.6); “phone” in both (+0.2)"),
        (-1, "“black” against “white” (-1.9)"),
    ],
)
def test_learned_words_say_what_was_learned_of_them(seen, added, expected):
    pair = seen("phone black", "phone white new", {"learned words": added})
    learned = {
        "“new” in one title only": 0.6,
        "“phone” in both": 0.2,
        "“black” against “white”": -1.9,
        "“white” in one title only": -0.05,
    }
    reasons = reasons_of(replace(pair, learned=learned))
    (reason,) = reasons.supporting if added > 0 else reasons.opposing
    assert reason.words == expected


@pytest.mark.parametrize(
    ("family", "added", "left", "right", "expected"),
    [
        ("quantities", -1, "USB Flash 64 GB", "USB flash 128ГБ", "capacity 64 GB against 128ГБ"),
        ("quantities", 1, "USB Flash 64 GB", "USB flash 64гб", "capacity 64 GB in both"),
        ("quantities", -1, "кабель 1,5 м", "cable", "length 1,5 м in one title only"),
        ("quantities", -1, "кабель 1,5 м", "cable 150 cm", "length 1,5 м in both, which the model counts against a match here"),
        ("quantities", -1, "set of 3 cups", "6 cups set of 6", "pack 3 pieces against 6 pieces"),
        ("quantities", -1, "cable", "wire", "no quantity in either title"),
        ("model codes", 1, "Echo LZ-540 buds", "buds lz 540", "model code LZ540 in both"),
        ("model codes", -1, "Echo LZ-540", "Echo LZ-541", "model codes LZ540 against LZ541"),
        ("model codes", -1, "Echo LZ-540", "Echo", "model code LZ540 in one title only"),
        ("numbers", -1, "windows 7", "windows 10", "numbers 7 against 10"),
        ("numbers", 1, "windows 7", "windows 7 pro", "number 7 in both titles"),
        ("numbers", -1, "windows 7", "windows", "number 7 in one title only"),
        ("text", 1, "Red kettle", "red KETTLE", "the titles are equal"),
        ("text", -1, "kettle glass", "kettle steel", "“glass”, “steel” in one title only"),
        ("price", -1, {"price": 2869.0}, {"price": 4709.0}, "price 2,869 against 4,709"),
        ("price", 1, {"price": 2869.5}, {"price": 2869.5}, "price 2,869.50 in both"),
        ("price", -1, {"price": 5.0}, {}, "price 5, none known of the other"),
        ("price", 1, {"price": 5.0, "currency": "EUR"}, {"price": 5.0, "currency": "EUR"}, "price 5 EUR in both"),
        ("price", -1, {"price": 5.0, "price_high": 7.5}, {"price": 9.0}, "price 5–7.50 against 9"),
        ("price", 1, {"price": 5.0, "currency": "EUR"}, {"price": 5.0, "currency": "USD"},
         "price 5 EUR against 5 USD, in other currencies, which are not compared"),
        ("brand", -1, {"brand": "Acme"}, {"brand": "Other"}, "brand Acme against Other"),
        ("brand", 1, {"brand": "Acme"}, {"brand": "ACME"}, "brand Acme in both"),
        ("brand", -1, {"brand": "Acme"}, {}, "brand Acme in one product only"),
        ("brand", -1, {}, {}, "no brand known of either"),
        ("colours", -1, "red cup", "синяя чашка", "colour red against blue"),
        ("category", 1, {"category_3": "Mice"}, {"category_3": "Mice"}, "category Mice in both"),
        ("pictures", -1, {"images": ["a.png"]}, {}, "no picture of one of the two"),
    ],
)  # fmt: skip
def test_what_was_seen_is_told(words, family, added, left, right, expected):
    assert words(family, added, left, right) == expected


def test_attributes_are_told_by_the_sign(words):
    left, right = (
        {"attributes": [{"key": "Memory", "value": value}, {"key": "Type", "value": "USB"}]} for value in ("8 GB", "16")
    )
    assert words("attributes", -1, left, right) == "Memory 8 GB against 16"
    assert words("attributes", 1, left, right) == "Type USB in both"
    assert words("attributes", 1, left, {}) == "no attribute that both state"


def test_ranges_that_overlap_are_told(words):
    left, right = ({"attributes": [{"key": "Weight", "value": value}]} for value in ("10–20 kg", "15 kg"))
    assert words("attributes", 1, left, right) == "Weight 10–20 kg and 15 kg, which overlap"
    other = {"attributes": [{"key": "Weight", "value": "25 kg"}]}
    assert words("attributes", -1, left, other) == "Weight 10–20 kg against 25 kg"


def test_the_rarest_words_are_told_first(words):
    rarity = {"braiton": 7.0, "echo": 5.0, "with": 1.0, "a": 1.0}
    told = words("text", 1, "my a echo braiton with one", "with a my braiton echo two", rarity=rarity)
    assert told == "“braiton”, “echo”, “with” in both titles"


def test_neighbours_are_told_by_the_view_that_adds_most(seen):
    values = {"text_rank_mutual": 2, "text_rank_smaller": 1, "text_rank_larger": 3, "text_cosine": 0.5}
    values |= {"lexical_rank_mutual": 0, "lexical_cosine": 0.1}
    pair = seen("one", "two", {}, values)
    for name, told in (
        ("text", "1st and 3rd among each other's text neighbours, cosine 0.50"),
        ("lexical", "not among each other's lexical neighbours, cosine 0.10"),
    ):
        added = [float(feature.name == f"{name}_cosine") for feature in pair.found.features]
        found = FeatureContributions(pair.found.features, pair.found.values, np.array(added), 0.0)
        (reason,) = reasons_of(SeenPair(pair.left, pair.right, found)).supporting
        assert reason.words == told


@pytest.mark.parametrize(
    ("color", "shape", "told"),
    [
        (0.5, 0.71, "picture cosine 0.90, colours 0.50, shapes 0.71: alike in shape more than in colour"),
        (0.5, 0.69, "picture cosine 0.90, colours 0.50, shapes 0.69"),
        (np.nan, 0.69, "picture cosine 0.90"),
    ],
)
def test_pictures_are_told_by_their_colours_and_shapes(words, color, shape, told):
    values = {"image_cosine": 0.9, "image_color_cosine": color, "image_shape_cosine": shape}
    assert words("pictures", 1, {}, {}, values=values) == told


@pytest.mark.parametrize(
    ("agreeing", "told"),
    [
        (4, "picture cosine 0.90, 4 points of both agree on one placement"),
        (3, "picture cosine 0.90"),
        (np.nan, "picture cosine 0.90"),
    ],
)
def test_points_that_agree_are_told_where_they_are_no_chance(words, agreeing, told):
    assert words("pictures", 1, {}, {}, values={"image_cosine": 0.9, "points_agreeing": agreeing}) == told


def test_at_most_three_each_way_strongest_first_and_none_of_the_other_sign(seen):
    added = {"text": 0.1, "brand": 0.4, "price": -0.2, "numbers": 0.3, "colours": 0.2, "category": -0.3, "source": 0.0}
    reasons = reasons_of(seen("one 1", "two 2", added))
    assert [reason.family for reason in reasons.supporting] == ["brand", "numbers", "colours"]
    assert [reason.family for reason in reasons.opposing] == ["category", "price"]
    assert all(reason.added > 0 for reason in reasons.supporting)
    assert all(reason.added < 0 for reason in reasons.opposing)


def test_a_family_without_words_of_its_own_is_told_by_its_strongest_feature():
    found = FeatureContributions((Feature("echo_of_sea", "sea", ""),), np.array([0.25]), np.array([1.0]), 0.0)
    (reason,) = reasons_of(SeenPair(product("a"), product("b"), found)).supporting
    assert reason.words == "echo of sea 0.25"


def test_every_family_that_is_declared_has_words(seen):
    reasons = reasons_of(seen("a 1", "b 2", dict.fromkeys(OF_FAMILY, 1.0)), most=99)
    assert {reason.family for reason in reasons.supporting} == set(OF_FAMILY)
    assert all(reason.words for reason in reasons.supporting)


@pytest.fixture(scope="module")
def scorer(sample_index, sample_model):
    index = open_index(sample_index)
    return PairScorer.prepare(index, load_reranker(sample_model), np.arange(len(index.catalog)))


class TestOfAnIndex:
    def test_families_add_up_to_the_features(self, scorer):
        found = explain_pair(scorer, 0, 1)
        assert found.by_family().added.sum() == pytest.approx(found.added.sum(), abs=1e-4)

    @pytest.mark.parametrize("pair", [(0, 1), (2, 150), (7, 8)])
    def test_reasons_are_the_families_with_their_sign(self, scorer, pair):
        found = explain(scorer, *pair)
        families = found.pair.found.by_family()
        added = dict(zip(families.families, families.added.tolist(), strict=True))
        for reason in (*found.reasons.supporting, *found.reasons.opposing):
            assert reason.added == pytest.approx(added[reason.family])
        assert found.match == (found.score >= found.threshold)

    def test_reasons_are_the_same_either_way_round(self, scorer):
        one, other = explain(scorer, 0, 1), explain(scorer, 1, 0)
        assert one.score == other.score
        assert [r.family for r in one.reasons.supporting] == [r.family for r in other.reasons.supporting]

    def test_the_rarity_of_title_words_is_the_catalogues(self, scorer):
        rarity = explain(scorer, 0, 1).pair.rarity
        assert rarity
        assert all(weight >= 1 for weight in rarity.values())


@pytest.mark.parametrize(
    ("added", "lead", "offer", "expected", "told"),
    [
        (1, 3.2, 3.2, 0.0, "no other neighbour of either suits as well, this one leads by 3.2 in log-odds"),
        (-1, -2.0, 1.0, 0.9, "another neighbour suits better, by 2.0 in log-odds; 0.9 matches expected among other neighbours"),
        (-1, -2.0, -1.5, 0.0, "another offer of the same source suits better, by 1.5 in log-odds"),
        (-1, 0.1, 0.1, 0.0, "another neighbour suits about as well"),
        (-1, 3.0, 3.0, 0.0, "no other neighbour of either suits as well, this one leads by 3.0 in log-odds, which the model counts against a match here"),
    ],
)  # fmt: skip
def test_rivals_are_told_by_how_far_they_lead(added, lead, offer, expected, told):
    values = {
        "rival_lead_smaller": lead,
        "rival_offer_lead_smaller": offer,
        "rivals_expected_larger": expected,
    }
    names, last = list(values), "rivals_expected_smaller"
    features = [DECLARED[name] for name in (*names, last)]
    found = FeatureContributions(
        tuple(features), np.array([*values.values(), 0], np.float32), np.array([0, 0, 0, added], np.float32), -1.0
    )
    reasons = reasons_of(SeenPair(product("a"), product("b"), found))
    (reason,) = reasons.supporting if added > 0 else reasons.opposing
    assert reason.words == told
