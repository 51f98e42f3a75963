"""The page of reports in a browser: a list, one opened, its whole page in a sandbox, and what moved between two."""

import pytest
from served import served
from shown_pages import fits

pytestmark = pytest.mark.browser

SIZES = [(360, "dark"), (1280, "light"), (2560, "dark")]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def size(request):
    return request.param


@pytest.fixture(scope="module")
def door(pages, sample_index, tmp_path_factory):
    """A server of the folder that `report` and `worse` are in."""
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources
    from scripts.serve.reports.desk import ReportDesk

    where = tmp_path_factory.mktemp("door")
    with served(Current(Sources(sample_index)), where, reports=ReportDesk.of_folder(pages, LIMITS)) as door:
        yield door


def test_reports_are_listed_opened_and_compared(browsing, door, size):
    page = browsing(door, size=size)
    page.get_by_role("link", name="Reports").click()
    page.locator("#reports tr").nth(1).wait_for()
    assert page.locator("#reports tr").count() == 2
    assert fits(page)
    page.get_by_role("link", name="report", exact=True).click()
    page.locator("#rows tr").first.wait_for()
    assert page.locator("#rows tr").count() == 3
    assert page.get_by_text("<script>alert(1)</script>").count() == 1
    assert fits(page)
    page.get_by_role("link", name="All reports").click()
    page.get_by_label("before: report").check()
    assert page.locator("#compare").is_disabled()
    page.get_by_label("after: worse").check()
    page.get_by_role("button", name="What moved").click()
    page.locator("#rows tr").first.wait_for()
    assert page.locator("#rows tr").count() == 7
    assert "report to worse" in page.locator("h1").inner_text()
    assert fits(page)


def test_the_whole_page_runs_its_scripts_without_the_servers_cookies_and_network(browsing, door):
    page = browsing(door, "/reports?name=report")
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="The whole report").click()
    whole = opening.value
    whole.locator("details.category summary").first.click()
    whole.locator(".plot svg.main-svg").first.wait_for()
    reached = """async () => {
        let cookie = "none";
        try { cookie = document.cookie; } catch { cookie = "denied"; }
        const asked = await fetch("/api/v1/index").then((answer) => answer.status, () => "denied");
        return [self.origin, cookie, asked];
    }"""
    refused = []
    whole.on("console", lambda said: refused.append(said.text))
    assert whole.evaluate(reached) == ["null", "denied", "denied"]
    whole.close()


def test_a_report_that_is_not_there_is_said(browsing, door):
    page = browsing(door, "/reports?before=report&after=worse")
    page.locator("#rows tr").first.wait_for()
    page.goto(page.url.replace("after=worse", "after=report"))
    page.locator("#rows tr").first.wait_for()
    assert page.get_by_text("not told apart").count() > 0
