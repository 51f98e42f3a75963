"""What could not be had of pictures when an index was built is looked at again when it is built again, and nothing else is."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from picture_host import HOST, PictureHost
from tried_tasks import Deadly, Died, Troubled

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.catalog.pictures import UnreachablePicture, read_picture
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.patches.model import load_patches
from indexing.encoders.thumbnail import ThumbnailEncoder
from indexing.errors import Unfinished
from indexing.running.local import HERE

WAYS = [{}, {"overwrite": True}, {"resume": True}, {"extend": True}]


@pytest.fixture
def host():
    found = PictureHost()
    found.clear()
    yield found
    found.clear()


@pytest.fixture
def build(tmp_path):
    def make(lists, out="index", *, encoder="thumbnail", runner=HERE, **options):
        ids = [f"p{number}" for number in range(len(lists))]
        images = [[f"{HOST}/{name}" for name in names] for names in lists]
        table = pa.table({"id": ids, "title": [f"thing {one}" for one in ids], "image": images})
        pq.write_table(table, tmp_path / "p.parquet")
        encoding = EncodingOptions(text_encoder="lsa", image_encoder=encoder)
        asked = BuildOptions(encoding=encoding, lexical=False, k=2, **options)
        return build_index([tmp_path / "p.parquet"], tmp_path / out, options=asked, runner=runner)

    return make


def files(index):
    """Return the bytes of all that an index keeps, but for its manifest, which tells the time."""
    every = (path for path in index.folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {path.relative_to(index.folder).as_posix(): path.read_bytes() for path in every}


def learned(index, view="image"):
    return {name: array.tobytes() for name, array in load_patches(index.folder / "vectors" / view).arrays.items()}


SHOP = [["a", "x", "y"], ["b", "x"], ["c", "bad"], ["d"], ["e", "x", "y"], [], ["b"]]


@pytest.mark.parametrize("how", WAYS, ids=str)
@pytest.mark.parametrize("runner", [HERE, Troubled()], ids=["here", "apart"])
def test_built_again_it_is_as_if_built_anew(build, host, how, runner):
    host.put("a", "c", "x")
    host.put("bad", content=b"<html>")
    before = build(SHOP)
    assert {reject.value.rpartition("/")[2] for reject in before.rejects} == {"b", "d", "e", "y", "bad"}
    host.put("b", "d", "y")
    again = build(SHOP, runner=runner, **how)
    fresh = build(SHOP, "fresh")
    assert files(again.index) == files(fresh.index)
    assert again.index.fingerprint == fresh.index.fingerprint
    assert [vars(reject) for reject in again.rejects] == [vars(reject) for reject in fresh.rejects]
    assert again.reused == ["text"]
    # of the main pictures b, d, e, the product without any and the second one of b; of the others those with y or bad
    assert (again.looked_at["image"], again.looked_at["image_extra"]) == (4, 5)
    assert build(SHOP[:4], "whole").index.seen["image"].all()


@pytest.mark.parametrize("how", WAYS, ids=str)
def test_what_was_had_is_taken_over_whole(build, host, how):
    host.put("a", "b")
    host.put("bad", content=b"<html>")
    build([["a"], ["b"], ["bad"], []])
    assert build([["a"], ["b"], ["bad"], []], **how).reused == ["text", "image"]


def test_a_rebuild_that_was_killed_goes_on_with_what_it_has_looked_at(build, host, monkeypatch):
    monkeypatch.setattr("indexing.build.build_index.holds_model_vectors", lambda folder: True)
    monkeypatch.setattr("indexing.build.encode_view.SHARD_ROWS", 2)
    shop = [["a"], ["b"], ["c"], ["d"], ["e"]]
    host.put("a", "c", "e")
    build(shop)
    host.put("b")
    encode, asked = ThumbnailEncoder.encode, []

    def killed(self, catalog):
        if "p3" in catalog.ids.to_pylist():
            raise Unfinished("killed")
        return encode(self, catalog)

    with monkeypatch.context() as patched:
        patched.setattr(ThumbnailEncoder, "encode", killed)
        with pytest.raises(Unfinished, match="killed"):
            build(shop)
    host.put("d")
    monkeypatch.setattr(
        ThumbnailEncoder, "encode", lambda self, given: asked.extend(given.ids.to_pylist()) or encode(self, given)
    )
    again = build(shop)
    assert asked == ["p3"]
    monkeypatch.setattr(ThumbnailEncoder, "encode", encode)
    assert files(again.index) == files(build(shop, "fresh").index)


PATCHED = [["a", "x"], ["b"], ["c", "a"], ["d"], ["e"]]


@pytest.mark.parametrize("runner", [HERE, Troubled()], ids=["here", "apart"])
def test_patches_learns_again_where_pictures_have_come_back(build, host, runner):
    """Further pictures, all of which could be had, are seen by what was learned, too."""
    host.put("a", "b", "c", "x")
    before = learned(build(PATCHED, encoder="patches").index)
    host.put("d")
    again, fresh = build(PATCHED, encoder="patches", runner=runner), build(PATCHED, "fresh", encoder="patches")
    assert again.reused == ["text"]
    assert files(again.index) == files(fresh.index)
    assert learned(again.index) != before


def test_patches_stays_where_none_has(build, host):
    host.put("a", "b", "c", "x")
    before = build(PATCHED, encoder="patches")
    for how in WAYS:
        again = build(PATCHED, encoder="patches", **how)
        assert again.reused == ["text", "image", "image_extra"]
        assert again.index.fingerprint == before.index.fingerprint
        assert len(again.rejects) == 2


def test_a_build_that_extends_an_index_sees_them_as_it_sees_the_others(build, host):
    host.put("a", "b", "c", "x")
    before = build(PATCHED, encoder="patches")
    taught, old = learned(before.index), before.index.vectors("image").take(np.arange(5))
    host.put("d")
    again = build(PATCHED, encoder="patches", extend=True)
    assert again.looked_at["image"] == 2
    assert again.reused == ["text", "image_extra"]
    assert learned(again.index) == taught
    assert again.index.fingerprint != before.index.fingerprint  # it is not what a build of these products makes
    rows = again.index.vectors("image").take(np.arange(5))
    np.testing.assert_array_equal(rows[:3], old[:3])
    assert rows.any(axis=1).tolist() == [True, True, True, True, False]
    host.put("e")
    anew = build(PATCHED, encoder="patches")
    assert files(anew.index) == files(build(PATCHED, "fresh", encoder="patches").index)


def test_those_that_are_gone_for_good_stop_nobody(build, host, monkeypatch):
    """Where only they are looked at again, not one of them can be had."""
    monkeypatch.setattr("indexing.encoders.pictures.patience.IN_A_ROW", 4)
    monkeypatch.setattr("indexing.encoders.pictures.patience.OUTAGE", 4)
    shop = [[name] for name in "aAbBcCdDeEfF"]
    host.put(*"abcdef")
    for encoder in ("thumbnail", "patches"):
        build(shop, encoder=encoder, out=encoder)
        assert len(build(shop, encoder=encoder, out=encoder).rejects) == 6


@pytest.mark.parametrize("encoder", ["thumbnail", "patches"])
def test_a_host_that_is_still_down_is_told(build, host, monkeypatch, encoder):
    shop = [[name] for name in "abcdefg"]
    host.put(*"abcdefg")

    def down(reference, catalog, **asked):
        if reference[-1] > "b":
            raise UnreachablePicture("cannot be fetched: no answer")
        return read_picture(reference, catalog, **asked)

    with monkeypatch.context() as patched:
        patched.setattr("indexing.encoders.pictures.decoding.read_picture", down)
        before = files(build(shop, encoder=encoder).index)
        patched.setattr("indexing.encoders.pictures.patience.IN_A_ROW", 4)
        with pytest.raises(Unfinished, match=r"4 pictures in a row .*--max-rejects 1"):
            build(shop, encoder=encoder)
        again = build(shop, encoder=encoder, max_rejects=1)
    assert files(again.index) == before
    assert build(shop, encoder=encoder).index.seen["image"].all()


@pytest.mark.parametrize("extend", [False, True])
def test_a_picture_that_ends_its_process_is_found_again_by_workers(build, host, monkeypatch, extend):
    encode = ThumbnailEncoder.encode

    def deadly(self, catalog):
        if "p2" in catalog.ids.to_pylist():
            raise Died
        return encode(self, catalog)

    monkeypatch.setattr(ThumbnailEncoder, "encode", deadly)
    shop = [["a"], ["b"], ["deadly"], ["d"]]
    host.put("a", "b", "deadly")
    build(shop, runner=Deadly(), max_rejects=0.5)
    host.put("d")
    again = build(shop, runner=Deadly(), max_rejects=0.5, extend=extend)
    assert again.index.seen["image"].tolist() == [True, True, False, True]
    assert [reject.id for reject in again.rejects] == ["p2"]
