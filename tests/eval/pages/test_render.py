"""The page: whole, offline, and never markup from a catalogue."""

import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from eval.inputs.context import Context
from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.pages.render import ABSENT, render_html
from eval.report import EvaluationOptions, evaluate

EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Counts tags, and collects addresses and the text outside scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.addresses, self.text, self.ids, self.shown = [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self.shown += [value for name, value in attrs if name == "data-picture"]
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        if self.tags and self.tags[-1] not in ("script", "style"):
            self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def render(write_table, made_pairs):
    def run(*, context=None, truth=None, scores=None, **given):
        truth, scores = truth or made_pairs[0], scores or made_pairs[1]
        report = evaluate(
            read_scores(write_table("scores.parquet", scores)),
            read_truth(write_table("truth.parquet", truth)),
            options=EvaluationOptions(),
            context=context,
        )
        return report, render_html(report, context=context, **given)

    return run


def test_it_shows_the_numbers_of_the_report(render):
    report, html = render(created="2024-05-01 08:30")
    words = Page(html).words
    assert f"{report.summary.weighted:.3f}" in words
    assert f"{report.uncertainty.weighted.low:.3f}" in words
    assert "2024-05-01 08:30" in words
    for name in report.categories.names:
        assert name in words


def test_nothing_is_fetched_from_anywhere(render):
    page = Page(render()[1])
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "link" in page.tags  # the icon, which browsers would otherwise ask for
    own = render()[1].replace(get_plotlyjs(), "")
    assert not re.search(r"https?://|@import|url\(", own)


def test_a_category_with_markup_in_its_name_is_text(render):
    _, html = render()
    assert "<b>tvs</b>" not in html
    assert "&lt;b&gt;tvs&lt;/b&gt;" in html


def test_catalogue_text_with_markup_is_text(render, catalog_of, picture):
    size = 600
    catalog = catalog_of(
        list(range(size)),
        title=[EVIL] * size,
        brand=['"><img src=x onerror=alert(1)>'] * size,
        attributes=[[{"key": EVIL, "value": EVIL}]] * size,
        category_3=[EVIL] * size,
        source=["</script><script>alert(2)</script>"] * size,
    )
    plain = Page(render()[1]).tags.count("script")
    truth = {"left_id": [1, 3], "right_id": [2, 4], "target": [0.0, 1.0]}
    scores = {"left_id": [1, 3], "right_id": [2, 4], "score": [0.9, 0.1]}
    _, html = render(context=Context(catalog=catalog), truth=truth, scores=scores)
    page = Page(html)
    assert page.tags.count("script") == plain
    assert "img" not in page.tags
    assert EVIL not in html
    assert EVIL in page.words


def test_file_names_with_markup_are_text(write_table, made_pairs):
    report = evaluate(
        read_scores(write_table("<i>s.parquet", made_pairs[1])), read_truth(write_table("t.parquet", made_pairs[0]))
    )
    assert "i" not in Page(render_html(report)).tags[:20]
    assert "&lt;i&gt;s.parquet" in render_html(report)


def test_pictures_and_titles_stand_side_by_side_with_an_index(render, catalog_of, picture):
    catalog = catalog_of(
        [1, 2, 3, 4],
        title=["one", "two", "three", "four"],
        images=[[picture("a.png")], ["gone.png"], [picture("b.png", "blue")], None],
        price=[9.5, None, None, None],
    )
    truth = {"left_id": [1, 3], "right_id": [2, 4], "target": [0.0, 1.0]}
    scores = {"left_id": [1, 3], "right_id": [2, 4], "score": [0.9, 0.1]}
    page = Page(render(context=Context(catalog=catalog), truth=truth, scores=scores)[1])
    assert len(set(page.shown)) == 2  # each picture is kept once, wherever it is shown
    assert page.tags.count("img") == len(page.shown) > 2
    assert "no picture" in page.words
    assert "9.50" in page.words
    assert {"one", "two", "three", "four"} <= set(page.words.split())


def test_a_match_of_products_with_different_barcodes_is_shown_as_a_likely_label_error(render, catalog_of):
    catalog = catalog_of([1, 2, 3, 4], gtin=[["04006381333931"], ["04006381333948"], None, None])
    ids = {"left_id": [1, 3], "right_id": [2, 4]}
    context, truth = Context(catalog), {**ids, "target": [1.0, 0.0]}
    _, html = render(context=context, truth=truth, scores={**ids, "score": [0.9, 0.1]})
    words = Page(html).words
    assert "1 pairs whose label is doubtful" in words
    assert "a match of products with different barcodes (1)" in words
    assert "both products have barcodes, and other ones" in words


def test_what_is_absent_is_named_as_absent(render, made_pairs):
    truth = {name: made_pairs[0][name] for name in ("left_id", "right_id", "target")}
    scores = {name: made_pairs[1][name] for name in ("left_id", "right_id", "score")}
    report, html = render(truth=truth, scores=scores)
    words = Page(html).words
    assert len(report.absent) == 6
    for word in report.absent:
        assert ABSENT[word] in words


def test_every_link_leads_to_a_place_on_the_page(render):
    page = Page(render()[1])
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_a_category_that_fails_is_named(render):
    truth = {"left_id": [1, 3], "right_id": [2, 4], "target": [0.0, 1.0], "cat3_grouped": ["cables", "cables"]}
    scores = {"left_id": [1, 3], "right_id": [2, 4], "score": [0.9, 0.1]}
    assert (
        "1 of 1 never reach precision 0.75 and count as 0: cables" in Page(render(truth=truth, scores=scores)[1]).words
    )
