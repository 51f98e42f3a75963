"""Parts in a store are put once, by whoever is first, and go away with their work."""

import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from indexing.errors import InputError
from indexing.running.parts import PartFolder, clear_beside, parts_beside, put_array, read_array
from indexing.storage.stored import part_store
from indexing.storage.stored.output import local_output, stored_url
from indexing.storage.stored.part_store import PartStore
from indexing.storage.stores import Store, open_store


@pytest.fixture
def parts(s3, request):
    return PartStore(f"{s3}/{request.node.name.partition('[')[0]}/scores.parquet.parts-1")


@pytest.fixture
def runs(parts):
    """Three runs of one work, of which the first has made a part."""
    made = [PartStore(parts.url, run) for run in "abc"]
    made[0].make()
    made[0].put("one", writing(b"made by the first"))
    return made


def writing(content):
    return lambda file: file.write(content)


def test_a_part_is_there_when_it_is_whole_and_is_read_from_a_copy(parts):
    parts.make()
    parts.make()
    array = np.arange(7.0)
    put_array(parts, "a.npy", array)
    assert parts.has("a.npy")
    assert parts.missing(["a.npy", "b.npy"]) == ["b.npy"]
    np.testing.assert_array_equal(read_array(parts, "a.npy"), array)
    assert parts.local("a.npy") == parts.local("a.npy")


def test_parts_are_put_without_listing_those_that_are_there(parts, monkeypatch):
    """Of which there may be thousands, each put by a worker that would list them all."""
    parts.make()
    parts.put("a.npy.json", writing(b"longer name"))
    monkeypatch.setattr(Store, "names", lambda *_: pytest.fail("the store was listed"))
    parts.put("b", writing(b"one more"))
    assert parts.has("b")
    assert not parts.has("a.npy")
    assert not parts.has("c")


def test_who_comes_second_changes_nothing(parts):
    parts.make()
    parts.put("a", writing(b"first"))
    parts.put("a", writing(b"second"))
    assert open_store(parts.url).read("a") == b"first"


def test_a_late_writer_leaves_nothing_behind(parts):
    parts.make()
    parts.put("a", writing(b"in time"))
    parts.clear()
    with pytest.raises(FileNotFoundError, match="the work that it is for is over"):
        parts.put("b", writing(b"late"))
    assert open_store(parts.url).names("") == {}
    parts.clear()


def test_a_run_takes_over_what_another_has_made_and_nobody_puts_more_of_that(runs):
    before, now, _ = runs
    now.make()
    now.put("three", writing(b"made now"))
    for name in ("one", "two", "three"):
        with suppress(FileNotFoundError):
            before.put(name, writing(b"late"))
    assert now.missing(["one", "two", "three"]) == ["two"]
    assert [now.local(name).read_bytes() for name in ("one", "three")] == [b"made by the first", b"made now"]
    assert [now.has(name) for name in ("one", "two", "three")] == [True, False, True]
    now.clear()
    assert open_store(now.url).names("") == {}


def test_a_third_run_takes_over_what_the_second_has_read_not_what_came_late_for_the_first(runs):
    first, second, third = runs
    second.make()
    with pytest.raises(FileNotFoundError, match="is over"):
        first.put("two", writing(b"late"))
    second.put("two", writing(b"made by the second"))
    third.make()
    assert third.missing(["one", "two"]) == []
    assert third.local("one").read_bytes() == b"made by the first"
    assert third.local("two").read_bytes() == b"made by the second"
    third.clear()


def test_a_run_that_does_a_work_once_more_has_nothing_of_what_it_took_over_before(runs):
    _, now, _ = runs
    now.make()
    assert now.missing(["one"]) == []
    now.clear()
    now.make()
    assert now.missing(["one"]) == ["one"]
    now.clear()


@pytest.fixture
def open_copies(monkeypatch, tmp_path):
    """How many copies of a test's parts are open: files of its own temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def count():
        links = []
        for file in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the folder itself, and what the server has closed
                links.append(file.readlink())
        return sum(link.is_relative_to(tmp_path) for link in links)

    return count


def test_few_files_are_open_however_small_copies_are(parts, monkeypatch, open_copies):
    monkeypatch.setattr(part_store, "MOST_FILES", 3)
    parts.make()
    for number in range(8):
        put_array(parts, f"{number}.npy", np.arange(number))
    arrays = [read_array(parts, f"{number}.npy").tolist() for number in range(8)]
    assert open_copies() == 3
    assert arrays == [list(range(number)) for number in range(8)]
    parts.clear()
    assert open_copies() == 0


def test_copies_of_parts_are_few_and_leave_nothing_behind(parts, monkeypatch, open_copies, tmp_path):
    monkeypatch.setattr(part_store, "MOST_COPIED", 2000)
    parts.make()
    for number in range(6):
        put_array(parts, f"{number}.npy", np.full(100, number))  # 928 bytes each
    arrays = [read_array(parts, f"{number}.npy").tolist() for number in range(6)]
    assert open_copies() == 2
    assert list(tmp_path.iterdir()) == []
    assert arrays == [[number] * 100 for number in range(6)]
    assert read_array(parts, "0.npy").tolist() == [0] * 100
    parts.clear()


def test_parts_lie_beside_what_is_made_of_them(s3, tmp_path):
    out = tmp_path / "scores.parquet"
    assert isinstance(parts_beside(out, "1"), PartFolder)
    assert parts_beside(out, "1") != parts_beside(out, "1")  # of two runs
    stored = [parts_beside(f"{s3}/beside/scores.parquet", made) for made in "12"]
    other = parts_beside(f"{s3}/beside/scores.parquet2", "1")
    for one in (*stored, other):
        one.make()
        one.put("a", writing(b"x"))
    clear_beside(f"{s3}/beside/scores.parquet")
    assert [one.missing(["a"]) for one in (*stored, other)] == [["a"], ["a"], []]


def test_a_file_is_put_into_the_store_when_it_is_whole(s3):
    url = f"{s3}/out/scores.parquet"

    def fails():
        with local_output(url) as place:
            place.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert open_store(f"{s3}/out").names("") == {}
    with local_output(url) as place:
        place.write_bytes(b"whole")
    assert open_store(f"{s3}/out").read("scores.parquet") == b"whole"


def test_files_of_this_machine_are_written_where_they_are(tmp_path):
    with local_output(tmp_path / "a") as place:
        assert place == tmp_path / "a"
    assert stored_url("https://host/a.parquet") is None


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/"])
def test_a_url_that_names_no_file_is_refused(url):
    with pytest.raises(InputError, match="names no file in a bucket"):
        stored_url(url)
