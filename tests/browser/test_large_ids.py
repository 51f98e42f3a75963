"""Ids above 2^53, which JSON.parse rounds to one another, stay what they are on every page."""

import pandas as pd
import pytest
from served import served

pytestmark = pytest.mark.browser

FIRST = 2**53  # this one and the next are the same number to JavaScript


@pytest.fixture
def door(heroic, sample, tmp_path):
    """A server with a label store over 40 products whose ids are whole numbers, one after another."""
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.label_desks import LabelDesks
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources

    products = pd.read_parquet(sample / "products.parquet").iloc[:40]
    products.assign(id=range(FIRST, FIRST + 40)).to_parquet(tmp_path / "products.parquet")
    words = ["build-index", tmp_path / "products.parquet", "--out", tmp_path / "index", "-k", "5", "--images", sample]
    done = heroic(*words)
    assert done.exit_code == 0, done.output
    current = Current(Sources(tmp_path / "index"))
    desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=10)
    with served(current, tmp_path, desks=desks) as door:
        yield door


def test_a_product_its_neighbours_and_their_pairs_are_those_of_its_id(browsing, door):
    table = door.service.current.opened.index.catalog.table
    titles = dict(zip(table["id"].to_pylist(), table["title"].to_pylist(), strict=True))
    page = browsing(door)
    page.get_by_label("A text, or a product's id").fill(str(FIRST + 1))
    page.keyboard.press("Enter")
    page.locator("#asked h2").wait_for()
    assert page.locator("#asked").get_by_text(str(FIRST + 1), exact=True).count() == 1
    assert page.locator("#asked h2").inner_text() == titles[FIRST + 1]
    shown = [int(text) for text in page.locator("#results .id").all_inner_texts()]
    assert len(set(shown)) == 12
    assert page.locator("#results .title").all_inner_texts() == [titles[one] for one in shown]
    page.locator("#results .title").first.click()
    page.locator(".side").first.wait_for()
    assert page.locator(".side .id").all_inner_texts() == [str(FIRST + 1), str(shown[0])]
    page.context.close()


def test_the_pair_that_is_labelled_is_the_one_that_was_shown(browsing, door, tmp_path):
    from reranking.labels.store import open_store

    page = browsing(door, "/label")
    page.get_by_text("0 of 10 labelled").wait_for()
    with page.expect_request("**/api/v1/labels") as sent:
        page.keyboard.press("y")
    asked = sent.value.post_data_json
    page.get_by_text("1 of 10 labelled").wait_for()
    with open_store(tmp_path / "labels.db") as store:
        (kept,) = store.standing()
        assert {str(kept.label.left), str(kept.label.right)} == {str(asked["left"]), str(asked["right"])}
    page.context.close()


def test_only_whole_numbers_that_would_be_rounded_become_text(browsing, door):
    page = browsing(door)
    text = (
        '{"a\\"9007199254740993": [9007199254740993, 9007199254740991, -9007199254740993, 0.12345678901234567, 1e21]}'
    )
    parsed = page.evaluate("async (text) => (await import('/static/api.js')).parse(text)", text)
    assert parsed == {
        'a"9007199254740993': ["9007199254740993", 9007199254740991, "-9007199254740993", 0.12345678901234567, 1e21]
    }
    page.context.close()
