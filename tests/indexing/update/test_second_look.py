"""Refitting looks again at pictures that could not be had; updates do not."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from picture_host import HOST, PictureHost

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.pictures import UnreachablePicture, read_picture
from indexing.catalog.rejects import REJECTS_FILE, StoredRejects
from indexing.encoders.options import EncodingOptions
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.storage.artefact import damaged_files
from indexing.update.compact_index import compact_index
from indexing.update.update_index import update_index

BUILT = {"p0": ["a", "x", "y"], "p1": ["b", "x"], "p2": ["c", "bad"], "p3": ["d"], "p4": []}
CHANGES = {"p3": ["e"], "p5": ["f", "y"], "p6": ["g"]}


@pytest.fixture
def host():
    found = PictureHost()
    found.clear()
    found.put("bad", content=b"<html>")
    yield found
    found.clear()


@pytest.fixture
def shop(tmp_path):
    class Shop:
        index = tmp_path / "index"

        def write(self, lists):
            images = [[f"{HOST}/{name}" for name in names] for names in lists.values()]
            table = {"id": list(lists), "title": [f"thing {one}" for one in lists], "image": images}
            pq.write_table(pa.table(table), tmp_path / "p.parquet")
            return [tmp_path / "p.parquet"]

        def build(self, lists, out="index", encoder="thumbnail", text="lsa", **options):
            encoding = EncodingOptions(text_encoder=text, image_encoder=encoder)
            asked = BuildOptions(encoding=encoding, lexical=False, k=2, **options)
            return build_index(self.write(lists), tmp_path / out, options=asked).index

        def update(self, lists):
            return update_index(self.index, self.write(lists))

    return Shop()


def rows(index, view="image"):
    return index.vectors(view).take(np.arange(len(index.catalog)))


def told(index):
    return sorted((reject.id, reject.value, reject.reason) for reject in StoredRejects(index.folder / REJECTS_FILE))


@pytest.mark.parametrize("encoder", ["thumbnail", "patches"])
def test_refitted_an_index_has_all_that_can_be_had(shop, host, encoder):
    host.put("a", "c", "x", "f", "g")
    shop.build(BUILT, encoder=encoder)
    before = shop.update(CHANGES).index
    assert before.seen["image"].tolist() == [True, False, True, False, False, True, True]
    host.put("b", "e", "y")
    done = compact_index(shop.index, refit=True)
    fresh = shop.build(BUILT | CHANGES, "fresh", encoder=encoder)
    for view in ("image", "image_extra"):
        np.testing.assert_array_equal(rows(done.index, view), rows(fresh, view))
        np.testing.assert_array_equal(done.index.contents(view), fresh.contents(view))
    np.testing.assert_array_equal(done.index.neighbours("fused").positions, fresh.neighbours("fused").positions)
    assert told(done.index) == told(fresh) == [("p2", f"{HOST}/bad", told(fresh)[0][2])]
    assert (done.found, done.lost) == (3, 0)  # p1 and p3, and the other picture of p5
    assert done.index.made.rejects == 1
    assert done.index.fingerprint != before.fingerprint
    assert damaged_files(shop.index, done.index.manifest) == []


def test_only_products_with_a_picture_set_aside_are_looked_at(shop, host, monkeypatch):
    host.put("a", "c", "x", "y", "d")
    shop.build(BUILT)
    encode, asked = ThumbnailEncoder.encode, []
    monkeypatch.setattr(
        ThumbnailEncoder, "encode", lambda self, given: asked.append(given.ids.to_pylist()) or encode(self, given)
    )
    compact_index(shop.index, refit=True)
    assert asked == [["p1"], ["p2"]]


def test_where_nothing_is_missing_nothing_is_looked_at(shop, host, monkeypatch):
    host.put("a", "b", "c", "d", "x", "y")
    before = shop.build(BUILT, text="none").fingerprint
    done = compact_index(shop.index, refit=True)
    assert done.nothing
    assert done.index.fingerprint == before
    host.take("d")
    shop.build(BUILT, text="none", overwrite=True, out="other")
    host.put("d")
    done = compact_index(shop.index.with_name("other"), refit=True)
    assert (done.refitted, done.looked, done.found) == ((), ("image", "image_extra"), 1)


def test_an_update_leaves_those_of_other_products_as_they_are(shop, host):
    """Until the index is built again or refitted."""
    host.put("a", "c", "d", "x", "y")
    shop.build(BUILT)
    host.put("b")
    assert shop.update(BUILT).same == 5
    after = shop.update(BUILT | {"p6": ["a"]}).index
    assert not after.seen["image"][1]
    extended = shop.build(BUILT | {"p6": ["a"]}, extend=True)
    assert extended.seen["image"].tolist() == [True, True, True, True, False, True]


def test_a_host_that_is_still_down_keeps_nobody_from_refitting(shop, host, monkeypatch):
    many = {f"p{number}": [f"{number}"] for number in range(40)}
    host.put(*(names[0] for names in many.values()))

    def down(reference, catalog, **asked):
        if int(reference.rpartition("/")[2]) % 2:
            raise UnreachablePicture("cannot be fetched: no answer")
        return read_picture(reference, catalog, **asked)

    with monkeypatch.context() as patched:
        patched.setattr("indexing.encoders.pictures.decoding.read_picture", down)
        before = shop.build(many)
        done = compact_index(shop.index, refit=True)
        assert (done.found, done.lost) == (0, 0)
        assert told(done.index) == told(before)
        assert len(told(before)) == 20
    assert compact_index(shop.index, refit=True).found == 20


def test_what_would_be_lost_by_looking_again_is_refused(shop, host):
    host.put("a", "b", "c", "d", "x")
    before = shop.build(BUILT).fingerprint
    host.take("x")
    with pytest.raises(
        InputError, match=r"1 of 5 products would lose their vector of image_extra .the first: product p0"
    ):
        compact_index(shop.index, refit=True)
    assert open_index(shop.index).fingerprint == before
