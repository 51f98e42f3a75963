"""Doubtful labels: contradictions between labels, and labels that a model which never saw them contradicts."""

from itertools import pairwise

import numpy as np
import pytest

from eval.metrics.precision_auc import weighted
from indexing.product_index import open_index
from reranking.pairs.labelled import LabelledPairs, read_labelled
from reranking.training.audit import audit_labels, find_contradictions, find_suspects

NAMES = list("abcdefghij")


def labelled(*pairs):
    """Pairs as (name, name, target)."""
    left, right, targets = zip(*pairs, strict=True)
    places = [np.array([NAMES.index(name) for name in side]) for side in (left, right)]
    return LabelledPairs(*places, np.array(targets, dtype=np.float64))


def suspects(pairs, scores):
    return find_suspects(pairs, np.array(scores), NAMES)


class TestContradictions:
    def test_a_is_b_and_b_is_c_but_a_is_not_c(self):
        pairs = labelled(("a", "b", 1), ("c", "b", 1), ("a", "c", 0), ("d", "e", 0))
        (found,) = find_contradictions(pairs, np.array([0.1, 0.2, 0.9, 0.5]))
        assert found.told(NAMES) == "a = b = c"
        assert found.culprit == 2

    def test_the_label_in_doubt_most_is_the_culprit(self):
        pairs = labelled(("a", "b", 1), ("c", "b", 1), ("a", "c", 0))
        (found,) = find_contradictions(pairs, np.array([0.1, 0.8, 0.3]))
        assert found.culprit == 1

    def test_the_shortest_chain_is_told(self):
        pairs = labelled(("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("a", "e", 1), ("e", "d", 1), ("d", "a", 0))
        (found,) = find_contradictions(pairs, np.zeros(6))
        assert found.told(NAMES) == "d = e = a"

    def test_a_long_chain_is_told_by_its_ends(self):
        links = [(one, other, 1) for one, other in pairwise(NAMES)]
        (found,) = find_contradictions(labelled(*links, ("a", "j", 0)), np.zeros(len(links) + 1))
        assert found.told(NAMES) == "a = b = … 6 more … = i = j"

    def test_non_matches_between_groups_contradict_nothing(self):
        assert list(find_contradictions(labelled(("a", "b", 1), ("c", "d", 1), ("a", "c", 0)), np.zeros(3))) == []


class TestSuspects:
    def test_labels_that_the_score_contradicts_are_listed_the_most_doubtful_first(self):
        found = suspects(labelled(("a", "b", 1), ("c", "d", 0), ("e", "f", 1), ("g", "h", 0)), [0.3, 0.9, 0.8, 0.2])
        assert found.rows.tolist() == [1, 0]
        np.testing.assert_allclose(found.doubt, [0.9, 0.7])
        assert found.reasons == (
            "labelled no match, scored 0.90 by a model that did not see it",
            "labelled a match, scored 0.30 by a model that did not see it",
        )

    def test_a_match_with_other_barcodes_is_listed_however_sure_the_score(self):
        pairs = labelled(("a", "b", 1), ("c", "d", 1), ("e", "f", 0))
        found = find_suspects(pairs, np.array([0.9, 0.9, 0.1]), NAMES, np.array([False, True, False]))
        assert found.rows.tolist() == [1]
        np.testing.assert_allclose(found.doubt, [0.55])
        assert found.reasons[0].endswith("did not see it; both products have barcodes, and other ones")

    def test_of_a_contradiction_one_label_is_listed_however_sure_the_score(self):
        found = suspects(labelled(("a", "b", 1), ("b", "c", 1), ("a", "c", 0)), [0.9, 0.9, 0.2])
        assert found.rows.tolist() == [2]
        np.testing.assert_allclose(found.doubt, [0.6])
        assert found.reasons[0].startswith("labelled no match, but a = b = c are labelled matches; scored 0.20")

    def test_a_match_that_makes_several_contradictions_says_how_many(self):
        pairs = labelled(("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("a", "c", 0), ("a", "d", 0))
        found = suspects(pairs, [0.1, 0.9, 0.9, 0.1, 0.1])
        assert found.rows.tolist() == [0]
        assert "the ends are labelled no match (2 such contradictions)" in found.reasons[0]

    def test_sound_labels_give_no_suspects(self):
        assert len(suspects(labelled(("a", "b", 1), ("c", "d", 0)), [0.9, 0.1])) == 0


def test_flipped_labels_of_the_sample_are_found(sample, sample_index, brief_training):
    index = open_index(sample_index)
    pairs = read_labelled([sample / "pairs_train.parquet"], index.catalog)
    flipped = np.random.default_rng(0).choice(len(pairs), 30, replace=False)
    targets = pairs.targets.copy()
    targets[flipped] = 1 - targets[flipped]
    wrong = LabelledPairs(pairs.left, pairs.right, targets, pairs.categories)
    found = audit_labels(index, wrong, metric=weighted, options=brief_training())
    listed = np.isin(flipped, found.rows)
    assert listed.mean() > 0.6
    assert np.isin(found.rows[:30], flipped).mean() > 0.4
    assert (np.diff(found.doubt) <= 0).all()


def test_the_audit_is_the_same_again(sample, sample_index, brief_training):
    index = open_index(sample_index)
    pairs = read_labelled([sample / "pairs_valid.parquet"], index.catalog)
    one, other = (audit_labels(index, pairs, metric=weighted, options=brief_training()) for _ in range(2))
    assert one.reasons == other.reasons
    np.testing.assert_array_equal(one.rows, other.rows)
    assert pytest.approx(one.scores) == other.scores
