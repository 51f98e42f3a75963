"""Prices of every kind that shops write, and what becomes of each."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.reading.cells.prices.columns import PriceFormat, price_of_object, read_price_numbers, read_price_texts
from indexing.reading.cells.texts import as_text


def read(cells, form=None, stated=None):
    """Return (price, high, currency) of each cell, and the reasons of the refused ones by row."""
    refused = {}
    texts = as_text(pa.array(cells, pa.large_string()), "")
    found = read_price_texts(texts, form or PriceFormat(), refused.__setitem__, stated)
    rows = zip(found.price.to_pylist(), found.high.to_pylist(), found.currency.to_pylist(), strict=True)
    return list(rows), refused


def test_a_currency_without_a_smaller_unit_has_thousands_whatever_the_column_does():
    rows, refused = read(["12,800円", "¥1,280 - ¥1,980", "1,5 €"], PriceFormat(decimal=","))
    assert rows == [(12800.0, None, "JPY"), (1280.0, 1980.0, "JPY"), (1.5, None, "EUR")]
    assert refused == {}


@pytest.mark.parametrize(
    ("cell", "price", "currency"),
    [
        ("15.00 USD", 15.0, "USD"),
        ("usd 15", 15.0, "USD"),
        ("1,299.00", 1299.0, None),
        ("1.299,00", 1299.0, None),
        ("€1.234.567,89", 1234567.89, "EUR"),
        ("£12.50", 12.5, "GBP"),
        ("9,99", 9.99, None),
        ("1 299", 1299.0, None),
        ("1\xa0299 ₽", 1299.0, "RUB"),
        ("1\u202f299,50 €", 1299.5, "EUR"),
        ("EGP 35.00", 35.0, "EGP"),
        ("1'299.00 CHF", 1299.0, "CHF"),
        ("Rs. 1,29,900.00", 129900.0, "INR"),
        ("Rs.1,299.00", 1299.0, "INR"),
        ("$.75", 0.75, "USD"),
        ("12,-", 12.0, None),
        ("1.299,-", 1299.0, None),
        ("12.–", 12.0, None),
        ("99 zł", 99.0, "PLN"),
        ("1 500 руб.", 1500.0, "RUB"),
        ("250 грн", 250.0, "UAH"),
        ("١٢٫٥ ر.س", 12.5, "SAR"),
        ("US$ 12", 12.0, "USD"),
        ("from 12.50", 12.5, None),
        ("12.50 EUR incl. VAT", 12.5, "EUR"),
        ("1e3", 1000.0, None),
        ("12.990000000000002", 12.990000000000002, None),
        ("0.500", 0.5, None),
        ("0", 0.0, None),
        ("007", 7.0, None),
        ("12.50 kr", 12.5, "kr"),
    ],
)
def test_a_price_of_any_currency_and_locale_is_read(cell, price, currency):
    ((found, high, named),), refused = read([cell])
    assert (found, high, named) == (pytest.approx(price), None, currency)
    assert not refused


@pytest.mark.parametrize("cell", [None, "", "  ", "N/A", "n/a", "-", "—", "nan", "NaN", "None", "null", "?", "TBD"])
def test_nothing_is_missing_and_no_reject(cell):
    assert read([cell, "1"]) == ([(None, None, None), (1.0, None, None)], {})


@pytest.mark.parametrize(
    ("cell", "low", "high", "currency"),
    [
        ("12.5-15.0", 12.5, 15.0, None),
        ("15 - 12.50", 12.5, 15.0, None),
        ("US$12 – US$15.50", 12.0, 15.5, "USD"),
        ("12,50 € - 15,00 €", 12.5, 15.0, "EUR"),
        ("1,299-1,399", 1299.0, 1399.0, None),
        ("от 100 до 200 руб.", 100.0, 200.0, "RUB"),
        ("12 to 15 EUR", 12.0, 15.0, "EUR"),
        ("12.00...15.00", 12.0, 15.0, None),
    ],
)
def test_a_range_has_a_lowest_and_a_highest_price(cell, low, high, currency):
    assert read([cell]) == ([(low, high, currency)], {})


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-1", "negative"),
        ("-$5.00", "negative"),
        ("$-5", "negative"),
        ("EUR -5", "negative"),
        ("(5.00)", "negative"),
        ("inf", "infinite"),
        ("-Infinity", "infinite"),
        ("1e400", "infinite"),
        ("9223372036854775807", "more than 1e+15"),
        ("1e39", "more than 1e+15"),
        ("ask us", "not a number"),
        ("50%", "not a number"),
        ("12.05.2024", "not a number"),
        ("1.2.3", "not a number"),
        ("2 for 5.00", "several numbers"),
        ("2024-01-05", "several numbers"),
    ],
)
def test_what_is_no_price_is_refused_with_a_reason_of_few_words(cell, reason):
    found, refused = read(["1.00", cell, cell])
    assert found == [(1.0, None, None), (None, None, None), (None, None, None)]
    assert refused == {1: reason, 2: reason}


@pytest.mark.parametrize(("decimal", "price"), [("", 1299.0), (".", 1.299), (",", 1299.0)])
def test_three_digits_after_a_lone_point_are_as_the_column_writes(decimal, price):
    assert read(["1.299"], PriceFormat(decimal))[0][0][0] == price


def test_a_stated_currency_is_that_of_cells_that_name_none():
    found, _ = read(["12", "$13", "14 EUR", "N/A"], PriceFormat(".", "AUD"))
    assert [row[2] for row in found] == ["AUD", "AUD", "EUR", None]


def test_a_symbol_of_several_currencies_is_the_one_that_its_row_states():
    cells = ["$19.80", "$19.80", "19.80 USD", "¥19.80", "¥1980", "$5 - $9", "€5", "$7", "7"]
    stated = pa.array(["CAD", None, "CAD", "CNY", "JPY", "AUD", "CAD", "cash", "CAD"], pa.large_string())
    found, _ = read(cells, PriceFormat(currency="CNY"), stated)
    assert [row[2] for row in found] == ["CAD", "USD", "USD", "CNY", "JPY", "AUD", "EUR", "USD", "CAD"]


def test_a_symbol_of_other_currencies_than_the_stated_stays_its_own():
    assert read(["$13"], PriceFormat(".", "EUR"))[0][0][2] == "USD"


def test_a_column_of_currencies_goes_before_the_stated_one():
    column = pa.array(["CHF", None, "CHF"], pa.large_string())
    found, _ = read(["12", "13", "14 EUR"], PriceFormat(".", "USD"), column)
    assert [row[2] for row in found] == ["CHF", "USD", "EUR"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([199, 2**63 - 1, -3, None]),
        pa.array([199.0, float("inf"), -3.0, float("nan")], from_pandas=False),
        pa.array([199, 2**64 - 1, None, None], pa.uint64()),
        pa.array([199, 10**20, -3, None], pa.decimal256(40, 2)),
    ],
)
def test_numbers_that_are_no_prices_are_refused(column):
    refused = {}
    found = read_price_numbers(column, PriceFormat(), refused.__setitem__)
    assert found.price.to_pylist() == [199.0, None, None, None]
    assert set(refused) == ({1, 2} if column[2].as_py() else {1})


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('{"amount": "12.50", "currency": "EUR"}', "12.50 EUR"),
        ('{"lowPrice": 12, "highPrice": 15, "priceCurrency": "USD"}', "12 - 15 USD"),
        ('{"amount": 1.299, "currency": "EUR"}', "1.2990 EUR"),  # a number: never a thousand
        ('{"amount": 1e-7, "currency": "EUR"}', "0.0000001 EUR"),
        ('{"amount": "1.299", "currency": "EUR"}', "1.299 EUR"),
        ('{"amount": null, "currency": null}', None),
        ('{"x": 1}', '{"x": 1}'),
        ("{", "{"),
    ],
)
def test_an_object_of_amount_and_currency_is_a_price(cell, text):
    assert price_of_object(cell) == text


@given(
    st.lists(st.integers(0, 10**12), min_size=1),
    st.sampled_from(["{:,.2f}", "{:,.2f} USD", "€{:,.2f}"]),
    st.booleans(),
)
def test_what_a_locale_writes_is_what_is_read(cents, form, continental):
    texts = [form.format(cent / 100) for cent in cents]
    if continental:
        texts = [text.translate(str.maketrans(",.", ".,")) for text in texts]
    found, refused = read(texts)
    np.testing.assert_allclose([row[0] for row in found], np.array(cents) / 100, rtol=1e-12)
    assert not refused
