"""What holds for every family of features of a catalogue, whatever the products."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reranking.signals.families.attributes import AttributeSignals
from reranking.signals.families.numbers import NumberSignals
from reranking.signals.families.products import ProductSignals
from reranking.signals.families.titles import TextSignals
from reranking.signals.texts.counting import TokenCounts
from reranking.signals.texts.worlds import AS_IT_IS, NOBODY, Worlds

FAMILIES = (TextSignals, NumberSignals, AttributeSignals, ProductSignals)
every_family = pytest.mark.parametrize("family", FAMILIES)

WORDS = [
    "phone",
    "чехол",
    "AB-123",
    "ab123c",
    "5 м",
    "500cm",
    "64GB",
    "2 шт",
    "чёрный",
    "red",
    "1,5",
    "🎁",
    "2007",
    "x",
]
titles = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=12) | st.none()
offers = st.fixed_dictionaries(
    {},
    optional={
        "title": titles,
        "brand": st.sampled_from(["Sony", "sony ", "Apple Computer", ""]),
        "description": titles,
        "attributes": st.dictionaries(
            st.sampled_from(["colour", "Colour", "memory"]), st.lists(st.sampled_from(WORDS), max_size=3), max_size=3
        ),
        "colors": st.lists(st.sampled_from(["чер", "black", "red"]), max_size=2),
        "price": st.floats(-1, 1e6),
        "category_3": st.sampled_from(["phones", "cases"]),
        "source": st.sampled_from(["a", "b"]),
        "images": st.lists(st.just("1.jpg"), max_size=2),
    },
)
catalogs = st.lists(offers, min_size=2, max_size=6)


def options_of(family):
    return {"same_source": True} if family is ProductSignals else {}


@pytest.fixture(scope="session")
def all_pairs(catalog_of_offers):
    """The features of all pairs of products, (n, n, f)."""

    def compute(family, rows):
        signals = family.from_catalog(catalog_of_offers(*rows), np.arange(len(rows)), **options_of(family))
        left, right = (side.ravel() for side in np.indices((len(rows), len(rows))))
        return signals.compute(left, right).reshape(len(rows), len(rows), -1)

    return compute


@every_family
@settings(max_examples=25, deadline=None)
@given(rows=catalogs)
def test_swapping_left_and_right_leaves_symmetric_features_as_they_are(catalog_of_offers, all_pairs, family, rows):
    found = all_pairs(family, rows)
    assert all(feature.symmetric for feature in family.from_catalog(catalog_of_offers(*rows), np.arange(1)).features)
    np.testing.assert_array_equal(found, found.swapaxes(0, 1))


@every_family
@settings(max_examples=25, deadline=None)
@given(rows=catalogs, random=st.randoms(use_true_random=False))
def test_permuting_the_catalogue_permutes_the_features(all_pairs, family, rows, random):
    order = random.sample(range(len(rows)), len(rows))
    found = all_pairs(family, rows)
    np.testing.assert_array_equal(all_pairs(family, [rows[i] for i in order]), found[np.ix_(order, order)])


@every_family
@settings(max_examples=25, deadline=None)
@given(rows=catalogs, data=st.data())
def test_a_pair_does_not_depend_on_the_other_pairs(catalog_of_offers, all_pairs, family, rows, data):
    chosen = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=2)))
    catalog = catalog_of_offers(*rows)
    alone = family.from_catalog(catalog, np.array(chosen), **options_of(family))
    found = alone.compute(np.array(chosen[:1]), np.array(chosen[-1:]))
    np.testing.assert_array_equal(found[0], all_pairs(family, rows)[chosen[0], chosen[-1]])


@every_family
def test_odd_products_give_numbers_or_unknown(all_pairs, family):
    rows = [
        {},
        {"title": "", "attributes": {}, "colors": [], "images": []},
        {"title": "🎁🎁 ♥"},
        {"title": "very long " * 5_000 + "ab123 5 м", "brand": "x" * 10_000},
        {"title": "\x00 \ud7ff ½ ² " + "9" * 400 + " kg", "attributes": {"": "x", "y": ""}},
    ]
    found = all_pairs(family, rows)
    assert not np.isinf(found).any()
    assert found.dtype == np.float32


@every_family
def test_a_catalogue_without_any_text_is_all_unknown_or_zero(all_pairs, family):
    assert all_pairs(family, [{}, {}]).shape[0] == 2


def test_names_are_unique_and_columns_are_as_many_as_declared(catalog_of_offers):
    catalog = catalog_of_offers("phone", "case")
    names = []
    for family in FAMILIES:
        signals = family.from_catalog(catalog, np.arange(2), **options_of(family))
        assert signals.compute(np.array([0]), np.array([1])).shape == (1, len(signals.features))
        names += [feature.name for feature in signals.features]
    assert len(names) == len(set(names))


def test_catalogues_longer_than_a_block_are_read_whole(all_pairs, monkeypatch):
    rows = [{"title": f"phone ab{i} {i} м", "attributes": {"size": str(i)}} for i in range(7)]
    whole = [all_pairs(family, rows) for family in FAMILIES]
    monkeypatch.setattr("reranking.signals.product_rows.BLOCK_PRODUCTS", 3)
    for family, expected in zip(FAMILIES, whole, strict=True):
        np.testing.assert_array_equal(all_pairs(family, rows), expected)


@every_family
@given(rows=st.lists(offers, min_size=3, max_size=7), replaces=st.booleans())
@settings(max_examples=60)
def test_a_product_in_its_world_has_the_features_that_it_would_have_in_the_catalogue(
    family, rows, replaces, catalog_of_offers
):
    """The last row comes: after the others, or in the place of the first one."""
    options, coming = options_of(family), len(rows) - 1
    others = np.arange(1 if replaces else 0, coming)
    counts = TokenCounts(titles_only=False)
    everybody = catalog_of_offers(*rows)
    family.from_catalog(everybody.slice(0, coming), np.zeros(0, dtype=np.int64), counts, **options)
    worlds = Worlds(
        np.append(others, [coming, *others]),
        np.append(np.zeros(len(others) + 1, dtype=np.int64), np.full(len(others), AS_IT_IS)),
        np.array([coming]),
        np.array([0 if replaces else NOBODY]),
    )
    prepared = np.arange(len(rows))
    of_worlds = family.from_catalog(everybody, prepared, counts.in_worlds(worlds, titles_only=False), **options)
    then = catalog_of_offers(*(rows[1:] if replaces else rows))
    wanted = family.from_catalog(then, np.arange(len(then)), TokenCounts(titles_only=False), **options)
    before = family.from_catalog(
        everybody.slice(0, coming), np.arange(coming), TokenCounts(titles_only=False), **options
    )
    first = np.arange(len(others))
    got = of_worlds.compute(first, np.full(len(others), len(others)))
    np.testing.assert_array_equal(got, wanted.compute(first, np.full(len(others), len(then) - 1)))
    plain = of_worlds.compute(np.full(len(others), len(others) + 1), len(others) + 1 + first)
    np.testing.assert_array_equal(plain, before.compute(np.full(len(others), others[0]), others))
