"""Parts appear whole or not at all, and a late writer does no harm."""

import numpy as np
import pytest

from indexing.running import same_versions
from indexing.running.parts import PartFolder, clear_leftovers, parts_for, put_array, read_array


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
    assert parts_for(tmp_path / "scores.parquet", "a1") == before
    other = {**same_versions.own_versions(), "heroic": "another"}
    monkeypatch.setattr("indexing.running.parts.own_versions", lambda: other)
    assert parts_for(tmp_path / "scores.parquet", "a1") != before
