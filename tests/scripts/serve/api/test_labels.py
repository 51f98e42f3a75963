"""Labelling over HTTP: what is asked says nothing, what is answered is kept, and who may not is not asked."""

import gc
import shutil
import time
import weakref
from dataclasses import replace
from threading import Event

import pytest
from pydantic import TypeAdapter
from served import V1, add_product, served

from reranking.asking.claims import Claims
from reranking.asking.open_session import open_session
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.settled import read_settled
from reranking.labels.store import open_store
from scripts.serve.api import label_forms
from scripts.serve.engine import label_desks
from scripts.serve.engine.current import Current
from scripts.serve.engine.label_desks import LabelDesks
from scripts.serve.engine.limits import LIMITS
from scripts.serve.engine.served import Sources

LABELS = f"{V1}/labels"


@pytest.fixture
def opening(sample_index, sample_model, tmp_path):
    """Open a server with a store: `with opening() as door`."""

    def open_it(*, model=sample_model, budget=50):
        current = Current(Sources(sample_index, model))
        desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=budget)
        where = tmp_path / str(len(list(tmp_path.iterdir())))
        where.mkdir()
        return served(current, where, desks=desks)

    return open_it


def asked(reply):
    assert reply.status == 200, reply.body
    TypeAdapter(label_forms.NextQuestion).validate_json(reply.body, strict=True)
    return reply.json


def answer(client, pair, verdict="match"):
    return client.post(LABELS, {"left": pair["left"]["id"], "right": pair["right"]["id"], "verdict": verdict})


def test_a_pair_is_asked_blind_until_it_is_answered(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        first = asked(client.get(f"{LABELS}/next"))
        assert asked(client.get(f"{LABELS}/next")) == first
        assert set(first["pair"]) == {"left", "right", "fields"}
        assert not {"score", "probability"} & {field["name"] for field in first["pair"]["fields"]}
        assert first["answered"] is None
        after = asked(answer(client, first["pair"], "match"))
        assert after["pair"] != first["pair"]
        assert after["progress"]["asked"] == 1
        assert 0 <= after["answered"]["probability"] <= 1
        assert {after["answered"]["left"], after["answered"]["right"]} == {
            first["pair"][side]["id"] for side in ("left", "right")
        }
    settled = read_settled(tmp_path / "labels.db")
    assert (len(settled), settled.targets.tolist()) == (1, [1.0])


def test_while_pairs_are_chosen_one_is_told_to_ask_again(own_index, tmp_path, monkeypatch):
    opened = Event()

    def slow(*given, **named):
        opened.wait()
        return open_session(*given, **named)

    monkeypatch.setattr(label_desks, "open_session", slow)
    current = Current(Sources(own_index))
    desks = LabelDesks(tmp_path / "labels.db", current, replace(LIMITS, work_s=0.5), budget=50)
    with served(current, tmp_path, desks=desks) as door:
        client = door.client("label")
        late = client.get(f"{LABELS}/next")
        opened.set()
        assert (late.status, late.headers["retry-after"]) == (503, "5")
        assert "still being chosen" in late.json["error"]["message"]
        while (found := client.get(f"{LABELS}/next")).status == 503:
            time.sleep(0.05)
        assert asked(found)["pair"]


def test_a_batch_is_answered_in_any_order_and_nobody_else_is_asked_it(opening, tmp_path):
    with opening() as door:
        client, other = door.client("label"), door.client("admin")
        asked(client.get(f"{LABELS}/next"))
        reply = client.get(f"{LABELS}/batch?most=5")
        TypeAdapter(label_forms.QuestionBatch).validate_json(reply.body, strict=True)
        pairs = reply.json["pairs"]
        assert len(pairs) == 5
        assert pairs[0] == asked(client.get(f"{LABELS}/next"))["pair"]
        own = {frozenset(pair[side]["id"] for side in ("left", "right")) for pair in pairs}
        assert len(own) == 5
        theirs = other.get(f"{LABELS}/batch?most=100").json["pairs"]
        assert not own & {frozenset(pair[side]["id"] for side in ("left", "right")) for pair in theirs}
        for pair in pairs[::-1]:
            asked(answer(client, pair, "no match"))
        assert answer(client, pairs[0]).status == 409
    with open_store(tmp_path / "labels.db") as store:
        assert [{kept.label.left, kept.label.right} for kept in store.standing()] == [
            {pair[side]["id"] for side in ("left", "right")} for pair in pairs[::-1]
        ]


def test_a_batch_is_no_larger_than_the_budget(opening):
    with opening(budget=3) as door:
        client = door.client("label")
        pairs = client.get(f"{LABELS}/batch?most=100").json["pairs"]
        assert len(pairs) <= 3
        for pair in pairs:
            asked(answer(client, pair))
        while (pair := asked(client.get(f"{LABELS}/next"))["pair"]) is not None:
            asked(answer(client, pair))
        assert client.get(f"{LABELS}/batch").json["pairs"] == []
        assert client.get(f"{LABELS}/batch?most=101").status == 422


def test_an_answer_is_taken_back_and_its_pair_asked_again(opening):
    with opening() as door:
        client = door.client("label")
        first = asked(client.get(f"{LABELS}/next"))["pair"]
        asked(answer(client, first, "no match"))
        again = asked(client.post(f"{LABELS}/undo", {}))["pair"]
        assert {again[side]["id"] for side in ("left", "right")} == {first[side]["id"] for side in ("left", "right")}
        assert client.get(f"{LABELS}/export").json["pairs"] == []
        reply = client.post(f"{LABELS}/undo", {})
        assert (reply.status, reply.error) == (409, "there is no answer of yours to take back")


def test_an_answer_that_is_sent_twice_is_kept_once(opening):
    with opening() as door:
        client = door.client("label")
        first = asked(client.get(f"{LABELS}/next"))["pair"]
        asked(answer(client, first))
        assert answer(client, first).status == 409
        assert len(client.get(f"{LABELS}/export").json["pairs"]) == 1


def test_two_reviewers_are_asked_different_pairs_and_counted_together(opening):
    with opening() as door:
        one, other = door.client("label"), door.client("admin")
        pairs = [asked(client.get(f"{LABELS}/next"))["pair"] for client in (one, other)]
        keys = {frozenset(pair[side]["id"] for side in ("left", "right")) for pair in pairs}
        assert len(keys) == 2
        asked(answer(one, pairs[0]))
        assert asked(answer(other, pairs[1]))["progress"]["asked"] == 2
        text = one.get(f"{V1}/metrics").body.decode()
        assert 'heroic_labels{purpose="learning",verdict="match"} 2.0' in text


def test_who_may_only_read_is_not_asked(opening):
    with opening() as door:
        reader = door.client("read")
        for reply in (reader.get(f"{LABELS}/next"), reader.post(f"{LABELS}/undo", {}), reader.get(f"{LABELS}/export")):
            assert (reply.status, reply.error) == (403, "this needs the role label, yours is read")
        assert door.client().get(f"{LABELS}/next").status == 401


@pytest.mark.parametrize("verdict", ["maybe", "", None, 1, "MATCH"])
def test_a_verdict_that_is_none_is_refused(opening, verdict):
    with opening() as door:
        client = door.client("label")
        pair = asked(client.get(f"{LABELS}/next"))["pair"]
        assert answer(client, pair, verdict).status == 422


def test_without_a_store_nobody_is_asked(sample_index, tmp_path):
    with served(Current(Sources(sample_index)), tmp_path) as door:
        reply = door.client("label").get(f"{LABELS}/next")
        assert (reply.status, reply.error) == (409, "no label store is served: start heroic serve with --labels")
        assert b'href="/label"' not in door.browser().get("/").body


def test_without_a_model_nothing_is_revealed(opening):
    with opening(model=None) as door:
        client = door.client("label")
        assert asked(answer(client, asked(client.get(f"{LABELS}/next"))["pair"]))["answered"] is None


def test_the_model_that_is_served_is_asked_whatever_lies_in_its_place(opening, sample_model, tmp_path):
    own_model = shutil.copytree(sample_model, tmp_path / "model")
    with opening(model=own_model) as door:
        shutil.rmtree(own_model)  # as while another one is put in its place
        client = door.client("label")
        answered = asked(answer(client, asked(client.get(f"{LABELS}/next"))["pair"]))["answered"]
        assert 0 <= answered["probability"] <= 1
    with open_store(tmp_path / "labels.db") as store:
        served_model = door.service.current.opened.model.fingerprint
        assert {kept.label.question.model_fingerprint for kept in store.standing()} == {served_model}


def test_at_the_end_of_the_budget_nothing_is_asked(opening):
    with opening(budget=2) as door:
        client = door.client("label")
        for _ in range(2):
            found = asked(answer(client, asked(client.get(f"{LABELS}/next"))["pair"]))
        assert (found["pair"], found["progress"]["asked"]) == (None, 2)
        assert answer(client, {"left": {"id": "a"}, "right": {"id": "b"}}).status == 409


def test_disputes_are_told(opening, tmp_path):
    with opening() as door:
        with open_store(tmp_path / "labels.db") as store:
            store.record_all(Label("a", "b", verdict, name) for name, verdict in
                             (("anna", PairVerdict.MATCH), ("boris", PairVerdict.NO_MATCH)))  # fmt: skip
        reply = door.client("label").get(f"{LABELS}/agreement")
        TypeAdapter(label_forms.AgreementForm).validate_json(reply.body, strict=True)
        assert reply.json["disputes"] == [
            {"left": "a", "right": "b", "verdicts": {"anna": "match", "boris": "no match"}}
        ]
        export = door.client("label").get(f"{LABELS}/export").json
        assert export == {"pairs": [], "left_out": "1 in dispute"}


def disputed(reply):
    assert reply.status == 200, reply.body
    TypeAdapter(label_forms.DisputeQuestion).validate_json(reply.body, strict=True)
    return reply.json


def dispute(door, store, count):
    """Let anna and the reader of the tests say different things of pairs of the index; return them."""
    ids = door.service.current.opened.index.catalog.ids.slice(0, 2 * count).to_pylist()
    pairs = [tuple(sorted(ids[place : place + 2])) for place in range(0, 2 * count, 2)]
    with open_store(store) as opened:
        opened.record_all(Label(*pair, verdict, name) for pair in pairs for name, verdict in
                          (("anna", PairVerdict.MATCH), ("labeler", PairVerdict.NO_MATCH)))  # fmt: skip
    return pairs


def test_disputes_are_asked_with_what_reviewers_said_and_end_when_they_agree(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        pairs = dispute(door, tmp_path / "labels.db", 3)
        first = disputed(client.get(f"{LABELS}/disputes"))
        assert (first["pair"]["left"]["id"], first["pair"]["right"]["id"]) == pairs[0]
        assert (first["verdicts"], first["disputes"], first["answered"]) == (
            {"anna": "match", "labeler": "no match"},
            3,
            None,
        )
        told = {"left": pairs[0][0], "right": pairs[0][1]}
        second = disputed(client.post(f"{LABELS}/disputes", {**told, "verdict": "match"}))
        assert (second["pair"]["left"]["id"], second["disputes"], second["place"]) == (pairs[1][0], 2, 0)
        assert 0 <= second["answered"]["probability"] <= 1
        assert client.post(f"{LABELS}/disputes", {**told, "verdict": "match"}).status == 409
        again = disputed(client.post(f"{LABELS}/disputes/undo", {}))
        assert ((again["pair"]["left"]["id"], again["pair"]["right"]["id"]), again["disputes"]) == (pairs[0], 3)
        assert client.post(f"{LABELS}/disputes/undo", {}).status == 409
        assert disputed(client.get(f"{LABELS}/disputes?after=3"))["pair"] is None


def test_a_dispute_that_stays_is_passed_over_with_its_verdict(opening, tmp_path):
    with opening() as door:
        client = door.client("label")
        pairs = dispute(door, tmp_path / "labels.db", 2)
        told = {"left": pairs[0][0], "right": pairs[0][1], "verdict": "no match"}
        found = disputed(client.post(f"{LABELS}/disputes", told))
        assert (found["pair"]["left"]["id"], found["place"], found["disputes"]) == (pairs[1][0], 1, 2)
        with open_store(tmp_path / "labels.db") as store:
            assert {kept.label.question.why for kept in store.standing() if kept.label.question.draw} == {"in dispute"}


def test_what_an_audit_asked_is_no_dispute_to_be_asked_again(opening, tmp_path):
    with opening() as door:
        ids = door.service.current.opened.index.catalog.ids.slice(0, 2).to_pylist()
        with open_store(tmp_path / "labels.db") as store:
            store.record_all(Label(*ids, verdict, name, Question(Purpose.AUDIT)) for name, verdict in
                             (("anna", PairVerdict.MATCH), ("boris", PairVerdict.NO_MATCH)))  # fmt: skip
        assert disputed(door.client("label").get(f"{LABELS}/disputes"))["disputes"] == 0


def test_metrics_are_told_while_the_label_store_is_away(opening, tmp_path):
    with opening() as door:
        client = door.client("read")
        assert "heroic_labels_unreadable 0.0" in client.get(f"{V1}/metrics").body.decode()
        (tmp_path / "labels.db").rename(tmp_path / "away.db")
        reply = client.get(f"{V1}/metrics")
        assert reply.status == 200
        assert "heroic_labels_unreadable 1.0" in reply.body.decode()
        assert "heroic_requests_total" in reply.body.decode()


def test_progress_tells_whose_and_how_the_estimate_went(opening, tmp_path):
    with opening() as door:
        dispute(door, tmp_path / "labels.db", 1)
        client = door.client("label")
        found = asked(client.get(f"{LABELS}/next"))
        for _ in range(45):
            found = asked(answer(client, found["pair"], "match" if found["progress"]["asked"] % 2 else "no match"))
        assert (found["progress"]["asked"], found["progress"]["own"]) == (46, 46)
        labels = [count for count, _ in found["progress"]["estimates"]]
        assert labels
        assert labels == sorted(labels)
        assert all(0 <= value <= 1 for _, value in found["progress"]["estimates"])
    with opening() as door:  # the trend of before is still known
        again = asked(door.client("label").get(f"{LABELS}/next"))["progress"]["estimates"]
        assert again[: len(labels)] == found["progress"]["estimates"]


def test_a_session_goes_on_over_a_newer_version(own_index, sample, tmp_path):
    current = Current(Sources(own_index))
    desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=50)
    with served(current, tmp_path, desks=desks) as door:
        client = door.client("label")
        asked(answer(client, asked(client.get(f"{LABELS}/next"))["pair"]))
        add_product(own_index, sample, "NEW", tmp_path)
        current.look()
        found = asked(client.get(f"{LABELS}/next"))
        assert found["progress"]["asked"] == 1
        assert len(asked(answer(client, found["pair"]))["pair"]) == 3
    with open_store(tmp_path / "labels.db") as store:
        assert len({kept.label.question.index_fingerprint for kept in store.standing()}) == 2


def test_no_reviewer_who_went_away_keeps_an_older_version_open(own_index, sample, tmp_path):
    current = Current(Sources(own_index))
    desks = LabelDesks(tmp_path / "labels.db", current, LIMITS, budget=50)
    with served(current, tmp_path, desks=desks) as door:
        asked(door.client("label").get(f"{LABELS}/next"))
        older = weakref.ref(current.opened)
        add_product(own_index, sample, "NEW", tmp_path)
        current.look()  # which the server may have done by itself a moment ago
        assert current.taken == 1
        for _ in range(200):
            if older() is None:
                break
            time.sleep(0.05)
            gc.collect()
        assert older() is None
        with open_store(tmp_path / "labels.db") as store:
            assert not Claims(store, "eve").of_others()


def test_a_desk_that_is_closed_leaves_its_pairs_to_others(opening, tmp_path):
    with opening() as door:
        asked(door.client("label").get(f"{LABELS}/next"))
        with open_store(tmp_path / "labels.db") as store:
            assert Claims(store, "eve").of_others()
    with open_store(tmp_path / "labels.db") as store:
        assert not Claims(store, "eve").of_others()


def test_no_answer_goes_into_a_store_that_was_moved_away(opening, tmp_path):
    store = tmp_path / "labels.db"
    with opening() as door:
        client = door.client("label")
        pair = asked(client.get(f"{LABELS}/next"))["pair"]
        store.rename(tmp_path / "aside.db")
        refused = answer(client, pair)
        assert (refused.status, refused.error) == (422, "labels.db: no such file: a label store is needed")
        open_store(store, create=True).close()
        asked(answer(client, asked(client.get(f"{LABELS}/next"))["pair"]))
    with open_store(store) as opened:
        assert len(opened.standing()) == 1
