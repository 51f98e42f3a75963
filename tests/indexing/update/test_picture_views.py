"""Which pictures show something else now: files are told by their state, whenever they were written."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexing.encoders.pictures.picture_encoder import picture_contents
from indexing.update.changes import plan_update
from indexing.update.picture_views import PictureView


@pytest.fixture
def shop(catalog_of, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"x")
        os.utime(tmp_path / f"{number}.png", (100, 100))
    (tmp_path / "pictures.bin").write_bytes(b"bytes")
    images = [["0.png"], ["1.png", "2.png", "gone.png"], ["gone.png"], ["pictures.bin#0:3"], None, ["https://a/b.png"]]
    return catalog_of(id=list("abcdef"), images=images)


def changed(view, catalog):
    return view.changed(catalog, np.arange(len(catalog))).tolist()


def test_a_file_of_another_size_or_time_is_another_picture_be_it_older(shop, tmp_path):
    main, extra = (PictureView(extra, picture_contents(shop, extra=extra)) for extra in (False, True))
    assert not any(changed(main, shop) + changed(extra, shop))
    os.utime(tmp_path / "0.png", (50, 50))
    (tmp_path / "2.png").write_bytes(b"longer")
    assert changed(main, shop) == [True, False, False, False, False, False]
    assert changed(extra, shop) == [False, True, False, False, False, False]
    (tmp_path / "gone.png").write_bytes(b"there")
    assert changed(main, shop) == [True, False, True, False, False, False]


def test_where_the_command_is_given_does_not_count(shop, tmp_path, monkeypatch):
    before = picture_contents(shop)
    monkeypatch.chdir(tmp_path.parent)
    moved = replace(shop, pictures=Path(tmp_path.name))
    np.testing.assert_array_equal(picture_contents(moved), before)


def test_without_contents_files_written_since_count(shop, tmp_path):
    os.utime(tmp_path / "0.png", (200, 200))
    os.utime(tmp_path / "2.png", (300, 300))
    assert changed(PictureView(False, None, 200.0), shop) == [True, False, False, False, False, False]
    assert changed(PictureView(True, None, 200.0), shop) == [False, True, False, False, False, False]
    assert not any(changed(PictureView(True, None, 301.0), shop))


def test_contents_move_with_the_products(shop, catalog_of, tmp_path):
    view = PictureView(False, picture_contents(shop))
    given = catalog_of(id=["b", "z"], images=[["0.png"], ["1.png"]])
    update = plan_update(shop, given, np.array([0, 4]))
    now = view.moved(update, update.moves())
    expected = catalog_of(
        id=list("bcdfz"), images=[["0.png"], *shop.table["images"].to_pylist()[2:4], ["https://a/b.png"], ["1.png"]]
    )
    np.testing.assert_array_equal(now, picture_contents(expected))
    assert PictureView(False, None).moved(update, update.moves()) is None
