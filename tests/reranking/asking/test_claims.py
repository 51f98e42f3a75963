"""Of all sessions one holds a pair, and none longer than an hour after it claimed it last."""

import pytest

from reranking.asking import claims
from reranking.asking.claims import Claims
from reranking.labels.store import open_store

ONE, TWO, THREE = ("a", "b"), ("c", "d"), ("e", "f")


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "labels.db", create=True) as opened:
        yield opened


def test_who_is_refused_a_pair_does_not_keep_it_from_who_holds_it(store):
    anna, bob = Claims(store, "anna"), Claims(store, "bob")
    assert anna.claim([ONE]) == {ONE}
    assert bob.claim([ONE, TWO]) == {TWO}
    assert anna.of_others() == {TWO}
    assert bob.of_others() == {ONE}


def test_a_claim_ends_after_an_hour_and_who_was_refused_holds_nothing_by_it(store, later):
    anna, bob, eve = (Claims(store, name) for name in ("anna", "bob", "eve"))
    anna.claim([ONE])
    later(minutes=50)
    assert bob.claim([ONE]) == set()
    later(minutes=11)
    assert eve.of_others() == set()
    assert eve.claim([ONE]) == {ONE}
    assert anna.of_others() == bob.of_others() == {ONE}


def test_a_note_is_read_once_and_an_old_one_never(store, later, monkeypatch):
    anna, bob = Claims(store, "anna"), Claims(store, "bob")
    anna.claim([ONE])
    later(hours=3)
    anna.claim([TWO])
    read = []
    notes = store.notes
    monkeypatch.setattr(store, "notes", lambda *kind, **which: read.append(notes(*kind, **which)) or read[-1])
    assert bob.of_others() == {TWO}
    assert bob.claim([THREE]) == {THREE}
    assert bob.of_others() == {TWO}
    assert [note.seq for found in read for note in found] == [2, 3]


def test_what_a_session_held_is_free_when_it_ends(store):
    anna, bob, eve = (Claims(store, name) for name in ("anna", "bob", "eve"))
    anna.claim([ONE])
    bob.claim([TWO])
    anna.release()
    assert eve.of_others() == {TWO}
    assert eve.claim([ONE, TWO]) == {ONE}


def test_the_next_session_of_a_reviewer_ends_those_that_were_killed_but_nobody_elses(store):
    Claims(store, "anna").claim([ONE])
    Claims(store, "bob").claim([TWO])
    again = Claims(store, "anna")
    assert again.of_others() == {TWO}
    assert again.claim([ONE]) == {ONE}
    assert Claims(store, "eve").of_others() == {ONE, TWO}


def test_a_session_that_claims_nothing_leaves_no_note(store):
    Claims(store, "anna").release()
    assert store.notes(claims.NOTE) == []


def test_a_claim_that_is_made_again_holds_for_longer_and_a_young_one_leaves_no_note(store, later):
    anna, bob = Claims(store, "anna"), Claims(store, "bob")
    anna.claim([ONE])
    later(minutes=20)
    assert anna.claim([ONE]) == {ONE}
    assert len(store.notes(claims.NOTE)) == 1
    later(minutes=20)
    assert anna.claim([ONE]) == {ONE}
    later(minutes=50)
    assert bob.claim([ONE]) == set()


def test_who_comes_back_after_an_hour_holds_only_what_nobody_else_claimed(store, later):
    anna, bob = Claims(store, "anna"), Claims(store, "bob")
    anna.claim([ONE, TWO])
    later(minutes=61)
    assert bob.claim([ONE]) == {ONE}
    assert anna.claim([ONE, TWO]) == {TWO}
