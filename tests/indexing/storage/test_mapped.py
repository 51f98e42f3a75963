"""Mapped arrays take their room at once."""

import errno
import os

import numpy as np
import pytest

from indexing.storage.mapped import new_mapped


def test_it_is_an_array_of_zeros_that_keeps_what_is_written(tmp_path):
    array = new_mapped(tmp_path / "a.npy", np.int64, (3, 2))
    assert array.tolist() == [[0, 0]] * 3
    array[1] = 7
    array.flush()
    assert np.load(tmp_path / "a.npy").tolist() == [[0, 0], [7, 7], [0, 0]]


def test_its_room_is_taken_on_disk(tmp_path):
    new_mapped(tmp_path / "a.npy", np.float32, (1 << 18,))
    found = os.stat(tmp_path / "a.npy")
    assert found.st_blocks * 512 >= found.st_size > 1 << 20


def test_without_room_it_is_refused_before_a_page_is_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match="full"):
        new_mapped(tmp_path / "a.npy", np.int64, (3, 2))


def test_an_array_without_rows_is_one(tmp_path):
    assert new_mapped(tmp_path / "a.npy", np.int64, (0, 5)).shape == (0, 5)
