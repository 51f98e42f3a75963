"""Lists of near rows: which are near, how they are kept, and what an update makes of them."""

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.search.near_lists import (
    Lists,
    assign,
    by_list,
    in_chain,
    layered_lists,
    lists_file,
    lists_for,
    load_lists,
)
from indexing.vectors.layers import Layers
from indexing.vectors.vectors import from_arrays, unit_rows

CENTRES = unit_rows(np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]))


def test_the_nearest_lists_begin_with_the_list_itself():
    lists = Lists(np.zeros(1, dtype=np.int64), CENTRES * np.array([[0.1], [2.0], [1.0]], dtype=np.float32))
    assert lists.near(2).tolist() == [[0, 1], [1, 2], [2, 1]]
    assert lists.near(3).tolist() == [[0, 1, 2], [1, 2, 0], [2, 1, 0]]


def test_each_centre_stands_behind_the_one_left_that_it_is_nearest_to():
    angles = np.deg2rad([0, 200, 20, 180, 45])
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_array_equal(in_chain(centres), centres[[0, 2, 4, 3, 1]])
    assert in_chain(centres[:0]).shape == (0, 2)


def test_a_chain_of_many_centres_is_that_of_a_slow_search():
    centres = unit_rows(np.random.default_rng(0).normal(size=(60, 8)))
    left, order = list(range(1, 60)), [0]
    while left:
        order.append(left.pop(int(np.argmax([centres[other] @ centres[order[-1]] for other in left]))))
    np.testing.assert_array_equal(in_chain(centres), centres[order])


def test_they_are_saved_and_loaded(tmp_path):
    lists = Lists(np.array([2, -1, 0, 1]), CENTRES)
    path = tmp_path / lists_file("text")
    assert path.name == "text.lists.npz"
    assert load_lists(path, 4) is None
    lists.save(path)
    loaded = load_lists(path, 4)
    np.testing.assert_array_equal(loaded.codes, lists.codes)
    np.testing.assert_array_equal(loaded.centres, lists.centres)
    assert loaded.codes.dtype == np.int64


def test_lists_of_another_catalogue_and_damaged_ones_are_refused(tmp_path):
    Lists(np.array([2, -1, 0, 1]), CENTRES).save(tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"a\.npz: lists of 4 products, the catalogue has 5: build the index again"):
        load_lists(tmp_path / "a.npz", 5)
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-40])
    (tmp_path / "c.npz").write_bytes(b"")
    np.savez(tmp_path / "d.npz", codes=np.zeros(4))
    for name in "bcd":
        with pytest.raises(InputError, match=rf"{name}\.npz: the lists cannot be read"):
            load_lists(tmp_path / f"{name}.npz", 4)


def test_each_row_is_of_the_list_with_the_nearest_centre_whatever_the_block(monkeypatch):
    array = unit_rows(np.random.default_rng(0).normal(size=(40, 2)))
    array[[0, 7]] = 0
    rows, positions = from_arrays(array), np.arange(40)[::-1]
    expected = np.where(array.any(axis=1), np.argmax(array @ CENTRES.T, axis=1), -1)[::-1]
    np.testing.assert_array_equal(assign(rows, positions, CENTRES), expected)
    monkeypatch.setattr("indexing.search.near_lists.ASSIGNED_ROWS", 7)
    np.testing.assert_array_equal(assign(rows, positions, CENTRES), expected)


def test_after_an_update_the_old_keep_their_list_and_the_new_are_of_the_nearest(tmp_path):
    Lists(np.array([2, -1, 0, 1]), CENTRES).save(tmp_path / "a.npz")
    delta = from_arrays(unit_rows(np.array([[0.1, 0.9], [0.0, 0.0], [1.0, 0.1]])))
    layers = Layers(np.array([3, 4, 0, 6, 5]), 4, 3)
    found = layered_lists(tmp_path / "a.npz", layers, delta)
    assert found.codes.tolist() == [1, 2, 2, 0, -1]
    np.testing.assert_array_equal(found.centres, CENTRES)
    assert layered_lists(tmp_path / "a.npz", Layers(np.array([2, 0]), 4, 0), None).codes.tolist() == [0, 2]
    assert layered_lists(tmp_path / "gone.npz", layers, delta) is None
    assert layered_lists(tmp_path / "gone.npz", layers, None) is None


@pytest.mark.parametrize(
    ("products", "lists"), [(0, 4), (1, 4), (4, 4), (16, 8), (31, 8), (33, 16), (10_000, 256), (1_000_000, 2048)]
)
def test_there_are_about_twice_the_root_of_the_products(products, lists):
    assert lists_for(products) == lists


def test_without_a_delta_the_centres_stay(tmp_path):
    Lists(np.array([2, -1, 0, 1]), CENTRES).save(tmp_path / "a.npz")
    np.testing.assert_array_equal(
        layered_lists(tmp_path / "a.npz", Layers(np.array([2, 0]), 4, 0), None).centres, CENTRES
    )


def test_rows_may_look_at_one_list_each():
    starts, visitors = by_list(np.array([[1], [0], [1]]), 3)
    assert (starts.tolist(), visitors.tolist()) == ([0, 1, 3, 3], [1, 0, 2])


def test_a_file_of_lists_that_holds_a_pickle_is_refused_unread(tmp_path):
    np.savez(tmp_path / "a.npz", codes=np.array([2, -1], dtype=object), centres=CENTRES)
    with pytest.raises(InputError, match=r"a\.npz: the lists cannot be read"):
        load_lists(tmp_path / "a.npz", 2)
