"""Versions: held by their readers, removed when nobody holds them."""

import os

import pytest

from indexing.errors import InputError
from indexing.storage.versions import discard, hold_version, remove_retired


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("old")
    return tmp_path / "a"


def replaced(folder):
    """Put another folder in the place of one, which gets another name."""
    old, new = folder.with_name("a.partial"), folder.with_name("new")
    new.mkdir()
    (new / "file").write_text("new")
    os.rename(folder, old)
    os.rename(new, folder)
    return old


def beside(folder):
    return sorted(path.name for path in folder.parent.iterdir())


def test_a_held_version_is_read_whatever_took_its_place(folder):
    hold = hold_version(folder)
    discard(replaced(folder), folder)
    with hold.read() as place:
        assert (place / "file").read_text() == "old"
    assert (folder / "file").read_text() == "new"
    assert beside(folder) == ["a", "a.old-1"]
    remove_retired(folder)
    assert beside(folder) == ["a", "a.old-1"]
    hold.release()
    remove_retired(folder)
    assert beside(folder) == ["a"]


def test_what_nobody_holds_goes_at_once(folder):
    hold_version(folder).release()
    discard(replaced(folder), folder)
    assert beside(folder) == ["a"]


def test_several_versions_may_be_held(folder):
    holds = []
    for _ in range(2):
        holds.append(hold_version(folder))
        discard(replaced(folder), folder)
    assert beside(folder) == ["a", "a.old-1", "a.old-2"]


def test_what_is_wrong_is_said_of_the_folder_that_was_named(folder):
    hold = hold_version(folder)

    def read():
        with hold.read() as place:
            raise InputError(f"{place}/file: is damaged")

    with pytest.raises(InputError, match=f"^{folder}/file: is damaged$"):
        read()


def test_a_folder_that_is_not_there_is_not_held(tmp_path):
    assert hold_version(tmp_path / "absent").place == tmp_path / "absent"
