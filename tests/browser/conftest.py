"""A real report of the sample in a real browser: headless chromium, which must neither complain nor ask the network."""

import re
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """The browser; without one these tests fail, since they were asked for by name."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(sample, sample_index, sample_model, tmp_path_factory):
    """The folder with `report/report.html` of the sample, in several categories, and `moved/compare.html`."""
    import pandas as pd
    from click.testing import CliRunner

    from scripts.main import main

    folder = tmp_path_factory.mktemp("pages")
    truth = pd.read_parquet(sample / "pairs_test.parquet")
    truth["cat3_grouped"] = [("phones", "cables", "<script>alert(1)</script>")[row % 3] for row in range(len(truth))]
    truth.to_parquet(folder / "truth.parquet")

    def heroic(*words):
        done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    def evaluate(out, scores):
        given = ["--index", sample_index, "--model", sample_model, "--train", sample / "pairs_train.parquet"]
        heroic("evaluate", scores, "--truth", folder / "truth.parquet", *given, "--rounds", "20", "--out", out)

    heroic("score", sample_index, folder / "truth.parquet", "--model", sample_model, "--out", folder / "scores.parquet")
    evaluate(folder / "report", folder / "scores.parquet")
    worse = pd.read_parquet(folder / "scores.parquet")
    worse["score"] = worse["score"].round(1)
    worse.to_csv(folder / "worse.csv", index=False)
    evaluate(folder / "worse", folder / "worse.csv")
    heroic("compare", folder / "report", folder / "worse", "--rounds", "20", "--out", folder / "moved")
    return folder


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def opened(request, chromium, pages):
    """Open a page by name, in two widths, light and dark; complaints and requests of any page fail the test."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True)
    complaints = []

    def opening(name):
        page = context.new_page()
        page.set_default_timeout(20000)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(("file:", "data:", "blob:")) else complaints.append(asked.url),
        )
        page.goto((pages / name).as_uri())
        return page

    yield opening
    context.close()
    assert complaints == []


def complains(said):
    """Whether the console says that something is wrong; that a value was refused or a picture cannot be shown, the page itself says."""
    told = re.search("status of (409|422)", said.text) is not None or (
        "status of 404" in said.text and "/picture" in said.location["url"]
    )
    return said.type in ("error", "warning") and not told


CONTEXTS = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Close the pages of a test before its server stops, which they may still be asking."""
    for context in item.stash.get(CONTEXTS, ()):
        context.close()


@pytest.fixture
def browsing(chromium, request):
    """Open a server's page as somebody who came by its link; complaints, dialogs and other hosts fail the test."""
    contexts, complaints = [], []
    request.node.stash[CONTEXTS] = contexts

    def browse(door, address="/", size=(1280, "light")):
        width, scheme = size
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page, own = context.new_page(), f"http://127.0.0.1:{door.port}/"
        page.set_default_timeout(20_000)
        page.on("console", lambda said: complaints.append(f"{said.text} {said.location}") if complains(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda asked: None if asked.url.startswith(own) else complaints.append(asked.url))
        page.goto(own + door.link.lstrip("/"))
        page.wait_for_url(own)
        if address != "/":
            page.goto(own.rstrip("/") + address)
        return page

    yield browse
    assert complaints == []
