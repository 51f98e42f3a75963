"""A column's own cells say how its prices are written; where they do not, the likelier reading is taken and told."""

import pyarrow as pa
import pytest

from indexing.reading.cells.prices.look import PriceLook


def look(*blocks, **stated):
    found = PriceLook(**stated)
    for block in blocks:
        found.look(pa.array(block))
    return found


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["1.299", "9.99"], "."),
        (["1.299", "9,99"], ","),
        (["1,299", "9.99"], "."),
        (["1.299", "1.299.000"], ","),
        (["1.299", "0.750"], "."),
        (["1.299", "1234.567"], "."),
        (["1.299 KWD", "2.500 KWD"], "."),
        (["1.299", "15.00 USD", *["12,50 €"] * 100], ","),
    ],
)
def test_cells_that_can_be_read_one_way_settle_the_others(cells, decimal):
    found = look(cells)
    assert (found.format.decimal, found.ambiguous, found.warning("price")) == (decimal, 0, None)


@pytest.mark.parametrize(
    ("cells", "currency"),
    [
        (["¥90.30", "¥1,299.00"], "CNY"),
        (["￥90", "￥90.50"], "CNY"),
        (["¥90", "¥1,299"], None),
        (["¥90.30", "$9.50"], None),
        (["$90.30"], None),
    ],
)
def test_yen_have_no_decimals_so_that_such_prices_are_in_yuan(cells, currency):
    assert look(cells).format.currency == currency
    assert look(cells, currency="USD").format.currency == "USD"


@pytest.mark.parametrize("cells", [["12,800円"], ["1.299 ₫", "₫1.500"], ["¥1,280 - ¥1,980"], ["1.299 Ft"]])
def test_a_currency_without_a_smaller_unit_has_thousands(cells):
    found = look(cells)
    assert (found.ambiguous, found.warning("price")) == (0, None)
    assert look(["1,299", "980"], currency="JPY").warning("price") is None


def test_a_stated_currency_of_three_decimals_counts_as_a_named_one_does():
    found = look(["1.500", "2.500"], currency="KWD")
    assert (found.format.decimal, found.warning("price")) == (".", None)


def test_every_block_has_a_say():
    assert look(["1.299"], ["1.300"], ["9,99"]).format.decimal == ","


@pytest.mark.parametrize(
    ("cells", "decimal", "told"),
    [
        (["1.299", "899", "12.499"], "", "'.' is taken for a sign of thousands"),
        (["1,299", None], "", "',' is taken for a sign of thousands"),
        (["1.299", "1899", "2450"], ".", "'.' is taken for a decimal sign"),
        (["1.299", "9.99", "12,50", "13,50"], "", "'.' is taken for a sign of thousands"),
    ],
)
def test_a_column_that_does_not_settle_it_is_named(cells, decimal, told):
    found = look(cells)
    assert found.format.decimal == decimal
    warning = found.warning("Variant Price")
    assert "column 'Variant Price'" in warning
    assert told in warning
    assert f"such as '{cells[0]}'" in warning
    assert "schema" in warning


def test_what_the_schema_states_is_not_asked_of_the_cells():
    found = look(["1.299", "9,99"], decimal=".", currency="EUR")
    assert (found.format.decimal, found.format.currency, found.warning("price")) == (".", "EUR", None)


@pytest.mark.parametrize("column", [pa.array([1.299, 2.5]), pa.array([1299]), pa.nulls(2), pa.array([], pa.string())])
def test_numbers_say_nothing_of_signs(column):
    found = PriceLook()
    found.look(column)
    assert (found.format.decimal, found.ambiguous) == ("", 0)


def test_dictionaries_and_chunks_are_looked_at_as_text():
    found = PriceLook()
    found.look(pa.chunked_array([pa.array(["9,99", "1.299"]).dictionary_encode()]))
    assert found.format.decimal == ","
