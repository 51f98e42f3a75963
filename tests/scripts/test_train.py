"""`heroic train`: what it prints of what it learned."""

import json
import re

import pandas as pd
import pytest

from reranking.xgboost_reranker import load_reranker


@pytest.fixture
def train(heroic, sample, sample_index, tmp_path):
    """Train on the sample's training pairs, or the files given, into the folder `model`."""

    def run(*words, pairs=(sample / "pairs_train.parquet",)):
        return heroic("train", sample_index, *pairs, "--out", tmp_path / "model", *words)

    return run


def test_it_prints_what_it_learned(train, sample, tmp_path):
    result = train("--valid", sample / "pairs_valid.parquet")
    assert result.exit_code == 0
    model = load_reranker(tmp_path / "model")
    lines = result.stdout.splitlines()
    assert lines[0] == f"model: {tmp_path}/model ({model.fingerprint})"
    assert re.fullmatch(
        r"pairs: 1,326 with 230 matches in \d+ product groups; trained on 1,326, validated on 762 with 119 matches",
        lines[1],
    )
    assert f"validation weighted (precision >= 0.75): {model.report['metric']:.4f}" in lines
    strongest = next(iter(model.report["importance"]))
    assert strongest in result.stdout
    assert f"{model.thresholds['rest']:.3f}" in result.stdout


def test_without_valid_it_holds_out_groups_and_says_what_lies_between(train):
    result = train()
    assert result.exit_code == 0
    trained, validated = counts(result.stdout)
    left_out = int(re.search(r"left out: ([\d,]+) non-matches", result.stdout)[1].replace(",", ""))
    assert trained + validated + left_out == 1326
    assert validated > 0


def counts(text):
    found = re.search(r"trained on ([\d,]+), validated on ([\d,]+) with", text)
    return [int(number.replace(",", "")) for number in found.groups()]


def test_products_on_both_sides_are_said(train, sample):
    assert (
        "products are in both training and validation pairs" in train("--valid", sample / "pairs_train.parquet").stdout
    )


def test_several_files_are_trained_on_together(train, sample):
    files = [sample / "pairs_train.parquet", sample / "pairs_valid.parquet"]
    assert "pairs: 2,088 with 349 matches" in train(pairs=files).stdout


def test_columns_may_have_names_of_their_own(train, sample, tmp_path):
    names = {"left_id": "one", "right_id": "other", "target": "same"}
    pd.read_parquet(sample / "pairs_train.parquet").rename(columns=names).to_csv(tmp_path / "own.csv", index=False)
    result = train("--ids", "one", "other", "--target", "same", pairs=[tmp_path / "own.csv"])
    assert result.exit_code == 0
    assert "pairs: 1,326 with 230 matches" in result.stdout


def test_options_are_stored_with_the_model(train, tmp_path):
    train("--target-precision", "0.9", "--category-pairs", "50", "--seed", "3", "--same-source")
    model = load_reranker(tmp_path / "model")
    stored = model.report["options"]
    assert model.target_precision == stored["target_precision"] == 0.9
    assert (stored["least_pairs"], stored["seed"], stored["group_by"]) == (50, 3, "matches")
    assert model.same_source
    assert len(model.categories) > 1


def test_a_model_of_before_is_replaced(train, tmp_path):
    train()
    before = load_reranker(tmp_path / "model").fingerprint
    train("--seed", "1")
    assert load_reranker(tmp_path / "model").fingerprint != before


def test_pairs_collected_differently_are_warned_of_on_stderr(heroic, sample, tmp_path):
    """Matches of the sample beside each offer's first neighbours: most matches are no such near ones."""
    heroic("build-index", sample / "products.parquet", "--out", tmp_path / "index", "-k", "1")
    heroic("candidates", tmp_path / "index", "--out", tmp_path / "near.parquet", "-k", "1")
    known = pd.concat(pd.read_parquet(sample / f"pairs_{name}.parquet") for name in ("train", "valid", "test"))
    matches = known[known["target"] == 1]
    near = pd.read_parquet(tmp_path / "near.parquet")[["left_id", "right_id"]].assign(target=0.0)
    keys = {frozenset(pair) for pair in zip(matches["left_id"], matches["right_id"], strict=True)}
    other = [frozenset(pair) not in keys for pair in zip(near["left_id"], near["right_id"], strict=True)]
    pd.concat([matches, near[other]]).to_parquet(tmp_path / "pairs.parquet")
    result = heroic("train", tmp_path / "index", tmp_path / "pairs.parquet", "--out", tmp_path / "model")
    assert result.exit_code == 0
    assert re.search(r"^heroic: warning: \d+% of the matches, but \d+% of the non-matches", result.stderr, re.MULTILINE)


def test_the_samples_pairs_are_not_warned_of(train):
    assert "warning" not in train().stderr


def test_the_model_holds_its_thresholds_as_json(train, tmp_path):
    train()
    stored = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert stored["kind"] == "model"
    assert stored["made"]["thresholds"].keys() == {"rest"}
