"""Labels of one kind: matches alone, or with a handful of non-matches, give a model whose thresholds hold."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from eval.metrics.precision_auc import weighted
from indexing.errors import InputError
from reranking.boosters.boosting import BoostingOptions
from reranking.model.card import render_card
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.train_options import MiningOptions, TrainOptions
from reranking.pairs.candidates import candidates_with
from reranking.pairs.labelled import LabelledPairs, join_labelled
from reranking.pairs.repeats import pair_keys
from reranking.training.audit import audit_labels
from reranking.training.judging.cross_validation import prepare_folds
from reranking.training.mining import one_sided_labels
from reranking.training.mining.one_sided_labels import complete, complete_both, is_one_sided
from reranking.training.train_reranker import train_reranker
from reranking.training.training_pairs import TrainingPairs

QUICK = BoostingOptions(eta=0.3, max_rounds=30, patience=8, members=1, threads=1)
METRIC = partial(weighted, level=0.75)


def train(offers, pairs, valid=None, **options):
    options = TrainOptions(boosting=QUICK, **options)
    return train_reranker(offers.index, pairs, valid, metric=METRIC, options=options)


def with_non_matches(offers, pairs, count, seed=0):
    """The pairs and as many candidates of theirs that are no match."""
    known = np.isin(np.arange(len(offers.product)), pairs.products)
    left, right = np.divmod(candidates_with(offers.index, known, 20), len(offers.product))
    rows = np.flatnonzero(offers.product[left] != offers.product[right])
    rows = np.random.default_rng(seed).choice(rows, count, replace=False)
    return join_labelled([pairs, LabelledPairs(left[rows], right[rows], np.zeros(count))])


def keys_of(pairs, n):
    return set(pair_keys(pairs.left, pairs.right, n).tolist())


@pytest.mark.parametrize(
    ("matches", "others", "one_sided"), [(9, 0, True), (91, 9, True), (90, 10, False), (0, 9, False)]
)
def test_labels_are_of_one_kind_where_hardly_anything_is_no_match(matches, others, one_sided):
    targets = np.array([1.0] * matches + [0.0] * others)
    assert is_one_sided(LabelledPairs(np.arange(len(targets)), np.arange(len(targets)) + 1, targets)) is one_sided


class TestTrained:
    """Models of matches alone, and with 20 non-matches."""

    @pytest.fixture(scope="class", params=[0, 20], ids=["matches alone", "with 20 non-matches"])
    @classmethod
    def trained(cls, request, offers, learned):
        pairs = offers.matches(learned)
        return train(offers, with_non_matches(offers, pairs, request.param) if request.param else pairs)

    def test_thresholds_hold_their_precision_on_the_candidates_of_other_products(self, trained, offers, learned):
        model = trained.reranker
        others = ~np.isin(offers.product, learned)
        left, right = np.divmod(candidates_with(offers.index, others, 20), len(offers.product))
        scores = PairScorer.prepare(offers.index, model, np.arange(len(offers.product))).score(left, right)
        called, same = scores >= model.decisions.default, offers.product[left] == offers.product[right]
        assert same[called].mean() >= 0.75
        assert same[called].sum() > 0.6 * same.sum()

    def test_validation_is_judged_at_the_share_that_candidates_have(self, trained):
        (labels,) = trained.reranker.report.one_sided
        assert trained.reranker.validation.share == pytest.approx(labels.share)
        assert 0.01 < labels.share < 0.1
        assert trained.reranker.report.valid_positives < 0.2 * trained.reranker.report.valid_rows

    def test_what_was_done_is_told_and_kept(self, trained, tmp_path):
        save_reranker(trained.reranker, tmp_path / "model")
        model = load_reranker(tmp_path / "model")
        assert model.report.one_sided == trained.reranker.report.one_sided
        (line,) = (labels.told() for labels in model.report.one_sided)
        assert line.startswith(f"labels of one kind in PAIRS: {model.report.positives:,} matches")
        assert line in render_card(model)

    def test_there_is_nothing_to_warn_of(self, trained):
        assert trained.warnings == ()


def test_mined_pairs_are_on_both_sides(offers, learned):
    pairs = offers.matches(learned)
    data = TrainingPairs.of(offers.index, pairs, None, TrainOptions())
    for side in (data.train, data.valid):
        assert (side.targets == 0).mean() > 0.5
    assert data.added.mined == 0
    assert len(data.given) == len(pairs)
    assert data.weights[data.valid.targets == 1].tolist() == [1.0] * int(data.valid.targets.sum())


def test_asking_for_more_neighbours_mines_more_and_adds_nothing_to_training_alone(offers, learned):
    data = [
        TrainingPairs.of(offers.index, offers.matches(learned), None, TrainOptions(mining=MiningOptions(count)))
        for count in (5, 30)
    ]
    assert [part.one_sided[0].neighbours for part in data] == [5, 30]
    assert data[0].one_sided[0].mined < data[1].one_sided[0].mined
    assert data[0].added.mined == data[1].added.mined == 0


def test_matches_that_follow_are_still_inferred(offers, learned):
    pairs = offers.matches(learned)
    chains = pairs.take(np.flatnonzero(np.append(True, np.diff(pairs.left) != 0)))
    options = TrainOptions(mining=MiningOptions(transitive=True))
    assert TrainingPairs.of(offers.index, chains, None, options).added.inferred > 0


def test_no_more_neighbours_are_asked_for_than_the_index_keeps(offers, learned):
    data = TrainingPairs.of(offers.index, offers.matches(learned), None, TrainOptions(mining=MiningOptions(500)))
    assert data.one_sided[0].neighbours == offers.index.k


def test_matches_that_are_no_candidates_are_left_out(offers, learned):
    pairs = offers.matches(learned)
    completed = complete(offers.index, pairs, TrainOptions(mining=MiningOptions(2)))
    known = np.isin(np.arange(len(offers.product)), pairs.products)
    proposed = candidates_with(offers.index, known, 2)
    assert 0 < completed.labels.left_out < len(pairs)
    kept = completed.pairs.take(np.arange(len(completed.kept)))
    np.testing.assert_array_equal(kept.left, pairs.left[completed.kept])
    assert set(keys_of(kept, len(offers.product))) == keys_of(pairs, len(offers.product)) & set(proposed.tolist())


class TestGivenValidation:
    """Validation pairs that are given are judged on their own."""

    @pytest.fixture(scope="class")
    @classmethod
    def halves(cls, offers, learned):
        return offers.matches(learned[:100]), offers.matches(learned[100:])

    def test_each_is_completed_and_they_share_no_pair(self, offers, halves):
        train, valid = complete_both(offers.index, *halves, TrainOptions())
        n = len(offers.product)
        assert train.labels.matches == len(halves[0])
        assert valid.labels.matches == len(halves[1])
        assert not keys_of(train.pairs, n) & keys_of(valid.pairs, n)
        matched = np.isin(train.pairs.take(np.flatnonzero(train.pairs.targets == 0)).products, halves[1].products)
        assert not matched.any()

    def test_products_with_a_match_on_either_side_are_covered(self, offers, halves):
        covered = [part.labels.covered for part in complete_both(offers.index, *halves, TrainOptions())]
        labelled = np.union1d(halves[0].products, halves[1].products)
        assert covered == [pytest.approx(len(labelled) / len(offers.product))] * 2
        assert covered[1] > len(np.unique(halves[1].products)) / len(offers.product)

    def test_only_the_one_of_one_kind_is_completed(self, offers, halves):
        ordinary = complete(offers.index, halves[1], TrainOptions()).pairs
        data = TrainingPairs.of(offers.index, halves[0], ordinary, TrainOptions())
        assert len(data.one_sided) == 1
        assert data.weights is None
        assert data.valid is ordinary
        other = TrainingPairs.of(offers.index, ordinary, halves[0], TrainOptions())
        assert len(other.one_sided) == 1
        assert other.weights is not None
        assert len(other.train) == len(ordinary)
        (of_pairs,), (of_valid,) = data.one_sided, other.one_sided
        assert of_pairs.told().startswith("labels of one kind in PAIRS: ")
        assert of_valid.told().startswith("labels of one kind in --valid: ")
        assert "validation weighs them" not in of_pairs.told()
        assert "validation weighs them" in of_valid.told()

    def test_its_model_names_both(self, offers, halves):
        model = train(offers, *halves).reranker
        assert [labels.matches for labels in model.report.one_sided] == [len(part) for part in halves]
        assert model.report.rows == len(halves[0])


def test_of_very_many_groups_some_are_drawn(offers, learned, monkeypatch):
    pairs = offers.matches(learned)
    every = complete(offers.index, pairs, TrainOptions()).labels.mined
    monkeypatch.setattr(one_sided_labels, "MOST_GROUPS", 40)
    completed = complete(offers.index, pairs, TrainOptions())
    mined = completed.pairs.take(np.arange(len(completed.kept), len(completed.pairs)))
    touched = np.intersect1d(mined.products, pairs.products)
    assert len(np.unique(offers.product[touched])) == 40
    assert len(mined) < every / 2
    assert len(completed.kept) == len(pairs) - completed.labels.left_out


def test_named_categories_stay_and_mined_pairs_have_none(offers, learned):
    import pyarrow as pa

    pairs = offers.matches(learned)
    named = replace(pairs, categories=pa.array(["mine"] * len(pairs), pa.large_string()))
    completed = complete(offers.index, named, TrainOptions())
    assert completed.pairs.categories.null_count == completed.labels.mined


def test_labels_of_both_kinds_stay_as_they_are(offers, learned):
    pairs = with_non_matches(offers, offers.matches(learned), 100)
    completed = complete(offers.index, pairs, TrainOptions())
    assert completed.pairs is pairs
    assert completed.labels is None
    data = TrainingPairs.of(offers.index, pairs, None, TrainOptions())
    assert data.weights is None
    assert data.one_sided == ()


def test_searches_and_audits_are_of_completed_labels_too(offers, learned):
    pairs = offers.matches(learned)
    folds = prepare_folds(offers.index, pairs, TrainOptions(boosting=QUICK), count=3)
    assert len(folds.examples.targets) > 2 * len(pairs)
    wrong = LabelledPairs(pairs.left[:1], offers.matches(np.array([learned[-1]])).left[:1], np.ones(1))
    doubted = join_labelled([pairs, wrong])
    suspects = audit_labels(offers.index, doubted, metric=METRIC, options=TrainOptions(boosting=QUICK))
    assert (suspects.rows < len(doubted)).all()


def test_a_single_group_has_nothing_to_validate_by(offers, learned):
    with pytest.raises(InputError, match="too few product groups"):
        train(offers, offers.matches(learned[:1]))
