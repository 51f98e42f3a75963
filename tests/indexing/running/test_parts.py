"""Parts appear whole or not at all, and a late writer does no harm."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from indexing.running import same_versions
from indexing.running.parts import PartFolder, clear_leftovers, parts_for, put_array, put_text, read_array


@pytest.fixture
def parts(tmp_path):
    folder = PartFolder(tmp_path / "parts")
    folder.make()
    return folder


def test_an_array_comes_back(parts):
    put_array(parts, "a.npy", np.arange(7))
    assert parts.has("a.npy")
    assert read_array(parts, "a.npy").tolist() == list(range(7))
    assert type(read_array(parts, "a.npy")) is np.ndarray
    assert parts.missing(["a.npy", "b.npy"]) == ["b.npy"]


def test_a_part_that_is_not_whole_is_not_there(parts):
    def write(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        parts.put("a", write)
    assert not parts.has("a")
    assert list(parts.folder.iterdir()) == []


def test_a_part_that_is_written_twice_is_the_same(parts):
    for _ in range(2):
        put_array(parts, "a.npy", np.arange(3))
    assert [file.name for file in parts.folder.iterdir()] == ["a.npy"]


def test_a_late_writer_finds_no_place(parts):
    def write(file):
        parts.clear()
        file.write(b"late")

    with pytest.raises(FileNotFoundError):
        parts.put("a", write)
    assert list(parts.folder.parent.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        parts.put("b", lambda file: None)
    parts.clear()


def test_parts_of_other_work_have_another_place_and_go_too(tmp_path):
    out = tmp_path / "scores[1].parquet"
    for fingerprint in ("a1", "b2"):
        parts_for(out, fingerprint).make()
    other = parts_for(tmp_path / "scores2.parquet", "a1")
    other.make()
    clear_leftovers(out)
    assert list(tmp_path.iterdir()) == [other.folder]


def test_parts_that_other_versions_computed_have_another_place(tmp_path, monkeypatch):
    """Whoever goes on after an upgrade would else mix what both make."""
    before = parts_for(tmp_path / "scores.parquet", "a1")
    assert parts_for(tmp_path / "scores.parquet", "a1").work == before.work
    other = {**same_versions.own_versions(), "heroic": "another"}
    monkeypatch.setattr("indexing.running.parts.own_versions", lambda: other)
    assert parts_for(tmp_path / "scores.parquet", "a1").work != before.work


def test_a_run_takes_over_what_another_has_made_and_nobody_writes_for_that_any_more(tmp_path):
    before, now = (PartFolder(tmp_path / "out.parts-1", run) for run in ("a", "b"))
    before.make()
    put_text(before, "one", "made before")

    def write(file):
        file.write(b"late")
        now.make()

    with pytest.raises(FileNotFoundError):
        before.put("two", write)
    with pytest.raises(FileNotFoundError):
        put_text(before, "one", "late")
    assert now.missing(["one", "two"]) == ["two"]
    assert now.local("one").read_text() == "made before"
    now.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_work_that_one_process_runs_again_has_parts_of_its_own(tmp_path):
    """As in a notebook, where machines may still work for the first try, which an error has ended."""
    before, now = (parts_for(tmp_path / "index", "1") for _ in range(2))
    before.make()
    put_text(before, "one", "made before")
    now.make()
    with pytest.raises(FileNotFoundError):
        put_text(before, "two", "late")
    assert now.missing(["one", "two"]) == ["two"]


DRIVER = """
import sys
from pathlib import Path
from indexing.running.choice import chosen_runner
from indexing.running.parts import parts_for
from indexing.running.tasks import Task
from tried_tasks import LateDesk, late_part
folder = Path(sys.argv[1])
parts = parts_for(folder / "out", "1")
parts.make()
with chosen_runner("local:1") as runner:
    list(runner.map(late_part, [Task(0, 0, 1, "late")], LateDesk(folder, parts)))
"""


def test_a_worker_of_a_killed_command_writes_nothing_into_the_next_run(tmp_path):
    """It is what a machine does that was cut off, and comes back when others have made what it was given."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], env=environment)
    until(lambda: (tmp_path / "begun").exists())
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    parts = parts_for(tmp_path / "out", "1")
    parts.make()
    put_text(parts, "part", "of this run")
    (tmp_path / "go").touch()
    until(lambda: (tmp_path / "refused").exists() or (tmp_path / "written").exists())
    assert not (tmp_path / "written").exists()
    assert parts.local("part").read_text() == "of this run"
    assert [file.name for file in parts.folder.iterdir()] == ["part"]


def until(holds):
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it took more than a minute")
