"""Batches of pictures: each once a round, beside those that look like it, with a partner of its product."""

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.encoder_training.pictures.batches import LEAST_EPOCH, PictureBatches

GROUPS = np.repeat(np.arange(1000), 3)


def firsts(batches):
    return np.concatenate([batch.first for batch in batches])


def test_every_picture_is_first_once_an_epoch():
    batches = PictureBatches(GROUPS, size=60).epoch(3)
    np.testing.assert_array_equal(np.sort(firsts(batches)), np.arange(3000))
    assert {len(batch.first) for batch in batches} == {60}


def test_few_pictures_are_gone_through_several_times():
    batches = PictureBatches(np.arange(100), size=50).epoch(0)
    assert LEAST_EPOCH <= len(firsts(batches)) < LEAST_EPOCH + 100
    assert set(np.bincount(firsts(batches))) == {len(firsts(batches)) // 100}


def test_a_partner_is_another_of_the_group_as_often_as_asked():
    for matched in (0.0, 0.7, 1.0):
        batches = PictureBatches(GROUPS, matched=matched).epoch(0)
        second = np.concatenate([batch.second for batch in batches])
        np.testing.assert_array_equal(GROUPS[second], GROUPS[firsts(batches)])
        assert np.mean(second != firsts(batches)) == pytest.approx(matched, abs=0.03)


def test_every_other_of_a_group_can_be_the_partner():
    plan = PictureBatches(np.zeros(4, dtype=np.int64), matched=1.0)
    pairs = {pair for batch in plan.epoch(0) for pair in zip(batch.first.tolist(), batch.second.tolist(), strict=True)}
    assert pairs == {(a, b) for a in range(4) for b in range(4) if a != b}


def test_a_picture_alone_is_its_own_partner():
    batch = PictureBatches(np.arange(64), matched=1.0).epoch(0)[0]
    np.testing.assert_array_equal(batch.first, batch.second)


def test_the_same_seed_and_epoch_give_the_same_batches():
    def made(seed, epoch):
        return firsts(PictureBatches(GROUPS, seed=seed).epoch(epoch)).tolist()

    assert made(1, 2) == made(1, 2)
    assert made(1, 2) != made(1, 3)
    assert made(1, 2) != made(2, 2)


def test_those_that_look_alike_are_in_one_batch():
    groups = np.arange(4096)
    near = (groups ^ 1)[:, None]  # 0 and 1 look alike, 2 and 3, and so on

    def together(batches):
        return np.mean([np.isin(batch.first ^ 1, batch.first).mean() for batch in batches])

    plan = PictureBatches(groups, size=64, beside=1)
    assert together(plan.epoch(0, near)) > 0.95
    assert together(plan.epoch(0)) < 0.1


def test_pictures_of_the_same_group_are_not_taken_for_hard():
    groups = np.repeat(np.arange(2048), 2)
    near = np.stack([np.arange(4096) ^ 1, np.full(4096, -1)], axis=1)
    batches = PictureBatches(groups, size=64, beside=2, seed=5).epoch(0, near)
    np.testing.assert_array_equal(np.sort(firsts(batches)), np.arange(4096))
    assert np.mean([np.isin(batch.first ^ 1, batch.first).mean() for batch in batches]) < 0.1


@pytest.mark.parametrize(("groups", "size"), [(1, 64), (9, 1)])
def test_too_few_to_tell_apart_are_refused(groups, size):
    with pytest.raises(InputError, match="two at least are needed"):
        PictureBatches(np.arange(groups), size=size)
