"""The page of reviews in a browser: scored pairs by keyboard with notes, a step back and a reload, and what others say."""

import os
import shutil
import time

import pandas as pd
import pytest
from served import served
from shown_pages import fits, held, until

pytestmark = pytest.mark.browser

SIZES = [(360, "light"), (1280, "dark"), (2560, "light")]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def size(request):
    return request.param


@pytest.fixture(scope="module")
def scores(sample, sample_index, sample_model, tmp_path_factory):
    """The sample's test pairs with their scores, and every other one of them as scored before."""
    from click.testing import CliRunner

    from scripts.main import main

    folder = tmp_path_factory.mktemp("scores")
    words = [
        "score",
        sample_index,
        sample / "pairs_test.parquet",
        "--model",
        sample_model,
        "--out",
        folder / "scores.parquet",
    ]
    done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    pd.read_parquet(folder / "scores.parquet").iloc[::2].to_parquet(folder / "old.parquet")
    return folder


@pytest.fixture
def reviewing(sample_index, sample_model, scores, tmp_path):
    """Open a server of scores to review, which are read: `with reviewing() as door`; its store is `labels.db`."""
    from contextlib import contextmanager

    from scripts.serve.engine.current import Current
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources
    from scripts.serve.review.desk import ReviewDesk, ReviewSources

    @contextmanager
    def open_it(
        index=sample_index, model=sample_model, file=scores / "scores.parquet", previous=scores / "old.parquet"
    ):
        current = Current(Sources(index, model))
        sources = ReviewSources(file, previous, tmp_path / "labels.db")
        review = ReviewDesk(sources, current, LIMITS)
        with served(current, tmp_path, review=review) as door:
            while not review.reading.finished:
                time.sleep(0.02)
            yield door

    return open_it


def counted(page, own):
    """Wait until so many verdicts are the reviewer's and the next pair is shown."""
    until(page, "(own) => document.querySelector('#progress')?.textContent.startsWith(`${own} by you`)", own)


def reviews(tmp_path):
    from reranking.labels.reviews import open_reviews

    with open_reviews(tmp_path / "labels.db") as store:
        return store.standing_reviews()


def test_ten_pairs_are_reviewed_by_keyboard_with_a_note_a_step_back_and_a_reload_between(
    browsing, reviewing, tmp_path, size
):
    with reviewing() as door:
        page = browsing(door, size=size)
        page.get_by_role("link", name="Review").click()
        counted(page, 0)
        assert page.locator("#filed b").inner_text()
        assert page.locator("#for li, #against li").count() >= 2
        for count, key in enumerate("ynyunyn", start=1):
            page.keyboard.press(key)
            counted(page, count)
        shown = page.locator("#fields").inner_text()
        page.keyboard.press("m")
        page.keyboard.type("yes, no and why")
        page.keyboard.press("Enter")
        page.keyboard.press("n")
        counted(page, 8)
        assert page.locator("#note").input_value() == ""
        page.keyboard.press("z")
        counted(page, 7)
        assert page.locator("#fields").inner_text() == shown
        assert page.locator("#note").input_value() == "yes, no and why"
        page.reload()
        counted(page, 7)
        assert page.locator("#fields").inner_text() == shown
        for count, key in enumerate("yyy", start=8):
            page.keyboard.press(key)
            counted(page, count)
        assert fits(page)
        page.context.close()
    verdicts = [review.label.verdict.value for review in reviews(tmp_path)]
    assert verdicts == [
        "match",
        "no match",
        "match",
        "unsure",
        "no match",
        "match",
        "no match",
        "match",
        "match",
        "match",
    ]


def test_filters_stay_in_the_address_and_keys_typed_into_a_field_are_no_verdicts(browsing, reviewing, tmp_path):
    with reviewing() as door:
        page = browsing(door, "/review")
        counted(page, 0)
        page.get_by_label("only new since the last scores").check()
        until(page, "() => document.querySelector('#filed').textContent.includes('new')")
        page.get_by_label("Category").select_option(index=1)
        until(page, "() => location.search.includes('category=')")
        page.reload()
        counted(page, 0)
        assert page.get_by_label("only new since the last scores").is_checked()
        assert page.get_by_label("Category").input_value() in page.locator("#filed").inner_text()
        page.locator("#note").fill("")
        page.locator("#note").press_sequentially("yunsz")
        assert page.locator("#note").input_value() == "yunsz"
        page.context.close()
    assert reviews(tmp_path) == []


def test_a_filter_that_is_chosen_while_an_answer_is_under_way_holds(browsing, reviewing):
    with reviewing() as door:
        page = browsing(door, "/review")
        counted(page, 0)
        let = held(page, "**/api/v1/review/next?*")
        page.get_by_label("Category").select_option(index=1)
        page.locator("select[name=part]").select_option("disputes")
        let()
        page.get_by_text("There is nothing more to look at here.").wait_for()
        assert page.locator("#question").is_hidden()


def test_a_verdict_that_is_not_kept_is_told_of_though_a_filter_was_chosen_meanwhile(browsing, reviewing):
    with reviewing() as door:
        page = browsing(door, "/review")
        counted(page, 0)
        answer = held(page, "**/api/v1/review", status=422, json={"error": {"message": "this cannot be kept"}})
        page.keyboard.press("y")
        page.locator("select[name=part]").select_option("disputes")
        answer()
        page.get_by_text("this cannot be kept").wait_for()
        assert page.locator("#question").is_hidden()


def test_a_pair_is_passed_over_until_the_beginning_is_asked_for(browsing, reviewing):
    with reviewing() as door:
        page = browsing(door, "/review")
        counted(page, 0)
        first = page.locator("#fields").inner_text()
        page.keyboard.press("s")
        until(page, "(first) => document.querySelector('#fields').innerText !== first", first)
        page.keyboard.press("y")
        counted(page, 1)
        assert page.locator("#fields").inner_text() != first
        page.reload()
        counted(page, 1)
        assert page.locator("#fields").inner_text() == first
        page.context.close()


def test_newer_scores_are_looked_at_from_where_one_is(browsing, reviewing, scores, tmp_path):
    own = tmp_path / "own.parquet"
    shutil.copy(scores / "old.parquet", own)
    with reviewing(file=own, previous=None) as door:
        page = browsing(door, "/review")
        counted(page, 0)
        assert not page.locator("#fresh").is_visible()
        passed = page.locator("#fields").inner_text()
        page.keyboard.press("s")
        until(page, "(first) => document.querySelector('#fields').innerText !== first", passed)
        shutil.copy(scores / "scores.parquet", tmp_path / ".own.parquet")
        os.replace(tmp_path / ".own.parquet", own)
        rows = len(pd.read_parquet(own))
        until_served(door, rows)
        page.keyboard.press("y")
        counted(page, 1)
        page.get_by_text("Newer scores are looked at from here on.").wait_for()
        page.locator("#fresh").wait_for()
        for count in range(2, 6):
            assert page.locator("#fields").inner_text() != passed
            page.keyboard.press("n")
            counted(page, count)
        page.get_by_label("only new since the last scores").check()
        until(page, "() => document.querySelector('#filed').textContent.includes('new')")
        page.context.close()
    assert len(reviews(tmp_path)) == 5


def until_served(door, rows):
    """Wait until a scores file of so many rows is looked at."""
    while door.client("label").get("/api/v1/review/counts").json["rows"] != rows:
        time.sleep(0.05)


def test_what_others_said_is_seen_and_a_dispute_is_settled(browsing, reviewing):
    with reviewing() as door:
        other, found = door.client("label"), door.client("label").get("/api/v1/review/next").json
        shown = found["pair"]["shown"]
        told = {
            "left": shown["left"]["id"],
            "right": shown["right"]["id"],
            "verdict": "match",
            "note": "<b>the same</b> code",
        }
        assert other.post("/api/v1/review", told).status == 200
        page = browsing(door, "/review?part=others")
        counted(page, 0)
        assert "labeler the same: <b>the same</b> code" in page.locator("#said").inner_text().replace("“", "").replace(
            "”", ""
        )
        page.keyboard.press("n")
        counted(page, 1)
        page.get_by_text("There is nothing more to look at here.").wait_for()
        assert "1 in dispute" in page.locator("#progress").inner_text()
        page.get_by_label("Look at").select_option("disputes")
        until(page, "() => document.querySelectorAll('#said li').length === 2")
        page.keyboard.press("y")
        until(page, "() => !document.querySelector('#progress').textContent.includes('dispute')")
        page.get_by_text("The scores, who said how much, and notes").click()
        until(
            page,
            "() => document.querySelectorAll('#notes li').length === 1 && document.querySelectorAll('#reviewers tr').length === 2",
        )
        page.context.close()


def test_without_pictures_and_without_a_model_the_page_looks_whole(browsing, reviewing, heroic, sample, tmp_path):
    products = pd.read_parquet(sample / "products.parquet")
    products.drop(columns=[name for name in products.columns if "image" in name]).to_parquet(tmp_path / "bare.parquet")
    done = heroic(
        "build-index", tmp_path / "bare.parquet", "--out", tmp_path / "index", "-k", "5", "--image-encoder", "none"
    )
    assert done.exit_code == 0, done.output
    with reviewing(tmp_path / "index", None) as door:
        page = browsing(door, "/review", (360, "dark"))
        counted(page, 0)
        assert page.locator("#sides .no-picture").count() == 2
        assert page.locator("img").count() == 0
        assert not page.locator("#reasoned").is_visible()
        page.keyboard.press("y")
        counted(page, 1)
        assert fits(page)
        page.context.close()


def test_every_control_has_a_name(browsing, reviewing):
    with reviewing() as door:
        page = browsing(door, "/review")
        counted(page, 0)
        unnamed = page.evaluate(
            """[...document.querySelectorAll("button, input, select, a[href]")].filter((one) =>
               !(one.labels?.length || one.textContent.trim() || one.ariaLabel || one.title)).map((one) => one.outerHTML)"""
        )
        assert unnamed == []
        assert page.locator("main, header, nav").count() == 3
        assert page.locator("h1").count() == 1
        page.context.close()
