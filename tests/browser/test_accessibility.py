"""axe-core finds nothing serious on any page, light and dark: names, roles, contrast, order of headings."""

import time

import pytest
from served import served

pytestmark = pytest.mark.browser

PAGES = {  # each page by its address, and what is there when it is whole
    "entrance": ("/enter", "main"),
    "search": ("/?text=usb", "#results > li"),
    "a product": ("/?id={left}", "#asked .card"),
    "a pair": ("/pair?left={left}&right={right}", "#left-rivals > li"),
    "no pair": ("/pair", "#status.warning"),
    "labelling": ("/label", "#fields tr"),
    "disputes": ("/label", "#fields tr"),
    "reviewing": ("/review", "#fields tr"),
    "reports": ("/reports", "#reports tr"),
    "a report": ("/reports?name=report", "#rows tr"),
    "what moved": ("/reports?before=report&after=worse", "#rows tr"),
    "the API": ("/reference", "#forms details"),
}


@pytest.fixture(scope="module")
def door(sample_index, sample_model, pages, tmp_path_factory):
    """A server of everything there is a page of; `pages` is a folder of reports, with scores beside them."""
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.label_desks import LabelDesks
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources
    from scripts.serve.reports.desk import ReportDesk
    from scripts.serve.review.desk import ReviewDesk, ReviewSources

    current, folder = Current(Sources(sample_index, sample_model)), tmp_path_factory.mktemp("door")
    review = ReviewDesk(ReviewSources(pages / "scores.parquet", None, folder / "labels.db"), current, LIMITS)
    desks, reports = LabelDesks(folder / "labels.db", current, LIMITS, budget=40), ReportDesk.of_folder(pages, LIMITS)
    with served(current, folder, desks=desks, review=review, reports=reports) as door:
        while not review.reading.finished:
            time.sleep(0.02)
        yield door


def opened(page):
    """Open whatever can be, so that it is looked at too."""
    for place in page.locator("details").all()[:12]:
        place.evaluate("(details) => { details.open = true; }")
    page.wait_for_timeout(100)


NARROW = ("a pair", "labelling", "reviewing")  # where tables stand otherwise on a narrow screen


@pytest.mark.parametrize(
    ("name", "size"),
    [(name, (1280, scheme)) for name in PAGES for scheme in ("light", "dark")]
    + [(name, (360, "light")) for name in NARROW],
)
def test_axe_finds_nothing_serious(browsing, door, name, size):
    from axe_playwright_python.sync_playwright import Axe

    address, whole = PAGES[name]
    left, right = door.service.current.opened.index.catalog.ids.slice(0, 2).to_pylist()
    page = browsing(door, size=size)
    if name == "entrance":
        page.context.clear_cookies()
    page.goto(f"http://127.0.0.1:{door.port}{address.format(left=left, right=right)}")
    page.locator(whole).first.wait_for()
    if name == "disputes":
        page.locator("#wanted select").select_option("disputes")
        page.get_by_text("Nothing is in dispute.").wait_for()
    opened(page)
    found = Axe().run(page).response
    serious = [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert len(found["passes"]) > 10  # it looked
    page.context.close()
