"""Strata: every pair in one, none across a call or a category that stands alone."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.audit.population import population_of
from eval.audit.strata import OTHERS, part


@pytest.mark.parametrize("budget", [60, 300, 2000])
def test_every_pair_is_in_one_stratum_of_its_category_and_call(scored, budget):
    population = population_of(scored[0])
    strata = part(population, budget)
    assert np.array_equal(np.bincount(strata.codes), strata.sizes)
    assert strata.sizes.min() > 0
    assert np.array_equal(strata.called[strata.codes], population.called)
    own = np.array(strata.names)[strata.categories][strata.codes]
    names = np.array(population.names)[population.categories]
    assert set(own[own != names]) <= {OTHERS}
    assert len(strata) <= budget // 15 + 2 * len(strata.names)


def test_a_category_too_small_for_labels_of_its_own_is_taken_with_others(scored):
    population = population_of(scored[0])
    assert part(population, 100).names == ("phones", OTHERS)
    assert part(population, 2000).names == population.names


def test_scores_fall_from_stratum_to_stratum_of_a_cell(scored):
    population = population_of(scored[0])
    strata = part(population, 300)
    for cell in {*zip(strata.categories.tolist(), strata.called.tolist(), strict=True)}:
        inside = [h for h in range(len(strata)) if (strata.categories[h], strata.called[h]) == cell]
        for above, below in pairwise(inside):
            assert population.scores[strata.codes == above].min() >= population.scores[strata.codes == below].max()


@given(st.integers(1, 60), st.booleans(), st.integers(60, 400))
def test_any_population_can_be_parted(make_scores, count, probabilities, budget):
    scores, _ = make_scores(count, probabilities=probabilities)
    strata = part(population_of(scores), budget)
    assert int(strata.sizes.sum()) == count
    assert strata.sizes.min() > 0


def test_nothing_called_has_strata_too(scored):
    strata = part(population_of(replace(scored[0], decisions={"match": np.zeros(2000, dtype=bool)})), 300)
    assert not strata.called.any()
