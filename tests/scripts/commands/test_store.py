"""`heroic store` says what lies in a store, and removes what no version uses."""

import os

import pytest

from indexing.storage.stored import leftovers
from indexing.storage.stores import open_store

UNUSED = {"files/ab/" + "ab" * 32: b"x" * (1 << 20), "files/cd/" + "cd" * 32: b"y"}


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "HEROIC_CACHE", str(tmp_path / "cache"))


def put_unused(url):
    for name, content in UNUSED.items():
        open_store(url).create(name, content)


def test_what_lies_there_is_told_and_removed_when_it_is_old(
    heroic, s3, sample_index, sample_model, tmp_path, monkeypatch
):
    url = f"{s3}/told/model"
    assert heroic("copy", sample_model, url).exit_code == 0
    told = heroic("store", f"{url}/").stdout.splitlines()
    assert told[0] == f"model: {url}, 1 version"
    assert told[1].startswith("version 1 (")
    assert told[2:] == ["unused: nothing"]
    put_unused(url)
    assert (
        heroic("store", url).stdout.splitlines()[-1] == "unused: 2 files, 1.0 MiB, 0 of them came more than 7 days ago"
    )
    young = heroic("store", url, "--remove-unused").stdout.splitlines()
    assert "removed: 0 files, 0.0 MiB, which no version uses and which came more than 7 days ago" in young
    monkeypatch.setattr(leftovers, "came_within", lambda days, came, now: days > 10)  # they came ten days ago
    assert heroic("store", url).stdout.splitlines()[-1] == (
        f"unused: 2 files, 1.0 MiB, 2 of them came more than 7 days ago (2 files, 1.0 MiB): heroic store {url} --remove-unused"
    )
    assert heroic("store", url, "--older-than", 11).stdout.endswith("0 of them came more than 11 days ago\n")
    assert heroic("store", url, "--older-than", 9).stdout.endswith(
        f"heroic store {url} --remove-unused --older-than 9\n"
    )
    removed = heroic("store", url, "--remove-unused").stdout.splitlines()
    assert removed[-2:] == [
        "removed: 2 files, 1.0 MiB, which no version uses and which came more than 7 days ago",
        "unused: nothing",
    ]
    assert heroic("copy", url, tmp_path / "back").exit_code == 0
    assert heroic("inspect", tmp_path / "back").exit_code == 0


def test_what_versions_share_is_told(heroic, s3, sample_index, tmp_path):
    url = f"{s3}/shared/index"
    heroic("copy", sample_index, url)
    (tmp_path / "gone.txt").write_text("JDQNAQ\n")
    updated = heroic("update", url, "--delete", tmp_path / "gone.txt")
    assert updated.exit_code == 0, updated.output
    told = heroic("store", url).stdout.splitlines()
    assert told[0] == f"index: {url}, 2 versions"
    assert [" of which in no other version " in line for line in told[1:3]] == [True, True]
    assert told[3] == "unused: nothing"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s3://no-such-bucket-here/x"], "no artefact: s3://no-such-bucket-here/x, 0 versions"),
        (["s3://tests/none"], "no artefact: s3://tests/none, 0 versions"),
        (["https://b.invalid/x"], "heroic: https://b.invalid/x: no artefacts are kept at https://"),
        (["folder"], "folder is no URL such as s3://bucket/index: what a folder holds says heroic inspect"),
        (["s3://tests/none", "--remove-unused", "--older-than", 1], "1.0 is not in the range x>=2"),
        (["s3://tests/none", "--remove-unused", "--older-than", "nan"], "nan is no number"),
    ],
)
def test_mistakes_are_told(heroic, s3, words, said):
    result = heroic("store", *words)
    assert said in result.output
