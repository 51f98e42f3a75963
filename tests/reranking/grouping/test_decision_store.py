"""The file of decisions: what several writers leave in it, in whatever order, and what is refused."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.grouping.bounds import Bounds
from reranking.grouping.decision_store import open_decisions
from reranking.grouping.decisions import Decision, DecisionKind, DecisionsDisagree
from reranking.labels.store import open_store

LOCK, MERGE, SPLIT = DecisionKind


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decisions.db"


def lock(*ids, reviewer="anna"):
    return Decision(LOCK, ids, (), reviewer)


def split(one, other, reviewer="anna"):
    return Decision(SPLIT, tuple(one), tuple(other), reviewer)


def test_a_decision_comes_back_as_it_was_taken(path):
    decision = Decision(MERGE, ("b", "a\0é"), ("c",), " anna ")
    with open_decisions(path, create=True) as store:
        seq = store.record(decision)
    with open_decisions(path) as store:
        (kept,) = store.standing()
        assert list(store.about(["a\0é", "z"])) == [kept]
        assert list(store.about(["a"])) == []
    assert (kept.seq, kept.decision) == (seq, Decision(MERGE, ("b", "a\0é"), ("c",), "anna"))


def test_what_contradicts_is_not_taken(path):
    with open_decisions(path, create=True) as store:
        store.record(split("a", "bc"))
        store.record(lock("c", "d"))
        store.record(lock("x", "y"))
        with pytest.raises(DecisionsDisagree, match=r"'a' and 'c' are apart by decision 1 .* by this lock, decision 2"):
            store.record(lock("a", "d", "e"))
        assert store.last_event() == 3
        store.undo("bob", 1)
        assert store.record(lock("a", "d", "e")) == 5
        with pytest.raises(DecisionsDisagree, match=r"apart by this split, and together by decision 5"):
            store.record(split("e", "d"))


def test_an_undo_takes_ones_own_last_or_any_by_its_number(path):
    with open_decisions(path, create=True) as store:
        first, second = store.record(lock("a", "b")), store.record(lock("c", "d", reviewer="bob"))
        assert store.undo("bob", 99) is None
        assert store.undo("carla") is None
        assert store.undo("anna").seq == first
        assert store.undo("anna") is None
        assert store.undo("anna", first) is None
        assert store.undo("anna", second).decision.reviewer == "bob"
        assert (store.standing(), store.last_event()) == ([], 4)


EVENT = st.tuples(
    st.sampled_from(["anna", "bob"]),
    st.sampled_from(["undo", LOCK, SPLIT]),
    st.lists(st.integers(0, 6), min_size=2, max_size=4, unique=True),
)


@given(st.lists(EVENT, max_size=20))
def test_any_events_and_undos_equal_a_plain_model_of_them(tmp_path_factory, events):
    """The model: a list of decisions, each taken unless it contradicts all that stand."""
    model = []
    with open_decisions(tmp_path_factory.mktemp("decisions") / "d.db", create=True) as store:
        for reviewer, what, ids in events:
            if what == "undo":
                own = [kept for kept in model if kept.decision.reviewer == reviewer]
                assert store.undo(reviewer) == (own[-1] if own else None)
                model = [kept for kept in model if kept not in own[-1:]]
                continue
            decision = lock(*ids, reviewer=reviewer) if what == LOCK else split(ids[:1], ids[1:], reviewer)
            before = store.last_event()
            try:
                seq = store.record(decision)
            except DecisionsDisagree:
                assert store.last_event() == before
                taken = Bounds.of(model)
                assert len(taken.decisions) == len(model)
            else:
                model.append(next(kept for kept in store.standing() if kept.seq == seq))
            assert store.standing() == model
            Bounds.of(model)


def test_events_can_be_neither_changed_nor_removed(path):
    with open_decisions(path, create=True) as store:
        store.record(lock(1, 2))
    raw = sqlite3.connect(path)
    for statement in (
        "UPDATE events SET kind = 'split'",
        "DELETE FROM events",
        "UPDATE members SET product_id = 3",
        "DELETE FROM members",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only added"):
            raw.execute(statement)
    raw.close()


class TestRefused:
    def test_ids_of_another_type(self, path):
        with open_decisions(path, create=True) as store:
            store.record(lock(1, 2))
            with pytest.raises(InputError, match="its ids are integers, 'a' is not: decide on each catalogue"):
                store.record(lock("a", "b"))

    def test_a_label_store(self, path):
        open_store(path, create=True).close()
        with pytest.raises(InputError, match="is a database, but no file of decisions of heroic"):
            open_decisions(path, create=True)

    def test_a_file_that_is_not_there(self, path):
        with pytest.raises(InputError, match="no such file: a file of decisions is needed"):
            open_decisions(path)

    def test_a_file_that_another_process_has_locked(self, path):
        open_decisions(path, create=True).close()
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        with open_decisions(path, busy_s=0.05) as store:
            with pytest.raises(InputError, match=r"another process has locked it for 0\.05 s"):
                store.record(lock(1, 2))
            assert store.standing() == []  # who reads is not kept out
        raw.close()


def _write(path, reviewer, first):
    with open_decisions(path, create=True) as store:
        for number in range(40):
            store.record(lock(first + 2 * number, first + 2 * number + 1, reviewer=reviewer))
            if number % 4 == 3:
                store.undo(reviewer)


def test_several_processes_write_at_once_and_nothing_is_lost(path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, f"reviewer {number}", number * 1000)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with open_decisions(path) as store:
        assert (store.last_event(), len(store.standing())) == (3 * 50, 3 * 30)


WRITER = """
import sys
from reranking.grouping.decision_store import open_decisions
from reranking.grouping.decisions import Decision, DecisionKind
with open_decisions(sys.argv[1], create=True) as store:
    for number in range(10**6):
        store.record(Decision(DecisionKind.LOCK, (3 * number, 3 * number + 1, 3 * number + 2), (), "anna"))
        print(number, flush=True)
"""


def test_a_kill_loses_no_decision_that_was_taken_and_leaves_no_half(path, root):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=root, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    said = [process.stdout.readline() for _ in range(20)]
    time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    told = len([line for line in said if line.endswith("\n")])
    with open_decisions(path) as store:
        kept = [one.decision.one for one in store.standing()]
        assert told <= len(kept) <= told + 1
        assert kept == [(3 * number, 3 * number + 1, 3 * number + 2) for number in range(len(kept))]
