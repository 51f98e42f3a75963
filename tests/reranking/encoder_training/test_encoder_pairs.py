"""Which pairs an encoder learns from: whole groups, some of them kept for the reranker."""

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.encoder_training.encoder_pairs import split_for_encoder, training_matches, validation_matches
from reranking.pairs.labelled import LabelledPairs, read_labelled


@pytest.fixture(scope="module")
def index(sample_index):
    return open_index(sample_index)


@pytest.fixture(scope="module")
def pairs(index, sample):
    return read_labelled([sample / "pairs_train.parquet"], index.catalog)


@pytest.fixture(scope="module")
def split(index, pairs):
    return split_for_encoder(index.catalog, pairs, None, hold_out_share=0.4, valid_share=0.2, seed=0)


def groups_of(split, part):
    matches = part.targets == 1
    return set(split.groups[part.left[matches]].tolist())


def test_no_group_of_matches_is_on_two_sides(split):
    train, valid, held = (groups_of(split, part) for part in (split.train, split.valid, split.held))
    assert min(len(train), len(valid), len(held)) > 0
    assert len(train | valid | held) == len(train) + len(valid) + len(held)


def test_products_trained_on_are_in_no_match_that_is_kept(index, split):
    seen = split.seen(len(index.catalog))
    matches = split.held.take(np.flatnonzero(split.held.targets == 1))
    assert not seen[matches.left].any()
    assert not seen[matches.right].any()


def test_nothing_held_out_leaves_all_pairs_when_valid_is_given(index, pairs, sample):
    valid = read_labelled([sample / "pairs_valid.parquet"], index.catalog)
    found = split_for_encoder(index.catalog, pairs, valid, hold_out_share=0, valid_share=0.2, seed=0)
    assert (len(found.train), len(found.valid), len(found.held)) == (len(pairs), len(valid), 0)


def test_hard_negatives_are_of_other_groups_and_of_products_trained_on(index, split):
    matches = training_matches(index, split, hard=3)
    own, place = np.nonzero(matches.hard >= 0)
    other = matches.hard[own, place]
    assert len(own) > 100
    assert (split.groups[own] != split.groups[other]).all()
    assert split.seen(len(index.catalog))[other].all()
    assert len(matches) == int(split.train.targets.sum())


def test_labelled_non_matches_are_the_first_hard_negatives(index, split):
    matches = training_matches(index, split, hard=1)
    others = split.train.targets == 0
    known = {*zip(split.train.left[others], split.train.right[others], strict=True)}
    known |= {(right, left) for left, right in known}
    of_known = {left for left, right in known if split.groups[left] != split.groups[right]}
    for product in of_known:
        assert (product, matches.hard[product, 0]) in known


def test_validation_matches_are_those_of_whole_groups(index, sample):
    valid = read_labelled([sample / "pairs_valid.parquet"], index.catalog)
    whole = validation_matches(index.catalog, valid, products=10_000, across_sources=False, seed=0)
    assert whole.products.tolist() == valid.products.tolist()
    assert len(whole.left) == int(valid.targets.sum())
    assert whole.sources is None
    part = validation_matches(index.catalog, valid, products=40, across_sources=True, seed=0)
    assert len(part.products) <= 40
    assert 0 < len(part.left) < len(whole.left)
    assert len(part.sources) == len(part.products)


def test_too_few_matches_are_refused(index):
    one = LabelledPairs(np.array([0, 2]), np.array([1, 3]), np.array([1.0, 0.0]))
    with pytest.raises(InputError, match="too few matches"):
        split_for_encoder(index.catalog, one, None, hold_out_share=0.5, valid_share=0.2, seed=0)


@pytest.mark.parametrize("share", [-0.1, 1])
def test_a_share_that_leaves_nothing_is_refused(index, pairs, share):
    with pytest.raises(InputError, match="--hold-out-share"):
        split_for_encoder(index.catalog, pairs, None, hold_out_share=share, valid_share=0.2, seed=0)
