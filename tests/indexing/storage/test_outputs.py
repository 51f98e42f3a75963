"""An output that cannot be written ends in one line that says which, why, and what to do."""

import errno
import os
from pathlib import Path

import pytest

from indexing.errors import InputError, Unfinished
from indexing.storage.outputs import output, parents, refuse_unwritable


def refused(path, error):
    with pytest.raises(InputError) as found, output(path):
        raise error
    return str(found.value)


def system_error(number, file=None):
    return OSError(number, os.strerror(number), file)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENAMETOOLONG, "a/out: cannot be written (File name too long): give a shorter name"),
        (errno.EROFS, "a/out: cannot be written (Read-only file system): name a place that can be written"),
        (errno.EACCES, "a/out: cannot be written (Permission denied): name another place, or allow writing there"),
        (errno.EIO, "a/out: cannot be written (Input/output error): name another place"),
        (errno.ENOSPC, "a/out: the disk is full (No space left on device): make room, then run it again"),
        (errno.EDQUOT, "a/out: the disk is full (Disk quota exceeded): make room, then run it again"),
    ],
)
@pytest.mark.parametrize("named", [None, "a/out", "a/out.partial/part", "a/.out.features/x", "a", b"a/out.lock"])
def test_what_the_system_refuses_is_said_with_a_remedy(number, said, named):
    assert refused(Path("a/out"), system_error(number, named)) == said


def test_a_full_disk_says_how_to_go_on():
    with (
        pytest.raises(Unfinished, match=r"^out: the disk is full .*: make room, then go on$"),
        output(Path("out"), "then go on"),
    ):
        raise system_error(errno.ENOSPC)


def test_a_file_that_took_less_than_it_was_given_is_a_full_disk():
    """NumPy's own words, which name no number."""
    assert "the disk is full" in refused(Path("out"), OSError("12288 requested and 4064 written"))


@pytest.mark.parametrize("named", ["a/other.csv", "b/out", "/etc/passwd"])
def test_what_is_wrong_with_another_file_passes(named):
    error = system_error(errno.EACCES, named)
    with pytest.raises(PermissionError) as found, output(Path("a/out")):
        raise error
    assert found.value is error


@pytest.mark.parametrize("error", [BrokenPipeError(errno.EPIPE, "pipe"), OSError("what nobody foresaw")])
def test_what_is_no_fault_of_the_output_passes(error):
    with pytest.raises(OSError, match=str(error.args[-1])), output(Path("out")):
        raise error


@pytest.mark.parametrize("place", ["file/out", "file/a/out", "x" * 256, "y" * 300 + "/out"])
def test_a_place_is_refused_before_anything_is_written(tmp_path, place):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=f"^{tmp_path}/{place}: "):
        refuse_unwritable(tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("place", ["s3://bucket/out", "https://host/out.csv", "gs:/out"])
def test_an_address_is_no_place_to_write(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=": is no place on this machine: name a local file or folder"):
        refuse_unwritable(Path(place))
    (tmp_path / "a").mkdir()
    for local in ("a:b", "a/b:c/d", "C:d"):
        refuse_unwritable(Path(local))


def test_a_place_that_can_be_written_is_not_refused(tmp_path):
    refuse_unwritable(tmp_path / "a" / "b" / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError("bug"), KeyboardInterrupt()])
def test_folders_made_on_the_way_go_with_what_failed(tmp_path, error):
    (tmp_path / "there").mkdir()
    with pytest.raises(type(error)), parents(tmp_path / "there" / "a" / "b" / "out"):
        raise error
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]
