"""By which pairs decisions are judged: validation alone, or training pairs too, out of folds of joined product groups."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from eval.metrics.precision_auc import weighted
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from reranking.boosters.boosting import BoostingOptions
from reranking.decisions.validation import ValidationPairs
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs, join_labelled
from reranking.training.examples import TrainingRoom
from reranking.training.judging.joined_folds import JoinedFolds
from reranking.training.train_reranker import train_reranker
from reranking.training.training_pairs import TrainingPairs

PRODUCTS, OFFERS = 150, 4
QUICK = BoostingOptions(eta=0.3, max_rounds=20, patience=20, members=1, threads=1)
METRIC = partial(weighted, level=0.75)
SYLLABLES = ["zo", "ra", "vex", "plu", "to", "mi", "lan", "kor", "dex", "ba", "nu", "fi"]


def titles():
    """Titles of PRODUCTS products, each of OFFERS offers that leave a word out; offer o of product p is at OFFERS · p + o."""
    random = np.random.default_rng(3)
    found = []
    for _ in range(PRODUCTS):
        words = ["".join(random.choice(SYLLABLES, 3)) for _ in range(2)]
        words += [str(random.choice(["kettle", "lamp", "mixer"])), f"{random.integers(1, 40)}"]
        found += [" ".join(random.permutation(words)[: random.integers(3, 5)]) for _ in range(OFFERS)]
    return found


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judging")
    pd.DataFrame({"id": range(PRODUCTS * OFFERS), "title": titles()}).to_parquet(folder / "products.parquet")
    options = BuildOptions(encoding=EncodingOptions(image_encoder="none"), k=20)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


def labelled(index, offers, products=range(PRODUCTS)):
    """The neighbours among these offers of these products, and their matches."""
    inside = np.zeros(PRODUCTS * OFFERS, dtype=bool)
    for product in products:
        inside[[OFFERS * product + offer for offer in offers]] = True
    positions = index.neighbours("text").positions
    found = {(min(a, b), max(a, b)) for a in np.flatnonzero(inside) for b in positions[a] if b >= 0 and inside[b]}
    found |= {tuple(OFFERS * product + np.array(offers[:2])) for product in products}
    left, right = (np.array(side) for side in zip(*sorted(found), strict=True))
    return LabelledPairs(left, right, (left // OFFERS == right // OFFERS).astype(float))


@pytest.fixture(scope="module")
def sides(index):
    """Training pairs of the first two offers, validation pairs of the others: no product of theirs is shared, yet all are."""
    return labelled(index, (0, 1)), labelled(index, (2, 3))


def train(index, train_pairs, valid_pairs, **options):
    chosen = TrainOptions(boosting=QUICK, **options)
    return train_reranker(index, train_pairs, valid_pairs, metric=METRIC, options=chosen)


@pytest.fixture(scope="module")
def seen(index, sides):
    return train(index, *sides).reranker


def test_other_offers_of_the_same_products_are_noticed(seen, sides):
    by = seen.report.judged_by
    assert by.seen > 0.8
    assert by.unseen.matches < 0.3 * sides[1].targets.sum()
    assert 0.5 * len(sides[1]) < by.fresh <= len(sides[1])
    assert by.model_told
    assert by.left_out == 0


def test_then_folds_of_both_sides_judge(seen, sides):
    assert seen.report.judged_by.training == len(sides[0])
    assert len(seen.validation.pairs) == len(sides[0]) + len(sides[1])
    assert sum(row.called for row in seen.report.held.values()) > len(sides[1].targets) * sides[1].targets.mean()
    # offers of one product are one group, though no label ties them
    groups = seen.validation.pairs.left_groups
    assert len(np.unique(groups)) < 1.5 * PRODUCTS


def test_the_boosters_are_the_same_whatever_judges(index, sides, seen):
    alone = train(index, *sides, judge_by="validation").reranker
    assert alone.report.judged_by.seen is None
    assert alone.report.metric == seen.report.metric
    assert alone.report.rounds == seen.report.rounds
    assert alone.decisions != seen.decisions


def test_new_products_are_not_taken_for_seen_ones(index):
    half = PRODUCTS // 2
    both = [labelled(index, (0, 1, 2, 3), products) for products in (range(half), range(half, PRODUCTS))]
    by = train(index, *both).reranker.report.judged_by
    assert by.seen < 0.1
    assert (by.training, by.unseen, by.fresh) == (0, None, 0)


def test_validation_pairs_of_unseen_products_judge_alone_where_they_are_enough(index, monkeypatch):
    monkeypatch.setattr("reranking.training.judging.judges.LEAST_UNSEEN", 100)
    known, others = labelled(index, (0, 1), range(90)), labelled(index, (0, 1, 2, 3), range(90, 150))
    valid = join_labelled([labelled(index, (2, 3), range(90)), others])
    model = train(index, known, valid).reranker
    by = model.report.judged_by
    assert 0.1 < by.seen < 0.5
    assert (by.training, by.fresh) == (0, 0)
    assert len(model.validation.pairs) == len(valid) - by.left_out
    assert 0.5 * len(others) < len(model.validation.pairs) < 1.2 * len(others)
    assert model.validation.share == pytest.approx(valid.targets.mean(), abs=0.03)
    assert model.validation.pairs.targets.mean() != pytest.approx(valid.targets.mean(), abs=0.03)
    monkeypatch.undo()
    few = train(index, known, valid).reranker.report.judged_by
    assert (few.training, few.left_out) == (len(known), 0)
    always = train(index, known, valid, judge_by="folds").reranker.report.judged_by
    assert (always.training, always.left_out) == (len(known), 0)


def test_where_validation_is_too_small_training_pairs_join_in(index):
    many, rest = labelled(index, (0, 1, 2, 3), range(110)), labelled(index, (0, 1, 2, 3), range(110, 150))
    few = rest.take(np.flatnonzero(rest.left < 113 * OFFERS))
    alone, joined = (train(index, many, few, judge_by=by, target_precision=0.9) for by in ("validation", "auto"))
    assert np.isinf(alone.reranker.decisions.by_category["rest"])
    assert any("product groups" in warning for warning in alone.warnings)
    assert np.isfinite(joined.reranker.decisions.by_category["rest"])
    assert joined.reranker.report.judged_by.training == len(many)
    by = joined.reranker.report.judged_by
    assert (by.fresh, by.model_told, by.seen) == (0, False, 0.0)
    assert joined.warnings == ()


def test_joined_training_pairs_have_the_share_of_matches_of_validation(index):
    many, few = labelled(index, (0, 1, 2, 3), range(100)), labelled(index, (0, 1, 2, 3), range(100, 150))
    rare = np.flatnonzero((few.targets == 0) | (np.arange(len(few)) % 5 == 0))
    model = train(index, many, few.take(rare), judge_by="folds").reranker
    assert model.validation.share == pytest.approx(few.take(rare).targets.mean(), abs=0.02)
    assert many.targets.mean() > 1.5 * few.take(rare).targets.mean()


def test_a_few_validation_pairs_give_training_pairs_their_share_already(index):
    """Training pairs are richer in matches: half of the way there would promise what nothing holds."""
    many, few = labelled(index, (0, 1, 2, 3), range(120)), labelled(index, (0, 1, 2, 3), range(120, 150))
    few = few.take(np.flatnonzero((few.targets == 0) | (np.arange(len(few)) % 10 == 0)))
    data = TrainingPairs.of(index, many, few.take(np.arange(0, len(few), 2)), TrainOptions())
    folds = JoinedFolds.deal(data, np.arange(len(index.catalog)) // OFFERS, seed=0)
    valid = data.valid
    validation = ValidationPairs(np.zeros(len(valid)), valid.targets, data.valid_codes.left, valid.left, valid.right)
    joined = folds.joined(np.zeros(len(many)), np.zeros(len(valid)), validation, np.ones(len(valid), dtype=bool))
    assert len(valid) < 150
    assert many.targets.mean() > 1.5 * valid.targets.mean()
    assert np.average(joined.targets, weights=joined.weights) == pytest.approx(valid.targets.mean(), abs=0.01)


def test_folds_whose_features_do_not_fit_into_memory_are_kept_on_disk(index, sides, seen, tmp_path):
    said = []
    room = TrainingRoom(1, tmp_path / "features", said.append)
    with room.cleared():
        options = TrainOptions(boosting=QUICK)
        model = train_reranker(index, *sides, metric=METRIC, options=options, room=room).reranker
        assert (tmp_path / "features" / "fold").is_dir()
    assert not (tmp_path / "features").exists()
    assert model.report.judged_by == seen.report.judged_by
    np.testing.assert_allclose(model.validation.pairs.scores, seen.validation.pairs.scores, atol=0.25)
    assert [line.partition(":")[0] for line in said] == ["train", "judge"]


class Recorded:
    """A training that only notes what it was trained on, and scores pairs by the number of its fold."""

    def __init__(self, number):
        self.number = number

    def score(self, pairs, codes, progress):
        assert len(pairs) == len(codes.left)
        return np.full(len(pairs), self.number, dtype=np.float32)


def test_a_fold_is_scored_by_a_training_that_no_pair_of_its_groups_touched(index, sides):
    data = TrainingPairs.of(index, *sides, TrainOptions())
    products = np.arange(len(index.catalog)) // OFFERS
    folds = JoinedFolds.deal(data, products, seed=0)
    parts = []

    def refit(part, progress):
        parts.append(part)
        progress("train", 1, 1)
        return Recorded(len(parts) - 1)

    stages = []
    found = folds.scores(refit, lambda stage, done, total: stages.append(stage))
    assert stages[0] == "fold 1 of 5, train"
    assert [len(scores) for scores in found] == [len(pairs) for pairs in sides]
    for pairs, scores in zip(sides, found, strict=True):
        for number, part in enumerate(parts):
            judged = pairs.take(np.flatnonzero(scores == number))
            assert len(judged) > 0.1 * len(pairs)
            own = np.unique(products[judged.left])
            for trained in (part.train, part.valid):
                assert len(trained)
                assert not np.isin(products[trained.left], own).any()
                assert not np.isin(products[trained.right], own).any()


def test_scores_out_of_fold_are_put_on_the_scale_of_the_models(index, sides):
    """New validation pairs keep the model's scores; of the others and of training pairs the spread becomes that of these."""
    data = TrainingPairs.of(index, *sides, TrainOptions())
    folds = JoinedFolds.deal(data, np.arange(len(index.catalog)) // OFFERS, seed=0)
    random = np.random.default_rng(0)
    own, new = random.random(len(sides[1])), np.arange(len(sides[1])) % 2 == 0
    groups = np.arange(len(own))
    validation = ValidationPairs(own, sides[1].targets, data.valid_codes.left, groups, groups)
    spread = 0.4 + own / 5
    found = folds.joined(np.linspace(0.4, 0.6, len(sides[0])), spread, validation, new)
    after_valid, after_train = found.scores[: len(own)], found.scores[len(own) :]
    np.testing.assert_array_equal(after_valid[new], own[new])
    np.testing.assert_allclose(after_valid, own, atol=0.03)
    np.testing.assert_allclose(after_train, np.linspace(0, 1, len(sides[0])), atol=0.05)
    assert (np.diff(after_train) >= 0).all()


def test_a_scale_that_too_few_pairs_tell_leaves_scores_as_they_are(index, sides):
    data = TrainingPairs.of(index, *sides, TrainOptions())
    folds = JoinedFolds.deal(data, np.arange(len(index.catalog)) // OFFERS, seed=0)
    own = np.linspace(0, 1, len(sides[1]))
    validation = ValidationPairs(own, sides[1].targets, data.valid_codes.left, np.arange(len(own)), np.arange(len(own)))
    train_scores = np.linspace(0.4, 0.6, len(sides[0]))
    found = folds.joined(train_scores, own / 2, validation, np.arange(len(own)) < 49)
    np.testing.assert_array_equal(found.scores[len(own) :], train_scores)


def test_without_enough_groups_there_are_no_folds(index, sides):
    data = TrainingPairs.of(index, *sides, TrainOptions())
    assert JoinedFolds.deal(data, np.zeros(len(index.catalog), dtype=int), seed=0) is None
