"""What an update changes of an index's identity: several pictures, other vectors, other files, and the fingerprint."""

import os
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError
from indexing.update.compact_index import compact_index
from indexing.update.update_index import UpdateOptions, update_index

EVERYBODY = np.arange(3)


@pytest.fixture
def shop(tmp_path, folder):
    """An index of three products with pictures, two of them with further ones; gives how to write and update it."""

    class Shop:
        def __init__(self):
            self.index = tmp_path / "index"
            self.images = [["0.png", "1.png"], ["2.png", "3.png", "4.png"], ["5.png"]]

        def write(self, *rows, name="p.parquet"):
            chosen = rows or (0, 1, 2)
            table = {"id": [f"p{row}" for row in chosen], "title": [f"thing {row}" for row in chosen]}
            pq.write_table(pa.table({**table, "image": [self.images[row] for row in chosen]}), tmp_path / name)
            return tmp_path / name

        def build(self, out="index", image_encoder="thumbnail", **encoding):
            """By an encoder that learns nothing of the products, so that an index built anew has the same rows."""
            encoding = EncodingOptions(image_encoder=image_encoder, **encoding)
            options = BuildOptions(encoding=encoding, images=folder, k=2)
            return build_index([self.write()], tmp_path / out, options=options).index

        def update(self, *rows, **options):
            given = UpdateOptions(images=folder, **options)
            return update_index(self.index, [self.write(*rows, name="c.parquet")], options=given)

    return Shop()


def rewrite(folder, name, other):
    before = os.stat(folder / name).st_mtime
    shutil.copy(folder / other, folder / name)
    os.utime(folder / name, (before - 3600, before - 3600))  # older than the index: another file all the same


@pytest.mark.parametrize("engine", ["thumbnail", "clip"])
def test_a_product_with_several_pictures_is_updated(shop, engine, request):
    encoder = engine if engine == "thumbnail" else f"clip:{request.getfixturevalue('clip_folder')}"
    shop.build(image_encoder=encoder)
    shop.images[0], shop.images[1] = ["0.png", "6.png"], ["2.png"]
    done = shop.update(0, 1, 2)
    assert (done.changed, done.same) == (2, 1)
    anew = shop.build("anew", image_encoder=encoder)
    for view in ("image", "image_extra"):
        found, expected = (index.vectors(view).take(EVERYBODY) for index in (done.index, anew))
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not done.index.vectors("image_extra").take(np.array([1])).any()


@pytest.mark.parametrize(("row", "name", "view"), [(0, "0.png", "image"), (1, "4.png", "image_extra")])
def test_a_picture_written_anew_is_seen_once_main_or_further(shop, folder, row, name, view):
    index = shop.build()
    rewrite(folder, name, "9.png")
    done = shop.update()
    assert (done.changed, done.same) == (1, 2)
    before, now = (one.vectors(view).take(EVERYBODY) for one in (index, done.index))
    assert np.flatnonzero((before != now).any(axis=1)).tolist() == [row]
    np.testing.assert_array_equal(now, shop.build("anew").vectors(view).take(EVERYBODY))
    assert done.index.fingerprint != index.fingerprint
    again = shop.update()
    assert (again.changed, again.index.fingerprint) == (0, done.index.fingerprint)


def test_a_picture_that_is_not_there_is_no_change_until_it_is(shop, folder):
    shop.images[2] = ["late.png"]
    shop.build()
    assert shop.update().changed == 0
    shutil.copy(folder / "7.png", folder / "late.png")
    done = shop.update()
    assert done.changed == 1
    assert done.index.seen["image"].all()


def test_a_file_written_again_as_it_was_keeps_the_fingerprint(shop, folder):
    index = shop.build()
    done = None
    for time in (1e9, 2e9):
        os.utime(folder / "0.png", (time, time))
        done = shop.update()
        assert done.changed == 1
    assert done.index.made.updates.rows == {}
    assert index.fingerprint != done.index.fingerprint  # it is an update's, of the same products and vectors
    os.utime(folder / "1.png", (1e9, 1e9))
    assert shop.update().index.fingerprint == done.index.fingerprint


def test_other_vectors_alone_are_another_index_and_the_same_ones_again_the_one_of_before(tmp_path, write):
    def table(*second):
        rows = [[1.0, 0.0], list(second), [0.0, 1.0], [0.6, 0.8]]
        return {"id": [1, 2, 3, 4], "title": list("abcd"), "v": rows, "w": rows[::-1]}

    encoding = EncodingOptions(text_encoder="column:v", image_encoder="column:w")
    build_index([write("p.parquet", table(0.8, 0.6))], tmp_path / "index", options=BuildOptions(encoding=encoding, k=2))
    first, other, back, again = (
        update_index(tmp_path / "index", [write("c.parquet", table(*second))]).index
        for second in ((0.0, 1.0), (0.6, 0.8), (0.8, 0.6), (0.0, 1.0))
    )
    assert len({index.fingerprint for index in (first, other, back)}) == 3
    assert first.fingerprint == again.fingerprint
    assert len({index.made.catalog.digest for index in (first, other, back)}) == 1
    assert set(first.made.updates.rows) == {"text", "image"}
    assert back.made.updates.rows == {}
    compacted = compact_index(tmp_path / "index").index
    assert compacted.fingerprint == again.fingerprint
    assert (
        update_index(tmp_path / "index", [write("c.parquet", table(0.6, 0.8))]).index.fingerprint == other.fingerprint
    )


def test_refitted_encoders_are_another_index_after_the_next_update_too(shop):
    shop.build()
    shop.images[2] = ["8.png"]
    done = shop.update()
    compact_index(shop.index, refit=True)
    shop.images[2] = ["5.png"]
    shop.update()
    shop.images[2] = ["8.png"]
    again = shop.update()
    assert again.index.made.catalog.digest == done.index.made.catalog.digest
    assert again.index.fingerprint != done.index.fingerprint


def test_what_pictures_were_seen_is_known_after_updates_and_compacting_too(shop, folder):
    shop.build()
    shop.images[0] = ["0.png", "6.png"]
    shop.update(0)
    rewrite(folder, "2.png", "9.png")
    assert shop.update().changed == 1
    compacted = compact_index(shop.index).index
    assert shop.update().changed == 0
    rewrite(folder, "6.png", "3.png")
    done = shop.update()
    assert done.changed == 1
    assert done.index.fingerprint != compacted.fingerprint
    np.testing.assert_array_equal(
        done.index.vectors("image_extra").take(EVERYBODY), shop.build("anew").vectors("image_extra").take(EVERYBODY)
    )


def test_an_updated_index_gives_its_pictures_to_one_that_extends_it(shop, tmp_path, folder):
    shop.build()
    shop.images[0] = ["7.png"]
    shop.update()
    shop.images[2] = ["8.png"]
    options = BuildOptions(encoding=EncodingOptions(image_encoder="thumbnail"), images=folder, k=2, extend=True)
    built = build_index([shop.write()], shop.index, options=options)
    assert built.looked_at["image"] == 1
    np.testing.assert_array_equal(
        built.index.vectors("image").take(EVERYBODY), shop.build("anew").vectors("image").take(EVERYBODY)
    )


def test_pictures_without_a_vector_are_zeros_and_texts_must_have_one(tmp_path, write):
    rows = [[1.0, 0.0], None, [0.0, 1.0]]
    table = {"id": [1, 2, 3], "title": list("abc"), "clip": rows, "v": [[1.0, 0.0]] * 3}
    encoding = EncodingOptions(text_encoder="column:v", image_encoder="column:clip")
    options = BuildOptions(encoding=encoding, k=1)
    index = build_index([write("p.parquet", table)], tmp_path / "index", options=options).index
    assert index.vectors("image").take(EVERYBODY).tolist() == [[1, 0], [0, 0], [0, 1]]
    changes = {"id": [2, 3], "title": ["b", "c"], "clip": [[0.0, 1.0], None], "v": [[1.0, 0.0]] * 2}
    done = update_index(tmp_path / "index", [write("c.parquet", changes)])
    assert done.changed == 2
    assert done.index.vectors("image").take(EVERYBODY).tolist() == [[1, 0], [0, 1], [0, 0]]
    with pytest.raises(InputError, match="row 2, column 'v' is null: every product needs a whole vector"):
        update_index(tmp_path / "index", [write("w.parquet", {**changes, "v": [[1.0, 0.0], None]})])


@pytest.mark.parametrize(
    ("built", "given", "encoder", "told"),
    [
        (
            [["0.png"], ["2.png"], []],
            [["0.png", "1.png"], ["2.png", "3.png"], []],
            "auto",
            "2 products given have further",
        ),
        ([["0.png"], ["2.png"], []], [["0.png"], ["3.png"], []], "auto", None),
        ([[], [], []], [["0.png"], [], []], "auto", "1 product given has pictures, which no view"),
        ([["0.png", "1.png"], [], []], [["0.png"], ["2.png", "3.png"], []], "auto", None),
        ([["0.png"], [], []], [["0.png", "1.png"], [], []], "none", None),
    ],
)
def test_pictures_that_no_view_looks_at_are_told(shop, built, given, encoder, told):
    shop.images = built
    shop.build(image_encoder=encoder)
    shop.images = given
    notes = [note for note in shop.update(0, 1, 2).notes if "no view of this index looks at" in note]
    assert len(notes) == (told is not None)
    assert all(note.startswith(told) for note in notes)
