"""`heroic train-encoder text` and `cross`, then the index and the reranker that use what came of them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from unlike_weights import unlike

from indexing.product_index import open_index
from reranking.model.folder import load_reranker
from reranking.model.pair_scorer import PairScorer
from reranking.pairs.labelled import read_labelled
from reranking.signals.learned import cross_encoder, stacking

BRIEF = ("--max-tokens", 24, "--epochs", 1, "--device", "cpu")


@pytest.fixture(scope="module")
def files(tmp_path_factory, sample):
    """Pairs files of the sample, shortened."""
    folder = tmp_path_factory.mktemp("pairs")
    for name, count in (("train", 300), ("valid", 150)):
        pq.write_table(pq.read_table(sample / f"pairs_{name}.parquet").slice(0, count), folder / f"{name}.parquet")
    return folder


@pytest.fixture
def train_text(heroic, sample_index, files, tiny_text_model, tmp_path):
    def run(*words, base=tiny_text_model, out="text"):
        fixed = ("--base", f"st:{base}", "--out", tmp_path / out, *BRIEF)
        return heroic("train-encoder", "text", sample_index, files / "train.parquet", *fixed, *words)

    return run


@pytest.fixture
def train_cross(heroic, sample_index, files, tiny_text_model, tmp_path):
    def run(*words):
        fixed = ("--base", f"st:{tiny_text_model}", "--out", tmp_path / "cross", *BRIEF)
        return heroic("train-encoder", "cross", sample_index, files / "train.parquet", *fixed, *words)

    return run


def test_the_trained_text_encoder_is_an_ordinary_folder_with_card_and_curve(train_text, tmp_path):
    result = train_text("--batch", 8)
    assert result.exit_code == 0, result.output
    assert "recall@10" in result.stdout
    from sentence_transformers import SentenceTransformer

    rows = SentenceTransformer(str(tmp_path / "text"), device="cpu").encode(["a phone"])
    assert rows.shape == (1, 32)
    names = {path.name for path in (tmp_path / "text").iterdir()}
    assert {"README.md", "training_curve.svg", "trained_on.parquet", "manifest.json", "modules.json"} <= names
    assert not (tmp_path / "text.checkpoint").exists()


def test_an_index_of_the_trained_encoder_warns_the_reranker(heroic, train_text, sample, files, tmp_path):
    assert train_text("--valid", files / "valid.parquet").exit_code == 0
    built = heroic("build-index", sample / "products.parquet", "--out", tmp_path / "index", "-k", 20, "--device", "cpu",
                   "--text-encoder", f"st:{tmp_path / 'text'}", "--image-encoder", "none")  # fmt: skip
    assert built.exit_code == 0, built.output
    fixed = ("train", tmp_path / "index", files / "train.parquet", "--valid", files / "valid.parquet", "--out")
    naive = heroic(*fixed, tmp_path / "naive")
    assert "the index's encoder was trained on the products of" in naive.stderr
    clean = heroic(*fixed, tmp_path / "clean", "--leave-out-seen")
    assert clean.exit_code == 0, clean.output
    assert "the index's encoder was trained" not in clean.stderr
    rows = [load_reranker(tmp_path / name).report.train_rows for name in ("naive", "clean")]
    assert rows[0] > rows[1] > 0


def test_the_cross_encoders_score_is_a_signal_of_every_command(
    heroic, train_cross, sample_index, sample, files, tmp_path
):
    assert train_cross("--most-pairs", 60, "--layers", 1).exit_code == 0
    train = ("train", sample_index, files / "train.parquet", "--valid", files / "valid.parquet")
    trained = heroic(*train, "--cross", tmp_path / "cross", "--out", tmp_path / "model")
    assert trained.exit_code == 0, trained.output
    model = load_reranker(tmp_path / "model")
    assert "cross_score" in model.feature_names
    (tmp_path / "cross").rename(tmp_path / "moved")  # the model has its own
    scores = tmp_path / "scores.parquet"
    scored = heroic(
        "score", sample_index, sample / "pairs_valid.parquet", "--model", tmp_path / "model", "--out", scores
    )
    assert scored.exit_code == 0, scored.output
    table = pq.read_table(sample / "pairs_valid.parquet")
    assert len(pq.read_table(scores)) == len(table)
    left, right = (str(table.column(side)[0].as_py()) for side in (0, 1))
    why = heroic("explain", sample_index, tmp_path / "model", "--pair", left, right, "--json")
    assert why.exit_code == 0, why.output
    assert "cross_score" in why.stdout
    (tmp_path / "model" / "cross" / "fold_0" / "model.safetensors").unlink()
    broken = heroic(
        "score", sample_index, sample / "pairs_valid.parquet", "--model", tmp_path / "model", "--out", scores
    )
    assert broken.exit_code == 2
    assert len(broken.stderr.strip().splitlines()) == 1
    assert "model.safetensors" in broken.stderr


def test_a_share_of_the_pairs_is_read_by_every_command(
    heroic, train_cross, sample_index, sample, files, tmp_path, monkeypatch
):
    monkeypatch.setattr(stacking, "LEAST_MATCHES", 20)
    assert train_cross("--most-pairs", 60, "--layers", 1).exit_code == 0
    train = (
        "train",
        sample_index,
        files / "train.parquet",
        "--valid",
        files / "valid.parquet",
        "--stacked",
        "keep",
        "--judge-by",
        "validation",
    )
    trained = heroic(*train, "--cross", tmp_path / "cross", "--cross-share", 0.3, "--out", tmp_path / "model")
    assert trained.exit_code == 0, trained.output
    model = load_reranker(tmp_path / "model")
    assert model.learned.gate is not None
    assert 0 < model.report.cross_read < 0.9
    card = (tmp_path / "model" / "model_card.md").read_text()
    assert f"the cross-encoder read {model.report.cross_read:.1%} of the validation pairs" in card

    read, real = [], cross_encoder.score_texts
    monkeypatch.setattr(
        cross_encoder, "score_texts", lambda model, left, right: read.extend(left) or real(model, left, right)
    )
    index = open_index(sample_index)
    valid = read_labelled([files / "valid.parquet"], index.catalog)
    scorer = PairScorer.prepare(index, model, valid.products)
    column = model.feature_names.index("cross_score")
    some = scorer.features(valid.left, valid.right)[:, column]
    assert 1 - np.isnan(some).mean() == pytest.approx(model.report.cross_read)
    assert len(read) == 2 * (~np.isnan(some)).sum()  # two models, one a fold
    every = PairScorer.prepare(index, replace(model, learned=replace(model.learned, gate=None)), valid.products)
    whole = every.features(valid.left, valid.right)[:, column]
    there = ~np.isnan(some)
    np.testing.assert_allclose(some[there], whole[there], atol=1e-6)

    np.testing.assert_allclose(scorer.score(valid.left, valid.right), model.validation.pairs.scores, atol=1e-6)
    scores = tmp_path / "scores.parquet"
    scored = heroic("score", sample_index, files / "valid.parquet", "--model", tmp_path / "model", "--out", scores)
    assert scored.exit_code == 0, scored.output
    np.testing.assert_allclose(pq.read_table(scores)["score"].to_numpy(), model.validation.pairs.scores, atol=1e-6)
    left, right = (
        str(index.catalog.ids[int(side[np.flatnonzero(np.isnan(some))[0]])]) for side in (valid.left, valid.right)
    )
    why = heroic("explain", sample_index, tmp_path / "model", "--pair", left, right)
    assert why.exit_code == 0, why.output
    assert "cross score unknown" not in why.stdout


def test_a_share_needs_a_cross_encoder_and_enough_matches(heroic, train_cross, sample_index, files, tmp_path):
    train = ("train", sample_index, files / "train.parquet", "--out", tmp_path / "m", "--cross-share", 0.2)
    alone = heroic(*train)
    assert alone.exit_code == 2
    assert "give --cross too" in alone.stderr
    assert train_cross("--most-pairs", 60, "--layers", 1).exit_code == 0
    few = heroic(*train, "--cross", tmp_path / "cross")
    assert few.exit_code == 2
    assert few.stderr.strip().splitlines()[-1].endswith("needs 500 training matches and more: leave it out")
    assert not (tmp_path / "m").exists()


def test_training_rows_have_scores_out_of_fold(train_cross, sample_index, files, tmp_path):
    from reranking.signals.learned.cross_folds import open_cross
    from reranking.signals.signals import prepare_signals
    from reranking.signals.stacked import Learned

    assert train_cross("--most-pairs", 60, "--layers", 1).exit_code == 0
    index = open_index(sample_index)
    pairs = read_labelled([files / "train.parquet"], index.catalog).take(np.arange(20))
    cross = open_cross(tmp_path / "cross")
    signals = prepare_signals(index, pairs.products, learned=Learned(cross=cross))
    folds = cross.folds(index.catalog)
    column = signals.names.index("cross_score")
    own = signals.of_training_pairs(True).compute(pairs.left, pairs.right)[:, column]
    mean = signals.compute(pairs.left, pairs.right)[:, column]
    same = folds[pairs.left] == folds[pairs.right]
    assert same.any()
    assert (own[same] != mean[same]).all()
    assert np.allclose(own[~same], mean[~same])


def test_a_missing_cross_encoder_is_one_line(heroic, sample_index, files, tmp_path):
    result = heroic(
        "train", sample_index, files / "train.parquet", "--cross", tmp_path / "none", "--out", tmp_path / "m"
    )
    assert result.exit_code == 2
    assert "no such folder" in result.stderr


def test_a_base_that_is_no_text_model_is_refused(train_text):
    result = train_text(base="/nowhere/at/all")
    assert result.exit_code == 2
    assert "no such model folder" in result.stderr


def test_unusable_pairs_are_set_aside_up_to_the_share(train_text, files, tmp_path):
    """Of 151 validation pairs one comes again: 0.66 %."""
    valid = pq.read_table(files / "valid.parquet")
    pq.write_table(pa.concat_tables([valid, valid.slice(0, 1)]), tmp_path / "valid.parquet")
    given = ("--valid", tmp_path / "valid.parquet", "--rejects", tmp_path / "rejects.csv")
    refused = train_text(*given, "--max-rejects", "0.005")
    assert refused.exit_code == 2
    assert "0.662% cannot be used, more than --max-rejects 0.005 allows, 1 of 151 pairs of " in refused.stderr
    result = train_text(*given)
    assert result.exit_code == 0, result.output
    assert f"set aside: 1 of 151 pairs of {tmp_path}/valid.parquet: repeats an earlier row (1, such as" in result.stderr
    assert "validated on 150;" in result.stdout
    assert len((tmp_path / "rejects.csv").read_text().splitlines()) == 2


def test_another_trainings_checkpoint_is_refused(train_text, tmp_path):
    from reranking.encoder_training.loop.checkpoint import Checkpoint, write_checkpoint

    state = {"made": {"batch": 7}, "step": 0, "batch": 0, "loss": 0.0, "seconds": 0.0, "epochs": []}
    write_checkpoint(tmp_path / "text.checkpoint", Checkpoint({}, {}, {}, state))
    result = train_text("--resume", "--batch", 8)
    assert result.exit_code == 2
    assert "--resume" in result.stderr


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_model(sample_index, files, tiny_text_model, tmp_path):
    def arguments(out):
        words = (
            "text",
            sample_index,
            files / "train.parquet",
            "--base",
            f"st:{tiny_text_model}",
            "--out",
            tmp_path / out,
        )
        words = (*words, "--epochs", 40, "--patience", 40, "--batch", 4, "--device", "cpu", "--seed", 5, "--valid",
                 files / "valid.parquet")  # fmt: skip
        return [sys.executable, "-m", "scripts.main", "train-encoder", *map(str, words)]

    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run(arguments("whole"), check=True, env=environment, capture_output=True)
    process = subprocess.Popen(arguments("cut"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "cut.checkpoint").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "cut").exists()
    resumed = subprocess.run(
        [*arguments("cut"), "--resume"], check=True, env=environment, capture_output=True, text=True
    )
    assert "going on from step" in resumed.stderr
    assert unlike(*(tmp_path / name / "model.safetensors" for name in ("whole", "cut"))) == {}
    curves = [
        json.loads((tmp_path / name / "manifest.json").read_text())["made"]["history"] for name in ("whole", "cut")
    ]
    assert [epoch["metric"] for epoch in curves[0]["epochs"]] == [epoch["metric"] for epoch in curves[1]["epochs"]]
