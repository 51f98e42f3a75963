"""A session asks what teaches most, keeps each answer at once, and never asks two reviewers the same pair."""

from pathlib import Path

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.asking.claims import Claims
from reranking.asking.pool import make_pool
from reranking.asking.pool_rows import PoolRows
from reranking.asking.session import LearningOptions, LearningSession
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.settled import read_settled
from reranking.labels.store import open_store
from reranking.pairs.labelled import read_labelled
from reranking.pairs.product_groups import product_groups

MATCH, NO, UNSURE = PairVerdict


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pool(index):
    return make_pool(index, k=5)


@pytest.fixture(scope="module")
def truth(index, sample):
    """Which product each is, by the labelled matches of the sample."""
    files = [Path(sample) / f"pairs_{name}.parquet" for name in ("train", "valid", "test")]
    parts = [read_labelled([file], index.catalog) for file in files]
    left, right, targets = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("left", "right", "targets")
    )
    return product_groups(left, right, targets, len(index.catalog))


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "labels.db", create=True) as opened:
        yield opened


@pytest.fixture
def begin(index, pool, store):
    def begin(reviewer="anna", budget=500, seed=0, opened=None):
        return LearningSession(index, pool, opened or store, LearningOptions(reviewer, budget, seed=seed))

    return begin


def answer(session, truth, count):
    """Answer by the truth; return the ids asked, the smaller first."""
    asked = []
    while len(asked) < count and (pair := session.next_pair()) is not None:
        same = truth[pair.left_position] == truth[pair.right_position]
        session.answer(pair, MATCH if same else NO)
        session.wait()
        asked.append((min(pair.left, pair.right), max(pair.left, pair.right)))
    return asked


def test_the_first_thirty_questions_find_ten_matches_and_no_pair_is_asked_twice(begin, truth):
    session = begin()
    asked = answer(session, truth, 30)
    assert len(set(asked)) == 30
    assert 10 <= session.progress().matches <= 25


def test_each_answer_is_kept_with_why_it_was_asked_and_of_what(begin, truth, store, index):
    answer(begin(), truth, 80)
    questions = [kept.label.question for kept in store.standing()]
    assert {question.purpose for question in questions} == {Purpose.LEARNING}
    assert {question.index_fingerprint for question in questions} == {index.fingerprint}
    assert all(question.shown and question.draw for question in questions)
    reasons = {question.why for question in questions}
    assert {"looks like a match", "models disagree", "at random"} <= reasons
    drawn = [question.probability is not None for question in questions]
    assert drawn == [question.why == "at random" for question in questions]


def test_the_same_answers_bring_the_same_questions(begin, truth, tmp_path):
    with open_store(tmp_path / "other.db", create=True) as other:
        assert answer(begin(), truth, 50) == answer(begin(opened=other), truth, 50)


def test_the_next_session_goes_on_and_the_budget_counts_what_was_asked_before(begin, truth):
    first = answer(begin(budget=40), truth, 25)
    again = begin(budget=40)
    second = answer(again, truth, 100)
    assert len(second) == 15
    assert not set(first) & set(second)
    assert again.progress().asked == again.progress().total == 40


def test_every_answer_can_be_taken_back_and_is_asked_again(begin, truth, store):
    session = begin()
    asked = answer(session, truth, 12)
    for pair in reversed(asked):
        assert session.undo()
        now = session.next_pair()
        assert (min(now.left, now.right), max(now.left, now.right)) == pair
    assert not session.undo()
    assert store.standing() == []
    pair = session.next_pair()
    session.answer(pair, UNSURE)
    assert [kept.label.verdict for kept in store.standing()] == [UNSURE]


def test_a_pair_that_is_asked_again_has_its_sides_where_they_were(begin):
    session, shown = begin(), []
    for _ in range(12):  # chance turns half of them
        shown.append(session.next_pair())
        session.answer(shown[-1], UNSURE)
    assert {pair.left < pair.right for pair in shown} == {True, False}
    for pair in reversed(shown):
        assert session.undo()
        assert session.next_pair() == pair


def test_undo_leaves_imported_labels_and_those_of_audits(begin, store, index):
    one, other = (index.catalog.ids[place].as_py() for place in (0, 1))
    store.record(Label(one, other, MATCH, "anna"))
    store.record(Label(one, other, MATCH, "anna", Question(Purpose.AUDIT)))
    assert not begin().undo()
    assert len(store.standing()) == 2


@pytest.mark.parametrize("other", ["bob", "anna"])
def test_two_reviewers_at_once_are_asked_different_pairs_under_one_name_too(begin, truth, store, other):
    with open_store(store.path) as second:
        sessions = begin("anna"), begin(other, opened=second)
        asked = [[], []]
        for _ in range(35):
            for pairs, session in zip(asked, sessions, strict=True):
                pairs += answer(session, truth, 1)
        assert len({*asked[0], *asked[1]}) == 70
        assert sessions[1].progress().asked == 70
        for session, pairs in zip(sessions, asked, strict=True):
            assert session.undo()
            back = session.next_pair()
            assert (min(back.left, back.right), max(back.left, back.right)) == pairs[-1]


def test_a_pair_that_an_audit_asked_is_not_asked_to_learn_from(begin, truth, store, pool, index):
    best = np.argsort(-pool.weak)[:50]
    ids = [[index.catalog.ids[int(place)].as_py() for place in side[best]] for side in (pool.left, pool.right)]
    store.record_all(Label(one, other, MATCH, "eve", Question(Purpose.AUDIT)) for one, other in zip(*ids, strict=True))
    asked = answer(begin(), truth, 40)
    assert not set(asked) & set(zip(*ids, strict=True))
    settled = read_settled(store.path, index.catalog)
    assert len(settled) == 40


def test_labels_of_products_that_are_gone_stay_and_are_passed_over(begin, truth, store):
    store.record(Label("gone 1", "gone 2", MATCH, "anna"))
    assert len(answer(begin(), truth, 15)) == 15


def test_a_store_of_another_catalogue_is_refused(begin, store, index):
    ids = index.catalog.ids.to_pylist()
    store.record_all(
        Label(ids[place], ids[place + 1], NO, "anna", Question(shown="other titles")) for place in range(0, 20, 2)
    )
    with pytest.raises(InputError, match="the labels are of another catalogue"):
        begin()


def test_a_store_whose_ids_are_of_another_type_is_refused_before_anything_is_asked(begin, store):
    store.record(Label(1, 2, NO, "anna"))
    with pytest.raises(InputError, match=r"labels\.db: its ids are integers, those of the index are text"):
        begin()


def test_a_verdict_of_nobody_is_refused(begin):
    with pytest.raises(InputError, match="a verdict is somebody's"):
        begin(" ")


def test_progress_tells_an_estimate_once_there_is_something_to_tell_by(begin, truth):
    session = begin()
    answer(session, truth, 5)
    assert session.progress().note == "no estimate yet"
    answer(session, truth, 120)
    note = session.progress().note
    assert note.startswith("F1 ")
    assert "pairs in doubt" in note
    assert "in 50 labels" in note


def test_the_end_of_a_pool_is_the_end(begin, truth, index, store):
    few = make_pool(index, k=2, most=40)
    session = LearningSession(index, few, store, LearningOptions("anna", 500))
    assert len(answer(session, truth, 500)) == 40
    assert session.next_pair() is None


@pytest.fixture
def few(index, store):
    """Sessions over a pool of 12 pairs."""
    pool = make_pool(index, k=2, most=12)
    return lambda reviewer: LearningSession(index, pool, store, LearningOptions(reviewer, 500))


def test_what_a_session_did_not_ask_is_left_to_others_when_it_ends(few, truth):
    anna, bob = few("anna"), few("bob")
    anna.next_pair()
    assert len(answer(bob, truth, 500)) < 12
    assert anna.asked_by_others() == 0
    assert bob.asked_by_others() > 0
    anna.end()
    assert bob.asked_by_others() == 0
    eve = few("eve")
    answer(eve, truth, 500)
    assert eve.progress().asked == 12


def test_who_left_without_ending_the_session_is_asked_the_same_pair_first(few):
    one = few("anna").next_pair()
    again = few("anna").next_pair()
    assert (one.left_position, one.right_position) == (again.left_position, again.right_position)


@pytest.mark.parametrize("whole", [False, True], ids=["a batch", "a batch and what comes after it"])
def test_who_is_slower_is_asked_something_else_while_there_is_anything(begin, index, pool, store, monkeypatch, whole):
    slow, fast, rows = begin("anna"), Claims(store, "bob"), PoolRows(index.catalog, pool)
    follow, plans = slow._follow, []

    def overtaken(plan):
        plans.append(plan)
        if len(plans) < 3:
            fast.claim(rows.ids(chosen.row) for chosen in [*plan.batch, *(plan.reserve if whole else [])])
        follow(plan)

    monkeypatch.setattr(slow, "_follow", overtaken)
    pair = slow.next_pair()
    assert pair is not None
    assert (min(pair.left, pair.right), max(pair.left, pair.right)) not in slow._claims.of_others()
    assert len(plans) == (3 if whole else 1)


def test_after_an_hour_away_nothing_is_asked_that_others_answered_or_are_asked(few, truth, later):
    anna, bob, eve = few("anna"), few("bob"), few("eve")
    first = anna.next_pair()
    later(minutes=61)
    others = answer(bob, truth, 6)
    shown = eve.next_pair()
    others.append((min(shown.left, shown.right), max(shown.left, shown.right)))
    anna.answer(first, NO)
    assert not set(answer(anna, truth, 500)) & set(others)


def test_claims_of_a_session_whose_ids_are_of_another_type_are_passed_over(begin, truth, store):
    Claims(store, "bob").claim([(1, 2)])
    session = begin()
    assert len(answer(session, truth, 12)) == 12
    assert session.asked_by_others() == 0
