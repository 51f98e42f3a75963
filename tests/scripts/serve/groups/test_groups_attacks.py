"""What somebody might try against groups and decisions, through real sockets on a server with all its layers."""

import json

import pandas as pd
import pytest
from served import V1, Client, make_hostile, served

from reranking.grouping.decision_store import open_decisions
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources
from scripts.serve.groups.board import GroupSources
from scripts.serve.groups.desk import GroupDesk

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>{{7*7}}"
READ = ["groups", "groups/x", "decisions", "products/x/group", "grouped?words=x"]


@pytest.fixture(scope="module")
def door(sample_index, tmp_path_factory):
    """A server whose products, groups and ids are all markup."""
    where = tmp_path_factory.mktemp("door")
    current = Current(Sources(sample_index))
    make_hostile(current, EVIL)
    ids = current.opened.index.catalog.ids[:4].to_pylist()
    pd.DataFrame({"id": ids, "group": [EVIL] * 3 + ["other"]}).to_parquet(where / "groups.parquet")
    rows = [(ids[0], ids[1], 0.9, True), (ids[1], ids[2], 0.6, True), (ids[2], ids[3], 0.6, True)]
    pd.DataFrame(rows, columns=["left_id", "right_id", "score", "match"]).to_parquet(where / "scores.parquet")
    sources = GroupSources(where / "groups.parquet", where / "scores.parquet", where / "decisions.db")
    desk = GroupDesk(sources, LIMITS)
    desk.board.wait()
    with served(current, where, groups=desk) as door:
        yield door


@pytest.fixture
def asked(door):
    """A decision that would be taken of whoever may."""
    found = door.client("read").get(f"{V1}/groups").json
    return {"kind": "lock", "group": EVIL, "version": found["version"], "index": found["index"]}


def events(door):
    with open_decisions(door.service.groups.sources.decisions) as store:
        return store.last_event()


@pytest.mark.parametrize("address", READ)
def test_nobody_is_told_anything(door, address):
    assert door.client().get(f"{V1}/{address}").status == 401
    assert door.client().get(f"{V1}/{address}", Authorization="Bearer forged").status == 401
    assert door.client("read").get(f"{V1}/{address}", Host="evil.example").status == 421


@pytest.mark.parametrize("address", ["decisions", "decisions/undo", "decisions/confirm"])
def test_nobody_decides_and_who_reads_does_not_either(door, asked, address):
    before = events(door)
    for client, status in ((door.client(), 401), (door.client("read"), 403)):
        assert client.post(f"{V1}/{address}", asked).status == status
    assert events(door) == before


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
    ids=str,
)
def test_another_site_decides_nothing_with_a_browsers_cookie(door, asked, said):
    before = events(door)
    cookie = {"Cookie": door.browser().headers["Cookie"]}
    for address, content in (("decisions", asked), ("decisions/undo", {})):
        assert Client(door.port, {**cookie, **said}).post(f"{V1}/{address}", content).status == 403
        form = {"Content-Type": "text/plain", **cookie, **said}
        assert Client(door.port).ask("POST", f"{V1}/{address}", json.dumps(content).encode(), form).status == 403
    assert events(door) == before


def test_the_own_page_decides_and_takes_back(door, asked):
    browser = door.browser()
    number = browser.post(f"{V1}/decisions", asked).json["number"]
    assert browser.post(f"{V1}/decisions/undo", {"number": number}).status == 200


def test_text_of_products_and_names_of_groups_are_data(door, asked):
    client = door.client("label")
    number = client.post(f"{V1}/decisions", asked).json["number"]
    name = client.get(f"{V1}/groups").json["found"][0]["group"]
    assert name == EVIL
    replies = [
        client.get(f"{V1}/groups"),
        client.get(f"{V1}/decisions"),
        client.get(f"{V1}/groups/{''.join(f'%{byte:02x}' for byte in EVIL.encode())}"),
        client.get(f"{V1}/groups/%3Cscript%3E"),
        client.post(f"{V1}/decisions", {**asked, "group": "<script>"}),
        client.post(f"{V1}/decisions", {**asked, "kind": "<script>"}),
    ]
    assert [reply.status for reply in replies] == [200, 200, 200, 404, 404, 422]
    for reply in replies:
        assert reply.headers["content-type"] == "application/json"
        assert reply.headers["x-content-type-options"] == "nosniff"
    assert replies[2].json["members"][0]["title"] == EVIL
    assert client.post(f"{V1}/decisions/undo", {"number": number}).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd",
        "..",
        "%2e%2e%2f",
        "%00",
        "%ff",
        "a" * 1_001,
        "..%5c",
        "%252e%252e%252f",
        "decisions.db",
    ],
)
def test_no_name_leads_to_a_file(door, name):
    reply = door.client("read").get(f"{V1}/groups/{name}")
    assert reply.status in (404, 422)
    assert b"parquet" not in reply.body
    assert len(reply.body) < 500


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "offset=2147483648", "order=%00", "order=worst", "offset=1e9"]
)
def test_what_is_asked_for_is_limited(door, query):
    assert door.client("read").get(f"{V1}/groups?{query}").status == 422
    if "order" not in query:
        assert door.client("read").get(f"{V1}/groups/other?{query.replace('101', '501')}").status == 422


def test_bodies_are_limited_and_not_repeated(door, asked):
    client, before = door.client("label"), events(door)
    assert client.post(f"{V1}/decisions", {**asked, "group": "я" * 1_000_000}).status == 413
    for content in (
        {**asked, "group": "a" * 100_000},
        {**asked, "a" * 100_000: 1},
        {**asked, "version": "a" * 100_000},
        {**asked, "index": "a" * 100_000},
        {**asked, "kind": "split", "apart": ["a" * 1_001]},
    ):
        reply = client.post(f"{V1}/decisions", content)
        assert (reply.status, len(reply.body) < 1_000) == (422, True)
    for number in (0, -1, 2**63, "1", True, 1.5, [1]):
        assert client.post(f"{V1}/decisions/undo", {"number": number}).status == 422
    assert client.send(f"{V1}/decisions", [("kind", None, b"lock")]).status == 422
    assert events(door) == before


def test_errors_name_no_folder_of_the_machine(door, asked):
    sources = door.service.groups.sources
    message = f"{sources.decisions}: another process has locked it; {sources.groups}; {sources.scores}"
    assert str(sources.groups.parent) not in door.service.fold_paths(message)
