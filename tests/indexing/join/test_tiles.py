"""Floors are those of a window's places; into the lists of others nothing may come."""

import numpy as np

from indexing.join.tiles import Floors

FLOORS = Floors(10, np.arange(5, dtype=np.float32))
INF = float("inf")


def test_places_outside_the_window_take_nothing():
    assert FLOORS.read(11, 13).tolist() == [1, 2]
    assert FLOORS.read(8, 12).tolist() == [INF, INF, 0, 1]
    assert FLOORS.read(14, 17).tolist() == [4, INF, INF]
    assert FLOORS.read(0, 3).tolist() == [INF, INF, INF]
    assert FLOORS.gather(np.array([2, 9, 10, 14, 15, 90])).tolist() == [INF, INF, 0, 4, INF, INF]
    assert FLOORS.gather(np.zeros(0, dtype=np.int64)).tolist() == []


def test_what_is_read_within_the_window_rises_with_it():
    floors = Floors(3, np.zeros(4, dtype=np.float32))
    floors.read(4, 6)[:] = INF
    assert floors.gather(np.arange(3, 7)).tolist() == [0, INF, INF, 0]
