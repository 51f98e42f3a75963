"""Artefacts: whole or not there, written by one at a time, refused when damaged."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import indexing.storage.artefact as artefact
from indexing.errors import InputError, Unfinished
from indexing.storage.artefact import (
    Manifest,
    damaged_files,
    fingerprint_of,
    read_manifest,
    refuse_artefact,
    write_manifest,
    writing,
)

HOLD = """
import sys, time
from pathlib import Path
from indexing.storage.artefact import writing
with writing(Path(sys.argv[1]), "index") as folder:
    (folder / "half").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def make(path, content="data", kind="index"):
    with writing(path, kind) as folder:
        (folder / "inside").mkdir(exist_ok=True)
        (folder / "inside" / "part").write_text(content)
        write_manifest(folder, Manifest(kind, {"n": 1}, "f1"))
    return path


def beside(path):
    return sorted(other.name for other in path.parent.iterdir())


def test_an_artefact_says_what_it_is_and_what_is_in_it(tmp_path):
    manifest = read_manifest(make(tmp_path / "a"), "index")
    assert (manifest.kind, manifest.made, manifest.fingerprint) == ("index", {"n": 1}, "f1")
    assert manifest.files["inside/part"]["bytes"] == 4
    assert beside(tmp_path / "a") == ["a"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_new_artefact_takes_the_place_of_the_old_one(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(artefact, "_exchange", lambda one, other: False)
    make(tmp_path / "a", "old")
    make(tmp_path / "a", "newer")
    assert (tmp_path / "a" / "inside" / "part").read_text() == "newer"
    assert beside(tmp_path / "a") == ["a"]


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "a").mkdir()
    assert read_manifest(make(tmp_path / "a")).kind == "index"


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    make(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    make(tmp_path / "link", "newer")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "inside" / "part").read_text() == "newer"
    assert beside(tmp_path / "real") == ["link", "real"]


def fail(path, error, **given):
    with writing(path, "index", **given) as folder:
        (folder / "half").write_text("half")
        raise error


def test_after_an_error_nothing_is_left(tmp_path):
    with pytest.raises(RuntimeError, match="broken"):
        fail(tmp_path / "deep" / "er" / "a", RuntimeError("broken"))
    assert list(tmp_path.iterdir()) == []


def test_after_an_error_the_old_artefact_is_as_it_was(tmp_path):
    make(tmp_path / "a")
    with pytest.raises(RuntimeError, match="broken"):
        fail(tmp_path / "a", RuntimeError("broken"))
    assert read_manifest(tmp_path / "a").kind == "index"
    assert beside(tmp_path / "a") == ["a"]


def test_after_an_interruption_what_is_done_stays_to_go_on_with(tmp_path):
    make(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path / "a", KeyboardInterrupt(), keep=nothing)
    assert read_manifest(tmp_path / "a").kind == "index"
    assert beside(tmp_path / "a") == ["a", "a.partial"]
    with writing(tmp_path / "a", "index", keep=nothing) as folder:
        assert (folder / "half").read_text() == "half"
        write_manifest(folder, Manifest("index", {}))
    assert beside(tmp_path / "a") == ["a"]


def nothing(partial):
    """Say of half an artefact that it is not worth keeping."""
    return False


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_what_nobody_can_go_on_with_leaves_nothing(tmp_path, error):
    make(tmp_path / "a")
    with pytest.raises((KeyboardInterrupt, Unfinished)):
        fail(tmp_path / "a", error)
    assert beside(tmp_path / "a") == ["a"]


def test_what_a_killed_writer_left_is_not_mixed_into_work_that_begins_anew(tmp_path):
    (tmp_path / "a.partial").mkdir()
    (tmp_path / "a.partial" / "half").write_text("half")
    make(tmp_path / "a")
    assert not (tmp_path / "a" / "half").exists()


def test_a_folder_of_the_name_that_an_update_would_use_is_left_alone(tmp_path):
    (tmp_path / "a.updating").mkdir()
    make(tmp_path / "a", kind="model")
    assert beside(tmp_path / "a") == ["a", "a.updating"]
    artefact.remove_afresh(tmp_path / "a", "model")
    assert beside(tmp_path / "a") == ["a"]


@pytest.mark.parametrize("name", [".", "..", "new/.."])
def test_a_folder_without_a_name_of_its_own_is_refused(tmp_path, monkeypatch, name):
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    with pytest.raises(InputError, match="name one of its own for the index"):
        make(Path(name))


def test_where_the_system_lets_no_file_be_made_that_is_what_is_said():
    with pytest.raises(
        InputError, match=r"^/proc/x: nothing can be written into /proc \(No such file or directory\): name another"
    ):
        make(Path("/proc/x"))


def test_a_link_in_a_circle_is_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InputError, match="a: is a link that leads nowhere: name a folder"):
        make(tmp_path / "a")


def test_a_place_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "a", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match=str(place)):
            refuse_artefact(place, "index")
    refuse_artefact(tmp_path / "new" / "a", "index")
    assert beside(tmp_path / "file") == ["file"]


def test_without_a_manifest_nothing_is_replaced(tmp_path):
    make(tmp_path / "a")
    with pytest.raises(InputError, match=r"a\.partial: has no manifest"), writing(tmp_path / "a", "index"):
        pass
    assert read_manifest(tmp_path / "a").fingerprint == "f1"


def test_a_second_writer_is_refused_and_the_lock_dies_with_its_process(tmp_path):
    make(tmp_path / "a", "old")
    command = [sys.executable, "-c", HOLD, str(tmp_path / "a")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "writing\n"
        with pytest.raises(InputError, match="another process is writing it"):
            make(tmp_path / "a")
        assert (tmp_path / "a.partial" / "half").exists()
        os.kill(holder.pid, signal.SIGKILL)
    assert (tmp_path / "a" / "inside" / "part").read_text() == "old"
    make(tmp_path / "a", "newer")
    assert (tmp_path / "a" / "inside" / "part").read_text() == "newer"
    assert beside(tmp_path / "a") == ["a"]


def test_a_second_writer_in_the_same_process_is_refused(tmp_path):
    with writing(tmp_path / "a", "index") as folder:
        with pytest.raises(InputError, match="another process is writing it"):
            make(tmp_path / "a")
        write_manifest(folder, Manifest("index", {}))
    assert beside(tmp_path / "a") == ["a"]


def test_what_heroic_did_not_make_is_not_replaced(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="holds something else, not a heroic index"):
        make(tmp_path / "home")
    with pytest.raises(InputError, match="is a file"):
        make(tmp_path / "home" / "thesis.txt")
    with pytest.raises(InputError, match="name one of its own"):
        make(tmp_path.relative_to(tmp_path))
    make(tmp_path / "model", kind="model")
    with pytest.raises(InputError, match="holds model, not a heroic index"):
        make(tmp_path / "model")


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "{}", '{"kind": "index"}'])
def test_an_artefact_with_a_spoilt_manifest_may_be_replaced(tmp_path, content):
    (make(tmp_path / "a") / "manifest.json").write_text(content)
    assert read_manifest(make(tmp_path / "a")).fingerprint == "f1"


def changed(**fields):
    return lambda text: json.dumps({**json.loads(text), **fields})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: "", "cannot be read"),
        (lambda text: text[:-9], "cannot be read"),
        (lambda text: "[]", "cannot be read"),
        (lambda text: "{}", "cannot be read"),
        (lambda text: "\udcff", "cannot be read"),
        (changed(files=[]), "cannot be read"),
        (changed(files={"inside/part": 4}), "cannot be read"),
        (changed(made=None), "cannot be read"),
        (changed(surprise=1), "cannot be read"),
        (changed(schema_version=0), "has schema version 0, this heroic reads 1"),
        (changed(schema_version=2, surprise=1), "has schema version 2, this heroic reads 1"),
        (changed(kind="model"), "is a model, a index is needed"),
    ],
)
def test_a_manifest_that_is_not_as_it_should_be_is_refused_in_one_line(tmp_path, change, reason):
    file = make(tmp_path / "a") / "manifest.json"
    file.write_text(change(file.read_text()), errors="surrogateescape")
    with pytest.raises(InputError, match=reason.replace("a index", "an? index")) as caught:
        read_manifest(tmp_path / "a", "index")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "a") in str(caught.value)


def test_a_missing_folder_or_manifest_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder: an index is needed"):
        read_manifest(tmp_path / "none", "index")
    with pytest.raises(InputError, match="no such folder: a model is needed"):
        read_manifest(tmp_path / "none", "model")
    with pytest.raises(InputError, match="is no index, or its making did not end"):
        read_manifest(tmp_path, "index")


def test_a_missing_or_cut_file_is_refused(tmp_path):
    part = make(tmp_path / "a") / "inside" / "part"
    part.write_text("dat")
    with pytest.raises(InputError, match="part: has 3 bytes, not 4: make the index again"):
        read_manifest(tmp_path / "a")
    part.unlink()
    with pytest.raises(InputError, match="the file inside/part is missing"):
        read_manifest(tmp_path / "a")


def test_a_changed_file_of_the_same_size_is_found_by_its_digest(tmp_path):
    folder = make(tmp_path / "a")
    assert damaged_files(folder, read_manifest(folder)) == []
    (folder / "inside" / "part").write_text("tada")
    assert damaged_files(folder, read_manifest(folder)) == ["inside/part"]


def test_a_fingerprint_changes_with_any_part_and_not_with_the_order_of_keys():
    assert fingerprint_of({"a": 1, "b": 2}) == fingerprint_of({"b": 2, "a": 1})
    parts = [({"a": 1},), ({"a": 2},), ({"a": "1"},), ({"a": 1}, None), ({"A": 1},), ([{"a": 1}],)]
    assert len({fingerprint_of(*some) for some in parts}) == len(parts)


@pytest.fixture
def on_disk(monkeypatch):
    """What goes to the disk, in order: `sync NAME` of files and folders, and `rename`."""
    order, sync, replace = [], os.fsync, artefact._replace

    def recorded(handle):
        order.append(f"sync {os.path.basename(os.readlink(f'/proc/self/fd/{handle}'))}")
        sync(handle)

    def renamed(partial, path):
        exchange, rename = artefact._exchange, os.rename
        with monkeypatch.context() as patch:
            patch.setattr(artefact, "_exchange", lambda *two: order.append("rename") or exchange(*two))
            patch.setattr(os, "rename", lambda *two: order.append("rename") or rename(*two))
            replace(partial, path)

    monkeypatch.setattr(os, "fsync", recorded)
    monkeypatch.setattr(artefact, "_replace", renamed)
    return order


@pytest.mark.parametrize("before", [False, True])
def test_every_file_and_folder_is_on_the_disk_before_the_artefact_has_its_name(tmp_path, on_disk, before):
    if before:
        make(tmp_path / "a", "old")
        on_disk.clear()
    with writing(tmp_path / "a", "index") as folder:
        for name in ("catalog.arrow", "lexical/matrix.npy", "vectors/text/lsa.npz", "rejects.parquet"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"content")
        write_manifest(folder, Manifest("index", {}))
    written, after = on_disk[: on_disk.index("rename")], on_disk[on_disk.index("rename") + 1 :]
    files = {"catalog.arrow", "matrix.npy", "lsa.npz", "rejects.parquet", "manifest.json"}
    assert {f"sync {name}" for name in (*files, "lexical", "vectors", "text", "a.partial")} <= set(written)
    assert written.index("sync manifest.json") > max(
        map(written.index, (f"sync {name}" for name in files - {"manifest.json"}))
    )
    assert f"sync {tmp_path.name}" in after


def test_links_to_files_of_another_artefact_are_not_synced_again(tmp_path, on_disk):
    make(tmp_path / "old")
    known = read_manifest(tmp_path / "old").files
    on_disk.clear()
    with writing(tmp_path / "new", "index") as folder:
        (folder / "inside").mkdir()
        artefact.link_or_copy(tmp_path / "old" / "inside" / "part", folder / "inside" / "part")
        (folder / "own").write_text("own")
        write_manifest(folder, Manifest("index", {}), known=known)
    assert "sync own" in on_disk
    assert "sync part" not in on_disk
    assert read_manifest(tmp_path / "new").files["inside/part"] == known["inside/part"]
