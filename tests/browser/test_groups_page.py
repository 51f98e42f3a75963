"""The pages of product groups in a browser: a group is split, locked and merged by keyboard and by mouse, and taken back."""

import re
import shutil
from contextlib import ExitStack

import pandas as pd
import pyarrow as pa
import pytest
from served import make_hostile, served
from shown_pages import fits, held

pytestmark = pytest.mark.browser

SIZES = [(360, "light"), (1280, "dark"), (2560, "light")]
EVIL = "<img src=x onerror=alert(1)>"


def written(ids, where):
    """Groups of products: a chain of five with a weak link in it, which a match ties to a couple; and two alone."""
    rows = [(0, 1, 0.97), (1, 2, 0.62), (2, 3, 0.91), (3, 4, 0.88), (0, 2, 0.31), (5, 6, 0.95), (4, 5, 0.58)]
    pairs = [(ids[one], ids[other], score, score >= 0.5) for one, other, score in rows]
    pd.DataFrame(pairs, columns=["left_id", "right_id", "score", "match"]).to_parquet(where / "scores.parquet")
    names = ["five"] * 5 + ["couple"] * 2 + ["alone", "alone too"]
    pd.DataFrame({"id": ids[:9], "group": names}).to_parquet(where / "groups.parquet")


@pytest.fixture
def grouped(tmp_path):
    """Serve the groups of an index that is open until the pages are closed: so it stands before `browsing` in a test."""
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.groups.board import GroupSources
    from scripts.serve.groups.desk import GroupDesk

    def serve(current, *, decisions=True):
        written(current.opened.index.catalog.ids[:9].to_pylist(), tmp_path)
        kept = tmp_path / "decisions.db" if decisions else None
        desk = GroupDesk(GroupSources(tmp_path / "groups.parquet", tmp_path / "scores.parquet", kept), LIMITS)
        return servers.enter_context(served(current, tmp_path, groups=desk))

    with ExitStack() as servers:
        yield serve


@pytest.fixture
def current(sample_index):
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.served import Sources

    return Current(Sources(sample_index))


def opened(browsing, door, name="five", size=(1280, "light")):
    page = browsing(door, f"/group?name={name}", size)
    page.locator("#members .card").first.wait_for()
    return page


def told(page, pattern):
    page.locator("#status").filter(has_text=re.compile(pattern)).wait_for()


def standing(door):
    from reranking.grouping.decision_store import open_decisions

    with open_decisions(door.service.groups.sources.decisions) as store:
        return [kept.decision for kept in store.standing()]


def test_groups_lead_from_the_largest_or_the_weakest_to_each_one(grouped, browsing, current):
    door = grouped(current)
    page = browsing(door, "/groups")
    page.locator("#found > li").first.wait_for()
    assert page.locator("#found > li").count() == 2
    assert "5 products" in page.locator("#found > li").first.inner_text()
    page.get_by_role("link", name="Weakest link first").click()
    page.locator("a[data-order=weakest][aria-current=page]").wait_for()
    page.locator("#found .title").first.click()
    page.locator("#members .card").first.wait_for()
    assert page.locator("#members .card").count() == 5
    page.locator("#next").wait_for()
    page.keyboard.press("n")
    page.wait_for_url(re.compile("name=couple"))
    page.locator("#previous").wait_for()
    page.keyboard.press("p")
    page.wait_for_url(re.compile("name=five"))


def test_an_id_leads_to_its_group(grouped, browsing, current):
    door = grouped(current)
    page = browsing(door, "/groups")
    page.locator("#wanted").fill("nothing like it")
    page.keyboard.press("Enter")
    told(page, "no product of this id")
    page.locator("#wanted").fill(str(current.opened.index.catalog.ids[6].as_py()))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("name=couple"))


def test_a_list_that_comes_late_does_not_take_the_place_of_what_was_asked_since(grouped, browsing, current):
    door = grouped(current)
    page = browsing(door)
    let = held(page, "**/api/v1/groups?*")
    page.goto(page.url + "groups")
    page.locator("#wanted").fill("nothing like it")
    page.keyboard.press("Enter")
    told(page, "no product of this id")
    let()
    page.locator("#found > li").first.wait_for()
    page.locator("#decided").wait_for()
    assert "no product of this id" in page.locator("#status").inner_text()


def test_a_group_is_split_by_keyboard_with_undo_and_reload_in_between(grouped, browsing, current):
    door = grouped(current)
    page = opened(browsing, door)
    assert page.locator(".card.weak").count() == 2
    assert "falls into 2 and 3" in page.locator("#weakest").inner_text()
    page.keyboard.press("w")
    assert page.locator("#members input:checked").count() == 2
    page.keyboard.press("s")
    told(page, "2 products are split off")
    assert page.locator("#members section").count() == 2
    assert page.locator("#pending").is_visible()
    (split,) = standing(door)
    assert (split.kind, len(split.one), len(split.other), split.reviewer) == ("split", 2, 3, "tester")
    page.keyboard.press("z")
    told(page, "taken back")
    assert (standing(door), page.locator("#members section").count()) == ([], 1)
    page.reload()
    page.locator("#members .card").first.wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    chosen = page.evaluate("document.activeElement.dataset.id")
    page.keyboard.press("s")
    told(page, "1 product is split off")
    assert [str(one) for one in standing(door)[0].one] == [chosen]
    assert page.evaluate("document.activeElement.dataset.id") == chosen
    page.reload()
    page.locator("#members section").nth(1).wait_for()
    page.keyboard.press("l")
    told(page, "apart by decision")
    assert len(standing(door)) == 1


def test_a_group_is_locked_and_merged_by_mouse_and_taken_back(grouped, browsing, current):
    door = grouped(current)
    page = opened(browsing, door)
    page.get_by_role("button", name="merge with it…").click()
    page.locator("#preview .card").first.wait_for()
    page.get_by_role("button", name="Merge these 2 with the 5").click()
    told(page, "Merged")
    assert page.locator("#decisions li").count() == 1
    assert "not applied yet" in page.locator("#decisions").inner_text()
    page.get_by_role("button", name="take back").click()
    told(page, "taken back")
    page.locator("#lock").click()
    told(page, "Locked")
    assert page.locator("#members .tag.good").count() == 5
    assert page.locator("#pending").is_hidden()
    assert [one.kind for one in standing(door)] == ["lock"]


def test_what_reads_otherwise_now_is_said_and_still_holds(grouped, browsing, current, tmp_path):
    from reranking.grouping.decision_store import open_decisions
    from reranking.grouping.decisions import Decision, DecisionKind

    door = grouped(current)
    ids = current.opened.index.catalog.ids[5:7].to_pylist()
    with open_decisions(tmp_path / "decisions.db") as store:
        number = store.record(Decision(DecisionKind.LOCK, tuple(ids), (), "anna"), {ids[0]: f"a kettle {EVIL}"})
    for address in ("/group?name=couple", "/groups"):
        page = browsing(door, address)
        page.locator("#decisions .warning").wait_for()
        told_of = page.locator("#decisions .warning").inner_text()
        assert told_of.startswith(
            f"1 product reads otherwise than when this was decided: {ids[0]} was “a kettle {EVIL}”"
        )
        assert fits(page)
    page.get_by_role("button", name="still holds").click()
    told(page, f"Decision {number} still holds")
    page.locator("#decisions .warning").wait_for(state="detached")
    assert page.locator("#decisions li").count() == 1


@pytest.mark.parametrize("address", ["/group?name=couple", "/groups"])
def test_what_was_seen_in_an_index_that_was_replaced_is_looked_at_again(grouped, browsing, current, address, tmp_path):
    from reranking.grouping.decision_store import open_decisions
    from reranking.grouping.decisions import Decision, DecisionKind

    door = grouped(current)
    ids = current.opened.index.catalog.ids[5:7].to_pylist()
    with open_decisions(tmp_path / "decisions.db") as store:
        number = store.record(Decision(DecisionKind.LOCK, tuple(ids), (), "anna"), {ids[0]: "a kettle"})
    page = browsing(door, address)
    page.locator("#decisions .warning").wait_for()
    replace_index(current, "quite another product")
    page.get_by_role("button", name="still holds").click()
    told(page, "index was replaced")
    if address != "/groups":
        page.keyboard.press("m")
        page.keyboard.type("five")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Merge these").click()
        told(page, "were replaced since one of these was shown")
        page.keyboard.press("Escape")
        page.locator("#members input").first.check()
        page.keyboard.press("s")
        told(page, "index was replaced")
    with open_decisions(tmp_path / "decisions.db") as store:
        assert (store.last_event(), store.seen().titles) == (number, ["a kettle"])
    page.reload()
    page.locator("#decisions .warning").filter(has_text="quite another product").wait_for()
    page.get_by_role("button", name="still holds").click()
    told(page, f"Decision {number} still holds")
    with open_decisions(tmp_path / "decisions.db") as store:
        assert store.seen().titles == ["quite another product"] * 2


def replace_index(current, title):
    """Serve another index, in which every product has this title."""
    from dataclasses import replace

    from reranking.answers.session import Session

    index = current.opened.index
    table = index.catalog.table
    titles = pa.array([title] * len(table), pa.large_string())
    catalog = replace(index.catalog, table=table.set_column(table.column_names.index("title"), "title", titles))
    other = replace(index, catalog=catalog, manifest=replace(index.manifest, fingerprint="another"))
    current._opened = replace(current.opened, session=Session(other, None))


def test_keys_that_are_typed_into_a_field_decide_nothing(grouped, browsing, current):
    door = grouped(current)
    page = opened(browsing, door)
    page.keyboard.press("m")
    page.keyboard.type("slz couple")
    assert page.locator("#other").input_value() == "slz couple"
    page.keyboard.press("Escape")
    assert page.locator("#merging").is_hidden()
    assert standing(door) == []


def test_what_was_decided_is_in_the_next_file_and_the_page_says_so(grouped, browsing, current, heroic, tmp_path):
    door = grouped(current)
    page = opened(browsing, door)
    page.keyboard.press("w")
    page.keyboard.press("s")
    told(page, "split off")
    words = [
        tmp_path / "scores.parquet",
        "--out",
        tmp_path / "next.parquet",
        "--previous",
        tmp_path / "groups.parquet",
    ]
    assert heroic("groups", *words, "--decisions", tmp_path / "decisions.db", "--agreement", "0").exit_code == 0
    shutil.move(tmp_path / "next.parquet", tmp_path / "groups.parquet")
    door.client("read").get("/api/v1/groups")
    door.service.groups.board.wait()
    page.keyboard.press("l")
    told(page, "made anew")
    page.reload()
    page.locator("#members .card").first.wait_for()
    assert page.locator("#pending").is_hidden()
    assert "holds" in page.locator("#decisions").inner_text()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def test_it_fits_in_any_width_and_each_thing_has_a_name(grouped, browsing, current, size):
    door = grouped(current)
    page = opened(browsing, door, size=size)
    page.keyboard.press("w")
    page.keyboard.press("s")
    told(page, "split off")
    page.keyboard.press("m")
    assert fits(page)
    named = "node => node.ariaLabel || node.labels?.length || node.textContent.trim()"
    assert all(one.evaluate(named) for one in page.locator("main input, main button, main a").all())
    page.goto(page.url.partition("/group")[0] + "/groups")
    page.locator("#decisions li").first.wait_for()
    assert fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(grouped, browsing, current, scheme):
    from axe_playwright_python.sync_playwright import Axe

    door = grouped(current)
    page = opened(browsing, door, size=(1280, scheme))
    page.keyboard.press("w")
    page.keyboard.press("s")
    told(page, "split off")
    page.keyboard.press("m")
    page.keyboard.type("couple")
    page.keyboard.press("Enter")
    page.locator("#preview .card").first.wait_for()
    for address in ("", "/groups"):
        if address:
            page.goto(f"http://127.0.0.1:{door.port}{address}")
            page.locator("#decisions li").first.wait_for()
        found = Axe().run(page).response
        faults = [(one["id"], one["nodes"]) for one in found["violations"] if one["impact"] in ("serious", "critical")]
        assert faults == []
        assert len(found["passes"]) > 10  # it looked


def test_a_catalogue_without_pictures_looks_whole(grouped, browsing, current):
    from dataclasses import replace

    from reranking.answers.session import Session

    index = current.opened.index
    table = index.catalog.table
    bare = pa.nulls(len(table), table.schema.field("images").type)
    table = table.set_column(table.column_names.index("images"), "images", bare)
    current._opened = replace(
        current.opened, session=Session(replace(index, catalog=replace(index.catalog, table=table)), None)
    )
    door = grouped(current)
    page = opened(browsing, door, size=(360, "dark"))
    assert page.locator("#members img").count() == 0
    assert page.locator("#members .no-picture").count() == 5
    assert fits(page)


def test_who_only_looks_is_offered_no_decision(grouped, browsing, current):
    door = grouped(current, decisions=False)
    page = opened(browsing, door)
    assert page.locator("#keys").is_hidden()
    page.keyboard.press("s")
    page.keyboard.press("m")
    assert page.locator("#merging").is_hidden()


def test_text_of_a_catalogue_is_data(grouped, browsing, current):
    make_hostile(current, EVIL)
    door = grouped(current)
    page = opened(browsing, door)
    page.keyboard.press("w")
    page.keyboard.press("s")
    told(page, "split off")
    page.keyboard.press("m")
    page.keyboard.type("couple")
    page.keyboard.press("Enter")
    page.locator("#preview .card").first.wait_for()
    assert page.locator("#members").get_by_text(EVIL).count() > 5
    page.goto(page.url.partition("/group")[0] + "/groups")
    page.locator("#found > li").first.wait_for()
