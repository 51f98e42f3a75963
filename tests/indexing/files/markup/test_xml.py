"""XML feeds: the element that a row stands in, what it holds, and what is refused."""

import gzip
import json

import pytest

from indexing.errors import InputError
from indexing.files.options import FileOptions
from indexing.files.tables import open_table

GOOGLE = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title><link>https://shop.example</link>
<item><title>Mug &amp; more</title><g:title>Mug</g:title><g:id>1</g:id><g:price>15.00 USD</g:price><g:image_link/>
<g:additional_image_link>a</g:additional_image_link><g:additional_image_link>b</g:additional_image_link>
<g:shipping><g:country>US</g:country><g:price>5 USD</g:price></g:shipping>
<description><![CDATA[<b>blue</b> & new]]></description></item>
<!-- one more --><item><g:id>2</g:id><title>Kettle</title><description>a <b>steel</b> one</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>
<entry><g:id>1</g:id><title>Mug</title><link rel="alternate" href="https://shop.example/1"/></entry>
<entry><g:id>2</g:id><title>Kettle</title></entry></feed>"""
YANDEX = """<?xml version="1.0" encoding="windows-1251"?><!DOCTYPE yml_catalog SYSTEM "shops.dtd">
<yml_catalog date="2026-11-29"><shop><name>Лавка</name><currencies><currency id="RUR" rate="1"/></currencies>
<categories><category id="1">Дом</category><category id="12" parentId="1">Кухня</category>
<category id="5" parentId="6">A</category><category id="6" parentId="5">B</category></categories>
<offers><offer id="9" available="true"><price>10.50</price><oldprice>12</oldprice><currencyId>RUR</currencyId>
<categoryId>12</categoryId><picture>a</picture><picture>b</picture><param name="Вес" unit="кг">1,5</param>
<param name="Цвет">белый</param><param name="Цвет">чёрный</param><param name="Пусто"/><name>Чайник&nbsp;новый</name>
<delivery-options><option cost="1" days="2"/></delivery-options></offer>
<offer id="8"><price>1</price><categoryId>77</categoryId></offer><offer id="7"><categoryId>5</categoryId></offer>
</offers></shop></yml_catalog>"""
OWN = """<export><info a="1" b="2"/><tags><t>x</t><t>y</t></tags><goods>
<good sku="1"><name>Mug</name><weight unit="g">300</weight><good><name>inside</name></good></good>
<good sku="2"><name>Kettle</name></good></goods></export>"""


def read(path, how=None):
    aside = []
    table = open_table(path, how)
    return [row for block in table.blocks(aside=aside.append) for row in block.to_pylist()], aside


def test_google_merchant_in_rss(write):
    (mug, kettle), aside = read(write("a.xml", GOOGLE))
    assert json.loads(mug.pop("shipping")) == {"country": "US", "price": "5 USD"}
    assert json.loads(mug.pop("additional_image_link")) == ["a", "b"]
    assert mug == {"title": "Mug", "id": "1", "price": "15.00 USD", "description": "<b>blue</b> & new"}
    assert {name: value for name, value in kettle.items() if value} == {
        "id": "2",
        "title": "Kettle",
        "description": "a steel one",
    }
    assert aside == []


def test_atom(write):
    rows, _ = read(write("a.xml", ATOM))
    assert rows == [
        {"id": "1", "title": "Mug", "link": "https://shop.example/1"},
        {"id": "2", "title": "Kettle", "link": None},
    ]


def test_yandex_market_language(write):
    rows, aside = read(write("a.yml", YANDEX.encode("cp1251")))
    offer = rows[0]
    assert json.loads(offer["param"]) == {"Вес": "1,5 кг", "Цвет": ["белый", "чёрный"]}
    assert json.loads(offer["picture"]) == ["a", "b"]
    assert json.loads(offer["delivery-options"]) == {"option": {"cost": "1", "days": "2"}}
    assert (offer["id"], offer["available"], offer["name"]) == ("9", "true", "Чайник\xa0новый")
    assert (offer["price"], offer["oldprice"]) == ("10.50 RUB", "12 RUB")
    assert [row["category"] for row in rows] == ["Дом > Кухня", "77", "B > A"]
    assert aside == []


def test_the_repeated_element_is_a_row_and_none_inside_of_it(write):
    table = open_table(write("a.xml", OWN))
    assert (table.rows, table.how.record) == (2, "good")
    first, second = table.read().to_pylist()
    assert (first["sku"], first["name"], first["weight"]) == ("1", "Mug", "300 g")
    assert json.loads(first["good"]) == {"name": "inside"}
    assert second["name"] == "Kettle"


def test_an_element_that_is_told_is_a_row(write):
    path = write("a.xml", "<a><x><p><n>1</n><m>2</m></p><q><n>5</n></q></x><x><p><n>3</n><m>4</m></p></x></a>")
    assert read(path, FileOptions(record="p"))[0] == [{"n": "1", "m": "2"}, {"n": "3", "m": "4"}]
    with pytest.raises(InputError, match=r"has no element <z>: say which one"):
        open_table(path, FileOptions(record="z"))


def test_a_packed_feed_and_one_in_another_encoding_are_read(write):
    assert len(read(write("a.xml.gz", gzip.compress(GOOGLE.encode())))[0]) == 2
    undeclared = YANDEX.replace(' encoding="windows-1251"', "").encode("cp1251")
    rows, _ = read(write("b.xml", undeclared), FileOptions(encoding="cp1251"))
    assert rows[0]["category"] == "Дом > Кухня"


def test_a_slip_is_set_aside_and_its_row_stays(write):
    rows, aside = read(write("a.xml", GOOGLE.replace("Kettle", "R & D\x01")))
    assert rows[1]["title"].startswith("R")
    assert {(found.row, found.rows) for found in aside} == {(2, 0)}
    assert "is not quite XML: line 7" in aside[0].reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOGLE[:-40], "is not XML .*is it complete"),
        (GOOGLE.replace("</g:shipping>", "</g:ship>"), "is not XML .*mismatch"),
        ("", "is not XML"),
        ("id,title\n1,a\n", "is not XML"),
        ("<a><b>1</b></a>", "no element is repeated"),
        (YANDEX.replace(' encoding="windows-1251"', "").encode("cp1251"), "is not XML"),
    ],
)
def test_what_is_malformed_is_refused(write, content, reason):
    with pytest.raises(InputError, match=rf"a\.xml: {reason}"):
        open_table(write("a.xml", content))


LAUGHS = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize("item", ["<id>&e9;</id>", '<id x="&e9;"/>'])
def test_entities_are_not_expanded(write, item):
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{LAUGHS}]><rss><channel><item>{item}</item><item/></channel></rss>'
    try:
        rows, _ = read(write("a.xml", bomb))
    except InputError as error:
        rows = [{"refused": str(error)}]
    assert len(str(rows)) < 10_000


def test_no_other_file_is_read(write, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    rows, _ = read(write("a.xml", f"{entity}<rss><channel><item><id>1</id><t>&x;</t></item></channel></rss>"))
    assert "secret" not in str(rows)
