"""Contrastive training of texts: the loss, and that a small model learns which words matter."""

import numpy as np
import pytest
import torch

from indexing.encoders.model_source import find_model
from indexing.encoders.text.sentence import load_sentence_model
from indexing.errors import InputError
from reranking.encoder_training.loop.run import RunOptions, run_training
from reranking.encoder_training.loop.schedule import Schedule, half_precision
from reranking.encoder_training.match_batches import Matches
from reranking.encoder_training.sentence_learner import SentenceLearner, SentenceOptions, match_loss
from reranking.encoder_training.validation_matches import ValidationMatches

WORDS = ["phone", "black", "new", "buy", "cheap", "offer", "best", "pro"]


def rows_of(*vectors):
    return torch.nn.functional.normalize(torch.tensor(vectors, dtype=torch.float32), dim=1)


def codes(*values):
    return torch.tensor(values)


def test_the_loss_is_cross_entropy_over_all_others():
    rows = rows_of([1, 0], [0, 1], [1, 0.1], [0.1, 1])
    found = match_loss(rows, codes(0, 1, 0, 1), codes(0, 1, 2, 3), scale=10)
    scores = rows @ rows.T * 10
    scores.fill_diagonal_(-torch.inf)
    expected = torch.nn.functional.cross_entropy(scores, torch.tensor([2, 3, 0, 1]))
    assert float(found) == pytest.approx(float(expected))


@pytest.mark.parametrize(("groups", "texts"), [((0, 0, 0, 0), (0, 1, 2, 3)), ((0, 1, 0, 1), (5, 5, 5, 5))])
def test_one_group_and_equal_texts_are_no_negatives(groups, texts):
    rows = rows_of([1, 0], [1, 0.01], [1, 0.1], [1, 0.2])
    assert float(match_loss(rows, codes(*groups), codes(*texts), scale=20)) == pytest.approx(0, abs=1e-6)


def test_the_loss_is_the_same_with_the_sides_swapped():
    rows = torch.nn.functional.normalize(torch.randn(6, 4, generator=torch.manual_seed(0)), dim=1)
    groups, texts = codes(0, 1, 2, 0, 1, 2), codes(0, 1, 2, 3, 4, 5)
    swapped = [3, 4, 5, 0, 1, 2]
    one, other = match_loss(rows, groups, texts, scale=5), match_loss(rows[swapped], groups, texts, scale=5)
    assert float(one) == pytest.approx(float(other))


def offers(count, start, random):
    """Two offers of each product: the same code among other words."""
    texts = []
    for number in range(start, start + count):
        for _ in range(2):
            texts.append(" ".join([*random.choice(WORDS, 4), f"{number % 10} {number // 10}"]))
    return texts


@pytest.fixture
def learner(tiny_text_model):
    random = np.random.default_rng(0)
    texts = [*offers(60, 10, random), *offers(20, 70, random), "phone black"]
    left = np.arange(0, 120, 2)
    groups = np.arange(len(texts)) // 2
    matches = Matches(left, left + 1, groups, np.full((len(texts), 1), -1))
    rows = np.arange(0, 40, 2)
    valid = ValidationMatches(np.arange(120, 160), rows, rows + 1)
    model = load_sentence_model(find_model(str(tiny_text_model)), max_tokens=16)
    return SentenceLearner(model, texts, matches, valid, SentenceOptions(16, schedule=Schedule(3e-3)))


def test_training_brings_matches_of_other_products_nearer(learner):
    history = run_training(learner, RunOptions(epochs=8, patience=8))
    assert history.epochs[-1].loss < history.epochs[1].loss
    assert history.best.metric > history.epochs[0].metric


def test_rows_do_not_depend_on_the_order_of_their_texts(learner):
    learner.module.eval()
    places = np.random.default_rng(1).permutation(100)
    with torch.inference_mode():
        rows, shuffled = learner._rows(np.arange(100)), learner._rows(places)
    assert np.allclose(rows[places], shuffled, atol=1e-5)


def test_matches_of_equal_texts_are_not_learnt_from(tiny_text_model):
    texts = ["a phone", "a phone", "b phone", "c phone"]
    hard = np.full((4, 1), -1)
    matches = Matches(np.array([0, 2]), np.array([1, 3]), np.array([0, 0, 1, 1]), hard)
    model = load_sentence_model(find_model(str(tiny_text_model)))
    valid = ValidationMatches(np.arange(4), np.array([0]), np.array([1]))
    learner = SentenceLearner(model, texts, matches, valid, SentenceOptions(2))
    assert learner.matches.left.tolist() == [2]


def test_a_batch_of_one_is_refused():
    with pytest.raises(InputError, match="at least 2"):
        SentenceOptions(batch=1)


@pytest.mark.parametrize("has", [True, False])
def test_losses_are_computed_in_bf16_where_the_processor_multiplies_it(monkeypatch, has):
    monkeypatch.setattr("indexing.encoders.precision.has_bf16", lambda: has)
    rows = torch.ones(2, 2, requires_grad=True)
    with half_precision("cpu"):
        product = rows @ rows
    assert product.dtype == (torch.bfloat16 if has else torch.float32)
    product.float().sum().backward()
    assert rows.grad.dtype == torch.float32
