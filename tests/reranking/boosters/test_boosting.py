"""Boosting on two columns, the first of which tells matches from the rest."""

from dataclasses import replace

import numpy as np
import pytest

from indexing.errors import InputError
from reranking.boosters import boosting, growing
from reranking.boosters.boosting import (
    FEW_MEMBERS,
    FEW_PAIRS,
    BoostingOptions,
    boost,
    boost_parts,
    boost_rounds,
    choose_boosting_device,
    from_bytes,
    gains,
    monotone_members,
    predict,
    to_bytes,
)
from reranking.boosters.examples import Examples

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


def test_members_that_grow_beside_one_another_are_those_that_grow_in_turn(monkeypatch):
    monkeypatch.setattr(growing, "thread_count", lambda: 2)
    told = []
    apart = run(options=replace(QUICK, members=3, threads=0), progress=lambda *of: told.append(of))
    assert told == [("train", done, 3) for done in range(4)]
    in_turn = run(options=replace(QUICK, members=3))
    assert [to_bytes(member) for member in apart] == [to_bytes(member) for member in in_turn]


def test_an_interrupted_member_ends_the_others(monkeypatch):
    monkeypatch.setattr(growing, "thread_count", lambda: 2)
    calls = []

    def interrupted(scores, targets, categories):
        calls.append(len(calls))
        if len(calls) == 20:
            raise KeyboardInterrupt
        return float(len(calls))

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, options=replace(QUICK, members=3, threads=0, max_rounds=100_000))
    assert len(calls) < 1000


def test_many_validation_pairs_are_scored_every_five_rounds_and_after_the_last(monkeypatch):
    monkeypatch.setattr(growing, "MANY_JUDGED", len(VALID.targets))
    calls = []

    def liking_the_second(scores, targets, categories):
        calls.append(1)
        return 1.0 if len(calls) == 2 else 0.0

    stopped = run(liking_the_second, options=replace(QUICK, members=1, patience=20, max_rounds=90))
    assert stopped[0].num_boosted_rounds() == 2 * 5
    assert len(calls) == 2 + 20 // 5
    calls.clear()
    ended = run(liking_the_second, options=replace(QUICK, members=1, patience=20, max_rounds=8))
    assert ended[0].num_boosted_rounds() == 8
    assert len(calls) == 2


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


def test_scores_do_not_fall_against_a_direction():
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 1)).astype(np.float32)
    targets = ((features[:, 0] > 0) ^ (random.random(400) < 0.3)).astype(np.float64)
    codes, grid = np.zeros(400, dtype=np.int64), np.linspace(-3, 3, 200, dtype=np.float32)[:, None]

    def steps(direction, monotone):
        options = BoostingOptions(
            max_rounds=30, patience=30, members=1, threads=1, min_child_weight=0, monotone=monotone
        )
        examples = Examples(features, targets, codes, directions=(direction,))
        members = boost(examples, examples, lambda s, t, c: float(((s > 0.5) == t).mean()), options=options, seed=0)
        return np.diff(predict(members, grid))

    assert steps(1, monotone=False).min() < 0
    assert steps(1, monotone=True).min() >= 0
    assert steps(-1, monotone=True).max() <= 0


class TestMembers:
    """Boosters of a feature that often speaks the other way round, by direction."""

    @pytest.fixture
    def contrary(self):
        random = np.random.default_rng(0)
        features = random.normal(size=(400, 1)).astype(np.float32)
        targets = ((features[:, 0] > 0) ^ (random.random(400) < 0.3)).astype(np.float64)
        return Examples(features, targets, np.zeros(400, dtype=np.int64), directions=(1,))

    @staticmethod
    def accuracy(scores, targets, codes):
        return float(((scores > 0.5) == targets).mean())

    @staticmethod
    def rising(members):
        """Whether each member's scores never fall."""
        grid = np.linspace(-3, 3, 200, dtype=np.float32)[:, None]
        return [bool(np.diff(predict([member], grid)).min() >= 0) for member in members]

    @pytest.mark.parametrize(
        ("chosen", "rising"),
        [({}, [False, True, True]), ({"members": 2}, [False, False]), ({"monotone": True}, [True, True, True])],
        ids=["of few pairs all but the first are monotone", "named ones are as asked", "all where that is asked"],
    )
    def test_all_but_the_first_follow_directions_where_nobody_says_how_many(self, contrary, chosen, rising):
        options = BoostingOptions(max_rounds=30, patience=30, threads=1, min_child_weight=0, **chosen)
        members = boost(contrary, contrary, self.accuracy, options=options, seed=0)
        assert self.rising(members) == rising
        assert list(monotone_members(contrary, options)) == rising
        assert list(monotone_members(replace(contrary, directions=(0,)), options)) == [False] * len(rising)

    def test_of_many_pairs_there_is_one_and_it_is_free(self, contrary, monkeypatch):
        monkeypatch.setattr(boosting, "FEW_PAIRS", 400)
        options = BoostingOptions(max_rounds=30, patience=30, threads=1, min_child_weight=0)
        assert self.rising(boost(contrary, contrary, self.accuracy, options=options, seed=0)) == [False]


def test_weights_move_scores():
    features = np.zeros((100, 1), dtype=np.float32)
    targets, codes = (np.arange(100) < 50).astype(np.float64), np.zeros(100, dtype=np.int64)
    options = BoostingOptions(eta=1.0, max_rounds=2, members=1, threads=1, reg_lambda=0, subsample=1.0)
    weights = np.where(targets == 1, 3.0, 1.0).astype(np.float32)

    def score(given):
        examples = Examples(features, targets, codes, given)
        members = boost(examples, examples, lambda s, t, c: 0.0, options=options, seed=0)
        return predict(members, features)[0]

    assert score(None) == pytest.approx(0.5, abs=0.01)
    assert score(weights) == pytest.approx(0.75, abs=0.01)


def test_a_gpu_that_is_not_there_is_refused_in_one_line():
    if choose_boosting_device("auto") == "cuda":
        pytest.skip("this machine has a GPU")
    assert choose_boosting_device("cpu") == "cpu"
    with pytest.raises(InputError, match=r"--device cuda: this .* install heroic"):
        choose_boosting_device("cuda")


@pytest.mark.gpu
def test_a_gpu_learns_what_the_cpu_learns():
    if choose_boosting_device("auto") != "cuda":
        pytest.skip("no GPU")
    found = {}
    for device in ("cpu", "cuda"):
        options = BoostingOptions(max_rounds=20, patience=20, members=1, device=device)
        found[device] = predict(
            boost(VALID, VALID, lambda s, t, c: float(s.mean()), options=options, seed=0), VALID.features
        )
    np.testing.assert_allclose(found["cuda"], found["cpu"], atol=0.02)


def test_a_part_learns_nothing_of_the_others_and_as_much_as_alone():
    part, rest = np.arange(0, 200), np.arange(200, 300)
    turned = replace(TRAIN, targets=np.where(np.arange(300) < 200, TRAIN.targets, 1 - TRAIN.targets))
    (own, _), (same, _) = (boost_parts(each, [part, rest], 8, options=QUICK, seed=0) for each in (TRAIN, turned))
    assert to_bytes(own) == to_bytes(same)
    alone = boost_rounds(TRAIN.take(part), 8, options=QUICK, seed=0)
    assert separation(predict([own], VALID.features), VALID.targets, None) == pytest.approx(
        separation(predict([alone], VALID.features), VALID.targets, None), abs=0.05
    )


def test_parts_keep_the_weights_of_their_pairs():
    weights = np.where(TRAIN.targets == 1, 0.01, 1.0)
    weighed = replace(TRAIN, weights=weights)
    (plain,), (light,) = (boost_parts(each, [np.arange(300)], 8, options=QUICK, seed=0) for each in (TRAIN, weighed))
    assert predict([light], VALID.features).mean() < predict([plain], VALID.features).mean() - 0.1
