"""The page of labels asks what is in dispute, and says how it goes."""

import pytest
from served import served

pytestmark = pytest.mark.browser


@pytest.fixture
def disputing(sample_index, sample_model, tmp_path):
    """A server with a store in which two people say different things of three pairs, the first of them who comes by the link."""
    from reranking.labels.label import Label, PairVerdict
    from reranking.labels.store import open_store
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.label_desks import LabelDesks
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources

    current = Current(Sources(sample_index, sample_model))
    desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=60)
    ids = current.opened.index.catalog.ids.slice(0, 6).to_pylist()
    with open_store(tmp_path / "labels.db") as store:
        for place in range(0, 6, 2):
            for name, verdict in (("tester", PairVerdict.MATCH), ("anna <b>", PairVerdict.NO_MATCH)):
                store.record(Label(ids[place], ids[place + 1], verdict, name))
    with served(current, tmp_path, desks=desks) as door:
        yield door


def told(page, words):
    for _ in range(400):
        if words in page.locator("#progress").inner_text():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{words} is not in {page.locator('#progress').inner_text()}")


@pytest.mark.parametrize("size", [(360, "dark"), (1280, "light")], ids=["narrow", "wide"])
def test_disputes_are_settled_by_keyboard(browsing, disputing, size):
    page = browsing(disputing, "/label", size)
    told(page, "3 of 60 labelled, 3 by you")
    assert page.locator("#said li").count() == 0
    assert not page.locator("#pass").is_visible()
    page.locator("#wanted select").select_option("disputes")
    told(page, "3 in dispute")
    assert page.locator("#said").inner_text().split("\n") == ["tester the same", "anna <b> not the same"]
    shown = page.locator("#fields").inner_text()
    page.keyboard.press("s")
    for _ in range(200):
        if page.locator("#fields").inner_text() != shown:
            break
        page.wait_for_timeout(50)
    page.keyboard.press("n")
    told(page, "2 in dispute")
    assert page.locator("#revealed").get_by_text("You said: not the same.").count() == 1
    page.keyboard.press("z")
    told(page, "3 in dispute")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("How it goes, and how far reviewers agree").click()
    page.get_by_text("3 pairs are judged by two or more who are sure, 3 of them are in dispute").wait_for()
    assert page.locator("#kappas tbody tr").count() == 1


def test_the_trend_of_the_estimate_is_drawn(browsing, disputing):
    page = browsing(disputing, "/label")
    for count in range(3, 59):
        told(page, f"{count} of 60")
        page.keyboard.press("y" if count % 2 else "n")
    told(page, "59 of 60")
    page.get_by_text("How it goes, and how far reviewers agree").click()
    assert "F1 by its own estimate" in page.locator("#trend svg").get_attribute("aria-label")
