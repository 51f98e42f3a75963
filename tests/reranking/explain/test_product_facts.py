"""Two products side by side."""

import pytest

from indexing.catalog.catalog import FIELDS
from reranking.explain.product_facts import MOST_ONE_SIDED, FieldAgreement, compare_products


@pytest.fixture
def facts():
    """The facts of two products, by name."""

    def compare(left, right):
        rows = [{"id": number, **dict.fromkeys(FIELDS.names), **row} for number, row in enumerate((left, right))]
        return {fact.name: fact for fact in compare_products(*rows).facts}

    return compare


def entries(**attributes):
    return {"attributes": [{"key": key, "value": value} for key, value in attributes.items()]}


def test_values_are_compared_whatever_their_spelling(facts):
    found = facts(entries(Memory="64 GB", colour="red"), entries(memory="64gb", Colour="blue"))
    assert found["Memory"].agreement is FieldAgreement.EQUAL
    assert found["colour"].agreement is FieldAgreement.CONFLICTING
    assert (found["colour"].left, found["colour"].right) == ("red", "blue")


def test_conflicts_stand_before_agreements_before_the_rest(facts):
    found = facts(entries(a="1", b="2", c="3"), entries(c="4", b="2", d="5"))
    assert [name for name in found if name in "abcd"] == ["c", "b", "a", "d"]


def test_titles_and_sources_are_shown_not_judged(facts):
    found = facts({"title": "one", "source": "a"}, {"title": "two", "source": "b"})
    assert found["title"].agreement is found["source"].agreement is FieldAgreement.UNJUDGED


def test_a_field_that_one_lacks_is_not_judged_and_one_that_both_lack_not_shown(facts):
    found = facts({"brand": "Acme", "price": 0.0}, {})
    assert found["brand"].agreement is FieldAgreement.UNJUDGED
    assert (found["price"].left, found["price"].right) == ("0.00", "")
    assert "category" not in found


def test_equal_amounts_of_two_currencies_are_not_equal(facts):
    euro, dollar = {"price": 5.0, "currency": "EUR"}, {"price": 5.0, "currency": "USD"}
    assert facts(euro, euro)["price"].agreement is FieldAgreement.EQUAL
    assert facts(euro, dollar)["price"].agreement is FieldAgreement.UNJUDGED
    assert (facts(euro, {**dollar, "price_high": 6.0})["price"].right) == "5.00–6.00 USD"


def test_colours_of_attributes_are_told_too(facts):
    stated = {"attributes": [{"key": "Расцветка", "value": "чёрный"}]}
    assert facts({"title": "black shoe"}, stated)["colours"].agreement is FieldAgreement.EQUAL
    assert facts({"title": "red shoe"}, stated)["colours"].agreement is FieldAgreement.CONFLICTING


def test_colours_of_the_title_and_the_field_are_one(facts):
    found = facts({"title": "red shoe"}, {"colors": ["красный"]})
    assert found["colours"].agreement is FieldAgreement.EQUAL
    assert facts({"title": "red shoe"}, {"title": "blue shoe"})["colours"].agreement is FieldAgreement.CONFLICTING


def test_many_attributes_of_one_product_are_counted_not_shown():
    left = {"id": 0, **dict.fromkeys(FIELDS.names), **entries(**{f"key{n}": "v" for n in range(MOST_ONE_SIDED + 3)})}
    assert compare_products(left, {**left, "attributes": None}).hidden == 3


def test_codes_agree_where_one_is_shared_however_it_is_written(facts):
    found = facts({"gtin": ["04006381333931"], "mpn": ["AB-12"]}, {"gtin": ["05901234123457"], "mpn": ["ab12", "X9-0"]})
    assert found["barcode"].agreement is FieldAgreement.CONFLICTING
    assert found["part number"].agreement is FieldAgreement.EQUAL
    assert (found["part number"].right, found["part number"].family) == ("ab12, X9-0", "identifiers")
    assert "barcode" not in facts({"title": "tea"}, {"title": "tea"})
