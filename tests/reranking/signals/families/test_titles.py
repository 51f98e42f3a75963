"""Text features on titles whose words can be counted."""

import numpy as np
import pytest

from reranking.signals.families.titles import TextSignals


def rarity(products, products_with_word):
    return round(round((np.log((1 + products) / (1 + products_with_word)) + 1) * 1024) / 1024, 4)


COUNTS = ("words_smaller", "words_larger", "words_shared", "words_jaccard")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("red phone case", "red phone case", (3, 3, 3, 1)),
        ("red phone", "red phone case", (2, 3, 2, 0.6667)),
        ("red phone", "blue cable", (2, 2, 0, 0)),
        ("red red phone", "phone", (1, 2, 1, 0.5)),
        ("red", None, (0, 1, None, None)),
        ("🎁", "red", (0, 1, None, None)),
    ],
)
def test_distinct_words_are_counted(pair_features, left, right, expected):
    assert pair_features(TextSignals, left, right).named(*COUNTS) == expected


def test_containment_has_two_directions(pair_features):
    found = pair_features(TextSignals, "red phone", "red phone case black")
    assert found.named("words_containment_smaller", "words_containment_larger") == (0.5, 1)


def test_the_rarest_words_shared_and_missing_weigh_what_the_whole_catalogue_says(pair_features):
    found = pair_features(TextSignals, "phone wh1000", "phone case", "phone", "phone case")
    assert found.named("rarest_shared_word") == (rarity(4, 4),)
    assert found.named("rarest_missing_word_smaller", "rarest_missing_word_larger") == (rarity(4, 2), rarity(4, 1))
    assert found.named("rarity_missing_smaller", "rarity_missing_larger") == (rarity(4, 2), rarity(4, 1))
    assert found.named("rarity_containment_larger") == (round(1 / (1 + rarity(4, 2)), 4),)


def test_cosines_are_one_for_equal_titles_and_zero_for_strangers(pair_features):
    equal = pair_features(TextSignals, "red phone", "Red, phone!", "cable")
    assert equal.named("words_cosine", "grams_cosine", "title_ratio", "title_equal") == (1, 1, 1, 1)
    other = pair_features(TextSignals, "aaaa", "bbbb", "cccc")
    assert other.named("words_cosine", "grams_cosine", "title_ratio", "title_equal") == (0, 0, 0, 0)


def test_the_order_of_words_matters_to_one_ratio_only(pair_features):
    found = pair_features(TextSignals, "case for phone", "phone case for")
    assert found["title_sorted_ratio"] == 1
    assert found["title_ratio"] < 1
    assert found["title_first_word_equal"] == 0


def test_missing_titles_are_counted_and_leave_the_rest_unknown(pair_features):
    found = pair_features(TextSignals, None, "", "phone")
    assert found["title_missing"] == 2
    assert found.named("title_ratio", "title_equal", "words_cosine", "title_length_ratio") == (None,) * 4


def test_titles_alone_leave_the_text_features_unknown(pair_features):
    found = pair_features(TextSignals, "red phone", "red phone")
    assert found.named("whole_text_cosine", "title_in_text_smaller", "title_in_text_larger") == (None,) * 3


def test_a_title_is_found_in_the_description_of_the_other(pair_features):
    found = pair_features(TextSignals, "phone x200", {"title": "phone", "description": "model x200"})
    assert found.named("title_in_text_smaller", "title_in_text_larger") == (1, 1)


def test_pairs_do_not_depend_on_the_products_prepared_beside_them(catalog_of_offers):
    catalog = catalog_of_offers("red phone", "red cable", "blue phone", "blue cable 5 m")
    some, everything = np.array([1, 3]), np.arange(4)
    few = TextSignals.from_catalog(catalog, some).compute(np.array([1]), np.array([3]))
    all_ = TextSignals.from_catalog(catalog, everything).compute(np.array([1]), np.array([3]))
    np.testing.assert_array_equal(few, all_)


def test_a_product_that_was_not_prepared_is_refused(catalog_of_offers):
    signals = TextSignals.from_catalog(catalog_of_offers("a", "b", "c"), np.array([0, 1]))
    with pytest.raises(ValueError, match="position 2"):
        signals.compute(np.array([0]), np.array([2]))


def test_no_pairs_give_no_rows(catalog_of_offers):
    nothing = np.zeros(0, dtype=np.int64)
    signals = TextSignals.from_catalog(catalog_of_offers("a", "b"), np.arange(2))
    assert signals.compute(nothing, nothing).shape == (0, len(signals.features))
