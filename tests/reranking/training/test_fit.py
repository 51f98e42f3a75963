"""Boosters see some training pairs once more, as if the catalogue had no other offers of their products."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.product_index import open_index
from reranking.boosters.boosting import BoostingOptions
from reranking.boosters.feature_blocks import FeatureBlocks
from reranking.model.train_options import MiningOptions, TrainOptions
from reranking.pairs.labelled import read_labelled
from reranking.signals.feature import columns_of
from reranking.signals.learned.rivals import FEATURES as RIVAL_FEATURES
from reranking.training import fit
from reranking.training.examples import TrainingRoom, prepare_training_signals
from reranking.training.fit import examples_to_train_on, seen_once_more
from reranking.training.training_pairs import TrainingPairs

pytestmark = pytest.mark.usefixtures("early_first_look")
OPTIONS = TrainOptions(boosting=BoostingOptions(threads=1), seed=0, mining=MiningOptions(negatives=2))


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def data(index, sample):
    train, valid = (read_labelled([sample / f"pairs_{name}.parquet"], index.catalog) for name in ("train", "valid"))
    return TrainingPairs.of(index, train, valid, OPTIONS)


@pytest.fixture(scope="module")
def signals(index, data, early_first_look):
    return prepare_training_signals(index, data.train, data.products, OPTIONS)


@pytest.fixture(scope="module")
def again(signals, data):
    return seen_once_more(signals, data, 0)


@pytest.fixture(scope="module")
def examples(signals, data, again):
    return examples_to_train_on(signals, data, again=again)


def columns(signals, *names):
    return columns_of(signals.names, names)


def test_half_of_the_pairs_are_seen_once_more_but_no_more_than_so_many(signals, data, monkeypatch):
    again = seen_once_more(signals, data, 0)
    assert len(np.unique(again)) == len(again) == len(data.train) // 2
    assert (np.diff(again) > 0).all()
    assert (again != seen_once_more(signals, data, 1)).any()
    monkeypatch.setattr(fit, "MOST_ONCE_MORE", 7)
    assert len(seen_once_more(signals, data, 0)) == 7


def test_nothing_is_seen_once_more_where_no_rivals_are_compared(signals, data):
    assert len(seen_once_more(signals.without({"rivals"}), data, 0)) == 0


@pytest.mark.parametrize(("further", "drawn"), [(0.99, False), (1.0, True)])
def test_nothing_is_seen_once_more_where_matches_have_no_further_matches(signals, data, monkeypatch, further, drawn):
    def told(self, left, right, *, stage, progress=None):
        out = np.zeros((len(left), len(self.names)), dtype=np.float32)
        out[:, columns(self, "rivals_expected_larger")] = 5.0
        out[:, columns(self, "rivals_expected_smaller")] = further
        keys = left * 10_000 + right
        assert np.isin(keys, (data.train.left * 10_000 + data.train.right)[data.train.targets == 1]).all()
        return out

    monkeypatch.setattr(type(signals), "compute_all", told)
    assert (len(seen_once_more(signals, data, 0)) > 0) == drawn


def test_pairs_stand_behind_all_others_with_their_targets_weights_and_categories(data, again, examples):
    count = len(data.train)
    assert len(examples.features) == count + len(again)
    for part in (examples.targets, examples.weights, examples.categories, examples.others):
        np.testing.assert_array_equal(part[count:], part[:count][again])
    assert len(np.unique(examples.weights)) > 1  # mined pairs count otherwise


def test_all_but_the_rivals_is_seen_as_before(signals, data, again, examples):
    count = len(data.train)
    own = [feature.name for feature in RIVAL_FEATURES]
    others = columns(signals, *(name for name in signals.names if name not in own))
    np.testing.assert_array_equal(examples.features[count:, others], examples.features[:count, others][again])


def test_no_pair_trails_further_behind_a_rival_and_some_lead_where_they_trailed(signals, data, again, examples):
    count = len(data.train)
    names = "rival_lead_smaller", "rival_lead_larger", "rival_offer_lead_smaller", "rival_offer_lead_larger"
    before, after = (
        part[:, columns(signals, *names)] for part in (examples.features[again], examples.features[count:])
    )
    assert (after >= before).all()
    others = examples.targets[again] == 0
    assert ((after > 0) & (before < 0))[others].any()
    fewer = columns(signals, "rivals_expected_smaller", "rivals_expected_larger")
    assert (examples.features[count:][:, fewer] <= examples.features[again][:, fewer] + 1e-6).all()
    (shared,) = columns(signals, "rival_shared")
    assert (examples.features[count:, shared] <= np.maximum(examples.features[again, shared], 0)).all()


def test_on_disk_they_are_the_same(signals, data, again, examples, tmp_path):
    room = TrainingRoom(1, tmp_path / "features")
    kept = examples_to_train_on(signals, data, again=again, room=room)
    assert isinstance(kept.features, FeatureBlocks)
    np.testing.assert_array_equal(kept.features.read(), examples.features)


def test_what_training_needs_counts_them(tmp_path):
    said = []
    room = TrainingRoom(1 << 40, tmp_path, said.append)
    room.say(1000, 500, 10)
    room.say(1000, 500, 10, again=400)
    assert said[0].startswith("train: 1,000 pairs and 500 for validation")
    assert said[1].startswith(
        "train: 1,000 pairs (400 of them once more in a thinned catalogue) and 500 for validation"
    )
    small = replace(room, memory=1200 * 10 * 16)
    small.say(1000, 500, 10)
    small.say(1000, 500, 10, again=400)
    assert ["of disk" in line for line in said] == [False, False, False, True]
