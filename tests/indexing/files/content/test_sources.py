"""Where bytes lie: files, packed ones, zips and URLs."""

import bz2
import gzip
import zipfile

import fsspec
import pyarrow as pa
import pytest

from indexing.errors import InputError
from indexing.files.content import sources
from indexing.files.tables import open_table

CONTENT = "id;title\n1;чайник\n2;mug\n".encode()
PACKED = {
    "a.csv": CONTENT,
    "a.csv.gz": gzip.compress(CONTENT[:20]) + gzip.compress(CONTENT[20:]),
    "a.tsv.gz": gzip.compress(CONTENT),
    "a.csv.bz2": bz2.compress(CONTENT),
    "a.csv.zst": pa.compress(CONTENT, "zstd", asbytes=True),
    "packed.csv": gzip.compress(CONTENT),
    "plain.csv.gz": CONTENT,
    "a.parquet.gz": None,
}


@pytest.fixture
def packed(write, request):
    def make(name):
        content = PACKED[name]
        if content is None:
            content = gzip.compress(write("a.parquet", {"id": ["1", "2"], "title": ["чайник", "mug"]}).read_bytes())
        return write(name, content)

    return make


@pytest.mark.parametrize("name", PACKED)
def test_how_a_file_is_packed_is_seen_in_its_first_bytes(packed, name):
    assert open_table(packed(name)).read().to_pydict() == {"id": ["1", "2"], "title": ["чайник", "mug"]}


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.bz2"])
def test_a_packed_file_that_is_cut_is_refused(packed, name):
    path = packed(name)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=rf"{name}: cannot be read"):
        open_table(path).read()


def test_what_unpacks_to_far_too_much_is_refused(write, monkeypatch):
    monkeypatch.setattr(sources, "BOMB_BYTES", 1 << 20)
    path = write("a.csv.gz", gzip.compress(b"id,title\n" + b"1,a\n" * 2_000_000))
    with pytest.raises(InputError, match="unpacks to more than 250 times its size"):
        open_table(path).read()


class TestZips:
    @pytest.fixture
    def make(self, tmp_path):
        def make_zip(**files):
            with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
                for name, content in files.items():
                    file.writestr(name.replace("__", "/").replace("_", "."), content)
            return tmp_path / "a.zip"

        return make_zip

    def test_a_zip_with_one_file_is_that_file(self, make, tmp_path):
        table = open_table(make(shop__a_csv=CONTENT))
        assert table.read()["id"].to_pylist() == ["1", "2"]
        assert table.folder == tmp_path

    def test_of_several_one_is_named(self, make, tmp_path):
        path = make(a_csv=CONTENT, shop__b_jsonl=b'{"id": 7}\n')
        with pytest.raises(InputError, match=r"a\.zip: holds 2 tables: name one as .*a\.zip/a\.csv"):
            open_table(path)
        table = open_table(path / "shop" / "b.jsonl")
        assert table.read()["id"].to_pylist() == [7]
        assert table.folder == tmp_path
        with pytest.raises(InputError, match=r"the zip has no such file, but a\.csv, shop/b\.jsonl"):
            open_table(path / "c.csv")

    def test_a_zip_that_is_cut_is_refused(self, make):
        path = make(a_csv=CONTENT)
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(InputError, match="cannot be read"):
            open_table(path)

    def test_a_bomb_is_bounded(self, make, monkeypatch):
        monkeypatch.setattr(sources, "BOMB_BYTES", 1 << 20)
        with pytest.raises(InputError, match="unpacks to more than 250 times"):
            open_table(make(a_csv=b"id,title\n" + b"1,a\n" * 2_000_000)).read()


class TestUrls:
    @pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet.gz"])
    def test_a_url_is_read_as_a_file_is(self, packed, name):
        with fsspec.open(f"memory://shop/{name}", "wb") as file:
            file.write(packed(name).read_bytes())
        table = open_table(f"memory://shop/{name}")
        assert table.read()["title"].to_pylist() == ["чайник", "mug"]
        assert open_table(table.path).names == ("id", "title")

    def test_one_that_is_not_there_is_refused(self):
        with pytest.raises(InputError, match=r"memory://shop/none\.csv: no such file"):
            open_table("memory://shop/none.csv")

    def test_a_file_system_that_is_not_installed_is_named(self):
        with pytest.raises(InputError, match=r"cannot be fetched .*nowhere"):
            open_table("nowhere://shop/a.csv")
