"""Groups over HTTP: what holds them together, what is decided, by whom, and what is refused."""

import time
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter
from served import V1, served

from indexing.errors import InputError
from indexing.update.update_index import update_index
from reranking.grouping.decision_store import open_decisions
from reranking.grouping.decisions import Decision, DecisionKind
from scripts.serve.engine.current import Current
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources
from scripts.serve.groups import forms
from scripts.serve.groups.board import GroupSources
from scripts.serve.groups.desk import GroupDesk

GROUPS, DECISIONS = f"{V1}/groups", f"{V1}/decisions"
OTHER = "quite another product"


@pytest.fixture
def files(sample, heroic, tmp_path):
    """Scores and groups of the sample's products: a chain of five with a weak link, a couple, one alone, and one that is gone."""
    ids = pd.read_parquet(sample / "products.parquet")["id"].tolist()[:8]
    rows = [(0, 1, 0.9), (1, 2, 0.55), (2, 3, 0.8), (3, 4, 0.85), (0, 2, 0.2), (5, 6, 0.95), (4, 5, 0.7)]
    pairs = pd.DataFrame(
        [(ids[one], ids[other], score, score >= 0.5) for one, other, score in rows],
        columns=["left_id", "right_id", "score", "match"],
    )
    pairs.to_parquet(tmp_path / "scores.parquet")
    groups = [(one, "x/ü") for one in ids[:5]] + [(one, "couple") for one in ids[5:7]] + [(ids[7], "alone")]
    write_groups([*groups, (gone(ids), "couple")], tmp_path)
    return tmp_path, ids


def gone(ids):
    return -7 if isinstance(ids[0], int | np.integer) else "gone"


def write_groups(rows, folder):
    pd.DataFrame(sorted(rows), columns=["id", "group"]).to_parquet(folder / "new.parquet")
    (folder / "new.parquet").rename(folder / "groups.parquet")


@pytest.fixture
def opening(files, sample_index, tmp_path):
    """Open a server of the groups: `with opening() as door`."""

    def open_it(*, scores=True, decisions=True, index=sample_index):
        sources = GroupSources(
            files[0] / "groups.parquet",
            files[0] / "scores.parquet" if scores else None,
            files[0] / "decisions.db" if decisions else None,
        )
        desk = GroupDesk(sources, LIMITS)
        desk.board.wait()
        where = tmp_path / f"server {len(list(tmp_path.iterdir()))}"
        where.mkdir()
        return served(Current(Sources(index)), where, groups=desk)

    return open_it


def named(name):
    return f"{GROUPS}/{quote(name, safe='')}"


def read(reply, form):
    assert reply.status == 200, reply.body
    TypeAdapter(form).validate_json(reply.body, strict=True)
    return reply.json


def group(client, name="x/ü"):
    return read(client.get(named(name)), forms.GroupForm)


def decide(client, kind, name="x/ü", **more):
    return client.post(DECISIONS, {"kind": kind, "group": name, **shown(client), **more})


def shown(client):
    """What was seen: the version of the groups, and the index that products are told from."""
    found = read(client.get(GROUPS), forms.GroupsForm)
    return {"version": found["version"], "index": found["index"]}


class TestLooking:
    @pytest.mark.parametrize("name", [".", "..", "-", "%2E"])
    def test_a_name_that_no_address_can_hold_stands_behind_the_question_mark(self, opening, files, name):
        folder, ids = files
        write_groups([(ids[0], name), (ids[1], name)], folder)
        with opening(scores=False) as door:
            found = read(door.client("read").get(f"{GROUPS}/-?{urlencode({'name': name})}"), forms.GroupForm)
            assert (found["group"], found["size"]) == (name, 2)

    def test_groups_come_the_largest_or_the_weakest_first(self, opening, files):
        with opening() as door:
            client = door.client("read")
            largest = read(client.get(GROUPS), forms.GroupsForm)
            assert [(one["group"], one["size"], one["weakest"]) for one in largest["found"]] == [
                ("x/ü", 5, 0.55),
                ("couple", 3, 0.95),
            ]
            assert (largest["groups"], largest["products"], largest["linked"], largest["decides"]) == (
                2,
                9,
                True,
                False,
            )
            assert door.client("label").get(GROUPS).json["decides"]
            assert [one["id"] for one in largest["found"][0]["members"]] == sorted(files[1][:5])[:4]
            assert [one["parts"] for one in largest["found"]] == [1, 2]
            weakest = read(client.get(f"{GROUPS}?order=weakest&limit=1&offset=1"), forms.GroupsForm)
            assert [one["group"] for one in weakest["found"]] == ["couple"]
            assert read(client.get(f"{GROUPS}?offset=2"), forms.GroupsForm)["found"] == []

    def test_the_weakest_link_is_marked_with_its_smaller_side(self, opening, files):
        ids = files[1]
        with opening() as door:
            found = group(door.client("read"))
        assert {found["weakest"]["left"], found["weakest"]["right"]} == {ids[1], ids[2]}
        assert (found["weakest"]["probability"], found["weakest"]["sizes"]) == (0.55, [2, 3])
        assert set(found["weakest"]["smaller"]) == {ids[0], ids[1]}
        assert [link["probability"] for link in found["links"]] == [0.2, 0.55, 0.8, 0.85, 0.9]
        assert [link["weakest"] for link in found["links"]] == [False, True, False, False, False]
        assert (found["links_total"], found["disagreements"]) == (5, 1)
        assert [(near["group"], near["probability"]) for near in found["near"]] == [("couple", 0.7)]
        assert all(one["known"] and one["title"] for one in found["members"])

    def test_a_product_that_the_index_has_no_longer_is_still_a_member(self, opening, files):
        with opening() as door:
            members = group(door.client("read"), "couple")["members"]
        assert [one["id"] for one in members if not one["known"]] == [gone(files[1])]

    def test_members_come_in_pages(self, opening):
        with opening() as door:
            client = door.client("read")
            whole = [one["id"] for one in group(client)["members"]]
            pages = [client.get(f"{named('x/ü')}?offset={offset}&limit=2").json["members"] for offset in (0, 2, 4, 6)]
        assert [[one["id"] for one in page] for page in pages] == [whole[:2], whole[2:4], whole[4:], []]

    def test_a_product_leads_to_its_group(self, opening, files):
        with opening() as door:
            client = door.client("read")
            found = read(client.get(f"{V1}/products/{files[1][6]}/group"), forms.FoundGroup)
            assert found == {"group": "couple", "size": 3}
            for words, expected in ((files[1][6], "couple"), ("couple", "couple"), ("x/ü", "x/ü"), ("nobody", None)):
                reply = client.get(f"{V1}/grouped?words={quote(words, safe='')}")
                assert (reply.json or {}).get("group") == expected
            assert "is in no group" in client.get(f"{V1}/products/nobody/group").error

    def test_without_scores_there_are_no_links(self, opening):
        with opening(scores=False, decisions=False) as door:
            found = group(door.client("label"))
            assert (found["linked"], found["decides"], found["weakest"], found["links"]) == (False, False, None, [])
            reply = decide(door.client("label"), "lock")
            assert (reply.status, "heroic serve with --decisions" in reply.error) == (409, True)

    def test_what_is_not_there(self, opening, sample_index, tmp_path):
        with opening() as door:
            assert door.client("read").get(named("nobody")).status == 404
        with served(Current(Sources(sample_index)), tmp_path) as door:
            reply = door.client("read").get(GROUPS)
            assert (reply.status, "start heroic serve with --groups" in reply.error) == (409, True)


class TestDeciding:
    def test_a_split_waits_for_the_next_file_and_then_holds(self, opening, files, heroic):
        folder, ids = files
        with opening() as door:
            client = door.client("label")
            assert decide(client, "split", apart=[str(ids[0]), str(ids[1])]).status == 200
            found = group(client)
            (decision,) = found["decisions"]
            assert (decision["kind"], decision["pending"], decision["sizes"]) == ("split", True, [2, 3])
            assert (decision["reviewer"], decision["groups"]) == ("labeler", ["x/ü"])
            parts = {one["id"]: one["part"] for one in found["members"]}
            assert len({parts[ids[0]], parts[ids[1]]}) == len({parts[one] for one in ids[2:5]}) == 1
            assert len(set(parts.values())) == 2
            made = heroic("groups", folder / "scores.parquet", "--out", folder / "next.parquet", "--agreement", "0", "--decisions", folder / "decisions.db")  # fmt: skip
            assert made.exit_code == 0, made.stderr
            of = pd.read_parquet(folder / "next.parquet").set_index("id")["group"]
            assert not set(of[ids[:2]]) & set(of[ids[2:5]])
            (folder / "next.parquet").rename(folder / "groups.parquet")
            wait_for(client, lambda: client.get(f"{V1}/products/{ids[0]}/group").json["size"] == 2)
            name = client.get(f"{V1}/products/{ids[0]}/group").json["group"]
            assert [one["pending"] for one in group(client, name)["decisions"]] == [False]

    def test_a_lock_and_a_merge_are_said_of_whom_they_bind(self, opening, files):
        with opening() as door:
            client = door.client("label")
            assert decide(client, "lock", "couple").status == 200
            found = group(client, "couple")
            assert found["locked"]
            assert [one["locked"] for one in found["members"]] == [True] * 3
            assert found["decisions"][0]["pending"] is False
            assert decide(client, "merge", other="couple").status == 200
            found = group(client)
            assert (found["decisions"][0]["pending"], found["decisions"][0]["groups"]) == (True, ["couple", "x/ü"])
            counts = {one["group"]: one["decisions"] for one in client.get(GROUPS).json["found"]}
            assert counts == {"x/ü": 1, "couple": 2}
            told = read(client.get(DECISIONS), forms.DecisionsForm)
            assert (told["total"], [one["kind"] for one in told["decisions"]]) == (2, ["merge", "lock"])

    def test_what_contradicts_is_refused_with_whom_and_when(self, opening, files):
        ids = files[1]
        with opening() as door:
            client, admin = door.client("label"), door.client("admin")
            first = decide(client, "split", apart=[ids[0]]).json["number"]
            reply = decide(admin, "lock")
            assert reply.status == 409
            assert f"apart by decision {first} (split, labeler" in reply.error
            assert admin.post(f"{DECISIONS}/undo", {}).status == 409
            assert admin.post(f"{DECISIONS}/undo", {"number": first}).json == {"number": first}
            assert decide(admin, "lock").status == 200
            assert f"decision {first} does not stand" in admin.post(f"{DECISIONS}/undo", {"number": first}).error

    def test_undo_takes_ones_own_last(self, opening, files):
        with opening() as door:
            client, admin = door.client("label"), door.client("admin")
            numbers = [decide(who, "lock", name).json["number"] for who, name in ((client, "couple"), (admin, "x/ü"))]
            assert client.post(f"{DECISIONS}/undo", {}).json["number"] == numbers[0]
            assert not group(client, "couple")["locked"]
            assert group(client)["locked"]
        with open_decisions(files[0] / "decisions.db") as store:
            assert [kept.decision.reviewer for kept in store.standing()] == ["adminer"]

    def test_of_groups_that_were_made_anew_nothing_is_decided_unseen(self, opening, files):
        folder, ids = files
        with opening() as door:
            client = door.client("label")
            before = shown(client)
            write_groups([(one, "x/ü") for one in ids], folder)
            wait_for(client, lambda: shown(client) != before)
            reply = client.post(DECISIONS, {"kind": "lock", "group": "x/ü", **before})
            assert (reply.status, "made anew" in reply.error) == (409, True)

    def test_decisions_go_into_the_file_that_is_there_now(self, opening, files):
        path = files[0] / "decisions.db"
        with opening() as door:
            client = door.client("label")
            assert decide(client, "lock", "couple").status == 200
            (files[0] / "kept").mkdir()
            for file in files[0].glob("decisions.db*"):  # with its log
                file.rename(files[0] / "kept" / file.name)
            for reply in (client.get(GROUPS), client.get(DECISIONS), client.post(f"{DECISIONS}/undo", {})):
                assert (reply.status, reply.error.startswith("decisions.db: no such file")) == (422, True)
            open_decisions(path, create=True).close()
            assert decide(client, "lock").status == 200
            assert client.get(DECISIONS).json["total"] == 1
            assert {one["group"]: one["decisions"] for one in client.get(GROUPS).json["found"]} == {
                "x/ü": 1,
                "couple": 0,
            }

    def test_who_may_only_read_decides_nothing(self, opening):
        with opening() as door:
            assert decide(door.client("read"), "lock").status == 403
            assert door.client("read").post(f"{DECISIONS}/undo", {}).status == 403
            assert door.client("read").post(f"{DECISIONS}/confirm", {"number": 1, "index": "x"}).status == 403

    def test_who_reads_otherwise_now_is_told_until_somebody_says_that_it_holds(self, opening, files):
        folder, ids = files
        with opening() as door:
            client = door.client("label")
            assert decide(client, "lock").status == 200
            assert [one["retitled"] for one in group(client)["decisions"]] == [0]
            with open_decisions(folder / "decisions.db") as store:
                kept = dict(zip(store.seen().ids, store.seen().titles, strict=True))
                assert set(kept) == set(ids[:5])
                assert all(kept.values())
                other = Decision(DecisionKind.LOCK, tuple(ids[5:7]), (), "bob")
                number = store.record(other, {ids[5]: "a kettle", gone(ids): "a pan"})
            told = {one["number"]: one for one in read(client.get(DECISIONS), forms.DecisionsForm)["decisions"]}
            assert [told[one]["retitled"] for one in sorted(told)] == [0, 1]
            example = group(client, "couple")["decisions"][0]["example"]
            assert (example["id"], example["seen"]) == (ids[5], "a kettle")
            assert example == told[number]["example"]
            assert confirm(client, number).json == {"number": number}
            assert group(client, "couple")["decisions"][0]["retitled"] == 0
            assert "decision 9 does not stand" in confirm(client, 9).error

    def test_that_what_the_index_lacks_still_holds_is_refused_as_nobody_can_have_looked_at_it(self, opening, files):
        folder, ids = files
        with opening() as door, open_decisions(folder / "decisions.db") as store:
            number = store.record(
                Decision(DecisionKind.LOCK, (gone(ids), gone(ids) * 2), (), "bob"), {gone(ids): "pan"}
            )
            reply = confirm(door.client("label"), number)
            assert (reply.status, f"no product of decision {number}" in reply.error) == (409, True)
            assert len(store.seen()) == 1
            assert decide(door.client("label"), "lock").status == 200  # the file is free

    def test_long_titles_are_told_from_where_they_differ(self, opening, files, own_index, sample, tmp_path):
        folder, ids = files
        now, seen = "a kettle, " * 50 + "white", "a kettle, " * 50 + "black"
        give_another_title(own_index, sample, ids[5], tmp_path, now)
        with opening(index=own_index) as door:
            with open_decisions(folder / "decisions.db") as store:
                store.record(Decision(DecisionKind.LOCK, tuple(ids[5:7]), (), "bob"), {ids[5]: seen})
            (decision,) = group(door.client("label"), "couple")["decisions"]
            assert decision["example"] == {"id": ids[5], "seen": "…" + seen[425:], "now": "…" + now[425:]}

    def test_of_products_that_an_index_told_since_replaced_nothing_is_decided_unseen(
        self, opening, files, own_index, sample, tmp_path
    ):
        folder, ids = files
        with opening(index=own_index) as door:
            client = door.client("label")
            with open_decisions(folder / "decisions.db") as store:
                number = store.record(Decision(DecisionKind.LOCK, tuple(ids[5:7]), (), "bob"), {ids[5]: "a kettle"})
            before = shown(client)
            seen = group(client, "couple")
            assert (seen["index"], client.get(DECISIONS).json["index"]) == (before["index"], before["index"])
            give_another_title(own_index, sample, ids[5], tmp_path)
            assert door.service.current.look()
            for address, asked in (
                ("/confirm", {"number": number, "index": before["index"]}),
                ("", {"kind": "lock", "group": "couple", **before}),
            ):
                reply = client.post(DECISIONS + address, asked)
                assert (reply.status, "index was replaced" in reply.error) == (409, True)
            (decision,) = group(client, "couple")["decisions"]
            assert decision["example"] == {"id": ids[5], "seen": "a kettle", "now": OTHER}
            with open_decisions(folder / "decisions.db") as store:
                assert (store.last_event(), store.seen().titles) == (number, ["a kettle"])
            assert confirm(client, number).status == 200
            with open_decisions(folder / "decisions.db") as store:
                assert OTHER in store.seen().titles

    @pytest.mark.parametrize(
        ("address", "asked"),
        [("", {"kind": "lock", "group": "couple", "version": "x"}), ("/confirm", {"number": 1})],
    )
    def test_who_does_not_say_which_index_was_seen_is_refused(self, opening, address, asked):
        with opening() as door:
            reply = door.client("label").post(DECISIONS + address, asked)
            assert (reply.status, "index" in reply.error) == (422, True)

    @pytest.mark.parametrize(
        ("asked", "status", "said"),
        [
            ({"kind": "split"}, 422, "a split the products apart"),
            ({"kind": "lock", "apart": [1]}, 422, "a lock neither"),
            ({"kind": "merge"}, 422, "a merge names the other group"),
            ({"kind": "merge", "other": "x/ü"}, 422, "name two"),
            ({"kind": "merge", "other": "nobody"}, 404, "there is no group 'nobody'"),
            ({"kind": "split", "apart": ["nobody"]}, 422, "not in the group"),
            ({"kind": "lock", "group": "nobody"}, 404, "there is no group"),
            ({"kind": "lock", "group": "alone"}, 422, "two products together, or more"),
            ({"kind": "drop"}, 422, "kind"),
            ({"kind": "lock", "more": 1}, 422, "more"),
            ({"kind": "split", "apart": [1] * 10_001}, 422, "apart"),
            ({"kind": "split", "apart": [[]]}, 422, "apart"),
        ],
    )
    def test_what_is_no_decision(self, opening, files, asked, status, said):
        with opening() as door:
            client = door.client("label")
            reply = client.post(DECISIONS, {"group": "x/ü", **shown(client), **asked})
            assert (reply.status, said in reply.error) == (status, True), reply.body
        with open_decisions(files[0] / "decisions.db") as store:
            assert store.last_event() == 0

    def test_all_products_cannot_be_split_off(self, opening, files):
        with opening() as door:
            reply = decide(door.client("label"), "split", apart=[str(one) for one in files[1][:5]])
            assert (reply.status, "leave one at least" in reply.error) == (422, True)


def confirm(client, number):
    return client.post(f"{DECISIONS}/confirm", {"number": number, "index": shown(client)["index"]})


def give_another_title(index, sample, product_id, where, title=OTHER):
    """Update an index as if a shop had given an id to another product."""
    rows = pd.read_parquet(sample / "products.parquet")
    rows[rows["id"] == product_id].assign(title=title).to_parquet(where / "other.parquet")
    update_index(index, [where / "other.parquet"])


def wait_for(client, there, seconds=20):
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until
        time.sleep(0.02)


class TestFiles:
    def test_files_that_cannot_be_groups_are_refused_at_the_start(self, files):
        folder, _ = files
        for name, said in (("scores.parquet", "no column 'id'"), ("none.parquet", "none.parquet")):
            with pytest.raises(InputError, match=said):
                GroupDesk(GroupSources(folder / name), LIMITS)
        with pytest.raises(InputError, match=r"groups\.parquet"):
            GroupDesk(GroupSources(folder / "groups.parquet", folder / "groups.parquet"), LIMITS)
        with pytest.raises(InputError, match="file of decisions"):
            GroupDesk(GroupSources(folder / "groups.parquet", None, folder / "scores.parquet"), LIMITS)

    def test_a_file_that_is_found_broken_later_is_told_without_its_folder(self, opening, files, sample_index, tmp_path):
        folder, ids = files
        write_groups([(ids[0], "a"), (ids[0], "b")], folder)
        with opening() as door:
            reply = door.client("read").get(GROUPS)
            assert reply.status == 409
            assert reply.error.startswith("groups.parquet: 1 products occur again")

    def test_what_cannot_be_read_does_not_take_the_place_of_what_is_shown(self, opening, files):
        folder, ids = files
        with opening() as door:
            client = door.client("read")
            board = door.service.groups.board
            write_groups([(ids[0], "a"), (ids[0], "b")], folder)
            wait_for(client, lambda: client.get(GROUPS).status == 200 and board.refused)
            assert client.get(GROUPS).json["groups"] == 2
            write_groups([(ids[0], "a"), (ids[1], "a")], folder)
            wait_for(client, lambda: client.get(GROUPS).json["groups"] == 1)
            assert board.refused is None
