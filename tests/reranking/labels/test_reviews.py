"""Reviews lie beside the labels of a store, and are taken for none of them."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from indexing.errors import InputError
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.reviews import NOTE_CHARS, Review, SeenScore, open_reviews, read_reviews
from reranking.labels.settled import settle
from reranking.labels.store import open_store

MATCH, NO, UNSURE = PairVerdict
SEEN = SeenScore("scores.parquet", 0.43, 0.5)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels.db"


def review(left, right, verdict, reviewer="anna", note="", seen=SEEN):
    return Review(Label(left, right, verdict, reviewer, Question(Purpose.REVIEW)), seen, note)


def told(store):
    return [
        (one.label.left, one.label.right, one.label.reviewer, one.label.verdict) for one in store.standing_reviews()
    ]


def test_a_review_comes_back_as_it_was_given(path):
    question = Question(Purpose.REVIEW, "near a threshold", None, None, None, "index", "model", "titles")
    given = Review(
        Label("b", "a", MATCH, "anna", question), SeenScore("s.parquet", 0.1, None), "a note <b>\nof two lines"
    )
    with open_reviews(path, create=True) as store:
        store.record_review(given)
    with open_reviews(path) as store:
        assert store.standing_reviews() == [given]


def test_no_label_and_no_audit_is_a_review_and_no_review_is_one_of_them(path):
    with open_reviews(path, create=True) as store:
        store.record(Label(1, 2, NO, "anna"))
        store.record_review(review(1, 2, MATCH))
        assert [kept.label.verdict for kept in store.standing()] == [NO]
        assert store.undo("anna").verdict == NO
        assert told(store) == [(1, 2, "anna", MATCH)]
        assert store.undo_review("anna").label.verdict == MATCH
        assert (store.standing(), store.standing_reviews()) == ([], [])
    with pytest.raises(InputError, match="for review, not for learning"):
        Review(Label(1, 2, MATCH, "anna"), SEEN)
    with open_store(path) as store, pytest.raises(InputError, match="kept with the score that was seen"):
        store.record(review(1, 2, MATCH).label)


def test_the_newest_review_of_each_reviewer_counts_until_it_is_undone(path):
    with open_reviews(path, create=True) as store:
        for verdict, reviewer in ((MATCH, "anna"), (UNSURE, "bob"), (NO, "anna")):
            store.record_review(review(1, 2, verdict, reviewer))
        assert told(store) == [(1, 2, "bob", UNSURE), (1, 2, "anna", NO)]
        assert store.undo_review("anna").label.verdict == NO
        assert told(store) == [(1, 2, "anna", MATCH), (1, 2, "bob", UNSURE)]
        assert store.undo_review("anna").label.verdict == MATCH
        assert store.undo_review("anna") is None
        assert len(store.review_events()) == 5
        assert [event.undoes for event in store.review_events(after=3)] == [3, 1]


def test_what_somebody_else_says_under_the_same_name_is_not_taken_back(path):
    with open_reviews(path, create=True) as store, open_reviews(path) as beside:
        store.record_review(review(1, 2, MATCH))
        beside.record_review(review(1, 3, NO))
        assert store.last_review("anna").review.label.right == 2
        assert store.undo_review("anna").label.right == 2
        assert store.undo_review("anna") is None
        assert told(beside) == [(1, 3, "anna", NO)]
    with open_reviews(path) as store:  # opened later, it is its own of before
        assert store.undo_review("anna").label.right == 3


def test_nothing_of_a_review_is_changed_or_removed(path):
    with open_reviews(path, create=True) as store:
        store.record_review(review(1, 2, MATCH))
    for statement in ("UPDATE reviews SET verdict = 'no match'", "DELETE FROM reviews"):
        with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="only added"):
            connection.execute(statement)
        connection.close()


def test_a_store_without_reviews_says_so_and_is_not_written(path):
    with open_store(path, create=True) as store:
        store.record(Label(1, 2, MATCH, "anna"))
    before = path.read_bytes()
    assert read_reviews(path) == []
    assert path.read_bytes() == before


def test_a_store_with_reviews_opens_for_labels_as_before(path):
    with open_reviews(path, create=True) as store:
        store.record_review(review(1, 2, MATCH))
    with open_store(path) as store:
        store.record(Label(1, 3, NO, "anna"))
        assert [kept.label.right for kept in store.standing()] == [3]


@pytest.mark.parametrize("first", ["label", "review"])
def test_ids_of_another_type_are_another_catalogues(path, first):
    with open_reviews(path, create=True) as store:
        if first == "label":
            store.record(Label("a", "b", MATCH, "anna"))
        else:
            store.record_review(review("a", "b", MATCH))
        with pytest.raises(InputError, match="its ids are text, 1 is not"):
            store.record_review(review(1, 2, MATCH))


def test_a_note_has_a_length(path):
    assert len(review(1, 2, MATCH, note="x" * NOTE_CHARS).note) == NOTE_CHARS
    with pytest.raises(InputError, match="the note has 2,001 characters"):
        review(1, 2, MATCH, note="x" * (NOTE_CHARS + 1))


def test_reviews_are_settled_by_themselves(path):
    with open_reviews(path, create=True) as store:
        for verdict, reviewer, right in ((MATCH, "anna", 2), (NO, "bob", 2), (NO, "anna", 3), (UNSURE, "anna", 4)):
            store.record_review(review(1, right, verdict, reviewer))
    settled = settle(read_reviews(path), path, purpose=Purpose.REVIEW)
    assert (settled.right.to_pylist(), settled.targets.tolist()) == ([3], [0.0])
    assert str(settled.left_out) == "1 in dispute, 1 unsure"


def test_a_kill_loses_no_review(path):
    code = f"""
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.reviews import Review, SeenScore, open_reviews
with open_reviews({str(path)!r}, create=True) as store:
    for row in range(1, 10_000):
        store.record_review(Review(Label(0, row, PairVerdict.MATCH, "anna", Question(Purpose.REVIEW)), SeenScore("s", 0.5, None)))
        print(row, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(20):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    finally:
        told_rows = process.stdout.read().split()
        process.wait()
        process.stdout.close()
    last = max([20, *map(int, told_rows)])
    with open_reviews(path) as store:
        assert len(store.standing_reviews()) >= last
