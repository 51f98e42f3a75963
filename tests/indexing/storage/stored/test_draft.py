"""What is made for a store begins from the version there, is seen when it is sent, and is gone on with when it was killed."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from killed_sending import Killed

from indexing.errors import InputError
from indexing.storage.artefact import Manifest, read_manifest, write_manifest, writing
from indexing.storage.stored.cache import cached_at, fetched_to_cache, origin_of
from indexing.storage.stored.draft import Draft, draft_for
from indexing.storage.stored_versions import fetch_artefact, send_artefact
from indexing.storage.stores import Store, open_store
from indexing.storage.versions import hold_version

FIRST = {"rows/one": "one" * 1000, "rows/two": "two", "names": "of two"}
SECOND = {"rows/one": "one" * 1000, "rows/two": "another", "names": "of others", "new": "new"}
_places = count()


@pytest.fixture
def place(s3, tmp_path, monkeypatch):
    """A place of its own in the store, and a cache."""
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", str(tmp_path / "cache"))
    return f"{s3}/draft{next(_places)}/index"


def make(folder, files, kind="index"):
    with writing(folder, kind, keep=lambda _: True) as inside:
        for name, text in files.items():
            (inside / name).parent.mkdir(parents=True, exist_ok=True)
            (inside / name).unlink(missing_ok=True)
            (inside / name).write_text(text, encoding="utf-8")
        write_manifest(inside, Manifest(kind, {"made": len(files)}, "f" * 16))


def put(url, files, kind="index", folder="other"):
    """Let another machine write a version."""
    folder = cached_at(url).parents[2] / folder
    make(folder, files, kind)
    send_artefact(folder, url)


def text(folder):
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json")
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}


def sent(url, tmp_path):
    """What a reader elsewhere finds."""
    fetch_artefact(url, tmp_path / "back")
    return text(tmp_path / "back")


def left(url):
    """What lies in the cache beside what readers see."""
    return {path.name for path in cached_at(url).parent.iterdir()} - {"index", ".origin"}


def test_a_first_version_is_sent_and_left_to_readers(place, tmp_path, monkeypatch):
    with draft_for(place, "index") as draft:
        assert not draft.folder.exists()
        make(draft.folder, FIRST)
        copied = draft.send()
    assert (copied.number, copied.files) == (1, 3)
    assert sent(place, tmp_path) == FIRST
    assert origin_of(cached_at(place)) == place
    assert left(place) == set()
    monkeypatch.setattr(Store, "fetch", None)
    assert text(fetched_to_cache(place)) == FIRST  # and nothing is fetched


def test_a_later_one_begins_from_the_version_there(place, tmp_path):
    put(place, FIRST)
    with draft_for(place, "index") as draft:
        assert text(draft.folder) == FIRST
        make(draft.folder, SECOND)
        copied = draft.send(keep=1)
    assert (copied.number, copied.files, copied.dropped) == (2, 3, 1)
    assert sent(place, tmp_path) == SECOND
    assert text(cached_at(place)) == SECOND


@pytest.mark.parametrize("name", ["draft", "index.draft", "index.draft.json"])
def test_what_a_place_is_called_does_not_matter(place, name):
    url = f"{place}/{name}"
    for files in (FIRST, SECOND):
        make_and_send(url, "this", files)
        assert text(fetched_to_cache(url)) == files


def test_who_reads_meanwhile_is_not_disturbed(place):
    put(place, FIRST)
    reader = hold_version(fetched_to_cache(place))
    with draft_for(place, "index") as draft:
        make(draft.folder, SECOND)
        assert text(fetched_to_cache(place)) == FIRST
        assert text(draft.folder) == SECOND  # reading took nothing of it away
        draft.send()
    assert text(reader.place) == FIRST
    assert text(fetched_to_cache(place)) == SECOND
    reader.release()


def make_and_send(place, asked, files, *, meanwhile=lambda: None, reusable=("rows", "none")):
    """Make a draft, let something happen, and send it."""
    with draft_for(place, "index", asked=asked, reusable=reusable) as draft:
        make(draft.folder, files)
        draft.finish(asked)
        meanwhile()
        return draft.send()


def killed_while_making(place, files=()):
    """Make files of a draft that is never whole; what the process was making."""
    with draft_for(place, "index", reusable=["rows"]) as draft:
        unfinished = draft.folder.with_name("index.partial")
        for name in files:
            unfinished.mkdir(exist_ok=True)
            (unfinished / name).touch()
        raise Killed(unfinished)


def killed_while_sending(place, asked, monkeypatch, **given):
    """Make a draft; the process dies when one file has arrived."""
    send, arrived = Store.send, []

    def dying(self, file, name):
        if arrived:
            raise Killed
        arrived.append(name)
        send(self, file, name)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        make_and_send(place, asked, SECOND, meanwhile=lambda: patch.setattr(Store, "send", dying), **given)


def test_a_killed_sending_is_gone_on_with(place, tmp_path, monkeypatch):
    put(place, FIRST)
    killed_while_sending(place, "this", monkeypatch)
    assert sent(place, tmp_path) == FIRST
    assert text(fetched_to_cache(place)) == FIRST
    with draft_for(place, "index", asked="this") as draft:
        assert draft.whole
        assert text(draft.folder) == SECOND
        assert draft.send().files == 2
    assert sent(place, tmp_path) == SECOND
    assert left(place) == set()


def test_a_draft_with_a_damaged_file_is_made_anew(place, tmp_path):
    def damage():
        (cached_at(place).with_name("index.draft") / "index" / "new").write_text("old", encoding="utf-8")

    with pytest.raises(InputError, match="new: is damaged"):
        make_and_send(place, "it", SECOND, meanwhile=damage)
    assert not cached_at(place).parent.exists()
    with draft_for(place, "index", asked="it") as draft:
        assert not draft.whole
        make(draft.folder, SECOND)
        draft.send()
    assert sent(place, tmp_path) == SECOND


@pytest.mark.parametrize("asked", ["that", None])
def test_what_was_made_of_something_else_is_not_sent(place, tmp_path, monkeypatch, asked):
    put(place, FIRST)
    killed_while_sending(place, "this", monkeypatch)
    with draft_for(place, "index", asked=asked) as draft:
        assert not draft.whole
        assert text(draft.folder) == FIRST
        assert text(draft.folder.with_name("index.partial")) == {"rows/one": "one" * 1000, "rows/two": "another"}


def test_another_command_leaves_what_a_build_had_made(place, monkeypatch):
    killed_while_sending(place, "this", monkeypatch)
    with pytest.raises(InputError, match="holds none"), draft_for(place, "index"):
        raise InputError("holds none")  # as an update does
    unfinished = cached_at(place).parent / "index.draft" / "index.partial"
    put(place, FIRST)
    with draft_for(place, "index") as draft:
        with writing(draft.folder, "index", afresh=True) as folder:
            write_manifest(folder, Manifest("index", {"made": "anew"}))
        draft.send()
    assert text(unfinished) == {"rows/one": "one" * 1000, "rows/two": "another"}


def test_of_a_command_that_makes_nothing_to_go_on_with_nothing_stays(place, monkeypatch):
    put(place, FIRST)
    killed_while_sending(place, None, monkeypatch, reusable=())
    with draft_for(place, "index", reusable=["rows"]) as draft:
        assert text(draft.folder) == FIRST
        assert not draft.folder.with_name("index.partial").exists()


def test_what_was_made_of_an_older_version_is_not_sent(place, tmp_path, monkeypatch):
    put(place, FIRST)
    killed_while_sending(place, "this", monkeypatch)
    put(place, {**FIRST, "names": "of three"})
    with draft_for(place, "index", asked="this") as draft:
        assert not draft.whole
        assert text(draft.folder) == {**FIRST, "names": "of three"}
        assert text(draft.folder.with_name("index.partial"))["rows/two"] == "another"


def test_of_a_version_that_others_replaced_nothing_is_gone_on_with(place):
    put(place, FIRST)
    with pytest.raises(Killed) as killed:
        killed_while_making(place, ["half"])
    shutil.rmtree(killed.value.args[0])
    assert left(place) == {"index.draft", "index.draft.json"}  # the version that was there
    put(place, SECOND)
    with draft_for(place, "index", reusable=["rows"]) as draft:
        assert text(draft.folder) == SECOND
        assert not draft.folder.with_name("index.partial").exists()


def test_killed_after_the_version_is_there_it_is_left_to_readers(place, monkeypatch):
    def killed(*given):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("indexing.storage.stored.draft.take_place", killed)
        with pytest.raises(Killed):
            make_and_send(place, "this", FIRST)
    with draft_for(place, "index", asked="this") as draft:
        assert draft.whole
        copied = draft.send()
    assert (copied.number, copied.files) == (1, 0)
    assert text(cached_at(place)) == FIRST


def test_killed_as_it_takes_its_place_who_reads_goes_on(place, monkeypatch):
    put(place, FIRST)
    reader = hold_version(fetched_to_cache(place))

    def killed(*given):
        raise Killed

    def dying():
        patch.setattr("indexing.storage.artefact.discard", killed)
        patch.setattr(Draft, "drop_untouched", lambda self: None)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        make_and_send(place, "this", SECOND, meanwhile=dying)
    with draft_for(place, "index") as draft:
        assert text(draft.folder) == SECOND
    assert text(reader.place) == FIRST
    reader.release()


def test_a_kill_while_making_leaves_what_was_made(place):
    put(place, FIRST)
    for number in range(2):
        with pytest.raises(Killed) as killed:
            killed_while_making(place, [str(number)])
    unfinished = killed.value.args[0]
    assert {path.name for path in unfinished.iterdir()} == {"0", "1"}
    assert text(unfinished.with_name("index")) == FIRST


def test_an_error_before_anything_is_made_leaves_nothing(place):
    put(place, FIRST)
    with pytest.raises(Killed):
        killed_while_making(place)
    assert left(place) == set()


def test_a_second_writer_is_refused_and_goes_on_with_its_rows(place, tmp_path):
    put(place, FIRST)
    again = "another process wrote version 2 meanwhile: run it again"
    with pytest.raises(InputError, match=again):
        make_and_send(place, "this", SECOND, meanwhile=lambda: put(place, {**FIRST, "names": "of three"}))
    assert sent(place, tmp_path)["names"] == "of three"
    with draft_for(place, "index", asked="this") as draft:
        assert not draft.whole
        assert text(draft.folder.with_name("index.partial"))["rows/two"] == "another"


def test_a_version_that_is_gone_is_told(place):
    put(place, FIRST)
    gone = "another process removed what was there meanwhile"
    store = open_store(place)
    names = [f"versions/{name}" for name in store.names("versions")]
    with pytest.raises(InputError, match=gone):
        make_and_send(place, "this", SECOND, meanwhile=lambda: store.remove(names))


def test_a_second_process_here_is_refused_at_once(place):
    def second():
        with draft_for(place, "index"):
            pass

    with draft_for(place, "index"), ThreadPoolExecutor(1) as pool:
        refused = pool.submit(second).exception(60)
    assert str(refused) == f"{place}: another process is writing it: wait for it to end"


def test_another_kind_is_refused(place):
    put(place, FIRST, "model")
    with pytest.raises(InputError, match="holds a heroic model, no index: name another place"):
        draft_for(place, "index").__enter__()


def test_what_is_wrong_with_the_folder_is_said_of_the_url(place):
    def wrong(words, cause=None):
        with draft_for(place, "index") as draft:
            raise InputError(words.format(draft.folder)) from cause

    with pytest.raises(InputError, match=f"^{place}: has no one, {place}: is half$"):
        wrong("{0}: has no one, {0}.partial: is half")
    with pytest.raises(InputError, match=r"cache/.*/index.draft/index: the disk is full"):
        wrong("{0}: the disk is full", OSError(28, "full"))


def test_a_store_that_makes_an_object_twice_is_refused(place, monkeypatch):
    create = Store.create

    def unconditional(self, name, content):
        create(self, name, content)
        return True

    monkeypatch.setattr(Store, "create", unconditional)
    with pytest.raises(InputError, match=r"makes an object where there is one of its name already .*If-None-Match"):
        draft_for(place, "index").__enter__()
    assert open_store(place).names("") == {}


def test_a_cache_that_takes_nothing_names_the_remedy(place, monkeypatch):
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", "/proc/none")
    with pytest.raises(InputError, match="name another folder, by HEROIC_CACHE"):
        draft_for(place, "index").__enter__()


def test_a_draft_is_of_files_that_nobody_changes(place):
    """Its rows are the same files as those of readers: they keep what they have when others follow."""
    put(place, FIRST)
    seen = fetched_to_cache(place) / "rows" / "one"
    with draft_for(place, "index") as draft:
        assert os.path.samefile(draft.folder / "rows" / "one", seen)
        assert read_manifest(draft.folder, "index") == read_manifest(seen.parents[1], "index")
