"""Which files a name stands for."""

import zipfile
from pathlib import Path

import pytest

from indexing.errors import InputError
from indexing.files.listing import list_tables


def test_a_folder_is_its_tables_by_name(write, tmp_path):
    for name in ("all/b.csv.gz", "all/a.csv", "all/readme.txt", "all/schema.yml", "all/c.jsonl.zst", "all/x.json.bak"):
        write(name, "id\n1\n")
    assert [path.name for path in list_tables([tmp_path / "all"])] == ["a.csv", "b.csv.gz", "c.jsonl.zst"]


def test_a_pattern_is_what_it_finds(write, tmp_path):
    for name in ("b.csv", "a.csv", "a.json", "[1].csv"):
        write(name, "id\n1\n")
    assert [path.name for path in list_tables([tmp_path / "?.csv"])] == ["a.csv", "b.csv"]
    assert [path.name for path in list_tables([tmp_path / "[1].csv"])] == ["[1].csv"]
    with pytest.raises(InputError, match=r"none\*\.csv: no file has such a name"):
        list_tables([tmp_path / "none*.csv"])


def test_a_zip_is_the_tables_in_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for name in ("z/b.csv", "a.tsv", "readme.md", "__MACOSX/a.tsv", "z/.DS_Store"):
            file.writestr(name, "id\n1\n")
    assert list_tables([tmp_path]) == [tmp_path / "a.zip" / "a.tsv", tmp_path / "a.zip" / "z/b.csv"]


def test_urls_and_files_stand_for_themselves(tmp_path):
    paths = [Path("https://shop.example/a.csv"), tmp_path / "none.csv"]
    assert list_tables(paths) == paths


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no file ending in .*\.csv"):
        list_tables([tmp_path])


def test_no_files_are_refused():
    with pytest.raises(InputError, match="no files"):
        list_tables([])
