"""Which join is taken: through near lists where that reaches the recall and costs less, else the exact one."""

import numpy as np
import pytest

from indexing.join.choice import WORTHWHILE, OwnPlanner, choose_join, make_centres
from indexing.join.options import JoinRecord
from indexing.join.rows import distinct_units
from indexing.search.near_lists import in_chain
from indexing.search.recall import draw_sample, least_alone, least_lists, least_probes, true_neighbours
from indexing.vectors.vectors import from_arrays, unit_rows

SIZE, GROUPS = 3000, 60


@pytest.fixture(scope="module")
def clustered():
    """Rows in sixty clusters, the last ten of nothing to see; the units, the truth of a sample, and categories of the
    clusters, -1 for a tenth of them."""
    generator = np.random.default_rng(0)
    cluster = np.arange(SIZE) % GROUPS
    array = unit_rows(generator.normal(size=(GROUPS, 12))[cluster] + 0.3 * generator.normal(size=(SIZE, 12)))
    array[-10:] = 0
    rows = from_arrays(array)
    categories = np.where(generator.random(SIZE) < 0.1, -1, cluster // 3)
    return rows, distinct_units(rows), true_neighbours(rows, draw_sample(SIZE - 10, 300), 10), categories


def choose(clustered, kind, *, asked=0.9, centres=None, truth=True):
    rows, units, known, categories = clustered
    return choose_join(kind, rows, units, categories, centres, known if truth else None, asked)


def test_an_exact_join_is_taken_when_asked_for_or_when_nothing_is_known(clustered):
    for chosen in (choose(clustered, "exact"), choose(clustered, "lists", truth=False)):
        assert (chosen.record, chosen.lists) == (JoinRecord("exact"), None)
        assert chosen.plan.products == choose(clustered, "exact").plan.products


def test_near_lists_are_as_many_as_the_recall_needs(clustered):
    rows, units, truth, _ = clustered
    chosen, centres = choose(clustered, "lists"), in_chain(make_centres(rows, units))
    probed, alone = least_probes(truth, rows, centres, 0.9), least_alone(truth, rows, centres, 0.9)
    assert chosen.record == JoinRecord("lists", len(centres), probed, alone)
    assert chosen.plan.products < WORTHWHILE * choose(clustered, "exact").plan.products
    whole = rows.take(np.arange(SIZE))
    nearest = np.where(whole.any(axis=1), np.argmax(whole @ centres.T, axis=1), -1)
    np.testing.assert_array_equal(chosen.lists.codes, nearest)
    np.testing.assert_array_equal(chosen.lists.centres, centres)


def test_given_centres_are_those_of_the_lists(clustered):
    centres = unit_rows(np.random.default_rng(5).normal(size=(40, 12)))
    chosen = choose(clustered, "lists", centres=centres, asked=0.5)
    assert chosen.record.lists == 40
    np.testing.assert_array_equal(chosen.lists.centres, in_chain(centres))


def test_a_category_is_compared_whole_and_of_others_what_is_near(clustered):
    rows, units, truth, categories = clustered
    chosen = choose(clustered, "category")
    lists = OwnPlanner().cells(rows, units, categories, make_centres(rows, units)).lists
    own = categories[truth.sample][:, None]
    alike = (categories[truth.neighbours.positions] == own) & (own >= 0)
    probed = least_lists(truth, lists, 0.9, alike=alike)
    alone = least_alone(truth, rows, lists.centres, 0.9, alike=alike)
    assert chosen.record == JoinRecord("category", len(lists.centres), probed, alone)  # fmt: skip
    np.testing.assert_array_equal(chosen.lists.codes, lists.codes)
    assert probed < least_lists(truth, lists, 0.9)


@pytest.mark.parametrize("kind", ["lists", "category"])
def test_what_cannot_reach_the_recall_is_stepped_back_from(clustered, kind):
    chosen = choose(clustered, kind, asked=1.01)
    assert (chosen.record, chosen.lists) == (JoinRecord("exact", join_stepped_back_from=kind), None)


def test_what_saves_little_is_stepped_back_from(clustered, monkeypatch):
    monkeypatch.setattr("indexing.join.choice.WORTHWHILE", 0.001)
    assert choose(clustered, "lists").record == JoinRecord("exact", join_stepped_back_from="lists")


def test_few_products_have_at_most_half_as_many_lists():
    rows = from_arrays(unit_rows(np.random.default_rng(1).normal(size=(9, 3))))
    assert len(make_centres(rows, distinct_units(rows))) == 4
    one = from_arrays(unit_rows(np.ones((1, 3))))
    assert len(make_centres(one, distinct_units(one))) == 1
