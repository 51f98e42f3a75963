"""Training on the sample: what is held out, what is refused, what is said, and that it can be repeated."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from eval.metrics.precision_auc import weighted
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.boosters.boosting import BoostingOptions
from reranking.model.folder import save_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.train_options import TrainOptions
from reranking.pairs.evaluation_category import CategoryMapping
from reranking.pairs.labelled import LabelledPairs, read_labelled
from reranking.training.train_reranker import train_reranker
from reranking.training.training_pairs import evaluation_categories

METRIC = partial(weighted, level=0.75)
QUICK = BoostingOptions(eta=0.3, max_rounds=6, patience=3, members=1, threads=1)


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return {name: read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid")}


def train(index, pairs, valid=None, *, metric=METRIC, **options):
    return train_reranker(index, pairs, valid, metric=metric, options=TrainOptions(boosting=QUICK, **options))


@pytest.fixture(scope="module")
def given_valid(index, pairs):
    return train(index, pairs["train"], pairs["valid"]).reranker


@pytest.fixture(scope="module")
def held_out(index, pairs):
    return train(index, pairs["train"]).reranker


@pytest.mark.parametrize("layout", ["one", "categories", "blend"])
def test_turned_pairs_score_the_same_in_every_layout(index, pairs, layout, monkeypatch):
    monkeypatch.setattr("reranking.boosters.ensemble.LEAST_MATCHES", 10)
    options = TrainOptions(boosting=replace(QUICK, layout=layout), least_pairs=30)
    model = train_reranker(index, pairs["train"], pairs["train"], metric=METRIC, options=options).reranker
    own = model.ensemble.specialised
    assert len(own) >= 2 or layout == "one"
    random = np.random.default_rng(0)
    left, right = random.choice(len(index.catalog), (2, 300))
    left, right = left[left != right], right[left != right]
    scorer = PairScorer.prepare(index, model, np.arange(len(index.catalog)))
    sides = scorer.side_categories(left, right)
    assert len(sides.apart()) > 50
    np.testing.assert_array_equal(scorer.score(left, right), scorer.score(right, left))
    added = [
        model.ensemble.contributions(scorer.features(*both), scorer.side_categories(*both))
        for both in ((left, right), (right, left))
    ]
    np.testing.assert_array_equal(*added)


def contents(reranker, folder):
    save_reranker(reranker, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


def test_equal_data_and_seed_give_the_same_model(index, pairs, held_out, tmp_path):
    again = train(index, pairs["train"]).reranker
    assert contents(again, tmp_path / "again") == contents(held_out, tmp_path / "model")
    assert again.fingerprint == held_out.fingerprint


def test_another_seed_gives_another_model(index, pairs, held_out):
    assert train(index, pairs["train"], seed=1).reranker.fingerprint != held_out.fingerprint


def test_a_validation_file_is_used_as_given(given_valid, pairs):
    report = given_valid.report
    assert (report.train_rows, report.valid_rows) == (len(pairs["train"]), len(pairs["valid"]))
    assert report.valid_positives == pairs["valid"].targets.sum()
    assert report.shared_products == 0
    assert report.left_out is None


def test_products_on_both_sides_of_a_given_validation_are_counted_not_refused(index, pairs):
    overlapping = pairs["train"].take(np.arange(0, len(pairs["train"]), 2))
    report = train(index, pairs["train"], overlapping).reranker.report
    assert report.shared_products == len(overlapping.products)
    assert report.train_rows == len(pairs["train"])


def test_without_validation_whole_groups_are_held_out_and_counted(held_out, pairs):
    report = held_out.report
    assert report.rows == len(pairs["train"])
    assert report.train_rows + report.valid_rows + report.left_out == report.rows
    assert 0.05 < report.valid_rows / report.rows < 0.4
    assert report.valid_positives > 0


def test_grouping_by_pairs_ties_more_products_together(index, pairs):
    few = pairs["train"].take(np.arange(0, len(pairs["train"]), 12))
    by = {name: train(index, few, group_by=name).reranker.report.groups for name in ("matches", "pairs")}
    assert by["pairs"] < by["matches"]


def test_the_metric_given_stops_the_training_on_validation_pairs_by_category(index, pairs):
    asked = []

    def metric(scores, targets, categories):
        asked.append((len(scores), set(categories)))
        return float(len(asked) == 2)

    report = train(
        index, pairs["train"], pairs["valid"], metric=metric, least_pairs=50, judge_by="validation"
    ).reranker.report
    assert report.rounds == (2,)
    whole = [categories for size, categories in asked if size == len(pairs["valid"])]
    assert len(whole) > report.rounds[0]
    assert all(len(categories) > 1 for categories in whole)
    assert all(len(categories) == 1 for size, categories in asked if size < len(pairs["valid"]))


def test_the_reported_metric_is_that_of_the_final_scores(index, pairs):
    assert train(index, pairs["train"], pairs["valid"], metric=lambda *_: 0.125).reranker.report.metric == 0.125


def test_categories_with_more_pairs_than_asked_stand_alone(index, pairs):
    reranker = train(index, pairs["train"], pairs["valid"], least_pairs=150).reranker
    evaluated_names = index.catalog.category(3).take(pa.array(pairs["train"].left)).to_pandas().value_counts()
    assert set(reranker.categories) == set(evaluated_names[evaluated_names > 150].index)
    assert set(reranker.thresholds) <= {*reranker.categories, "rest"}


def test_the_category_that_a_file_names_comes_before_the_learned_one(index, pairs):
    rows = pairs["train"].take(np.arange(3))
    named = replace(rows, categories=pa.array(["mine", None, "rest"], pa.large_string()))
    learned = evaluation_categories(index, rows, CategoryMapping(())).to_pylist()
    assert evaluation_categories(index, named, CategoryMapping(())).to_pylist() == ["mine", learned[1], "rest"]


@pytest.mark.parametrize("side", ["training", "validation"])
def test_non_matches_alone_are_refused(index, pairs, side):
    both = pairs["train"], pairs["valid"]
    one = [
        replace(p, targets=np.zeros(len(p))) if name == side else p
        for p, name in zip(both, ("training", "validation"), strict=True)
    ]
    with pytest.raises(
        InputError, match=f"the {side} pairs hold only non-matches: both matches and non-matches are needed"
    ):
        train(index, *one)


def test_a_single_group_leaves_nothing_to_validate_by(index):
    few = LabelledPairs(np.array([0, 1, 0]), np.array([1, 2, 3]), np.array([1.0, 1.0, 0.0]))
    with pytest.raises(InputError, match=r"too few product groups to hold some out.*--valid"):
        train(index, few)


@pytest.mark.parametrize("precision", [0, -0.5, 1.01, float("nan")])
def test_a_precision_that_cannot_be_held_is_refused(precision):
    with pytest.raises(InputError, match="--target-precision"):
        TrainOptions(target_precision=precision)


@pytest.mark.parametrize("precision", [0.01, 1])
def test_a_precision_up_to_one_can_be_asked_for(precision):
    assert TrainOptions(target_precision=precision).target_precision == precision


def test_thresholds_hold_the_target_precision_on_validation(index, pairs):
    strict = train(index, pairs["train"], pairs["valid"], target_precision=0.95).reranker
    loose = train(index, pairs["train"], pairs["valid"], target_precision=0.3).reranker
    assert strict.target_precision == 0.95
    assert strict.decisions.default > loose.decisions.default


def test_same_source_is_learned_only_when_asked_for(index, pairs, given_valid):
    asked = train(index, pairs["train"], pairs["valid"], same_source=True).reranker
    assert len(asked.feature_names) == len(given_valid.feature_names) + 1
    assert asked.same_source


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """60 products, each with a near neighbour (2i and 2i + 1), of which two neighbours are kept."""
    folder = tmp_path_factory.mktemp("twins")
    angles = np.radians(np.repeat(np.arange(60) * 3.0, 2) + np.tile([0, 0.5], 60))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pd.DataFrame({"id": range(120), "title": [f"thing {i % 7}" for i in range(120)], "v": list(vectors)}).to_parquet(
        folder / "products.parquet"
    )
    options = BuildOptions(encoding=EncodingOptions(text_encoder="column:v", image_encoder="none"), lexical=False, k=2)
    return build_index([folder / "products.parquet"], folder / "index", options=options).index


def of_twins(near_target):
    """Pairs of twins have this target, pairs of products far from one another the other one."""
    first = np.arange(0, 120, 2)
    targets = np.concatenate([np.full(60, near_target), np.full(60, 1 - near_target)])
    return LabelledPairs(np.tile(first, 2), np.concatenate([first + 1, (first + 61) % 120]), targets)


def test_matches_that_are_no_neighbours_beside_non_matches_that_are_give_a_warning(twins):
    in_training, in_validation = train(twins, of_twins(0.0), of_twins(0.0)).warnings
    assert in_training.startswith("100% of the matches, but 0% of the non-matches, are not among")
    assert in_validation.startswith("100% of the validation's matches, but 0% of the non-matches, are not among")
    assert "heroic candidates" in in_training


def test_held_out_pairs_are_warned_of_once(twins):
    assert len(train(twins, of_twins(0.0)).warnings) == 1


def test_validation_non_matches_that_no_retrieval_proposes_give_a_warning(twins):
    (warning,) = train(twins, of_twins(1.0), of_twins(1.0)).warnings
    assert warning.startswith(
        "100% of the validation's non-matches, but 0% of its matches, are among each other's neighbours"
    )
    assert "give matches alone" in warning


def test_a_few_such_non_matches_give_none(twins):
    near = np.arange(1, 119, 2)
    few = of_twins(1.0).take(np.arange(70))
    proposed = LabelledPairs(near[:40], near[:40] + 1, np.zeros(40))
    nearby = twins.neighbours("text").positions
    assert all(
        right in nearby[left] or left in nearby[right] for left, right in zip(near[:40], near[:40] + 1, strict=True)
    )
    valid = LabelledPairs(*(np.concatenate(parts) for parts in zip(*map(columns, (few, proposed)), strict=True)))
    assert train(twins, valid, valid).warnings == ()


def columns(pairs):
    return pairs.left, pairs.right, pairs.targets


def test_the_samples_own_pairs_give_none(index, pairs):
    assert train(index, pairs["train"], pairs["valid"]).warnings == ()
