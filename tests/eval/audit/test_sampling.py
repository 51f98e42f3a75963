"""Sampling: the same pairs whatever the order of the file, in two phases, and remembered."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from eval.audit.allocation import pilot
from eval.audit.population import population_of
from eval.audit.sampling import NOTE, begin_sample, design_sample, designs, open_sample
from indexing.errors import InputError
from reranking.labels.store import open_store


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "audit.db", create=True) as opened:
        yield opened


@pytest.fixture
def population(scored):
    return population_of(scored[0])


def asked_whole(sample, targets, budget):
    asked, phases = np.zeros(0, dtype=np.int64), []
    while (more := sample.to_ask(asked, targets[asked], budget)).size:
        phases.append(more)
        asked = np.concatenate([asked, more])
    return asked, phases


def test_a_pilot_is_asked_before_the_rest_and_no_pair_twice(scored, population):
    sample = open_sample(1, design_sample(population, 300, 0), population)
    asked, phases = asked_whole(sample, scored[1], 300)
    assert len(asked) == len(set(asked.tolist())) == 300
    assert len(phases) == 2
    counts = np.bincount(sample.strata.codes[phases[0]], minlength=len(sample.strata))
    assert np.array_equal(counts, pilot(sample.strata, 300))


def test_what_is_asked_does_not_depend_on_the_order_of_the_file(scored, population):
    scores, targets = scored
    rows = np.random.default_rng(3).permutation(len(targets))
    other = population_of(
        replace(
            scores,
            left=scores.right.take(pa.array(rows)),
            right=scores.left.take(pa.array(rows)),
            values=scores.values[rows],
            decisions={"match": scores.decisions["match"][rows]},
            categories=scores.categories.take(pa.array(rows)),
            probabilities=scores.probabilities[rows],
        )
    )
    design = design_sample(population, 300, 0)
    asked, _ = asked_whole(open_sample(1, design, population), targets, 300)
    moved, _ = asked_whole(open_sample(1, design, other), targets[rows], 300)
    assert np.array_equal(population.keys[asked], other.keys[moved])


def test_another_seed_draws_other_pairs(population):
    first, second = (
        set(open_sample(1, design_sample(population, 300, seed), population).order[:50].tolist()) for seed in (0, 1)
    )
    assert first != second


def test_cut_short_it_goes_on_where_it_was(scored, population):
    sample = open_sample(1, design_sample(population, 300, 0), population)
    asked = np.zeros(0, dtype=np.int64)
    while (more := sample.to_ask(asked, scored[1][asked], 300)).size:
        asked = np.append(asked, more[:7])
    whole, _ = asked_whole(sample, scored[1], 300)
    assert set(asked.tolist()) == set(whole.tolist())


def test_a_larger_budget_asks_more_of_the_same_sample(scored, population):
    sample = open_sample(1, design_sample(population, 300, 0), population)
    first, _ = asked_whole(sample, scored[1], 300)
    more = sample.to_ask(first, scored[1][first], 500)
    assert len(more) == 200
    assert not set(more.tolist()) & set(first.tolist())


def test_pairs_of_a_stratum_have_one_chance(scored, population):
    """Over many seeds each pair of a stratum is in the pilot equally often."""
    design = design_sample(population, 60, 0)
    hits = np.zeros(len(population))
    for seed in range(300):
        sample = open_sample(1, replace(design, seed=seed), population)
        hits[sample.first(pilot(sample.strata, 60))] += 1
    counts = pilot(sample.strata, 60)
    for stratum in range(len(sample.strata)):
        inside = hits[sample.strata.codes == stratum] / 300
        chance = counts[stratum] / sample.strata.sizes[stratum]
        assert inside.mean() == pytest.approx(chance)
        assert abs(inside - chance).max() < 5.5 * np.sqrt(chance / 300) + 1e-9


def test_unsure_answers_count_as_asked(scored, population):
    sample = open_sample(1, design_sample(population, 300, 0), population)
    asked, _ = asked_whole(sample, np.full(len(population), np.nan), 300)
    assert len(asked) == 300


def test_the_store_remembers_the_sample_of_these_scores(store, scored, population):
    first = begin_sample(store, population, 300)
    again = begin_sample(store, population, 500, seed=9)
    assert (first.number, first.design) == (again.number, again.design)
    other = begin_sample(store, population_of(scored[0], threshold=0.4), 300)
    assert other.number != first.number
    assert [number for number, _ in designs(store)] == [other.number, first.number]


def test_too_small_a_budget_is_refused(store, population):
    with pytest.raises(InputError, match="--budget 10: fewer than 60 labels say nothing"):
        begin_sample(store, population, 10)


def test_a_note_that_is_no_sample_is_refused(store, population):
    store.add_note(NOTE, '{"seed": 0}')
    with pytest.raises(InputError, match=r"audit\.db: sample 1: .*: audit in a store of its own"):
        begin_sample(store, population, 300)
