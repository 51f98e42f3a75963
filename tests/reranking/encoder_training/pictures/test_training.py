"""Training a picture encoder on an index and its pairs: the folder that comes of it, and going on after a kill."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
from unlike_weights import unlike

from indexing.encoders.pictures.clip_model import CONFIG, WEIGHTS, ClipName, import_open_clip, open_clip_model
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.encoder_training.pictures.start import start_from
from reranking.encoder_training.pictures.training import ImageTraining, train_image_encoder
from reranking.pairs.labelled import read_labelled


@pytest.fixture
def labelled(sample, sample_index):
    index = open_index(sample_index)
    return index, read_labelled([sample / "pairs_train.parquet"], index.catalog)


def test_the_folder_is_an_ordinary_open_clip_checkpoint(clip_folder):
    module, preprocess = import_open_clip().create_model_from_pretrained(f"local-dir:{clip_folder}")
    assert module.visual.image_size in (32, (32, 32))
    assert preprocess is not None
    names = {file.name for file in clip_folder.iterdir()}
    assert names == {CONFIG, WEIGHTS, "README.md", "training_curve.svg", "trained_on.parquet", "manifest.json"}


def test_the_card_says_data_losses_and_metric(clip_folder):
    card = (clip_folder / "README.md").read_text(encoding="utf-8")
    made = json.loads((clip_folder / "manifest.json").read_text(encoding="utf-8"))["made"]
    assert f"**{max(epoch['metric'] for epoch in made['history']['epochs']):.4f}**" in card
    assert "Symmetric InfoNCE" in card
    assert "pictures trained on" in card
    assert "clip:" in card


def test_the_training_finds_more_matches_than_the_model_as_it_came(clip_folder):
    made = json.loads((clip_folder / "manifest.json").read_text(encoding="utf-8"))["made"]
    epochs = made["history"]["epochs"]
    assert max(epoch["metric"] for epoch in epochs) > epochs[0]["metric"]


def test_what_it_was_trained_on_is_written_down(clip_folder, labelled):
    index, pairs = labelled
    ids = pq.read_table(clip_folder / "trained_on.parquet")["id"]
    np.testing.assert_array_equal(np.sort(index.catalog.positions(ids)), pairs.products)


def test_a_new_model_is_the_same_for_the_same_seed(clip_config, tmp_path):
    def weights(seed):
        return start_from(None, str(clip_config), tmp_path, seed=seed).model.module.state_dict()["text_projection"]

    assert np.array_equal(weights(1), weights(1))
    assert not np.array_equal(weights(1), weights(2))


def test_an_open_clip_model_may_be_the_start(clip_folder, tmp_path):
    start = start_from(f"clip:{clip_folder}", "small", tmp_path, seed=0)
    expected = open_clip_model(ClipName.parse(str(clip_folder))).module.state_dict()
    assert start.config["embed_dim"] == 64
    assert all(np.array_equal(value, expected[name]) for name, value in start.model.module.state_dict().items())


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "is neither 'small' nor a file"), ("{", "cannot be read"), ('{"embed_dim": 4}', "has no vision_cfg")],
)
def test_a_configuration_that_is_none_is_refused(tmp_path, content, reason):
    file = tmp_path / "model.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        start_from(None, str(file), tmp_path, seed=0)


def test_pairs_without_pictures_are_refused(labelled, tmp_path, clip_config, monkeypatch):
    index, pairs = labelled
    monkeypatch.setattr("indexing.catalog.catalog.Catalog.main_pictures", lambda catalog: [None] * len(catalog))
    monkeypatch.setattr("indexing.catalog.catalog.Catalog.extra_pictures", lambda catalog: [[]] * len(catalog))
    with pytest.raises(InputError, match="no product of the pairs has a picture"):
        train_image_encoder(
            index, pairs, config=str(clip_config), out=tmp_path / "out", options=ImageTraining(valid_share=0.3)
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_weights(sample, sample_index, clip_config, tmp_path):
    def command(out):
        words = ["train-encoder", "image", sample_index, sample / "pairs_train.parquet", "--out", out, "--epochs", 2]
        words += ["--valid", sample / "pairs_valid.parquet", "--config", clip_config, "--resume"]
        return [sys.executable, "-m", "scripts.main", *map(str, words)]

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(command(killed), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    checkpoint, deadline = tmp_path / "killed.checkpoint", time.monotonic() + 300
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    again = subprocess.run(command(killed), capture_output=True, text=True, check=True)
    subprocess.run(command(whole), capture_output=True, check=True)
    assert "going on from step" in again.stderr
    assert unlike(killed / WEIGHTS, whole / WEIGHTS) == {}
    assert not checkpoint.exists()
