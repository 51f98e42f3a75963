"""Scratch folders come and go, and say where else they could be."""

import errno
import os

import pytest

from indexing.errors import InputError, Unfinished
from indexing.storage.scratch import scratch_folder, scratch_output


def test_it_goes_away_with_the_work():
    with scratch_folder() as folder:
        (folder / "part").write_text("x")
    assert not folder.exists()


def test_without_a_place_for_it_it_says_where_to_name_one(monkeypatch):
    def refuse(*_, **__):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    with (
        pytest.raises(InputError, match=r"can be made \(No usable temporary .*\): name a folder with .* TMPDIR"),
        scratch_folder(),
    ):
        pass


def test_where_it_is_full_it_says_so():
    with (
        scratch_folder() as folder,
        pytest.raises(Unfinished, match=f"^{folder}: the disk is full .*: make room, or name a folder .* TMPDIR$"),
        scratch_output(folder),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
