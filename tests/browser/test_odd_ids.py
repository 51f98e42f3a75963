"""Ids and names that browsers take for parts of an address lead to what they name all the same."""

import pandas as pd
import pytest
from served import served

pytestmark = pytest.mark.browser

ODD = [".", "..", "%2E", "a/b", "?id=x#", "-"]


@pytest.fixture
def door(heroic, sample, tmp_path):
    """A server over 40 products, some of whose ids are odd, in groups whose names are odd too."""
    from scripts.serve.engine.current import Current
    from scripts.serve.engine.limits import LIMITS
    from scripts.serve.engine.served import Sources
    from scripts.serve.groups.board import GroupSources
    from scripts.serve.groups.desk import GroupDesk

    products = pd.read_parquet(sample / "products.parquet").iloc[:40]
    ids = [*ODD, *(f"plain {row}" for row in range(34))]
    products.assign(id=ids).to_parquet(tmp_path / "products.parquet")
    words = ["build-index", tmp_path / "products.parquet", "--out", tmp_path / "index", "-k", "5", "--images", sample]
    done = heroic(*words)
    assert done.exit_code == 0, done.output
    groups = pd.DataFrame({"id": ids[:12], "group": [*ODD, *ODD]})
    groups.to_parquet(tmp_path / "groups.parquet")
    desk = GroupDesk(GroupSources(tmp_path / "groups.parquet", None, None), LIMITS)
    desk.board.wait()
    with served(Current(Sources(tmp_path / "index")), tmp_path, groups=desk) as door:
        yield door


def test_odd_ids_and_names_are_reached(browsing, door):
    table = door.service.current.opened.index.catalog.table
    titles = dict(zip(table["id"].to_pylist(), table["title"].to_pylist(), strict=True))
    page = browsing(door)
    for one in ODD:
        page.get_by_label("A text, or a product's id").fill(one)
        page.keyboard.press("Enter")
        page.locator("#asked .id").get_by_text(one, exact=True).wait_for()
        assert page.locator("#asked h2").inner_text() == titles[one]
    page.locator("#results .title").first.click()
    page.locator(".side").first.wait_for()
    page.locator("#left-rivals .card").first.wait_for()
    own = f"http://127.0.0.1:{door.port}"
    page.goto(f"{own}/groups")
    for place, name in enumerate(ODD):
        page.locator("#found > li").nth(len(ODD) - 1).wait_for()
        shown = page.locator("#found > li").filter(has=page.locator(".id").get_by_text(name, exact=True))
        shown.locator(".title").click()
        page.locator("#members .card").nth(1).wait_for()
        assert page.locator("#about").inner_text().startswith(f"group {name} ")
        assert page.locator("#members .id").all_inner_texts() == [name, f"plain {place}"]
        page.goto(f"{own}/groups")
    page.context.close()
