"""A session asks its sample once, whoever answers, and goes on where it was."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from eval.audit.audit_report import audit_report
from eval.audit.session import AuditOptions, AuditSession
from eval.inputs.scores import Provenance
from indexing.catalog.catalog import FIELDS, Catalog
from indexing.errors import InputError
from reranking.labels.label import Label, PairVerdict, Purpose, Question
from reranking.labels.store import open_store

MATCH, NO, UNSURE = PairVerdict


class Index:
    """What a session needs of an index."""

    fingerprint = "i1"

    def __init__(self, count, word="title"):
        columns = {field.name: pa.nulls(count, field.type) for field in FIELDS}
        columns["title"] = pa.array([f"{word} {number}" for number in range(count)], pa.large_string())
        self.catalog = Catalog(pa.table({"id": pa.array(range(count)), **columns}))


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "audit.db", create=True) as opened:
        yield opened


@pytest.fixture
def begin(scored, store):
    def begin(reviewer="anna", budget=100, scores=None, index=None):
        return AuditSession(index or Index(4000), scores or scored[0], store, AuditOptions(budget, reviewer))

    return begin


def answer_by_truth(session, targets, count=10**6):
    """Answer as the truth has it; return the left products asked."""
    asked = []
    while len(asked) < count and (pair := session.next_pair()) is not None:
        row = min(pair.left, pair.right) // 2
        asked.append(row)
        session.answer(pair, MATCH if targets[row] else NO)
    return asked


def test_a_whole_audit_asks_each_pair_once_and_keeps_its_chance(scored, store, begin):
    session = begin()
    asked = answer_by_truth(session, scored[1])
    assert len(asked) == len(set(asked)) == 100
    labels = [kept.label for kept in store.standing()]
    sizes = np.array(session.sample.design.sizes)
    judged = np.bincount([label.question.stratum for label in labels], minlength=len(sizes))
    for label in labels:
        asked_of = label.question
        assert (asked_of.purpose, asked_of.index_fingerprint) == (Purpose.AUDIT, "i1")
        assert 0 < asked_of.probability <= judged[asked_of.stratum] / sizes[asked_of.stratum]
    report = audit_report(scored[0], store)
    assert report.estimates.judged == report.asked == 100
    assert report.estimates.precision.interval.low <= report.estimates.precision.value


def test_a_budget_beyond_all_pairs_asks_all_there_are(begin):
    session = begin(budget=10**30)
    assert session.progress().total == len(session.population)


def test_cut_short_it_goes_on_and_two_share_the_work(scored, begin):
    first = answer_by_truth(begin(), scored[1], 30)
    one, other = begin(), begin("bob")
    second = [*answer_by_truth(one, scored[1], 20), *answer_by_truth(other, scored[1], 20)]
    rest = answer_by_truth(begin(), scored[1])
    asked = [*first, *second, *rest]
    assert len(asked) == len(set(asked)) == 100


def test_sides_are_chance(scored, begin):
    session, lefts = begin(), []
    while (pair := session.next_pair()) is not None:
        lefts.append(pair.left < pair.right)
        session.answer(pair, NO)
    assert 30 < sum(lefts) < 70


def test_an_undone_answer_is_asked_next(scored, store, begin):
    session = begin()
    assert not session.undo()
    pair = session.next_pair()
    session.answer(pair, MATCH)
    later = session.next_pair()
    assert later != pair
    assert session.progress().matches == 1
    assert session.undo()
    assert session.next_pair() == pair
    assert session.progress().asked == 0
    session.answer(pair, NO)
    assert [kept.label.verdict for kept in store.standing()] == [NO]


def test_an_undo_leaves_learning_labels_and_others_answers_alone(store, begin):
    store.record(Label(0, 1, MATCH, "anna"))
    other = begin("bob")
    other.answer(other.next_pair(), NO)
    assert not begin("anna").undo()
    assert len(store.standing()) == 2


def test_unsure_pairs_count_for_nothing(scored, store, begin):
    session = begin()
    answer_by_truth(session, scored[1], 99)
    session.answer(session.next_pair(), UNSURE)
    report = audit_report(scored[0], store)
    assert (report.asked, report.unsettled, report.estimates.judged) == (100, 1, 99)


def test_labels_to_learn_from_are_no_part_of_the_estimate(scored, store, begin):
    answer_by_truth(begin(), scored[1])
    before = audit_report(scored[0], store)
    store.record_all(Label(2 * row, 2 * row + 1, MATCH, "anna") for row in range(500))
    store.record_all(
        Label(2 * row, 2 * row + 1, MATCH, "anna", Question(Purpose.AUDIT)) for row in range(500)
    )  # of no draw
    assert audit_report(scored[0], store) == before


def test_other_scores_of_the_same_pairs_are_estimated_by_the_same_sample(scored, store, begin):
    scores, targets = scored
    answer_by_truth(begin(budget=300), targets)
    worse = replace(scores, decisions={"match": scores.values >= 0.2})
    report = audit_report(worse, store)
    assert report.other_scores
    true = targets[worse.decisions["match"]].mean()
    interval = report.estimates.precision.interval
    assert interval.low < true < interval.high
    assert audit_report(scores, store).other_scores is False


class TestRefused:
    def test_a_store_without_an_audit(self, scored, store):
        with pytest.raises(InputError, match=r"audit\.db: holds no audit: heroic audit INDEX"):
            audit_report(scored[0], store)

    def test_an_audit_of_other_pairs(self, scored, make_scores, store, begin):
        answer_by_truth(begin(), scored[1])
        with pytest.raises(InputError, match=r"its audits are of other pairs \(2,000\) than the 500"):
            audit_report(make_scores(500)[0], store)

    def test_an_audit_that_has_hardly_begun(self, scored, store, begin):
        answer_by_truth(begin(), scored[1], 2)
        with pytest.raises(InputError, match=r"of \d+ of \d+ strata no pair is judged yet \(2 asked\): go on"):
            audit_report(scored[0], store)

    def test_scores_of_another_index(self, scored, begin):
        made = replace(scored[0], provenance=Provenance(index_fingerprint="i2"))
        with pytest.raises(InputError, match="made with index i2, given is index i1"):
            begin(scores=made)

    def test_scores_of_products_that_the_index_lacks(self, begin):
        with pytest.raises(InputError, match="id 3000 is not in the catalogue"):
            begin(index=Index(3000))

    def test_a_store_of_another_catalogue(self, scored, begin):
        answer_by_truth(begin(), scored[1])
        with pytest.raises(InputError, match="100 of 100 pairs had other titles"):
            begin(index=Index(4000, "another"))

    def test_an_audit_of_nobody(self, begin):
        with pytest.raises(InputError, match="a verdict is somebody's"):
            begin(" ")
