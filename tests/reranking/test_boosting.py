"""Boosting on two columns, the first of which tells matches from the rest."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.boosting import (
    FEW_MEMBERS,
    FEW_PAIRS,
    BoostingOptions,
    Examples,
    boost,
    from_bytes,
    gains,
    predict,
    to_bytes,
)

QUICK = BoostingOptions(eta=0.3, max_rounds=12, patience=4, members=2, threads=1)
NAMES = ("telling", "noise")


def examples(size, seed, *, flipped=0.1):
    generator = np.random.default_rng(seed)
    targets = (np.arange(size) % 3 == 0).astype(float)
    telling = targets + 0.3 * generator.normal(size=size)
    features = np.stack([telling, generator.normal(size=size)], axis=1).astype(np.float32)
    targets = np.where(generator.random(size) < flipped, 1 - targets, targets)
    return Examples(features, targets, np.arange(size) % 2)


TRAIN, VALID = examples(300, 1), examples(90, 2)


def separation(scores, targets, categories):
    return float(scores[targets == 1].mean() - scores[targets == 0].mean())


def run(metric=separation, *, train=TRAIN, valid=VALID, options=QUICK, seed=0, **more):
    return boost(train, valid, metric, options=options, seed=seed, **more)


@pytest.fixture(scope="module")
def members():
    return run()


def test_matches_score_higher(members):
    scores = predict(members, VALID.features)
    assert scores.dtype == np.float32
    assert separation(scores, VALID.targets, None) > 0.3
    assert (scores >= 0).all()
    assert (scores <= 1).all()


def test_the_score_is_the_mean_of_the_members(members):
    one, other = (predict([member], VALID.features) for member in members)
    np.testing.assert_allclose(predict(members, VALID.features), (one + other) / 2, rtol=1e-6)
    assert not np.array_equal(one, other)


def test_no_pairs_have_no_scores(members):
    assert predict(members, np.zeros((0, 2), np.float32)).shape == (0,)


def test_an_unknown_feature_is_no_obstacle(members):
    assert np.isfinite(predict(members, np.full((1, 2), np.nan, np.float32))).all()


def test_the_metric_is_asked_for_the_validation_pairs_with_their_categories():
    asked = []

    def metric(scores, targets, categories):
        asked.append((len(scores), targets.tolist(), categories.tolist()))
        return separation(scores, targets, categories)

    run(metric)
    assert asked
    assert all(call == (90, VALID.targets.tolist(), VALID.categories.tolist()) for call in asked)


def test_a_member_is_cut_at_the_round_that_the_metric_liked_best():
    calls = []

    def liking_the_fifth(scores, targets, categories):
        calls.append(1)
        return 1.0 if len(calls) == 5 else 0.0

    members = run(liking_the_fifth, options=replace(QUICK, members=1))
    assert members[0].num_boosted_rounds() == 5
    assert len(calls) == 5 + QUICK.patience


def test_higher_is_better():
    calls = []

    def falling(scores, targets, categories):
        calls.append(1)
        return -len(calls)

    assert run(falling, options=replace(QUICK, members=1))[0].num_boosted_rounds() == 1


def test_equal_seeds_give_equal_members_and_others_do_not(members):
    again, other = run(seed=0), run(seed=1)
    assert [to_bytes(member) for member in again] == [to_bytes(member) for member in members]
    assert [to_bytes(member) for member in other] != [to_bytes(member) for member in members]


@pytest.mark.parametrize(("target", "word"), [(1.0, "matches"), (0.0, "non-matches")])
def test_pairs_of_one_kind_are_refused(target, word):
    with pytest.raises(InputError, match=f"all 300 training pairs are {word}: training needs both"):
        run(train=replace(TRAIN, targets=np.full(300, target)))


def test_gains_are_shares_largest_first(members):
    shares = gains(members, NAMES)
    assert list(shares) == ["telling", "noise"]
    assert sum(shares.values()) == pytest.approx(1)


def test_bytes_give_the_member_back(members):
    again = from_bytes(to_bytes(members[0]))
    np.testing.assert_array_equal(predict([again], VALID.features), predict([members[0]], VALID.features))


@pytest.mark.parametrize("content", [b"", b"no booster", b"{}"])
def test_what_is_no_booster_is_refused(content):
    with pytest.raises(InputError, match="the booster cannot be read"):
        from_bytes(content)


def test_each_member_is_reported(members):
    told = []
    run(progress=lambda *step: told.append(step))
    assert told == [("train", 0, 2), ("train", 1, 2), ("train", 2, 2)]


@pytest.mark.parametrize(("pairs", "members"), [(300, FEW_MEMBERS), (FEW_PAIRS, 1)])
def test_few_pairs_are_learned_by_several_members_and_many_by_one(pairs, members):
    assert len(run(train=examples(pairs, 1), options=replace(QUICK, members=0, max_rounds=1))) == members
