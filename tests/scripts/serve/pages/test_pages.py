"""The pages as a server sends them: whole without a network, and nothing in them that a policy would forbid."""

import re

import pytest
from served import served

from scripts.serve.engine.current import Current
from scripts.serve.engine.served import Sources

PAGES = (
    "/",
    "/pair?left=a&right=b",
    "/label",
    "/review",
    "/reports",
    "/groups",
    "/group?name=a",
    "/enter?secret=wrong",
)


@pytest.fixture(scope="module")
def door(sample_index, sample_model, tmp_path_factory):
    with served(Current(Sources(sample_index, sample_model)), tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.mark.parametrize("address", PAGES)
def test_a_page_asks_for_files_of_this_server_alone_and_has_no_script_inside(door, address):
    text = door.client("read").get(address).body.decode()
    named = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert named
    assert all(name.startswith(("/", "#")) and not name.startswith("//") for name in named)
    assert re.search(r"<script(?![^>]*src=)", text) is None
    assert re.search(r'\son\w+=|style="|<style', text) is None


def test_what_a_page_names_is_there_with_its_type(door):
    client, seen, ahead = (
        door.client(),
        set(),
        {
            *(f"/static/{name}.js" for name in ("search", "pair", "label", "review", "reports", "groups", "group")),
            *(f"/static/{name}" for name in ("heroic.css", "groups.css", "icon.svg")),
        },
    )
    while ahead:
        name = ahead.pop()
        seen.add(name)
        reply = client.get(name)
        kind = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
        assert (reply.status, reply.headers["content-type"]) == (200, kind[name.rpartition(".")[2]])
        text = reply.body.decode()
        assert "http:" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https:" not in text
        assert "innerHTML" not in text
        ahead |= {f"/static/{other}" for other in re.findall(r'from "\./([^"]+)"', text)} - seen
    assert len(seen) >= 7


def test_the_icon_that_browsers_ask_for_by_themselves_is_there_for_everybody(door):
    asked = door.client().get("/favicon.ico")
    named = door.client().get("/static/icon.svg")
    assert (asked.status, asked.body, asked.headers["content-type"]) == (200, named.body, "image/svg+xml")


def test_a_file_that_has_not_changed_is_not_sent_again(door):
    first = door.client().get("/static/heroic.css")
    again = door.client().get("/static/heroic.css", **{"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_page_says_what_is_served_and_to_whom(door):
    text = door.browser().get("/").body.decode()
    assert "index: 320 products" in text
    assert "tester: leave" in text
