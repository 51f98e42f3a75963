"""A batch is mostly of pairs about which the committee disagrees, with a few that keep it honest."""

from dataclasses import replace

import numpy as np
import pytest

from reranking.asking.batch import SIZE, KnownLabels, choose_batch
from reranking.asking.committee import Opinion, ask_committee
from reranking.asking.pool import QuestionPool

PAIRS = 600


@pytest.fixture
def pool():
    """Pairs of separate products, of which the first 60 look most like matches."""
    weak = np.linspace(1, 0, PAIRS)
    generator = np.random.default_rng(0)
    features = np.column_stack([weak + generator.normal(0, 0.05, PAIRS), generator.random(PAIRS)]).astype(np.float32)
    places = np.arange(PAIRS)
    categories = (places % 10 == 0).astype(np.int64)
    return QuestionPool(
        2 * places, 2 * places + 1, features, (1, 0), weak, np.ones(PAIRS), categories, ("common", "rare"), PAIRS, 1200, 1200
    )  # fmt: skip


@pytest.fixture
def known():
    rows = np.concatenate([np.arange(0, 40), np.arange(300, 340)])
    closed = np.zeros(PAIRS, dtype=bool)
    closed[rows] = True
    return KnownLabels(rows, (rows < 60).astype(float), closed, np.arange(2 * PAIRS))


def opinion_of(scores, apart=None):
    scores = np.asarray(scores, dtype=np.float64)
    return Opinion(scores, np.zeros(PAIRS) if apart is None else apart, scores)


def reasons(chosen):
    return [one.why for one in chosen]


def test_most_pairs_are_those_that_models_disagree_about(pool, known):
    apart = np.where((np.arange(PAIRS) >= 100) & (np.arange(PAIRS) < 120), 0.4, 0.001)
    chosen = choose_batch(pool, known, opinion_of(pool.weak, apart), seed=0)
    disagreed = [one.row for one in chosen if one.why == "models disagree"]
    assert len(chosen) == SIZE
    assert len(disagreed) >= 6
    assert all(100 <= row < 120 for row in disagreed)


def test_a_tenth_is_drawn_at_random_with_its_probability(pool, known):
    chosen = choose_batch(pool, known, opinion_of(pool.weak), seed=1)
    (drawn,) = [one for one in chosen if one.why == "at random"]
    assert drawn.probability == pytest.approx(1 / (PAIRS - 80))
    assert all(one.probability is None for one in chosen if one.why != "at random")


def test_a_sure_committee_is_asked_where_looks_contradict_it(pool, known):
    scores = np.where(np.arange(PAIRS) == 590, 0.99, pool.weak * 0.7)
    chosen = choose_batch(pool, known, opinion_of(scores), seed=2)
    assert [one.row for one in chosen if "against" in one.why] == [590]


def test_nothing_is_called_sure_where_the_committee_is_not(pool, known):
    chosen = choose_batch(pool, known, opinion_of(0.4 + 0.2 * pool.weak), seed=2)
    assert len(chosen) == SIZE
    assert not [one for one in chosen if "surely" in one.why]


def test_a_match_that_follows_from_labels_and_that_the_committee_denies_is_asked_first(pool, known):
    groups = known.groups.copy()
    groups[2 * 400 + 1] = groups[2 * 400]
    chosen = choose_batch(pool, replace(known, groups=groups), opinion_of(pool.weak * 0.5), seed=3)
    assert [one.row for one in chosen if "against" in one.why] == [400]


def test_no_product_group_is_asked_twice_in_a_batch(pool, known):
    groups = known.groups // 200  # six groups: no batch of ten has all of its own
    apart = np.where(np.arange(PAIRS) < 300, 0.3, 0.1)
    chosen = choose_batch(pool, replace(known, groups=groups), opinion_of(pool.weak, apart), seed=4)
    asked = [one for one in chosen if one.why != "what is left"]
    touched = [group for one in asked for group in {int(groups[2 * one.row]), int(groups[2 * one.row + 1])}]
    assert len(touched) == len(set(touched))
    assert len(chosen) == SIZE


def test_a_large_category_with_few_labels_is_asked_more(pool, known):
    rows = np.flatnonzero((pool.categories == 0) & (np.arange(PAIRS) < 400))[:200]
    closed = np.zeros(PAIRS, dtype=bool)
    closed[rows] = True
    only_common = KnownLabels(rows, (rows < 60).astype(float), closed, known.groups)
    chosen = choose_batch(pool, only_common, opinion_of(pool.weak), seed=5)
    assert reasons(chosen).count("few labels in rare") == 4
    assert all(pool.categories[one.row] == 1 for one in chosen if one.why == "few labels in rare")


def test_where_all_pairs_are_of_one_product_group_a_batch_is_full_all_the_same(pool, known):
    one = replace(known, groups=np.zeros_like(known.groups))
    chosen = choose_batch(pool, one, opinion_of(pool.weak), seed=4)
    assert len({row.row for row in chosen}) == SIZE
    assert reasons(chosen).count("what is left") == SIZE - 1


def test_the_first_batch_has_pairs_that_look_like_matches_and_others(pool, known):
    nothing = KnownLabels(np.zeros(0, np.int64), np.zeros(0), np.zeros(PAIRS, dtype=bool), known.groups)
    chosen = choose_batch(pool, nothing, None, seed=6)
    assert reasons(chosen).count("looks like a match") == 5
    assert reasons(chosen).count("any likeness") == 5
    assert all(one.row < 40 for one in chosen if one.why == "looks like a match")


@pytest.mark.parametrize(("matches", "likely"), [(0, 7), (10, 2)])
def test_early_on_matches_are_favoured_while_they_are_fewer(pool, known, matches, likely):
    rows = np.arange(200, 210)
    closed = np.zeros(PAIRS, dtype=bool)
    closed[rows] = True
    early = KnownLabels(rows, (np.arange(10) < matches).astype(float), closed, known.groups)
    assert reasons(choose_batch(pool, early, None, seed=7)).count("looks like a match") == likely


def test_closed_pairs_are_not_asked_and_a_small_pool_gives_what_it_has(pool, known):
    closed = np.ones(PAIRS, dtype=bool)
    closed[[5, 6, 7]] = False
    chosen = choose_batch(pool, replace(known, closed=closed), opinion_of(pool.weak), seed=8)
    assert sorted(one.row for one in chosen) == [5, 6, 7]


def test_the_committee_learns_and_disagrees_most_where_labels_end(pool):
    rows = np.concatenate([np.arange(0, 50), np.arange(150, PAIRS, 10)])
    opinion = ask_committee(pool.features, pool.directions, rows, (rows < 100).astype(float), seed=0)
    assert opinion.scores[:40].mean() > 0.8 > 0.2 > opinion.scores[200:].mean()
    assert opinion.apart[70:140].mean() > 2 * opinion.apart[300:].mean()
    assert opinion.probabilities[:40].mean() > 0.8
    assert 0.5 < opinion.expected_f1 <= 1


def test_the_committee_is_the_same_for_the_same_seed(pool):
    rows = np.arange(0, PAIRS, 12)
    targets = (rows < 100).astype(float)
    one, same, other = (
        ask_committee(pool.features, pool.directions, rows, targets, seed=seed).scores for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
