"""Files that no version names are seen and removed once they are old: never those of a version, nor what is just being sent."""

import datetime
from functools import partial
from itertools import count

import pytest
from killed_sending import Killed, kill_sending

import indexing.storage.stored.leftovers as leftovers
from indexing.errors import InputError
from indexing.storage.artefact import Manifest, damaged_files, read_manifest, write_manifest, writing
from indexing.storage.stored.leftovers import look_into, remove_leftovers
from indexing.storage.stored_versions import fetch_artefact, send_artefact
from indexing.storage.stores import Store, open_store

FIRST = {"one": "one" * 1000, "two": "two", "three": "three"}
SECOND = {"one": "one" * 1000, "two": "another", "three": "a third"}
OPERATIONS = ("names", "read", "create", "send", "came")
_places = count()


@pytest.fixture
def place(s3):
    """A place of its own in the store."""
    return f"{s3}/leftovers{next(_places)}/index"


@pytest.fixture
def folder(tmp_path):
    """Make an artefact of files, in the place of one before."""

    def make(files):
        with writing(tmp_path / "index", "index") as inside:
            for name, text in files.items():
                (inside / name).write_text(text, encoding="utf-8")
            write_manifest(inside, Manifest("index", {"made": len(files)}, "f" * 16))
        return tmp_path / "index"

    return make


@pytest.fixture
def age(monkeypatch):
    """Let what lies in a store now have come so many days ago; what is put there again comes now."""

    def older(place, days):
        old = {(place, f"files/{name}") for name in open_store(place).names("files")}
        came, send = Store.came, Store.send

        def earlier(self, name):
            found = came(self, name)
            return found - datetime.timedelta(days=days) if found and (self.url, name) in old else found

        def anew(self, file, name):
            old.discard((self.url, name))
            send(self, file, name)

        monkeypatch.setattr(Store, "came", earlier)
        monkeypatch.setattr(Store, "send", anew)

    return older


def whole(place, tmp_path):
    """What a reader finds, all of it as the manifest says."""
    fetch_artefact(place, tmp_path / "back")
    assert damaged_files(tmp_path / "back", read_manifest(tmp_path / "back", "index")) == []
    return {name: (tmp_path / "back" / name).read_text(encoding="utf-8") for name in FIRST}


def test_what_a_kill_left_is_seen_and_goes_when_it_is_old(place, folder, monkeypatch, age):
    kill_sending(folder(FIRST), place, monkeypatch)
    seen = look_into(place)
    assert (seen.versions, seen.unused.files, seen.old.files) == ({}, 2, 0)
    assert remove_leftovers(place).files == 0
    age(place, 8)
    seen = look_into(place)
    assert seen.unused == seen.old
    assert remove_leftovers(place) == seen.old
    assert open_store(place).names("") == {}


def test_what_a_version_names_stays_however_old_it_is(place, folder, monkeypatch, age, tmp_path):
    send_artefact(folder(FIRST), place)
    send_artefact(folder(SECOND), place)
    kill_sending(folder({"one": "1", "two": "2", "three": "3"}), place, monkeypatch)
    age(place, 100)
    assert remove_leftovers(place, older_than_days=99).files == 2
    seen = look_into(place)
    assert list(seen.versions) == [1, 2]
    assert (seen.files(1).files, seen.alone(1).files, seen.unused.files) == (3, 2, 0)
    assert whole(place, tmp_path) == SECOND
    open_store(place).remove(["versions/00000002.json"])
    assert whole(place, tmp_path) == FIRST


def test_what_goes_with_an_older_version_leaves_nothing(place, folder, monkeypatch, age):
    send_artefact(folder(FIRST), place, keep=1)
    remove = Store.remove

    def dying(self, names):
        if any(name.startswith("files/") for name in names):
            raise Killed
        remove(self, names)

    made = folder(SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "remove", dying)
        with pytest.raises(Killed):
            send_artefact(made, place, keep=1)
    age(place, 8)
    assert remove_leftovers(place).files == 2  # of the version that went; the third file is of both
    assert len(open_store(place).names("files")) == 3


@pytest.mark.parametrize(("days", "sent"), [(0.5, 1), (1.5, 3)])
def test_who_goes_on_counts_on_what_came_within_a_day(place, folder, monkeypatch, age, tmp_path, days, sent):
    kill_sending(folder(FIRST), place, monkeypatch)
    age(place, days)
    assert send_artefact(folder(FIRST), place).files == sent
    assert whole(place, tmp_path) == FIRST


@pytest.mark.parametrize(("days", "sent"), [(0.5, 1), (1.5, 3)])
def test_where_all_had_arrived_one_is_sent_again_to_see_how_old_they_are(place, folder, monkeypatch, age, days, sent):
    kill_sending(folder({**FIRST, "zzz": "more"}), place, monkeypatch, after=3)
    age(place, days)
    assert send_artefact(folder(FIRST), place).files == sent


def times_asked(monkeypatch, work, at=None, meanwhile=None):
    """Do something, and something else meanwhile, before the store is asked for the time of number `at`; return how often it was."""
    asked = []

    def watched(whole):
        def ask(self, *given):
            asked.append(given)
            if len(asked) - 1 == at:
                with monkeypatch.context() as inner:
                    for name, before in originals.items():
                        inner.setattr(Store, name, before)
                    meanwhile()
            return whole(self, *given)

        return ask

    originals = {name: getattr(Store, name) for name in OPERATIONS}
    with monkeypatch.context() as patch:
        for name, before in originals.items():
            patch.setattr(Store, name, watched(before))
        work()
    return len(asked)


def test_what_is_just_being_sent_is_whole_whenever_another_removes(place, folder, monkeypatch, age, tmp_path):
    """What lies there of a killed sending is old; it is removed before each request of the one that goes on."""
    made, at, times, removed = folder(FIRST), 0, 1, 0

    def remove():
        nonlocal removed
        removed += remove_leftovers(url, older_than_days=2).files

    while at < times:
        url = f"{place}{at}"
        kill_sending(made, url, monkeypatch, after=1)
        age(url, 3)
        times = times_asked(monkeypatch, partial(send_artefact, made, url), at, remove)
        assert whole(url, tmp_path) == FIRST
        at += 1
    assert times > 8
    assert removed > 4


def test_what_is_sent_while_others_are_removed_is_whole(place, folder, monkeypatch, age, tmp_path):
    made = folder(FIRST)
    for at in range(3):
        url = f"{place}-{at}"
        kill_sending(made, url, monkeypatch)
        age(url, 8)
        times_asked(monkeypatch, partial(remove_leftovers, url), at, partial(send_artefact, made, url))
        assert whole(url, tmp_path) == FIRST


def test_what_else_lies_there_stays(place, folder, monkeypatch, age):
    kill_sending(folder(FIRST), place, monkeypatch)
    store = open_store(place)
    digest = "ab" + "0" * 62
    for name in (f"files/{digest}", f"files/cd/{digest}", "files/ab/photo.jpg", f"other/ab/{digest}", "readme"):
        store.create(name, b"no file of an artefact")
    age(place, 8)
    assert remove_leftovers(place).files == 2
    assert len(store.names("")) == 5


def test_where_a_version_cannot_be_read_nothing_goes(place, folder, monkeypatch, age):
    kill_sending(folder(FIRST), place, monkeypatch)
    store = open_store(place)
    store.create("versions/00000001.json", b"{")
    age(place, 8)
    for work in (remove_leftovers, look_into):
        with pytest.raises(InputError, match=r"00000001\.json: cannot be read"):
            work(place)
    assert len(store.names("files")) == 2


def test_the_clock_of_this_machine_is_not_asked(place, folder, monkeypatch):
    kill_sending(folder(FIRST), place, monkeypatch)

    class Ahead(datetime.datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.datetime.now(zone) + datetime.timedelta(days=3650)

    monkeypatch.setattr(leftovers, "datetime", Ahead)
    assert look_into(place).old.files == 2
    assert remove_leftovers(place).files == 0


def test_a_store_that_does_not_say_when_a_file_came_keeps_all(place, folder, monkeypatch, tmp_path):
    made = folder(FIRST)
    kill_sending(made, place, monkeypatch)
    monkeypatch.setattr(Store, "came", lambda self, name: None)
    assert look_into(place).old is None
    with pytest.raises(InputError, match="does not say when a file came: nothing is removed"):
        remove_leftovers(place)
    assert send_artefact(made, place).files == 3  # none is counted on
    assert whole(place, tmp_path) == FIRST


@pytest.mark.parametrize("days", [1.9, 0, -1, float("nan")])
def test_what_may_be_just_sent_is_not_asked_for(place, days):
    with pytest.raises(InputError, match="give 2 days or more"):
        remove_leftovers(place, older_than_days=days)
