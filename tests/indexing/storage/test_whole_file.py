"""A file appears when it is whole, or not at all."""

import os
from contextlib import ExitStack

import pytest

from indexing.errors import InputError
from indexing.storage.whole_file import writing_file


def test_the_file_appears_at_the_end(tmp_path):
    with writing_file(tmp_path / "new" / "out.txt") as unfinished:
        unfinished.write_text("whole")
        assert not (tmp_path / "new" / "out.txt").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out.txt"]
    assert (tmp_path / "new" / "out.txt").read_text() == "whole"


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_file_of_before_stays_alone(tmp_path, stop):
    (tmp_path / "out.txt").write_text("before")
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(stop))
        stack.enter_context(writing_file(tmp_path / "out.txt")).write_text("half")
        raise stop
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert (tmp_path / "out.txt").read_text() == "before"


def test_a_folder_of_that_name_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder: name a file"), writing_file(tmp_path):
        pass


def test_a_file_among_its_folders_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(InputError, match="file is a file: name another folder"),
        writing_file(tmp_path / "file" / "out"),
    ):
        pass


def test_a_folder_that_nothing_can_be_written_into_is_refused(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("os.access", lambda path, mode: asked.append((path, mode)))
    with (
        pytest.raises(InputError, match=f"{tmp_path}/new/out: nothing can be written into {tmp_path}: name another"),
        writing_file(tmp_path / "new" / "out"),
    ):
        pass
    assert asked == [(tmp_path, os.W_OK | os.X_OK)]
    assert not (tmp_path / "new").exists()
