"""`heroic score`: the lines it prints, its files, and that the report takes them."""

import json
import re
import shutil
from types import SimpleNamespace

import pandas as pd
import pyarrow.parquet as pq
import pytest

from indexing.storage.whole_file import claimed
from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.prior import ShareEstimate
from reranking.decisions.prior_shift import AskedPrior
from reranking.decisions.thresholds import AskedThresholds
from reranking.model.folder import load_reranker
from reranking.model.scores_writer import Calls, Scored
from reranking.model.scoring.prior_choice import PriorChoice
from scripts.commands.promise_text import show_promise

UNMARKED = SimpleNamespace(decisions=None, one_sided=(), without_labels=None)


@pytest.fixture
def score(heroic, sample, sample_index, sample_model, tmp_path):
    """Score the sample's test pairs into scores.parquet."""

    def run(*words, pairs=sample / "pairs_test.parquet"):
        out = tmp_path / "scores.parquet"
        return heroic("score", sample_index, pairs, "--model", sample_model, "--out", out, *words)

    return run


def test_scores_that_another_process_makes_are_left_to_it(score, tmp_path):
    with claimed(tmp_path / "scores.parquet"):
        result = score()
    assert result.exit_code == 2
    assert re.search(
        r"scores\.parquet: process \d+ on .* is making it: wait for it to end, or name another", result.stderr
    )
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_wrote(score, tmp_path):
    result = score()
    assert result.exit_code == 0
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    assert result.stdout.splitlines()[:2] == [
        f"scores: 274 pairs in {tmp_path}/scores.parquet",
        f"matches: {scores['match'].sum()} at precision 0.75, {scores['match_f1'].sum()} at the best F1, "
        "in 1 evaluation categories",
    ]
    share, kind, expected = result.stdout.splitlines()[2:]
    assert re.fullmatch(
        r"share of matches: 0\.156 expected by the model, 0\.\d+ found .*: no difference that is sure.*", share
    )
    few = r"not compared with validation's: only \d\d .* are called, 100 are needed"  # which it is hangs on a few calls
    assert re.fullmatch(rf"kind of calls: ({few}|\d+ % of 1\d\d looked at are unlike any that were judged)", kind)
    called = scores.probability[scores.match].mean()
    assert expected == f"expected precision of what is called: {called:.3f}"


def test_columns_of_ones_own_are_read(score, sample, tmp_path):
    names = {"left_id": "one", "right_id": "other"}
    pd.read_parquet(sample / "pairs_test.parquet").rename(columns=names).to_csv(tmp_path / "own.csv", index=False)
    assert score("--ids", "one", "other", pairs=tmp_path / "own.csv").exit_code == 0
    written = pq.read_schema(tmp_path / "scores.parquet").names
    assert written == ["one", "other", "target", "score", "probability", "category", "match", "match_f1"]


def test_a_submission_is_written_beside(score, tmp_path):
    assert f"submission: {tmp_path}/s.csv" in score("--submission", tmp_path / "s.csv").stdout
    assert list(pd.read_csv(tmp_path / "s.csv").columns) == ["variantid1", "variantid2", "target"]


def test_thresholds_of_a_yaml_file_decide_and_are_written_down(score, tmp_path):
    (tmp_path / "t.yaml").write_text("rest: 0.0\n")
    score("--thresholds", tmp_path / "t.yaml")
    assert pd.read_parquet(tmp_path / "scores.parquet")["match"].all()
    made = json.loads(pq.read_schema(tmp_path / "scores.parquet").metadata[b"heroic"])
    assert made["thresholds"] == {"rest": 0.0}


def test_columns_are_overwritten_only_when_asked(score, tmp_path):
    score()
    again = tmp_path / "again.parquet"
    (tmp_path / "scores.parquet").rename(again)
    refused = score(pairs=again)
    assert refused.exit_code == 2
    said = refused.stderr.splitlines()[-1]
    assert said == f"heroic: {again}: has a column 'score' already: give --overwrite-columns to replace it"
    assert score("--overwrite-columns", pairs=again).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "scores.parquet"), pd.read_parquet(again))


def test_what_it_writes_is_evaluated_with_its_index_and_model(
    score, heroic, sample, sample_index, sample_model, tmp_path
):
    score()
    result = heroic(
        "evaluate", tmp_path / "scores.parquet", "--truth", sample / "pairs_test.parquet", "--out", tmp_path / "report",
        "--index", sample_index, "--model", sample_model, "--rounds", "0",
    )  # fmt: skip
    assert result.exit_code == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (report["pairs"], report["target_precision"], report["absent"]) == (274, 0.75, [])
    assert report["weighted"] > report["trivial"]
    assert report["decisions"]["f1"]["f1"] > 0.6


def test_a_share_that_is_told_moves_probabilities_and_thresholds_but_no_score(score, tmp_path):
    assert score("--prior", "model").exit_code == 0
    plain = pd.read_parquet(tmp_path / "scores.parquet")
    result = score("--prior", "0.01")
    rare = pd.read_parquet(tmp_path / "scores.parquet")
    assert "probabilities and thresholds are moved to what --prior says" in result.stdout
    assert (rare["score"] == plain["score"]).all()
    assert (rare["probability"] < plain["probability"]).mean() > 0.9
    assert 0 <= rare["match"].sum() < plain["match"].sum()
    prior = json.loads(pq.read_schema(tmp_path / "scores.parquet").metadata[b"heroic"])["prior"]
    assert prior["kind"] == "told"
    assert prior["used"] == {"rest": pytest.approx(0.01)}


def test_thresholds_of_the_user_lie_over_those_that_moved(score, tmp_path):
    score("--prior", "0.01")
    moved = json.loads(pq.read_schema(tmp_path / "scores.parquet").metadata[b"heroic"])
    (tmp_path / "t.yaml").write_text("phones: 0.5\n")
    score("--prior", "0.01", "--thresholds", tmp_path / "t.yaml")
    both = json.loads(pq.read_schema(tmp_path / "scores.parquet").metadata[b"heroic"])
    assert both["thresholds"] == moved["thresholds"] | {"phones": 0.5}
    assert both["f1_threshold"] == moved["f1_threshold"]


def test_an_evaluation_with_the_model_judges_by_the_thresholds_that_decided(
    score, heroic, sample, sample_model, tmp_path
):
    score("--prior", "0.5")
    decided = json.loads(pq.read_schema(tmp_path / "scores.parquet").metadata[b"heroic"])["thresholds"]["rest"]
    heroic(
        "evaluate", tmp_path / "scores.parquet", "--truth", sample / "pairs_test.parquet", "--out", tmp_path / "report",
        "--model", sample_model, "--rounds", "0",
    )  # fmt: skip
    assert decided != load_reranker(sample_model).thresholds["rest"]
    assert set(pd.read_parquet(tmp_path / "report" / "mistakes.parquet")["threshold"]) == {decided}


def test_a_promise_that_an_option_breaks_is_taken_back_with_what_to_do(score, tmp_path):
    (tmp_path / "t.yaml").write_text("rest: 0\n")
    said = score("--thresholds", tmp_path / "t.yaml").stderr
    assert "precision not assured in rest: " in said
    assert "by the threshold that --thresholds gives it" in said
    assert "that --thresholds gives it" not in score().stderr


def test_inspect_says_which_share_was_found_and_used(score, heroic, tmp_path):
    score("--prior", "0.5")
    assert "0.156 expected" in heroic("inspect", tmp_path / "scores.parquet").stdout
    assert "thresholds moved (told)" in heroic("inspect", tmp_path / "scores.parquet").stdout


def test_a_model_of_before_scores_as_it_did_and_is_told_no_share(heroic, sample, sample_index, sample_model, tmp_path):
    older = shutil.copytree(sample_model, tmp_path / "older")
    (older / "validation.parquet").unlink()
    manifest = json.loads((older / "manifest.json").read_text())
    del manifest["files"]["validation.parquet"]
    (older / "manifest.json").write_text(json.dumps(manifest))
    asked = ("score", sample_index, sample / "pairs_test.parquet", "--model", older, "--out", tmp_path / "s.parquet")
    result = heroic(*asked)
    assert result.exit_code == 0
    assert "share of matches: not estimated: the model keeps no validation pairs" in result.stdout
    told = heroic(*asked, "--prior", "0.2")
    assert told.exit_code == 2
    assert "keeps no validation pairs to choose thresholds by: train it again" in told.stderr


@pytest.mark.parametrize("prior", ["2", "often", "0"])
def test_a_share_that_is_none_is_refused(score, prior):
    result = score("--prior", prior)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


class TestThePromise:
    @pytest.fixture
    def shown(self, capsys):
        """What is said of calls by category: (pairs, matches expected), where so much was asked."""

        def show(calls, *, asked=0.75, estimate=None, kind="estimate", sure=False, thresholds=None):
            estimate = estimate or ShareEstimate(0.3, 0.1, 0.02, 0.1, {"a": 0.1}, sure=sure, agree=True)
            choice = PriorChoice(AskedPrior(kind), estimate)
            scored = Scored(choice, calls={name: Calls(*own) for name, own in calls.items()})
            show_promise(
                scored, SimpleNamespace(asked=AskedPrecision(asked, {"strict": 0.9}), report=UNMARKED), thresholds
            )
            return capsys.readouterr()

        return show

    def test_the_expected_precision_is_that_of_all_calls_and_the_lowest_are_named(self, shown):
        said = shown({"a": (100, 90.0), "b": (300, 240.0), "few": (10, 1.0)})
        assert "expected precision of what is called: 0.807; lowest b 0.800 of 300, a 0.900 of 100" in said.out
        assert said.err == ""

    def test_a_category_below_what_was_asked_takes_the_promise_back(self, shown):
        said = shown({"a": (100, 50.0), "b": (300, 240.0), "strict": (50, 43.0), "few": (10, 1.0)})
        lines = said.err.splitlines()
        assert [line.split(":")[3] for line in lines] == [
            " 0.50 is expected of its 100 calls where 0.75 was asked",
            " 0.86 is expected of its 50 calls where 0.9 was asked",
        ]

    def test_a_little_less_is_no_warning_and_nothing_called_says_nothing(self, shown):
        assert shown({"a": (100, 74.0)}).err == ""
        assert "expected precision" not in shown({}).out

    def test_categories_of_few_calls_take_it_back_together(self, shown):
        said = shown({"few": (10, 1.0), "strict": (10, 9.0)})
        assert "precision not assured: 0.50 is expected of all 20 calls where 0.825 was asked" in said.err
        assert shown({"few": (10, 8.0), "strict": (10, 8.5)}).err == ""

    def test_a_share_that_surely_differs_takes_it_back_where_the_models_is_kept(self, shown):
        assert "--prior model leaves its thresholds" in shown({"a": (100, 90.0)}, sure=True, kind="model").err
        assert shown({"a": (100, 90.0)}, kind="model").err == ""

    def test_the_remedy_is_that_of_the_option_that_broke_it(self, shown):
        given = AskedThresholds({"a": 0.1})
        assert "by the threshold that --thresholds gives it" in shown({"a": (100, 50.0)}, thresholds=given).err
        assert "label some of them" in shown({"b": (100, 50.0)}, thresholds=given).err
        assert "leave --prior out" in shown({"a": (100, 50.0)}, kind="told").err

    def test_two_ways_that_disagree_take_it_back(self, shown):
        estimate = ShareEstimate(0.3, 0.1, 0.02, 0.6, {"a": 0.1}, sure=True, agree=False)
        said = shown({"a": (100, 90.0)}, estimate=estimate)
        assert "precision not assured: the share of matches is 0.100 by the probabilities, 0.600 by" in said.err
        assert "by how many pairs are called at the best F1, so" in said.err
        assert "0.100 found (0.600 by how many are called at the best F1)" in said.out  # not by the calls at 0.75


def test_odd_pairs_are_left_out_and_counted(heroic, sample, sample_index, sample_model, tmp_path):
    pairs = pd.read_parquet(sample / "pairs_test.parquet")[:200]
    again = pairs[:1].rename(columns={"left_id": "right_id", "right_id": "left_id"})
    own = pairs[:1].assign(right_id=pairs["left_id"][0])
    pd.concat([pairs, again, own]).to_parquet(tmp_path / "p.parquet")
    words = ["score", sample_index, tmp_path / "p.parquet", "--model", sample_model, "--out", tmp_path / "s.parquet"]
    result = heroic(*words)
    assert result.exit_code == 0, result.stderr
    assert (
        f"set aside: 2 of 202 pairs of {tmp_path}/p.parquet: a pair again, in either order (1, such as "
        in result.stderr
    )
    scores = pd.read_parquet(tmp_path / "s.parquet")
    assert scores[["left_id", "right_id"]].values.tolist() == pairs[["left_id", "right_id"]].values.tolist()
    assert "scores: 200 pairs" in result.stdout
    few = heroic(*words, "--max-rejects", "0.005")
    assert few.exit_code == 2
    assert "--max-rejects 0.005 allows fewer: keep one of each, or give --max-rejects 0.01" in few.stderr
