"""Plans of a join: each pair that is to be compared stands in one tile, and no other pair in any."""

import numpy as np
import pytest

from indexing.join import plan as join_plan
from indexing.join.plan import LARGE_SOURCE, exact_products, order_by_pivots, plan_all, plan_cells, plan_exact
from indexing.join.rows import distinct_units
from indexing.vectors.vectors import from_arrays, unit_rows

SIZE = 150


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Stripes of 8 rows and tiles of 20 columns."""
    monkeypatch.setattr(join_plan, "STRIPE_ROWS", 8)
    monkeypatch.setattr(join_plan, "TILE_COLUMNS", 20)


def compared(plan):
    """How often each two units (u, u) are compared, itself and the order of the two left aside."""
    counts = np.zeros((len(plan), len(plan)), dtype=int)
    for stripe in plan.stripes:
        for tile in plan.tiles(stripe):
            assert tile.width == len(tile.places) <= 20
            rows, columns = np.meshgrid(np.arange(tile.a, tile.b), tile.places, indexing="ij")
            if tile.overlap:
                np.testing.assert_array_equal(tile.places[: tile.b - tile.a], np.arange(tile.a, tile.b))
            once = (columns >= tile.b) | (rows < columns) if tile.overlap else np.ones(rows.shape, dtype=bool)
            np.add.at(counts, (plan.order[rows[once]], plan.order[columns[once]]), 1)
    return counts + counts.T


def some_units(sources=None):
    rows = from_arrays(unit_rows(np.random.default_rng(0).normal(size=(SIZE, 5))))
    return rows, distinct_units(rows, sources)


def others():
    return 1 - np.eye(SIZE, dtype=int)


def test_an_exact_join_compares_every_two_rows_once():
    plan = plan_exact(*some_units())
    np.testing.assert_array_equal(compared(plan), others())
    assert exact_products(some_units()[1]) == plan.products
    assert plan.products == sum((t.b - t.a) * t.width for s in plan.stripes for t in plan.tiles(s))


@pytest.mark.parametrize("share", [0.5, LARGE_SOURCE, 0.1])
def test_a_source_with_more_than_a_fifth_of_all_is_not_compared_with_itself(share):
    sources = np.where(np.arange(SIZE) < SIZE * share, 0, -1)
    sources[-20:] = np.arange(1, 21)
    large = (sources[:, None] == 0) & (sources[None, :] == 0) & (share > LARGE_SOURCE)
    rows, units = some_units(sources)
    plan = plan_exact(rows, units)
    np.testing.assert_array_equal(compared(plan), np.where(large, 0, others()))
    assert exact_products(units) == plan.products


def test_spans_apart_are_not_their_own_partners():
    plan = plan_all(np.arange(SIZE), np.array([0, 30, 35, SIZE]), np.array([1]))
    expected = others()
    expected[30:35, 30:35] = 0
    np.testing.assert_array_equal(compared(plan), expected)
    assert [plan.mates(span).tolist() for span in range(3)] == [[0, 1, 2], [0, 2], [0, 1, 2]]


def test_cells_compare_a_group_and_what_is_near():
    generator = np.random.default_rng(3)
    groups, codes = generator.integers(-1, 4, SIZE), generator.integers(0, 6, SIZE)
    near = np.array([[0, 2], [1, 3], [2, 0], [3, 4], [4, 3], [5, 1]])
    close = np.zeros((6, 6), dtype=bool)
    close[np.arange(6)[:, None], near] = True
    expected = (close | close.T)[codes][:, codes] | ((groups[:, None] == groups[None, :]) & (groups >= 0)[:, None])
    plan = plan_cells(groups, codes, near)
    np.testing.assert_array_equal(compared(plan), np.where(expected, others(), 0))
    spans = np.repeat(np.arange(len(plan.bounds) - 1), np.diff(plan.bounds))
    for span in range(len(plan.bounds) - 1):
        own = plan.order[plan.bounds[span]]
        assert plan.mates(span).tolist() == np.unique(spans[expected[own][plan.order]]).tolist()


def test_of_a_window_only_the_tiles_with_places_of_it_are_made():
    plan = plan_exact(*some_units(np.arange(SIZE) % 2))
    for window in ((0, 9), (149, 150), *((at, at + 20) for at in range(0, 130, 5))):
        for stripe in plan.stripes:
            inside = [t for t in plan.tiles(stripe) if ((t.places >= window[0]) & (t.places < window[1])).any()]
            assert list(plan.tiles(stripe, window)) == inside


def test_the_nearest_pivot_orders_the_rows_whatever_the_block(monkeypatch):
    rows, units = some_units()
    codes = order_by_pivots(rows, units)
    count = int(SIZE**0.5)
    assert set(codes.tolist()) == set(range(count))
    array = rows.take(np.arange(SIZE))
    centres = np.stack([array[codes == code].mean(axis=0) for code in range(count)])
    own, any_other = (array * centres[codes]).sum(axis=1).mean(), (array @ centres.T).mean()
    assert own > any_other + 0.3
    monkeypatch.setattr(join_plan, "PIVOT_ROWS", 7)
    np.testing.assert_array_equal(order_by_pivots(rows, units), codes)


def test_nobody_makes_an_empty_plan():
    rows = from_arrays(np.zeros((3, 4), dtype=np.float32))
    plan = plan_exact(rows, distinct_units(rows))
    assert (len(plan), plan.stripes, plan.products) == (0, [], 0)


def test_the_same_rows_are_planned_alike_so_that_a_killed_join_goes_on():
    one, other = (plan_exact(*some_units()) for _ in range(2))
    assert [part.tolist() for part in one.parts] == [part.tolist() for part in other.parts]
    assert one.order.tolist() != plan_exact(*some_units(), seed=1).order.tolist()
