"""Exports of shops, as their software and crawlers deliver them: read as they are, with what they say known."""

import shutil
import unicodedata
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from exports import feeds, platforms, scrapes
from exports.made_products import made_products

from indexing.product_index import open_index

EXPORTS = {
    make.__name__: make
    for make in (
        platforms.shopify,
        platforms.woocommerce,
        platforms.magento,
        feeds.amazon,
        feeds.google_xml,
        feeds.google_tsv,
        feeds.facebook,
        feeds.yandex,
        scrapes.flipkart,
        scrapes.russian,
        scrapes.german,
        scrapes.arabic,
        scrapes.japanese,
        scrapes.food,
        scrapes.workbook,
    )
}


def run(*words):
    """Run `heroic` in this process; a traceback is raised."""
    from scripts.main import main

    return CliRunner().invoke(main, [str(word) for word in words], prog_name="heroic", catch_exceptions=False)


class Read:
    """An export and the index that was built of it, without a schema and without pictures."""

    def __init__(self, make, folder: Path):
        self.export = make(made_products(), folder)
        self.index = folder / "index"
        self.result = run("build-index", self.export.path, "--out", self.index, "--image-encoder", "none")

    @cached_property
    def rows(self):
        assert self.result.exit_code == 0, self.result.output
        return {str(row["id"]): row for row in open_index(self.index).catalog.table.to_pylist()}

    def wrong(self, told, true):
        """What is told of offers otherwise than is true, (id, told, true) each; None is true of nothing."""
        rows = self.rows
        pairs = ((offer.id, told(rows[offer.id]), true(offer)) for offer in self.export.offers)
        return [(ident, seen, known) for ident, seen, known in pairs if known is not None and seen != known]


@pytest.fixture(scope="module", params=EXPORTS)
def read(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    yield Read(EXPORTS[request.param], folder)
    shutil.rmtree(folder)


def words(text):
    """The words of a text, whatever the width of its characters and the marks of its direction."""
    plain = unicodedata.normalize("NFKC", text or "").lower().translate({ord(","): " ", ord("-"): " ", 0x200F: None})
    return set(plain.split())


def values(row):
    """What a product is said to have: (key, value) of its attributes, and its colours under an empty key."""
    found = {(entry["key"].lower(), entry["value"].lower()) for entry in row["attributes"] or []}
    return found | {("", colour.lower()) for colour in row["colors"] or []}


def test_it_has_the_products_and_no_others(read):
    assert set(read.rows) == {offer.id for offer in read.export.offers}


def test_titles_say_the_name_and_the_variant(read):
    lacking = [(row["title"], offer.words) for offer in read.export.offers
               if not words(offer.words) <= words((row := read.rows[offer.id])["title"])]  # fmt: skip
    assert lacking == []
    assert not [row["title"] for row in read.rows.values() if "default" in words(row["title"])]


def test_prices_are_numbers_with_their_currency(read):
    assert read.wrong(lambda row: row["price"], lambda offer: offer.price) == []
    assert read.wrong(lambda row: row["currency"], lambda offer: offer.currency) == []


def test_categories_have_their_levels(read):
    levels = [f"category_{level}" for level in (1, 2, 3)]
    assert read.wrong(lambda row: tuple(row[level] for level in levels), lambda offer: offer.levels) == []


def test_brands_are_told_from_attributes(read):
    assert read.wrong(lambda row: row["brand"], lambda offer: offer.brand) == []


def test_attributes_have_their_names(read):
    lacking = [
        (offer.id, key, value)
        for offer in read.export.offers
        for key, value in offer.attributes.items()
        if not {(key.lower(), value.lower()), ("", value.lower())} & values(read.rows[offer.id])
    ]
    assert lacking == []


def test_pictures_are_in_order(read):
    assert read.wrong(lambda row: row["images"] or [], lambda offer: offer.pictures) == []


def test_texts_have_no_markup(read):
    texts = [row[field] or "" for row in read.rows.values() for field in ("title", "description")]
    assert not [
        text for text in texts for mark in ("<p", "<br", "&amp;", "&nbsp;", "color:#333", "\\n") if mark in text
    ]


def test_only_what_is_broken_is_set_aside(read):
    assert read.result.exit_code == 0, read.result.output
    rejects = read.index / "rejects.parquet"
    found = pq.read_table(rejects).to_pylist() if rejects.exists() else []
    assert len(found) == read.export.broken, found
