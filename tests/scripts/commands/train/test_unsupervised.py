import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from scripts.main import main


@pytest.fixture(scope="module")
def learned(sample_index, tmp_path_factory):
    """The folder of a model that `heroic train --unsupervised` made, and what it printed."""
    out = tmp_path_factory.mktemp("unsupervised") / "model"
    words = ["train", str(sample_index), "--unsupervised", "--out", str(out)]
    return out, CliRunner().invoke(main, words, prog_name="heroic", catch_exceptions=False)


class TestTrainUnsupervised:
    def test_it_says_what_it_took_for_matches_and_that_nothing_was_measured(self, learned):
        out, ran = learned
        assert ran.exit_code == 0, ran.output
        assert "learned without labels from" in ran.stdout
        assert "expected at the threshold of the best F1, not measured" in ran.stdout
        assert "estimates without truth" in ran.stderr
        assert (out / "model_card.md").exists()

    def test_score_evaluate_explain_and_query_work_with_it(self, learned, heroic, sample, sample_index, tmp_path):
        model, scores = learned[0], tmp_path / "scores.parquet"
        pairs = sample / "pairs_test.parquet"
        scored = heroic("score", sample_index, pairs, "--model", model, "--out", scores)
        assert scored.exit_code == 0, scored.output
        assert "precision not assured: probabilities, thresholds and expected precision are estimates" in scored.stderr
        table = pq.read_table(scores)
        assert np.isfinite(table["probability"].to_numpy()).all()
        evaluated = heroic("evaluate", scores, "--truth", pairs, "--out", tmp_path / "report")
        assert evaluated.exit_code == 0, evaluated.output
        one, other = (str(table[name][0]) for name in ("left_id", "right_id"))
        explained = heroic("explain", sample_index, model, "--pair", one, other)
        assert explained.exit_code == 0, explained.output
        asked = heroic("query", sample_index, "--model", model, "--id", one)
        assert asked.exit_code == 0, asked.output

    def test_inspect_says_that_there_was_no_validation(self, learned, heroic):
        shown = heroic("inspect", learned[0])
        assert shown.exit_code == 0, shown.output
        assert "learned without labels" in shown.stdout

    def test_a_share_of_matches_cannot_be_told_to_it(self, learned, heroic, sample, sample_index, tmp_path):
        pairs = sample / "pairs_test.parquet"
        refused = heroic(
            "score", sample_index, pairs, "--model", learned[0], "--out", tmp_path / "s.parquet", "--prior", "0.1"
        )
        assert refused.exit_code == 2
        assert "--prior: this model learned without labels" in refused.stderr


class TestWhatDoesNotFit:
    def test_pairs_are_not_taken_beside_it(self, heroic, sample, sample_index, tmp_path):
        pairs = sample / "pairs_train.parquet"
        refused = heroic("train", sample_index, pairs, "--unsupervised", "--out", tmp_path / "model")
        assert refused.exit_code == 2
        assert "--unsupervised learns without pairs" in refused.stderr

    @pytest.mark.parametrize(
        "given", [("--valid", "pairs.parquet"), ("--mine", "5"), ("--trials", "3"), ("--transitive",)]
    )
    def test_an_option_of_pairs_is_refused(self, given, heroic, sample_index, tmp_path):
        refused = heroic("train", sample_index, "--unsupervised", "--out", tmp_path / "model", *given)
        assert refused.exit_code == 2
        assert f"{given[0]} is of labelled pairs" in refused.stderr

    def test_without_it_pairs_are_needed(self, heroic, sample_index, tmp_path):
        refused = heroic("train", sample_index, "--out", tmp_path / "model")
        assert refused.exit_code == 2
        assert "or --unsupervised to learn without" in refused.stderr
