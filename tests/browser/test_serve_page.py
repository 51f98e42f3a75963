"""The page of a server in a browser: search, a pair, by mouse and by keyboard, narrow and wide, light and dark."""

import re

import pytest
from served import make_hostile, served
from shown_pages import fits, held, until

pytestmark = pytest.mark.browser

SIZES = [(360, "light"), (1280, "dark"), (2560, "light")]


@pytest.fixture(scope="module")
def door(sample_index, sample_model, tmp_path_factory):
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.served import Sources

    with served(Current(Sources(sample_index, sample_model)), tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def size(request):
    return request.param


def ids(door, count):
    return door.service.current.opened.index.catalog.ids.slice(0, count).to_pylist()


def search(page, words):
    page.get_by_label("A text, or a product's id").fill(words)
    page.keyboard.press("Enter")
    until(page, "() => document.querySelector('#results').ariaBusy === 'false'")
    page.locator("#results > li").first.wait_for()


def test_words_find_products_with_pictures_chips_and_cosines(browsing, door, size):
    page = browsing(door, size=size)
    search(page, "наушники bluetooth")
    cards = page.locator("#results > li")
    assert cards.count() == 12
    until(page, "() => document.images.length > 0 && document.images[0].naturalWidth > 0")
    assert cards.first.locator("table.cosines tr").count() == 4
    assert cards.first.locator(".chips li").count() >= 2
    assert fits(page)
    assert re.search(r"[?&]text=", page.url)


def test_an_id_shows_its_product_and_how_likely_each_neighbour_is(browsing, door):
    page = browsing(door)
    one = ids(door, 1)[0]
    search(page, one)
    assert page.locator("#asked").get_by_text(one, exact=True).count() == 1
    assert page.locator("#results .probability").count() == 12
    assert f"id={one}" in page.url
    page.reload()
    page.locator("#results > li").first.wait_for()
    assert page.get_by_label("A text, or a product's id").input_value() == one


def test_what_looks_like_an_id_and_is_none_is_said_to_be_searched_as_a_text(browsing, door):
    page = browsing(door)
    search(page, "ZZZZZZ")
    for _ in range(2):
        page.get_by_text("no product has the id 'ZZZZZZ', it is searched for as a text").wait_for()
        page.reload()
    assert "text=ZZZZZZ" in page.url


def test_a_picture_that_is_dropped_finds_its_product(browsing, door):
    page = browsing(door)
    catalog = door.service.current.opened.index.catalog
    position = next(place for place, name in enumerate(catalog.main_pictures()) if name)
    path = catalog.pictures / catalog.main_pictures()[position]
    page.locator("#picture").set_input_files(path)
    page.locator("#results > li").first.wait_for()
    title = catalog.table["title"][position].as_py()
    assert title in page.locator("#results > li").first.inner_text()
    page.get_by_role("button", name="Without the picture").click()
    until(page, "() => document.querySelectorAll('#results > li').length === 0")


def test_filters_are_offered_and_stay_in_the_address(browsing, door):
    page = browsing(door)
    page.get_by_text("Filters").click()
    until(page, "() => document.querySelectorAll('#sources option').length > 0")
    page.get_by_label("Source", exact=True).fill("radiorynok")
    page.get_by_label("How many").fill("5")
    search(page, "usb")
    assert page.locator("#results > li").count() == 5
    assert page.locator("#results .chips").all_inner_texts() == [
        text for text in page.locator("#results .chips").all_inner_texts() if "radiorynok" in text
    ]
    page.get_by_label("Source", exact=True).fill("nobody at all")
    page.keyboard.press("Enter")
    page.get_by_text("is not in the catalogue").wait_for()


def test_of_two_searches_the_later_one_is_shown_and_stands_in_the_address(browsing, door):
    page = browsing(door)
    one = ids(door, 1)[0]
    let = held(page, "**/api/v1/known?*")
    field = page.get_by_label("A text, or a product's id")
    field.fill("наушники")
    page.keyboard.press("Enter")
    until(page, "() => document.querySelector('#results').ariaBusy === 'true'")
    search(page, one)
    let()
    assert page.evaluate("fetch('/api/v1/known?id=nobody').then((answer) => answer.status)") == 200  # asked after it
    assert f"id={one}" in page.url
    assert page.locator("#asked").get_by_text(one, exact=True).count() == 1
    assert "neighbours in the" in page.locator("#status").inner_text()


def test_back_shows_the_search_before(browsing, door):
    page = browsing(door)
    search(page, "usb")
    first = page.locator("#results").inner_text()
    search(page, "наушники")
    until(page, "(first) => document.querySelector('#results').innerText !== first", first)
    page.go_back()
    until(page, "(first) => document.querySelector('#results').innerText === first", first)


def test_a_pair_is_opened_from_a_neighbour_and_explained(browsing, door, size):
    page = browsing(door, size=size)
    search(page, ids(door, 1)[0])
    page.locator("#results > li .title").first.click()
    page.locator("#left-rivals > li").first.wait_for()
    assert page.locator(".side").count() == 2
    assert page.locator("#fields mark").count() > 0
    assert page.locator("#waterfall tr").count() >= 3
    assert page.locator("#waterfall tr").last.locator("th").inner_text() == "log-odds"
    assert page.locator("#for li, #against li").count() >= 2
    assert page.locator(".decision .tag").inner_text() in ("a match", "no match")
    assert fits(page)
    assert page.locator("#right-rivals > li").count() == 6
    why = page.locator("#left-rivals > li .why").last
    why.locator("summary").press("Enter")
    why.locator("li").first.wait_for()
    assert why.locator(".tag").inner_text() in ("a match", "no match")
    assert fits(page)
    if size[0] == 2560:
        page.locator("#left-rivals > li .title").first.click()
        page.wait_for_url(re.compile("/pair"))


def test_the_waterfall_ends_where_its_parts_lead(browsing, door):
    left, right = ids(door, 2)
    page = browsing(door, f"/pair?left={left}&right={right}")
    page.locator("#waterfall tr").first.wait_for()
    numbers = [float(text.replace("−", "-")) for text in page.locator("#waterfall td.n").all_inner_texts()]
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.01 * len(numbers))


def test_pictures_stand_above_what_their_product_says(browsing, door):
    left, right = ids(door, 2)
    for width in (360, 1280):
        page = browsing(door, f"/pair?left={left}&right={right}", (width, "light"))
        page.locator("#fields tr").first.wait_for()
        sides = [page.locator(".side").nth(place).bounding_box() for place in range(2)]
        cells = [page.locator("#fields td").nth(place).bounding_box() for place in range(2)]
        assert all(abs(side["x"] - cell["x"]) < 16 for side, cell in zip(sides, cells, strict=True))


def test_a_pair_that_is_none_is_said(browsing, door):
    page = browsing(door)
    page.goto(f"http://127.0.0.1:{door.port}/pair")
    page.get_by_text("The address names no pair").wait_for()


def test_the_search_is_done_by_keyboard_alone(browsing, door):
    page = browsing(door)
    page.keyboard.press("Control+A")  # the field has the focus
    page.keyboard.type("usb")
    page.keyboard.press("Enter")
    page.locator("#results > li").first.wait_for()
    page.locator("#results .title").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"id="))


def test_every_control_has_a_name_and_the_page_its_landmarks(browsing, door):
    for address in ("/", f"/pair?left={ids(door, 2)[0]}&right={ids(door, 2)[1]}"):
        page = browsing(door, address)
        unnamed = page.evaluate(
            """[...document.querySelectorAll("button, input, select, a[href]")].filter((one) =>
               !(one.labels?.length || one.textContent.trim() || one.ariaLabel || one.title)).map((one) => one.outerHTML)"""
        )
        assert unnamed == []
        assert page.locator("main, header, nav").count() == 3
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.lang") == "en"


def test_whoever_leaves_is_asked_to_come_in(browsing, door):
    page = browsing(door)
    page.get_by_role("button", name="tester: leave").click()
    page.get_by_text("You have left.").wait_for()
    page.get_by_label("Your token").fill(door.tokens["read"])
    page.get_by_role("button", name="Come in").click()
    page.get_by_role("button", name="reader: leave").wait_for()


def test_a_script_in_every_field_of_a_product_runs_nowhere(browsing, sample_index, sample_model, tmp_path):
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.served import Sources

    current = Current(Sources(sample_index, sample_model))
    make_hostile(current, "<img src=x onerror=alert(1)><script>alert(2)</script>'\"javascript:alert(3)")
    with served(current, tmp_path) as door:
        page = browsing(door)
        search(page, "x")
        assert page.locator("#results script, #results img[src='x']").count() == 0
        search(page, ids(door, 1)[0])
        page.locator("#results > li .title").first.click()
        page.locator("#fields tr").first.wait_for()
        assert "<script>" in page.locator("#fields").inner_text()
        page.context.close()


def test_a_catalogue_without_pictures_looks_whole(browsing, heroic, sample, tmp_path):
    import pandas as pd

    from scripts.serve.engine.current import Current
    from scripts.serve.engine.served import Sources

    products = pd.read_parquet(sample / "products.parquet")
    products.drop(columns=[name for name in products.columns if "image" in name]).to_parquet(tmp_path / "bare.parquet")
    done = heroic(
        "build-index", tmp_path / "bare.parquet", "--out", tmp_path / "index", "-k", "5", "--image-encoder", "none"
    )
    assert done.exit_code == 0, done.output
    with served(Current(Sources(tmp_path / "index")), tmp_path) as door:
        page = browsing(door)
        search(page, "usb")
        assert page.locator("#results .no-picture").count() == 12
        assert page.locator("img").count() == 0
        page.context.close()


@pytest.fixture
def labelling(sample_index, sample_model, tmp_path):
    """A server with a store of labels, and the store's file."""
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.label_desks import LabelDesks
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources

    current, store = Current(Sources(sample_index, sample_model)), tmp_path / "labels.db"
    desks = LabelDesks(store, current, LIMITS, budget=40)
    with served(current, tmp_path, desks=desks) as door:
        yield door, store


def answered(page, count):
    until(page, "(count) => document.querySelector('#progress')?.textContent.startsWith(`${count} of `)", count)


def test_ten_pairs_are_labelled_by_keyboard_with_a_step_back_and_a_reload_between(browsing, labelling, size):
    from reranking.labels.settled import read_settled

    door, store = labelling
    page = browsing(door, size=size)
    page.get_by_role("link", name="Label").click()
    answered(page, 0)
    for count, key in enumerate("ynyunyn", start=1):
        page.keyboard.press(key)
        answered(page, count)
    assert page.locator("#revealed").get_by_text("You said: not the same. The model:").count() == 1
    shown = page.locator("#fields").inner_text()
    page.keyboard.press("n")
    answered(page, 8)
    page.keyboard.press("z")
    answered(page, 7)
    assert page.locator("#fields").inner_text() == shown
    assert not page.locator("#revealed").is_visible()  # blind again
    page.reload()
    answered(page, 7)
    assert page.locator("#fields").inner_text() == shown
    for count, key in enumerate("yyy", start=8):
        page.keyboard.press(key)
        answered(page, count)
    assert fits(page)
    page.context.close()
    settled = read_settled(store)
    assert (len(settled), settled.left_out.unsure) == (9, 1)
    assert settled.targets.tolist() == [1, 0, 1, 0, 1, 0, 1, 1, 1]


def test_before_the_verdict_nothing_gives_it_away(browsing, labelling):
    door, _ = labelling
    page = browsing(door, "/label")
    answered(page, 0)
    assert page.locator("#sides img").count() > 0
    told = page.locator("main").inner_text().lower()
    assert "probability" not in told
    assert "score" not in told
    assert not [one for one in ids(door, 320) if one.lower() in told]
    page.get_by_role("button", name="the same", exact=False).first.click()
    page.get_by_text("probability").first.wait_for()
    page.context.close()


def test_at_the_end_it_says_so(browsing, labelling):
    door, _ = labelling
    page = browsing(door, "/label")
    for count in range(40):
        answered(page, count)
        page.keyboard.press("u")
    page.get_by_text("There is nothing more to ask.").wait_for()
    page.context.close()
