"""A few labels are all trained on and judged out of fold, and some pairs are called whatever they promise."""

from functools import partial

import numpy as np
import pytest

from eval.metrics.decisions import measure_decisions
from eval.metrics.precision_auc import weighted
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.model.folder import load_reranker, save_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs, read_labelled
from reranking.pairs.product_groups import product_groups
from reranking.training.scarce_labels import few_labels
from reranking.training.train_reranker import train_reranker

METRIC = partial(weighted, level=0.75)


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return {name: read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "test")}


@pytest.fixture(scope="module")
def few(pairs):
    """Sixty pairs, drawn whatever their labels."""
    train = pairs["train"]
    return train.take(np.random.default_rng(0).permutation(len(train))[:60])


def train(index, labels, **options):
    options = TrainOptions(few_labels=True, **{"rivals": False, **options})
    return train_reranker(index, labels, metric=METRIC, options=options)


def calls_of(monkeypatch, name):
    """Keep what a function of the room is called with and what it returns, last."""
    calls, real = [], getattr(few_labels, name)

    def kept(*given, **named):
        calls.append((*given, real(*given, **named)))
        return calls[-1][-1]

    monkeypatch.setattr(few_labels, name, kept)
    return calls


def folds_of(index, labels, monkeypatch, **options):
    """Train, and return of each fold the rows of the labels that were learned from and those that were judged."""
    made, learned, judged = [
        calls_of(monkeypatch, name) for name in ("examples_to_train_on", "boost_rounds", "predict")
    ]
    train(index, labels, **options)
    place = {row.tobytes(): number for number, row in enumerate(np.asarray(made[0][-1].features))}
    assert len(place) == len(labels)

    def rows(features):
        return [place[row.tobytes()] for row in np.asarray(features)]

    # the five boosters of all labels come first, candidates are judged last
    return [(rows(one[0].features), rows(other[1])) for one, other in zip(learned[5::5], judged[:-1], strict=True)]


@pytest.fixture(scope="module")
def trained(index, few):
    return train(index, few)


def test_all_labels_are_trained_on_and_judged_each_once(trained, few):
    report = trained.reranker.report
    assert report.train_rows == report.valid_rows == len(few) == report.few.labels
    judged = trained.reranker.validation.pairs
    assert np.array_equal(judged.targets, few.targets)
    assert report.rounds == (100,) * 5
    assert report.shared_products == 0


def test_what_judges_was_scored_by_boosters_that_had_not_learned_it(index, trained, few):
    scorer = PairScorer.prepare(index, trained.reranker, few.products)
    learned = scorer.score(few.left, few.right)
    judged = trained.reranker.validation.pairs.scores
    assert np.abs(learned - few.targets).mean() < np.abs(judged - few.targets).mean()


def test_what_judges_shares_no_product_group_with_what_its_boosters_learned(index, few, monkeypatch):
    groups = product_groups(few.left, few.right, few.targets, len(index.catalog))
    sides, folds = np.stack([groups[few.left], groups[few.right]]), folds_of(index, few, monkeypatch)
    assert len(folds) == 10
    for learned, judged in folds:
        assert len(learned)
        assert not np.isin(sides[0, judged], sides[:, learned]).any()


def test_groups_may_be_made_from_all_labelled_pairs(index, few, monkeypatch):
    groups = product_groups(few.left, few.right, few.targets, len(index.catalog), by="pairs")
    whole = folds_of(index, few, monkeypatch, group_by="pairs")
    assert sum(len(np.unique(groups[few.left[judged]])) for _, judged in whole) == len(np.unique(groups[few.left]))
    for learned, judged in whole:
        assert len(learned) + len(judged) == len(few)  # no pair is between two folds


def test_labels_weigh_as_many_candidates_as_score_like_them(trained):
    pairs = trained.reranker.validation.pairs
    assert pairs.weights.mean() == pytest.approx(1)
    lowest, highest = np.argmin(pairs.scores), np.argmax(pairs.scores)
    assert pairs.weights[lowest] > 3 * pairs.weights[highest]
    assert pairs.share < pairs.targets.mean()


def test_some_pairs_are_called_at_the_best_f1(index, trained, pairs):
    judged = pairs["test"]
    scores = PairScorer.prepare(index, trained.reranker, judged.products).score(judged.left, judged.right)
    assert measure_decisions(scores >= trained.reranker.decisions.f1, judged.targets).f1 > 0.6
    assert 0 < trained.reranker.report.few.expected_f1 <= 1


def test_where_no_score_is_sure_the_best_guess_decides_and_says_so(index, few):
    trained = train(index, few, target_precision=0.5)
    model = trained.reranker
    assert model.report.decisions.assumed == ("rest",)
    assert 0 < model.thresholds["rest"] < 1
    assert any("precision not assured in rest" in line for line in trained.warnings)


def test_the_user_is_told_that_the_promise_is_weak(trained):
    assert trained.warnings[0].startswith("60 labels are few")
    assert "heroic audit" in trained.warnings[0]


def test_rivals_and_words_are_learned_from_few_labels_too(index, few, monkeypatch):
    monkeypatch.setattr("reranking.training.scarce_labels.few_labels.WORDS_MATCHES", 2)
    model = train(index, few, rivals=True).reranker
    assert model.learned.look is not None
    assert model.learned.words is not None
    without = train(index, few, rivals=True, words=False).reranker
    assert without.learned.words is None


def test_the_model_is_stored_and_read_with_what_it_says_of_itself(trained, tmp_path):
    save_reranker(trained.reranker, tmp_path / "model")
    read = load_reranker(tmp_path / "model")
    assert read.report.few == trained.reranker.report.few
    assert read.report.options.few_labels
    assert read.report.options.boosting.max_depth == 4
    assert read.fingerprint == trained.reranker.fingerprint


def test_the_same_labels_make_the_same_model(index, few, trained):
    assert train(index, few).reranker.fingerprint == trained.reranker.fingerprint


def test_labels_of_one_kind_are_refused(index, pairs):
    train_pairs = pairs["train"]
    others = train_pairs.take(np.flatnonzero(train_pairs.targets == 0)[:50])
    with pytest.raises(InputError, match="0 matches and 50 non-matches are too few to learn from"):
        train(index, others)


def test_labels_of_one_product_alone_are_refused(index, pairs):
    train_pairs = pairs["train"]
    matches = np.flatnonzero(train_pairs.targets == 1)
    one = np.flatnonzero(
        (train_pairs.left == train_pairs.left[matches[0]]) | (train_pairs.right == train_pairs.left[matches[0]])
    )
    others = np.flatnonzero(train_pairs.targets == 0)[:20]
    labels = train_pairs.take(np.unique(np.concatenate([one[train_pairs.targets[one] == 1][:1], others])))
    with pytest.raises(InputError, match="too few"):
        train(index, labels)


def test_an_index_without_candidates_is_refused_in_one_line(tmp_path):
    catalogue = tmp_path / "products.csv"
    rows = [f"{number},kettle {number},one shop" for number in range(80)]
    catalogue.write_text("\n".join(["id,title,source", *rows]) + "\n")
    options = BuildOptions(k=20, match_across_sources=True)
    alone = build_index([catalogue], tmp_path / "index", options=options).index
    left, targets = np.arange(0, 80, 2), np.repeat([1.0, 0.0], 20)
    with pytest.raises(InputError, match="the index has no candidates") as told:
        train(alone, LabelledPairs(left, left + 1, targets))
    assert "\n" not in str(told.value)


def test_wrong_labels_among_few_are_told(index, pairs, tmp_path):
    some = pairs["train"].take(np.random.default_rng(1).permutation(len(pairs["train"]))[:200])
    right = train(index, some)
    matches = np.flatnonzero(some.targets == 1)[:4]
    targets = some.targets.copy()
    targets[matches] = 0
    wrong = train(index, LabelledPairs(some.left, some.right, targets))
    doubtful = wrong.reranker.report.few.doubtful
    assert doubtful >= right.reranker.report.few.doubtful + 2
    assert wrong.warnings[1].startswith(f"{doubtful} labels look wrong")
    assert "--audit FILE.csv" in wrong.warnings[1]
    save_reranker(wrong.reranker, tmp_path / "model")
    assert f"{doubtful} labels look wrong" in (tmp_path / "model" / "model_card.md").read_text(encoding="utf-8")
    assert load_reranker(tmp_path / "model").report.few.doubtful == doubtful
