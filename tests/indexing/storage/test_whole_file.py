"""A file appears when it is whole, or not at all."""

import errno
import fcntl
import os
import re
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from indexing.errors import InputError
from indexing.storage.whole_file import claimed, writing_file


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
    def refuse(dir):
        raise PermissionError(errno.EACCES, "Permission denied", str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    said = rf"{tmp_path}/new/out: nothing can be written into {tmp_path} \(Permission denied\): name another folder"
    with pytest.raises(InputError, match=said), writing_file(tmp_path / "new" / "out"):
        pass
    assert not (tmp_path / "new").exists()


def test_the_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    order, sync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda handle: order.append(os.readlink(f"/proc/self/fd/{handle}")) or sync(handle)
    )
    monkeypatch.setattr(os, "replace", lambda *two: order.append("rename") or replace(*two))
    with writing_file(tmp_path / "out.txt") as unfinished:
        unfinished.write_text("whole")
    assert order == [str(tmp_path / "out.txt.partial"), "rename", str(tmp_path)]


WRITE = """
import sys
from pathlib import Path
from indexing.storage.whole_file import claimed, writing_file
with writing_file(Path(sys.argv[1])) as unfinished:
    unfinished.write_text("first")
    print("writing", flush=True)
    sys.stdin.readline()
"""


def test_a_second_writer_of_the_same_file_is_refused_and_the_first_ends_well(tmp_path):
    out = tmp_path / "out.txt"
    command = [sys.executable, "-c", WRITE, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "writing\n"
        with pytest.raises(InputError, match=r"out\.txt: another process is writing it"), writing_file(out):
            pass
        first.communicate("\n")
    assert first.returncode == 0
    assert out.read_text() == "first"
    with writing_file(out) as unfinished:
        unfinished.write_text("second")
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert out.read_text() == "second"


def test_what_a_killed_writer_left_is_written_over(tmp_path):
    (tmp_path / "out.txt.partial").write_text("half of something longer")
    with writing_file(tmp_path / "out.txt") as unfinished:
        unfinished.write_text("whole")
    assert (tmp_path / "out.txt").read_text() == "whole"


def test_a_lock_on_a_file_that_has_its_name_already_is_not_taken_for_one(tmp_path, monkeypatch):
    out, lock, ended = tmp_path / "out.txt", fcntl.flock, []

    def late(handle, operation):
        if not ended:  # who wrote it ends between opening and locking
            ended.append(os.replace(tmp_path / "out.txt.partial", out))
        lock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with writing_file(out) as unfinished:
        assert unfinished.exists()
        unfinished.write_text("mine")
        assert out.read_text() == ""
    assert out.read_text() == "mine"


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "out.txt").write_text("before")
    (tmp_path / "link.txt").symlink_to("real/out.txt")
    with writing_file(tmp_path / "link.txt") as unfinished:
        unfinished.write_text("after")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real" / "out.txt").read_text() == "after"
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["out.txt"]


def test_a_link_to_nothing_makes_its_target(tmp_path):
    (tmp_path / "link.txt").symlink_to("new/out.txt")
    with writing_file(tmp_path / "link.txt") as unfinished:
        unfinished.write_text("after")
    assert (tmp_path / "new" / "out.txt").read_text() == "after"


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InputError, match="a: is a link that leads nowhere: name a file"), writing_file(tmp_path / "a"):
        pass


def test_a_device_is_written_into_and_stays(tmp_path):
    before = os.stat("/dev/null")
    for name in ("/dev/null", tmp_path / "link"):
        if name != "/dev/null":
            name.symlink_to("/dev/null")
        with writing_file(Path(name)) as unfinished:
            unfinished.write_text("nobody reads it")
    assert os.path.samestat(os.stat("/dev/null"), before)
    assert stat.S_ISCHR(before.st_mode)
    assert not Path("/dev/null.partial").exists()


def test_a_pipe_gets_the_whole_content_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        with writing_file(pipe) as unfinished:
            unfinished.write_bytes(b"x" * 200_000)
        assert read.result() == b"x" * 200_000
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_work_for_one_output_is_of_one_process_alone_which_is_named(tmp_path):
    out = tmp_path / "new" / "scores.parquet"
    with claimed(out):
        told = rf"scores\.parquet: process {os.getpid()} on {re.escape(socket.gethostname())} is making it: wait for it"
        with pytest.raises(InputError, match=told), claimed(out):
            pass
        with claimed(out.with_name("others.parquet")):
            pass
    with claimed(out):
        pass
    assert list(out.parent.iterdir()) == []


def test_the_root_is_left_to_who_refuses_it():
    with claimed(Path("/")), pytest.raises(InputError, match="/: is a folder: name a file"), writing_file(Path("/")):
        pass


def test_a_claim_where_nothing_can_be_written_is_refused_as_the_output_would_be(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match=r"file is a file: name another folder"),
        claimed(tmp_path / "file" / "s.parquet"),
    ):
        pass
    monkeypatch.chdir(tmp_path)
    for within in (".", ".."):
        with claimed(Path(within)):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_claim_dies_with_its_process(tmp_path):
    code = "import os, sys; from pathlib import Path; from indexing.storage.whole_file import claimed\n" \
           "with claimed(Path(sys.argv[1])): os.kill(os.getpid(), 9)"  # fmt: skip
    out = tmp_path / "scores.parquet"
    assert subprocess.run([sys.executable, "-c", code, out], check=False).returncode == -9
    assert (tmp_path / ".scores.parquet.claim").is_file()
    with claimed(out):
        pass
    assert list(tmp_path.iterdir()) == []


def test_devices_and_places_in_stores_are_claimed_by_nobody(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in (Path("/dev/null"), Path("s3://bucket/scores.parquet")):
        with claimed(place), claimed(place):
            pass
    assert list(tmp_path.iterdir()) == []
