"""A cross-encoder: where it comes from, how it scores, and that it learns."""

import numpy as np
import pytest
import torch

from indexing.encoders.model_source import find_model
from indexing.errors import InputError
from reranking.encoder_training.cross_learner import CrossLearner, CrossOptions, TextPairs
from reranking.encoder_training.loop.run import RunOptions, run_training
from reranking.encoder_training.loop.schedule import Schedule
from reranking.signals.learned.cross_encoder import new_cross_model, open_cross_model, score_texts


@pytest.fixture
def base(tiny_text_model):
    return find_model(str(tiny_text_model))


@pytest.fixture
def model(base):
    return new_cross_model(base, max_tokens=32).eval()


def test_order_changes_no_score(model):
    one, other = ["red phone", "case"], ["blue phone", "red case 12"]
    assert score_texts(model, one, other).tolist() == score_texts(model, other, one).tolist()


def test_a_pair_scores_the_same_alone_and_among_others(model):
    left = ["a phone", "a very long title of a phone with 128 gb", "x"] * 30
    right = ["phone a", "phone", "y"] * 30
    together = score_texts(model, left, right)
    alone = [score_texts(model, [one], [other])[0] for one, other in zip(left[:3], right[:3], strict=True)]
    assert together.tolist() == pytest.approx(alone * 30, abs=1e-5)
    assert ((together > 0) & (together < 1)).all()


def test_a_side_without_text_is_unknown(model):
    scores = score_texts(model, ["", "a"], ["b", "b"])
    assert np.isnan(scores).tolist() == [True, False]
    assert np.isnan(score_texts(model, [""], [""])).all()


def test_the_seed_draws_the_head(base):
    same, again, other = (
        score_texts(new_cross_model(base, max_tokens=32, seed=s).eval(), ["a"], ["b"]) for s in (1, 1, 2)
    )
    assert same == again != other


def test_it_is_saved_and_opened_with_its_head_and_length(model, tmp_path):
    model.save(str(tmp_path / "m"), create_model_card=False)
    opened = open_cross_model(tmp_path / "m")
    assert opened.max_seq_length == 32
    assert score_texts(opened, ["a"], ["b"]) == score_texts(model, ["a"], ["b"])


def test_in_bf16_it_scores_nearly_the_same(model, tmp_path):
    model.save(str(tmp_path / "m"), create_model_card=False)
    left, right = ["a red phone", "b", "case 12"], ["a phone", "blue case", "phone 12"]
    half = open_cross_model(tmp_path / "m", precision="bf16")
    assert next(half.parameters()).dtype == torch.bfloat16
    assert score_texts(half, left, right) == pytest.approx(score_texts(model, left, right), abs=0.02)


def test_the_first_layers_can_be_kept(base, tmp_path):
    short = new_cross_model(base, max_tokens=32, layers=1).eval()
    short.save(str(tmp_path / "m"), create_model_card=False)
    assert len(short[0].auto_model.bert.encoder.layer) == 1
    assert score_texts(open_cross_model(tmp_path / "m"), ["a"], ["b"]) == score_texts(short, ["a"], ["b"])
    with pytest.raises(InputError, match="has 2: give 1 to 2"):
        new_cross_model(base, max_tokens=32, layers=3)


def test_a_folder_without_a_model_is_one_line(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be loaded as a cross-encoder") as caught:
        open_cross_model(tmp_path)
    assert "\n" not in str(caught.value)


def pairs_of(count, seed):
    """A pair matches when both have the same color: what stands elsewhere is noise."""
    random = np.random.default_rng(seed)
    colors = random.choice(["red", "blue"], (count, 2))
    texts = [
        f"{color} {noise}"
        for color, noise in zip(colors.ravel(), random.choice(["case", "phone"], 2 * count), strict=True)
    ]
    left = np.arange(0, 2 * count, 2)
    return TextPairs(texts, left, left + 1, (colors[:, 0] == colors[:, 1]).astype(np.float64))


def test_it_learns_what_makes_a_match(base):
    learner = CrossLearner(
        new_cross_model(base, max_tokens=16),
        pairs_of(600, 0),
        pairs_of(80, 1),
        CrossOptions(32, schedule=Schedule(3e-3)),
    )
    history = run_training(learner, RunOptions(epochs=8, patience=8))
    assert history.best.metric > max(0.8, history.epochs[0].metric)


def test_batches_are_of_like_length_and_hold_every_pair_once(model):
    texts = ["x" * length for length in np.random.default_rng(0).integers(1, 90, 400)]
    places = np.arange(0, 400, 2)
    pairs = TextPairs(texts, places, places + 1, np.ones(200))
    batches = CrossLearner(model, pairs, pairs, CrossOptions(10)).batches(0)
    assert sorted(np.concatenate(batches).tolist()) == list(range(200))
    assert np.mean([np.ptp(pairs.lengths[batch]) for batch in batches]) < np.ptp(pairs.lengths) / 4
