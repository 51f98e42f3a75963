"""Of all sessions one holds a pair, and none longer than an hour after it claimed it last."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from reranking.asking import claims, presence
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


SESSION = """
import sys
from pathlib import Path
from reranking.asking.claims import Claims
from reranking.labels.store import open_store

with open_store(Path(sys.argv[1])) as store:
    claims = Claims(store, "anna")
    for line in sys.stdin:
        print(sorted(claims.claim([tuple(pair) for pair in eval(line)])), flush=True)
"""


@pytest.fixture
def elsewhere(store):
    """A session of a process of its own, also of anna's."""
    process = subprocess.Popen(
        [sys.executable, "-c", SESSION, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def claim(process, *pairs):
    process.stdin.write(f"{list(pairs)}\n")
    process.stdin.flush()
    return eval(process.stdout.readline())


def test_two_processes_under_one_name_hold_pairs_of_their_own(store, elsewhere):
    here = Claims(store, "anna")
    assert here.claim([ONE]) == {ONE}
    assert claim(elsewhere, ONE, TWO) == [TWO]
    again = Claims(store, "anna")
    assert again.of_others() == {ONE, TWO}
    assert here.claim([ONE, TWO, THREE]) == {ONE, THREE}
    assert claim(elsewhere, TWO, THREE) == [TWO]


def test_what_a_killed_process_held_is_free_at_once_for_everybody(store, elsewhere):
    here, other = Claims(store, "anna"), Claims(store, "bob")
    assert claim(elsewhere, ONE, TWO) == [ONE, TWO]
    assert here.claim([ONE]) == set()
    os.kill(elsewhere.pid, signal.SIGKILL)
    elsewhere.wait()
    assert here.of_others() == set()
    assert here.claim([ONE]) == {ONE}
    assert other.of_others() == {ONE}
    assert other.claim([ONE, TWO]) == {TWO}


def test_a_claim_without_a_lock_ends_with_its_hour(store, later, monkeypatch):
    with monkeypatch.context() as without:
        without.setattr(presence.os, "open", lambda *_: -1)
        anna = Claims(store, "anna")
    assert anna.claim([ONE]) == {ONE}
    before = {"session": "0" * 32, "reviewer": "anna", "at": datetime.now(UTC).isoformat(), "pairs": [TWO]}
    store.add_note(claims.NOTE, json.dumps(before))  # by a version that knew no locks
    bob = Claims(store, "bob")
    assert bob.claim([ONE, TWO, THREE]) == {THREE}
    later(minutes=61)
    assert bob.claim([ONE, TWO]) == {ONE, TWO}


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
