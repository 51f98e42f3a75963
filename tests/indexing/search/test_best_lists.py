"""The best partners of each row while more come in, beside sorting all that came."""

import numpy as np
import pytest

from indexing.search.best_lists import LAST, LEAST_ROOM, BestLists, entries_of, keys_of, neighbours_of, units_of
from indexing.search.neighbours import RESOLUTION

START, SIZE = 7, 12


def lists(keep):
    floor = np.full(SIZE, -np.inf, dtype=np.float32)
    return BestLists(START, SIZE, keep, floor)


def batches(seed, most, count=6):
    """Entries for some rows, several times: places ascending, and cosines of which many tie."""
    generator = np.random.default_rng(seed)
    unit = 0
    for _ in range(count):
        lengths = generator.integers(0, most, SIZE) * (generator.random(SIZE) < 0.7)
        places = START + np.repeat(np.arange(SIZE), lengths)
        cosines = generator.integers(-30, 31, len(places)) / 30
        units = unit + generator.permutation(len(places))
        unit += len(places)
        yield places, entries_of(cosines.astype(np.float32), units)


@pytest.mark.parametrize("keep", [1, 5, 80])
@pytest.mark.parametrize("most", [4, 60, 200], ids=["few at once", "nearly as many as there is room for", "more"])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_stay_however_they_come(seed, most, keep):
    found, came = lists(keep), {place: [] for place in range(START, START + SIZE)}
    for places, entries in batches(seed, most):
        found.add(places, entries)
        for place, entry in zip(places.tolist(), entries.tolist(), strict=True):
            came[place].append(entry)
    for place, entries in came.items():
        best = sorted(entries)[:keep]
        assert found.final(place, place + 1)[0].tolist() == best + [LAST] * (keep - len(best))


@pytest.mark.parametrize("seed", range(5))
def test_a_floor_rises_to_a_little_below_the_worst_that_stays_and_never_falls(seed):
    keep, found, before = 3, lists(3), np.full(SIZE, -np.inf)
    for places, entries in batches(seed, LEAST_ROOM, count=12):
        found.add(places, entries)
        assert (found.floor >= before).all()
        before = found.floor.copy()
    worst = neighbours_of(found.final(START, START + SIZE)).cosines[:, keep - 1]
    inside = found.floor
    assert np.isfinite(inside).any()
    assert (inside <= worst - RESOLUTION).all()
    assert (inside[np.isfinite(inside)] > -1).all()


def test_an_entry_holds_its_unit_and_its_cosine():
    entries = entries_of(np.array([1.0, 0.25, -1.0, 1.0000001], dtype=np.float32), np.array([5, 2**32 - 1, 0, 9]))
    assert units_of(entries).tolist() == [5, 2**32 - 1, 0, 9]
    assert keys_of(entries).tolist() == [0, 750_000, 2_000_000, 0]
    found = neighbours_of(np.array([[entries[1], LAST]]))
    assert found.positions.tolist() == [[2**32 - 1, -1]]
    assert found.cosines[0] == pytest.approx([0.25, np.nan], nan_ok=True)


def test_nothing_may_be_added():
    found = lists(2)
    found.add(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert (found.final(START, START + SIZE) == LAST).all()


def test_of_long_lists_the_best_stay_too():
    keep, generator = 300, np.random.default_rng(0)
    found, came = BestLists(0, 1, keep, np.full(1, -np.inf, dtype=np.float32)), []
    for size in (250, 200, 700, 290, 299):
        entries = entries_of(generator.uniform(-1, 1, size).astype(np.float32), generator.permutation(size))
        came += entries.tolist()
        found.add(np.zeros(size, dtype=np.int64), entries)
        assert found.final(0, 1)[0].tolist() == (sorted(came) + [LAST] * keep)[:keep]


def test_final_lists_are_those_of_the_places_asked_for():
    found = lists(2)
    found.add(np.array([START + 1, START + 3]), np.array([8, 9]))
    assert found.final(START + 1, START + 3).tolist() == [[8, LAST], [LAST, LAST]]
    assert found.final(START + 3, START + 4).tolist() == [[9, LAST]]
