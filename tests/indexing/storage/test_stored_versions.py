"""Artefacts lie in a store in versions: readers see the old or the new, and nothing is moved twice."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from killed_sending import kill_sending

import indexing.storage.stored_versions as stored
from indexing.errors import InputError
from indexing.storage.artefact import Manifest, damaged_files, read_manifest, write_manifest, writing
from indexing.storage.stored.cache import ORIGIN, cached_at, fetched_to_cache, origin_of
from indexing.storage.stored.transfer import Sending
from indexing.storage.stored_versions import fetch_artefact, send_artefact
from indexing.storage.stores import Store, file_name, open_store, url_of, without_secrets

_places = count()


@pytest.fixture
def place(s3):
    """A place of its own in the store."""
    return f"{s3}/place{next(_places)}/index"


def make(folder, files, kind="index"):
    with writing(folder, kind) as inside:
        for name, content in files.items():
            (inside / name).parent.mkdir(parents=True, exist_ok=True)
            (inside / name).write_text(content, encoding="utf-8")
        write_manifest(inside, Manifest(kind, {"made": len(files)}, "f" * 16))


def content(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


FIRST = {"a/one.bin": "one" * 1000, "two.txt": "two", "same.txt": "two", "empty": ""}
SECOND = {**FIRST, "two.txt": "another", "new.txt": "new"}


def test_what_comes_back_is_what_went(place, tmp_path):
    make(tmp_path / "index", FIRST)
    sent = send_artefact(tmp_path / "index", place)
    assert (sent.number, sent.files) == (1, 3)  # of four files two are equal
    got = fetch_artefact(place, tmp_path / "back")
    assert (got.number, got.files) == (1, 4)
    assert content(tmp_path / "back") == content(tmp_path / "index")
    assert damaged_files(tmp_path / "back", read_manifest(tmp_path / "back", "index")) == []


def test_a_later_version_moves_what_changed_alone(place, tmp_path):
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    fetch_artefact(place, tmp_path / "back")
    make(tmp_path / "index", SECOND)
    sent = send_artefact(tmp_path / "index", place)
    assert (sent.number, sent.files) == (2, 2)
    assert fetch_artefact(place, tmp_path / "back").files == 2
    assert content(tmp_path / "back") == content(tmp_path / "index")


def test_what_is_made_again_of_the_same_files_is_no_other_version(place, tmp_path, monkeypatch):
    for year in (2024, 2025):
        clock = SimpleNamespace(now=lambda zone, year=year: datetime(year, 1, 1, tzinfo=zone))
        monkeypatch.setattr("indexing.storage.artefact.datetime", clock)
        make(tmp_path / "index", FIRST)
        sent = send_artefact(tmp_path / "index", place)
    assert read_manifest(tmp_path / "index").created.startswith("2025")
    assert (sent.number, sent.files, sent.manifest.created[:4]) == (1, 0, "2024")
    assert fetch_artefact(place, tmp_path / "back").manifest == sent.manifest


@pytest.mark.parametrize("files", [FIRST, {"large": "x" * (1 << 20), "z": "", "zz": "z"}, {"none": ""}])
def test_moving_is_told_as_done_once(place, tmp_path, files):
    make(tmp_path / "index", files)
    told = []
    send_artefact(tmp_path / "index", place, progress=lambda *given: told.append(given))
    fetch_artefact(place, tmp_path / "back", progress=lambda *given: told.append(given))
    for stage in ("send, MiB", "fetch, MiB"):
        of_stage = [(done, total) for name, done, total in told if name == stage]
        assert [done >= total for done, total in of_stage] == [False] * (len(of_stage) - 1) + [True]


def test_what_is_there_already_is_not_moved(place, tmp_path):
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    again = send_artefact(tmp_path / "index", place)
    assert (again.number, again.files) == (1, 0)
    fetch_artefact(place, tmp_path / "back")
    assert fetch_artefact(place, tmp_path / "back").files == 0


def test_so_many_versions_stay_as_asked(place, tmp_path):
    for number in range(4):
        make(tmp_path / "index", {**FIRST, "own.txt": f"version {number}"})
        done = send_artefact(tmp_path / "index", place, keep=2)
    assert done.dropped == 1
    store = open_store(place)
    assert sorted(store.names("versions")) == ["00000003.json", "00000004.json"]
    assert len(store.names("files")) == 5  # three of all versions, and each of two its own
    fetch_artefact(place, tmp_path / "back")
    assert content(tmp_path / "back") == content(tmp_path / "index")


def test_a_killed_sending_leaves_the_old_version_and_is_gone_on_with(place, tmp_path, monkeypatch):
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    before = content(tmp_path / "index")
    make(tmp_path / "index", SECOND)
    kill_sending(tmp_path / "index", place, monkeypatch, after=1)
    fetch_artefact(place, tmp_path / "back")
    assert content(tmp_path / "back") == before
    assert send_artefact(tmp_path / "index", place).files == 1


def test_a_killed_fetching_is_gone_on_with(place, tmp_path, monkeypatch):
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    fetch, fetched = Store.fetch, []

    def killed(self, name, file):
        if len(fetched) == 2:
            file.write_bytes(b"half")
            raise KeyboardInterrupt
        fetched.append(name)
        fetch(self, name, file)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "fetch", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch_artefact(place, tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert fetch_artefact(place, tmp_path / "back").files == 2
    assert content(tmp_path / "back") == content(tmp_path / "index")


def test_a_second_writer_is_refused(place, tmp_path, monkeypatch):
    make(tmp_path / "index", FIRST)
    make(tmp_path / "other", SECOND)
    files = Sending.run

    def meanwhile(*given):
        monkeypatch.setattr(Sending, "run", files)
        send_artefact(tmp_path / "other", place)
        return files(*given)

    monkeypatch.setattr(Sending, "run", meanwhile)
    with pytest.raises(InputError, match="another process wrote version 1 meanwhile: run it again"):
        send_artefact(tmp_path / "index", place)
    fetch_artefact(place, tmp_path / "back")
    assert content(tmp_path / "back") == content(tmp_path / "other")


def test_damage_on_the_way_is_noticed(place, tmp_path):
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    store = open_store(place)
    name = max(store.names("files"), key=store.names("files").get)
    store.remove([f"files/{name}"])
    store.create(f"files/{name}", b"x" * 3000)
    with pytest.raises(InputError, match=r"a/one\.bin is damaged there"):
        fetch_artefact(place, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_damage_here_is_not_sent(place, tmp_path):
    make(tmp_path / "index", FIRST)
    (tmp_path / "index" / "two.txt").write_text("owt", encoding="utf-8")
    with pytest.raises(InputError, match=r"(two|same)\.txt: is damaged"):
        send_artefact(tmp_path / "index", place)
    assert open_store(place).names("versions") == {}


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out", "a\0b", "."])
def test_no_file_is_written_outside(place, tmp_path, name):
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    store = open_store(place)
    version = json.loads(store.read("versions/00000001.json"))
    version["files"] = {name: version["files"]["two.txt"]}
    store.create("versions/00000002.json", json.dumps(version).encode())
    with pytest.raises(InputError, match="is no file of an artefact"):
        fetch_artefact(place, tmp_path / "back")


@pytest.mark.parametrize("size", ["many", None, -1, True, 1.5])
def test_no_file_has_such_a_size(place, tmp_path, size):
    files = {"a": {"bytes": size, "sha256": "ab" * 32}}
    version = {"schema_version": 1, "kind": "index", "made": {}, "files": files}
    open_store(place).create("versions/00000001.json", json.dumps(version).encode())
    with pytest.raises(InputError, match=r"00000001\.json: cannot be read \('a' is no file of an artefact\)"):
        fetch_artefact(place, tmp_path / "back")


@pytest.mark.parametrize(
    "text",
    [
        b'{"schema_version": 1, "kind": "index", "made": {}, "files": []}',
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"schema_version": 2}',
    ],
)
def test_a_version_that_is_none_is_said_so(place, tmp_path, text):
    open_store(place).create("versions/00000001.json", text)
    with pytest.raises(InputError, match=r"00000001\.json: (cannot be read|has schema version 2)"):
        fetch_artefact(place, tmp_path / "back")


def test_another_kind_is_refused(place, tmp_path):
    make(tmp_path / "index", FIRST)
    make(tmp_path / "model", FIRST, kind="model")
    send_artefact(tmp_path / "index", place)
    with pytest.raises(InputError, match=r"holds a index, .*model is a model: name another place"):
        send_artefact(tmp_path / "model", place)


def test_an_empty_place_holds_nothing(place, tmp_path):
    with pytest.raises(InputError, match="holds no artefact: heroic copy FOLDER"):
        fetch_artefact(place, tmp_path / "back")


def test_a_store_that_does_not_answer_is_said_so(tmp_path, monkeypatch):
    make(tmp_path / "index", FIRST)
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setitem(os.environ, name, value)
    monkeypatch.setitem(os.environ, "AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setitem(os.environ, "AWS_SECRET_ACCESS_KEY", "tests")
    with pytest.raises(InputError, match=r"s3://tests/index: cannot be read .*127\.0\.0\.1:9"):
        send_artefact(tmp_path / "index", "s3://tests/index")


def test_where_no_keys_are_found_it_is_said_where_they_are_looked_for(place, tmp_path, monkeypatch):
    monkeypatch.delitem(os.environ, "AWS_ACCESS_KEY_ID")
    monkeypatch.setitem(os.environ, "HOME", str(tmp_path))
    with pytest.raises(
        InputError, match=r"credentials\): put the keys of this store where s3fs looks for them, such as"
    ):
        fetch_artefact(place, tmp_path / "back")


def test_the_cache_follows_the_store(place, tmp_path, monkeypatch):
    monkeypatch.setenv("HEROIC_CACHE", str(tmp_path / "cache"))
    for files in (FIRST, SECOND):
        make(tmp_path / "index", files)
        send_artefact(tmp_path / "index", place)
        cached = fetched_to_cache(Path(place))
        assert content(cached) == content(tmp_path / "index")
        assert cached.name == "index"
    assert fetched_to_cache(tmp_path / "index") == tmp_path / "index"


def test_from_where_a_copy_came_is_written_once(place, tmp_path, monkeypatch):
    """Others read it meanwhile: written again it would be empty for a moment."""
    monkeypatch.setenv("HEROIC_CACHE", str(tmp_path / "cache"))
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    origin = fetched_to_cache(Path(place)).with_name(ORIGIN)
    os.utime(origin, (1, 1))
    assert origin_of(fetched_to_cache(Path(place))) == place
    assert origin.stat().st_mtime == 1


def test_who_finds_another_process_fetching_waits_for_it(place, tmp_path, monkeypatch):
    monkeypatch.setenv("HEROIC_CACHE", str(tmp_path / "cache"))
    make(tmp_path / "index", FIRST)
    send_artefact(tmp_path / "index", place)
    begun, go_on, asked, fetched = threading.Event(), threading.Event(), threading.Event(), []
    fetch = Store.fetch

    def slowly(self, name, file):
        begun.set()
        assert go_on.wait(60)
        fetched.append(name)
        fetch(self, name, file)

    monkeypatch.setattr(Store, "fetch", slowly)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(fetched_to_cache, Path(place))
        assert begun.wait(60)
        with pytest.raises(InputError, match="another process is writing it"):
            fetch_artefact(place, cached_at(place))
        monkeypatch.setattr(stored, "writing", lambda *given, **named: asked.set() or writing(*given, **named))
        other = pool.submit(fetched_to_cache, Path(place))
        assert asked.wait(60)
        go_on.set()
        folders = {one.result(60), other.result(60)}
    assert folders == {cached_at(place)}
    assert content(folders.pop()) == content(tmp_path / "index")
    assert len(fetched) == 4


def test_urls_are_told_from_paths():
    assert url_of("s3://bucket/index") == "s3://bucket/index"
    assert url_of(Path("s3://bucket/index")) == "s3://bucket/index"
    assert url_of("a/b") is None
    assert url_of("c:b") is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://anna:p@ss@shop.example/a.csv: no such file", "https://*@shop.example/a.csv: no such file"),
        (str(Path("https://anna@shop.example/a.csv")), "https://*@shop.example/a.csv"),
        ("hdfs:/anna:pass@host/a", "hdfs:/*@host/a"),
        ("s3://b/a.csv?X-Amz-Date=1&X-Amz-Signature=2a%2F&x=1", "s3://b/a.csv?X-Amz-Date=1&X-Amz-Signature=*&x=1"),
        ("'https://h/a?access_token=abc' has no id", "'https://h/a?access_token=*' has no id"),
        ("https://h/a?key=a1&pass=b2&access_key=c3&monkey=d4", "https://h/a?key=*&pass=*&access_key=*&monkey=d4"),
        ("https://h/a.csv?page=2, mail anna@h", "https://h/a.csv?page=2, mail anna@h"),
        ("C:/a@b: no such file", "C:/a@b: no such file"),
    ],
)
def test_what_lets_in_is_not_shown_in_urls(text, shown):
    assert without_secrets(text) == shown
    assert without_secrets(shown) == shown


def test_a_urls_name_is_that_of_its_file():
    assert file_name("https://shop.example/x/a.csv?token=1") == file_name(Path("x/a.csv")) == "a.csv"
    assert file_name(Path("https://shop.example")) == file_name("https://anna:pass@shop.example") == "shop.example"


def test_no_artefact_is_written_under_a_url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match="s3://b/index: is in a store: write the index into a folder, then heroic copy"
    ):
        make(Path("s3://b/index"), FIRST)
    assert list(tmp_path.iterdir()) == []
