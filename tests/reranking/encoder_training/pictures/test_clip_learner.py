"""The losses, what goes into them, and that a model learns."""

import numpy as np
import pytest
import torch

from indexing.errors import InputError
from reranking.encoder_training.loop.run import RunOptions, run_training
from reranking.encoder_training.loop.schedule import Schedule
from reranking.encoder_training.pictures.augmentation import Augmentation
from reranking.encoder_training.pictures.clip_learner import (
    ClipOptions,
    PictureLearner,
    PictureSet,
    ValidationPictures,
    between_pictures,
)
from reranking.encoder_training.pictures.start import start_from
from reranking.encoder_training.validation_matches import ValidationMatches


def slow_loss(rows, groups, temperature):
    """The loss by its definition: for each picture the mean of -log of the share of each other of its group."""
    losses = []
    for i in range(len(rows)):
        others = [j for j in range(len(rows)) if j != i]
        weights = {j: np.exp(rows[i] @ rows[j] / temperature) for j in others}
        alike = [j for j in others if groups[j] == groups[i]]
        losses.append(np.mean([-np.log(weights[j] / sum(weights.values())) for j in alike]))
    return np.mean(losses)


def test_the_loss_between_pictures_is_that_of_its_definition():
    random = np.random.default_rng(0)
    rows = random.normal(size=(8, 5))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    groups = np.array([0, 1, 2, 2, 0, 1, 2, 2])
    found = between_pictures(torch.from_numpy(rows), torch.from_numpy(groups), 0.1)
    assert float(found) == pytest.approx(slow_loss(rows, groups, 0.1))


@pytest.fixture
def learner(clip_config, tmp_path, monkeypatch):
    """A learner of 40 products in two pictures each, one colour a product, of which it learns from 30."""
    monkeypatch.setattr("reranking.encoder_training.pictures.batches.LEAST_EPOCH", 240)
    random = np.random.default_rng(0)
    colours = random.integers(30, 225, (40, 1, 1, 3))
    noise = random.integers(-25, 25, (2, 40, 40, 40, 3))
    pixels = np.clip(colours + noise, 0, 255).astype(np.uint8)
    both, groups = np.concatenate([pixels[0, :30], pixels[1, :30]]), np.tile(np.arange(30), 2)
    texts = [f"colour {number % 7}" if number % 5 else "" for number in range(60)]
    valid = np.concatenate([pixels[0, 30:], pixels[1, 30:]])[:, 4:36, 4:36]
    judged = ValidationPictures(valid, ValidationMatches(np.arange(20), np.arange(10), np.arange(10, 20)))
    start = start_from(None, str(clip_config), tmp_path, seed=0)
    little = Augmentation(brightness=0.05, contrast=0.05, saturation=0.05, tint=0.0, grey=0.0, recompress=0.0)
    options = ClipOptions(batch=32, text_weight=0.3, schedule=Schedule(3e-3), augmentation=little)
    return PictureLearner(start.model, PictureSet(both, texts, groups), judged, options)


def test_a_model_learns_from_matched_pictures(learner):
    history = run_training(learner, RunOptions(epochs=4, patience=4))
    losses = [epoch.loss for epoch in history.epochs[1:]]
    assert losses[-1] < losses[0]
    assert history.best.metric >= history.epochs[0].metric


def test_a_step_is_the_same_for_the_same_seed(learner):
    batch = learner.batches(0)[0]
    weights = {name: value.clone() for name, value in learner.module.state_dict().items()}
    learner.module.train()
    first = learner.learn(batch, step=3, done=0.5)
    learner.module.load_state_dict(weights)
    learner.optimizer = learner.options.schedule.optimizer(learner.module)
    assert learner.learn(batch, step=3, done=0.5) == first
    learner.module.load_state_dict(weights)
    assert learner.learn(batch, step=4, done=0.5) != first


def test_only_different_written_texts_go_to_the_image_text_loss(learner):
    places = np.array([0, 1, 2, 8, 1, 5, 10])  # texts: none, 1, 2, 1, 1, none, none
    assert [learner.data.texts[place] for place in places[[1, 3]]] == ["colour 1", "colour 1"]
    assert learner._with_text(places).tolist() == [1, 2]


def test_the_text_tower_learns_only_when_it_is_asked(learner):
    learner.module.train()
    before = learner.module.text_projection.detach().clone()
    learner.options = ClipOptions(batch=32, text_weight=0.0, schedule=Schedule(3e-3, weight_decay=0.0))
    learner.learn(learner.batches(0)[0], step=0, done=0.5)
    assert torch.equal(learner.module.text_projection, before)
    learner.options = ClipOptions(batch=32, text_weight=0.3, schedule=Schedule(3e-3))
    learner.learn(learner.batches(0)[0], step=1, done=0.5)
    assert not torch.equal(learner.module.text_projection, before)


def test_look_alikes_are_of_other_products(learner):
    near = learner._look_alikes()
    assert near.shape == (60, 10)
    assert (learner.data.groups[near] != learner.data.groups[:, None]).all()


@pytest.mark.parametrize(("option", "value"), [("text_weight", 1.0), ("temperature", 0.0)])
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(InputError):
        ClipOptions(**{option: value})


def test_sets_of_unequal_length_are_refused():
    with pytest.raises(InputError, match="2 pictures, 1 texts, 2 groups"):
        PictureSet(np.zeros((2, 1, 1, 3), dtype=np.uint8), ["a"], np.arange(2))
