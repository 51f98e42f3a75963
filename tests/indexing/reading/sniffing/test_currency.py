"""A column of currencies beside the price says what the price is in."""

import pytest


@pytest.mark.parametrize("column", ["currency", "Währung", "currencyId"])
@pytest.mark.parametrize("price", ["price", "Preis"])
def test_it_is_the_prices_currency_and_no_attribute(read, column, price):
    found = read(f"id,title,{price},{column}\n1,Mug,3,EUR\n2,Cup,4,usd\n", "p.csv").catalog.table
    assert found["currency"].to_pylist() == ["EUR", "USD"]
    assert found["price"].to_pylist() == [3.0, 4.0]
    assert not any(found["attributes"].to_pylist())


def test_without_a_price_it_is_an_attribute(read):
    found = read("id,title,currency\n1,Coin,EUR\n", "p.csv").catalog.table
    assert found["attributes"].to_pylist() == [[{"key": "currency", "value": "EUR"}]]
