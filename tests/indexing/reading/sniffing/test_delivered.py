"""Zips and folders hold more than tables."""

import zipfile

import pytest

from indexing.reading.sniffing.delivered import list_delivered
from indexing.reading.sniffing.sniffed import sniff

TABLE = "id,title\n1,Mug\n"


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data/products.csv", TABLE)
        file.writestr("readme.txt", "Thank you for your order.\nYours, the shop\n")
    return path


def test_a_readme_in_a_zip_is_left_out_and_told(shop, read):
    tables, notes = list_delivered([shop])
    assert [path.name for path in tables] == ["products.csv"]
    assert notes == (f"{shop / 'readme.txt'}: is left out: it has one column, of no known name",)
    found = read((shop,))
    assert len(found.catalog) == 1
    assert notes[0] in found.notes
    assert [one.names for one in sniff([shop])] == [("id", "title")]


def test_an_update_leaves_it_out_as_the_build_does(shop, read):
    assert len(read((shop,), stored=read((shop,)).schema.inputs).catalog) == 1


def test_a_readme_in_a_folder_is_left_out(write, tmp_path):
    write("shop/a.csv", TABLE)
    write("shop/b.csv", "Hello\nthere\n")
    assert [path.name for path in list_delivered([tmp_path / "shop"])[0]] == ["a.csv"]


@pytest.mark.parametrize(("name", "content"), [("a.csv", "Hello\nthere\n"), ("b.csv", "sku\n1\n")])
def test_what_is_named_or_of_a_known_name_is_read(write, name, content):
    paths = [write(name, content), write("c.csv", TABLE)]
    assert list_delivered(paths)[0] == paths


def test_a_folder_of_nothing_else_is_read(write, tmp_path):
    write("shop/a.csv", "Hello\nthere\n")
    tables, notes = list_delivered([tmp_path / "shop"])
    assert (len(tables), notes) == (1, ())
