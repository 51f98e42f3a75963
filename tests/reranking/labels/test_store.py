"""The store: what several writers leave in it, in whatever order, and what is refused."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.store import open_store
from reranking.labels.store_file import is_store

MATCH, NO, UNSURE = PairVerdict


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels.db"


def answers_of(store):
    return [kept.label for kept in store.standing()]


def test_an_answer_comes_back_as_it_was_given(path):
    question = Question(Purpose.AUDIT, "a stratum", 0.25, None, 3, "index", "model", "titles")
    with open_store(path, create=True) as store:
        store.record(Label("b", "a", MATCH, " anna ", question))
    with open_store(path) as store:
        (kept,) = store.standing()
    assert kept.label == Label("a", "b", MATCH, "anna", question)


@pytest.mark.parametrize(("left", "right", "kept"), [(10, 9, (9, 10)), ("10", "9", ("10", "9")), (-1, -2, (-2, -1))])
def test_ids_keep_their_type_and_the_smaller_one_is_left(path, left, right, kept):
    with open_store(path, create=True) as store:
        store.record(Label(left, right, NO, "anna"))
        (answer,) = answers_of(store)
    assert (answer.left, answer.right) == kept


def test_the_newest_verdict_of_a_reviewer_counts_and_others_stay(path):
    with open_store(path, create=True) as store:
        for verdict, reviewer in ((MATCH, "anna"), (MATCH, "bob"), (NO, "anna")):
            store.record(Label(1, 2, verdict, reviewer))
        assert {(a.reviewer, a.verdict) for a in answers_of(store)} == {("anna", NO), ("bob", MATCH)}
        assert store.count_events() == 3


def test_learning_and_audit_are_kept_apart(path):
    with open_store(path, create=True) as store:
        store.record(Label(1, 2, MATCH, "anna"))
        store.record(Label(1, 2, NO, "anna", Question(Purpose.AUDIT)))
        assert [(a.question.purpose, a.verdict) for a in answers_of(store)] == [("learning", MATCH), ("audit", NO)]
        assert store.undo("anna", Purpose.AUDIT).verdict == NO
        assert store.undo("anna", Purpose.AUDIT) is None
        assert [a.verdict for a in answers_of(store)] == [MATCH]


def test_answers_of_two_samples_count_each_in_its_own(path):
    with open_store(path, create=True) as store:
        draws = [store.add_note("sample", "one"), store.add_note("sample", "two")]
        for draw, verdict in zip(draws, (MATCH, NO), strict=True):
            store.record(Label(1, 2, verdict, "anna", Question(Purpose.AUDIT, draw=draw)))
        assert [(a.question.draw, a.verdict) for a in answers_of(store)] == [*zip(draws, (MATCH, NO), strict=True)]
        assert store.undo("anna", Purpose.AUDIT, draw=draws[0]).verdict == MATCH
        assert [a.verdict for a in answers_of(store)] == [NO]


def test_nobody_takes_back_what_another_answers_under_the_same_name_meanwhile(path):
    with open_store(path, create=True) as before:
        before.record(Label(1, 2, MATCH, "anna"))
    with open_store(path) as one, open_store(path) as other:
        own, others = Label(2, 3, MATCH, "anna"), Label(3, 4, NO, "anna")
        one.record_all([own])
        other.record_new([others])
        assert [one.undo("anna").left for _ in range(2)] == [2, 1]
        assert one.undo("anna") is None
        assert answers_of(other) == [others]
        assert other.undo("anna") == others
    with open_store(path) as later:
        later.record(own)
    with open_store(path) as later:
        assert later.undo("anna") == own


EVENT = st.tuples(
    st.sampled_from(["anna", "bob"]),
    st.sampled_from(["undo", MATCH, NO, UNSURE]),
    st.sampled_from([(1, 2), (2, 3), (3, 1)]),
    st.sampled_from([Purpose.LEARNING, Purpose.AUDIT]),
)


@given(st.lists(EVENT, max_size=30))
def test_any_events_and_undos_equal_a_plain_model_of_them(tmp_path_factory, events):
    """The model: a stack of verdicts for each reviewer and purpose, of which an undo takes the top."""
    stacks = {}
    with open_store(tmp_path_factory.mktemp("store") / "labels.db", create=True) as store:
        for reviewer, what, pair, purpose in events:
            stack = stacks.setdefault((reviewer, purpose), [])
            if what == "undo":
                taken = store.undo(reviewer, purpose)
                assert taken == (stack.pop() if stack else None)
            else:
                stack.append(Label(*pair, what, reviewer, Question(purpose)))
                store.record(stack[-1])
        count = {(a.left, a.right, a.reviewer, a.question.purpose): a for stack in stacks.values() for a in stack}
        assert store.count_events() <= len(events)
        assert {(a.left, a.right, a.reviewer, a.question.purpose): a for a in answers_of(store)} == count


def test_events_can_be_neither_changed_nor_removed(path):
    with open_store(path, create=True) as store:
        store.record(Label(1, 2, MATCH, "anna"))
        store.add_note("design", "{}")
    raw = sqlite3.connect(path)
    for statement in (
        "UPDATE events SET verdict = 'no match'",
        "DELETE FROM events",
        "UPDATE notes SET kind = 'x'",
        "DELETE FROM notes",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only added"):
            raw.execute(statement)
    raw.close()


def test_notes_come_back_in_order(path):
    with open_store(path, create=True) as store:
        first, second = store.add_note("design", "one"), store.add_note("design", "two")
        store.add_note("other", "x")
        assert store.add_note("design", "one") == first
        assert [(note.seq, note.content) for note in store.notes("design")] == [(first, "one"), (second, "two")]
        assert [note.seq for note in store.notes("design", after=first)] == [second]


def test_known_answers_are_not_recorded_again(path):
    with open_store(path, create=True) as store:
        assert store.record_new([Label(1, 2, MATCH, "anna"), Label(1, 3, NO, "anna")]) == 2
        assert store.record_new([Label(2, 1, MATCH, "anna"), Label(1, 3, MATCH, "anna")]) == 1
        assert store.count_events() == 3


class TestRefused:
    @pytest.mark.parametrize("reviewer", ["", "  \t"])
    def test_a_verdict_of_nobody(self, reviewer):
        with pytest.raises(InputError, match="a verdict is somebody's"):
            Label(1, 2, MATCH, reviewer)

    def test_an_undo_of_nobody(self, path):
        with open_store(path, create=True) as store, pytest.raises(InputError, match="a verdict is somebody's"):
            store.undo(" ")

    @pytest.mark.parametrize(
        ("left", "right", "said"),
        [
            (1, 1, "paired with itself"),
            (1, "2", "both integers or both text"),
            (True, False, "bool: ids are"),
            (1.0, 2.0, "float: ids are"),
            ("", "a", "an id is empty"),
            (2**63, 1, "too large an integer"),
        ],
    )
    def test_what_is_no_pair(self, left, right, said):
        with pytest.raises(InputError, match=said):
            Label(left, right, MATCH, "anna")

    @pytest.mark.parametrize("probability", [0, -0.1, 1.5])
    def test_a_probability_that_is_none(self, probability):
        with pytest.raises(InputError, match="a pair is drawn with one above 0"):
            Question(probability=probability)

    def test_ids_of_another_type_and_then_none_is_kept(self, path):
        with open_store(path, create=True) as store:
            store.record(Label(1, 2, MATCH, "anna"))
            with pytest.raises(InputError, match="its ids are integers, 'a' is not"):
                store.record_all([Label(1, 3, MATCH, "anna"), Label("a", "b", MATCH, "anna")])
            assert store.count_events() == 1

    def test_a_store_that_is_not_there(self, path):
        with pytest.raises(InputError, match=r"labels\.db: no such file: a label store is needed"):
            open_store(path)
        assert not path.exists()

    def test_a_folder(self, tmp_path):
        with pytest.raises(InputError, match="is a folder"):
            open_store(tmp_path)

    def test_a_newer_schema(self, path):
        open_store(path, create=True).close()
        raw = sqlite3.connect(path)
        raw.execute("PRAGMA user_version = 2")
        raw.close()
        with pytest.raises(InputError, match="has schema version 2, this heroic reads 1"):
            open_store(path, create=True)

    def test_a_database_of_something_else(self, path):
        raw = sqlite3.connect(path)
        raw.execute("CREATE TABLE t (x)")
        raw.close()
        with pytest.raises(InputError, match="is a database, but no label store"):
            open_store(path)

    @pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9])
    def test_a_truncated_store_and_it_stays_as_it_was(self, path, share):
        with open_store(path, create=True) as store:
            store.record_all(Label(number, number + 1, MATCH, "anna") for number in range(2000))
        content = path.read_bytes()
        cut = content[: int(share * len(content))]
        path.write_bytes(cut)
        with pytest.raises(InputError, match=r"labels\.db: is (damaged|empty)") as caught:
            open_store(path, create=True)
        assert "\n" not in str(caught.value)
        assert path.read_bytes() == cut

    def test_text(self, path):
        path.write_text("left_id,right_id\n" * 100)
        with pytest.raises(InputError, match="is damaged or no label store"):
            open_store(path)

    def test_a_store_that_another_process_has_locked(self, path):
        with open_store(path, create=True) as store:
            store.record(Label(1, 2, MATCH, "anna"))
        raw = sqlite3.connect(path, isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        with open_store(path, busy_s=0.05) as store:
            with pytest.raises(InputError, match=r"another process has locked it for 0\.05 s"):
                store.record(Label(1, 3, MATCH, "anna"))
            assert len(store.standing()) == 1  # who reads is not kept out
        raw.execute("ROLLBACK")
        raw.close()

    def test_a_store_on_a_full_disk_says_so_and_goes_on_when_there_is_room(self, path):
        with open_store(path, create=True) as store:
            pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
            store._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
            with pytest.raises(InputError, match=r"cannot be read or written \(database or disk is full\)"):
                store.record_all(Label(number, number + 1, MATCH, "anna") for number in range(2000))
            assert not store.standing()
            store._connection.execute("PRAGMA max_page_count = 100000")
            store.record(Label(1, 2, MATCH, "anna"))
            assert len(store.standing()) == 1

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_nothing_may_be_written_into(self, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(InputError, match="nothing can be written into"):
            open_store(tmp_path / "labels.db", create=True)


def test_a_store_is_known_by_its_name_or_its_first_bytes(tmp_path, path):
    open_store(path, create=True).close()
    path.rename(tmp_path / "pairs.parquet")
    assert is_store(tmp_path / "pairs.parquet")
    assert is_store(tmp_path / "not there.db")
    (tmp_path / "pairs.csv").write_text("left_id,right_id")
    assert not is_store(tmp_path / "pairs.csv")
    assert not is_store(tmp_path)


def _write(path, reviewer, count):
    with open_store(path, create=True) as store:
        for number in range(count):
            store.record(Label(number, number + 1, MATCH, reviewer))
            if number % 3 == 2:
                store.undo(reviewer)


def test_several_processes_write_at_once_and_nothing_is_lost(path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, f"reviewer {number}", 60)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with open_store(path) as store:
        assert store.count_events() == 3 * (60 + 20)
        counts = dict.fromkeys(("reviewer 0", "reviewer 1", "reviewer 2"), 0)
        for answer in answers_of(store):
            counts[answer.reviewer] += 1
        assert set(counts.values()) == {40}


WRITER = """
import sys
from reranking.labels.label import Label, PairVerdict
from reranking.labels.store import open_store
with open_store(sys.argv[1], create=True) as store:
    for number in range(10**6):
        store.record(Label(number, number + 1, PairVerdict.MATCH, "anna"))
        print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_a_kill_between_two_answers_loses_none_that_was_taken(path, root, after):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=root, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    said = [process.stdout.readline() for _ in range(after)]
    time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    told = [int(line) for line in said if line.endswith("\n")]
    with open_store(path) as store:
        kept = [answer.left for answer in answers_of(store)]
        assert kept[: len(told)] == told
        assert len(kept) <= len(told) + 1
        store.record(Label(10**7, 10**7 + 1, NO, "anna"))
        assert len(store.standing()) == len(kept) + 1


def test_notes_are_found_by_when_they_were_kept(path):
    with open_store(path, create=True) as store:
        before = datetime.now(UTC)
        number = store.add_note("design", "one")
        assert [note.seq for note in store.notes("design", since=before)] == [number]
        assert store.notes("design", since=datetime.now(UTC) + timedelta(seconds=1)) == []
