"""The evaluation as a whole: numbers, report.json, and what was not given."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from eval.inputs.context import Context
from eval.inputs.joining import read_truth
from eval.inputs.scores import read_scores
from eval.metrics.decisions import DecisionValues
from eval.metrics.intervals import Draws
from eval.metrics.precision_auc import weighted
from eval.pages.report_document import JudgedColumns
from eval.pages.report_json import as_document, write_json
from eval.report import EvaluationOptions, evaluate
from indexing.errors import InputError
from indexing.storage.records import stored_record

GOLDEN = Path(__file__).with_name("golden_report.json")


@pytest.fixture
def judge(write_table):
    def run(truth, scores, *, heroic=None, context=None, **options):
        given = read_scores(write_table("scores.parquet", scores, heroic=heroic))
        true = read_truth(write_table("truth.parquet", truth))
        draws = Draws(rounds=options.pop("rounds", 20))
        return evaluate(given, true, options=EvaluationOptions(draws=draws, **options), context=context)

    return run


def test_the_report_is_the_golden_one(judge, made_pairs, tmp_path):
    """Change the golden report only in a commit that says why its numbers are others now."""
    write_json(judge(*made_pairs), tmp_path / "report.json")
    found = json.loads((tmp_path / "report.json").read_text())
    assert found == near(json.loads(GOLDEN.read_text()))


def near(value):
    """A document that equals others whose numbers differ in their last digits."""
    if isinstance(value, dict):
        return {key: near(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [near(inner) for inner in value]
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


def test_scores_as_far_apart_as_float32_allows_are_judged_like_others(judge, made_pairs):
    truth, scores = made_pairs
    low, high = scores["score"].min(), scores["score"].max()
    apart = np.float32(6.6e38 * ((scores["score"] - low) / (high - low) - 0.5))
    found, expected = (
        stored_record(as_document(judge(truth, {**scores, "score": values}))) for values in (apart, scores["score"])
    )
    for name in ("weighted", "legacy", "strict", "intervals"):
        assert found[name] == near(expected[name])


def test_the_order_of_the_scores_changes_nothing(judge, made_pairs):
    truth, scores = made_pairs
    turned = {name: column[::-1] for name, column in scores.items()}
    assert as_document(judge(truth, turned)) == as_document(judge(truth, scores))


def test_weighted_is_the_metric_over_the_truths_categories(judge, made_pairs):
    report = judge(*made_pairs)
    expected = weighted(report.pairs.scores, report.pairs.targets, report.categories.codes)
    assert report.summary.weighted == pytest.approx(expected, abs=1e-12)
    assert report.uncertainty.weighted.low < expected < report.uncertainty.weighted.high


def test_decisions_are_micro_values_of_their_columns(judge, made_pairs):
    report = judge(*made_pairs)
    called = made_pairs[1]["match"]
    rows = report.pairs.rows
    expected = precision_recall_fscore_support(report.pairs.targets, called[rows], average="binary")[:3]
    values = report.decisions.precision.values
    assert (values.precision, values.recall, values.f1) == pytest.approx(expected)


def test_only_ids_and_a_score_are_needed_and_what_is_absent_is_named(judge, made_pairs):
    truth, scores = made_pairs
    document = as_document(
        judge(
            {name: truth[name] for name in ("left_id", "right_id", "target")},
            {name: scores[name] for name in ("left_id", "right_id", "score")},
        )
    )
    assert document.absent == ("index", "model", "provenance", "categories", "match", "match_f1")
    assert document.decisions == JudgedColumns(None, None)
    assert [row.category for row in document.categories] == ["rest"]
    assert document.weighted == document.pooled == document.macro
    assert document.category_disagreements is None


def test_the_target_precision_is_the_option_or_that_of_the_scores_or_three_quarters(judge, made_pairs):
    made = {"kind": "scores", "target_precision": 0.9}
    assert judge(*made_pairs).target_precision == 0.75
    assert judge(*made_pairs, heroic=made).target_precision == 0.9
    assert judge(*made_pairs, heroic=made, target_precision=0.5).target_precision == 0.5


def test_a_target_precision_that_is_none_is_refused(judge, made_pairs):
    with pytest.raises(InputError, match=r"precision level 75"):
        judge(*made_pairs, target_precision=75.0)


def test_without_rounds_there_are_no_intervals(judge, made_pairs):
    document = as_document(judge(*made_pairs, rounds=0))
    assert document.intervals is None


def test_categories_with_few_matches_are_marked(judge, made_pairs):
    document = as_document(judge(*made_pairs))
    for row in document.categories:
        assert row.small == (row.positives < 30)


def test_when_every_category_fails_legacy_is_null_and_weighted_zero(judge):
    truth = {"left_id": [1, 3, 5], "right_id": [2, 4, 6], "target": [0.0, 0.0, 1.0]}
    scores = {"left_id": [1, 3, 5], "right_id": [2, 4, 6], "score": [0.9, 0.8, 0.1]}
    document = as_document(judge(truth, scores))
    assert (document.legacy, document.weighted) == (None, 0.0)
    assert document.categories[0].threshold is None
    assert document.categories[0].recall_at_precision == 0.0


def test_a_truth_without_any_match_can_be_evaluated(judge):
    truth = {"left_id": [1, 3], "right_id": [2, 4], "target": [0.0, 0.0]}
    scores = {"left_id": [1, 3], "right_id": [2, 4], "score": [0.9, 0.8], "match": [False, False]}
    document = as_document(judge(truth, scores))
    assert (document.positives, document.weighted, document.trivial) == (0, 0.0, 0.0)
    assert document.decisions.precision == DecisionValues(None, None, None)


def test_a_constant_score_earns_no_more_than_the_trivial_floor(judge):
    size = 40
    pairs = {"left_id": np.arange(size), "right_id": np.arange(size) + size}
    truth = {**pairs, "target": np.repeat([1.0, 0.0], [32, 8])}
    document = as_document(judge(truth, {**pairs, "score": np.full(size, 0.5)}))
    assert document.weighted == document.trivial == pytest.approx(0.9)
    assert document.strict == pytest.approx(0.8)


SWAPPED = {
    "left_id": [2, 4],
    "right_id": [1, 3],
    "score": [0.6, 0.6],
    "match": [True, True],
    "match_f1": [True, True],
    "category": ["cables", "cables"],
}
TRUTH = {"left_id": [1, 3], "right_id": [2, 4], "target": [1.0, 0.0], "cat3_grouped": ["phones", "cables"]}


def test_a_swapped_pair_is_decided_by_the_threshold_of_the_truths_left_product(judge):
    made = {"kind": "scores", "thresholds": {"phones": 0.7, "cables": 0.5}}
    report = judge(TRUTH, SWAPPED, heroic=made)
    assert report.decisions.precision.called.tolist() == [False, True]
    assert report.decisions.f1.called.tolist() == [True, True]
    assert report.decisions.redecided == 1
    assert as_document(report).swapped == 2


def test_a_swapped_pair_keeps_its_decision_where_no_threshold_is_known(judge):
    report = judge(TRUTH, SWAPPED)
    assert report.decisions.precision.called.tolist() == [True, True]
    assert report.decisions.redecided == 0


def test_an_index_and_a_model_add_categories_thresholds_and_disagreements(judge, made_pairs, catalog_of):
    truth, scores = made_pairs
    truth = {name: truth[name] for name in ("left_id", "right_id", "target")}
    catalog = catalog_of(list(range(600)), category_3=["phones", "cables"] * 300)
    context = Context(catalog=catalog, kept=frozenset({"phones"}), thresholds={"phones": 0.4})
    document = as_document(judge(truth, scores, context=context))
    assert document.category_source == "index"
    assert document.category_disagreements == 300
    assert document.categories[0].model_threshold == 0.4
    assert document.absent == ("provenance",)


def test_report_json_names_files_without_their_folders(judge, made_pairs, tmp_path):
    made = {"kind": "scores", "index_fingerprint": "aaa", "model_fingerprint": "bbb", "thresholds": {"phones": 0.5}}
    document = as_document(judge(*made_pairs, heroic=made))
    assert document.provenance.scores == "scores.parquet"
    assert document.provenance.index_fingerprint == "aaa"
    assert document.provenance.thresholds == {"phones": 0.5}
    assert str(tmp_path) not in json.dumps(stored_record(document))


@pytest.mark.parametrize("column", ["thresholds", "category"])
def test_without_the_model_an_index_tells_the_categories_that_the_scores_keep_apart(judge, catalog_of, column):
    """Of pair 3, 4 product 3 is on the left in the truth, and only the index can tell that it is in `rest`."""
    truth = {"left_id": [1, 3, 5], "right_id": [2, 4, 6], "target": [1.0, 0.0, 1.0]}
    scores = {"left_id": [1, 4, 5], "right_id": [2, 3, 6], "score": [0.9, 0.5, 0.3]}
    thresholds = {"phones": 0.4, "rest": 0.6} if column == "thresholds" else {}
    given = {**scores, "category": ["phones", "phones", "rest"]} if column == "category" else scores
    catalog = catalog_of([1, 2, 3, 4, 5, 6], category_3=["phones", "phones", "cables", "phones", "tvs", None])
    made = {"kind": "scores", "thresholds": thresholds}
    found = [
        judge(truth, given, heroic=made, context=Context(catalog=catalog, kept=kept)).categories
        for kept in (None, frozenset({"phones"}))
    ]
    assert found[0].names == found[1].names == ("phones", "rest")
    assert found[0].codes.tolist() == found[1].codes.tolist() == [0, 1, 1]
