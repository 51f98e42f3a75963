"""What `patches` learned of a catalogue's pictures stays with its index: for further pictures, updates and builds that extend it."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tried_tasks import Deadly, Died, Troubled

from indexing.build.build_index import build_index
from indexing.build.build_plan import plan_build
from indexing.build.options import BuildOptions
from indexing.build.parts.encoding_tasks import finish_shard
from indexing.encoders.encoder import Spec
from indexing.encoders.options import EncodingOptions
from indexing.encoders.pictures.decoding import Prepared
from indexing.encoders.pictures.patches.fitting import decoded_here
from indexing.encoders.pictures.patches.model import PatchEncoder, load_patches
from indexing.encoders.pictures.patience import PicturesMissing
from indexing.errors import Unfinished, Unreachable
from indexing.running.local import HERE, LocalRunner
from indexing.running.parts import PartFolder
from indexing.update.compact_index import compact_index
from indexing.update.update_index import UpdateOptions, update_index


@pytest.fixture
def shop(tmp_path, folder):
    class Shop:
        def __init__(self):
            self.images = {
                0: ["0.png", "1.png"],
                1: ["1.png", "3.png", "4.png"],
                2: ["5.png"],
                3: ["6.png"],
                4: ["7.png"],
            }

        def write(self, rows, name="p.parquet"):
            table = {"id": [f"p{row}" for row in rows], "title": [f"thing {row}" for row in rows]}
            pq.write_table(pa.table({**table, "image": [self.images[row] for row in rows]}), tmp_path / name)
            return tmp_path / name

        def build(self, *rows, out="index", runner=HERE, **options):
            asked = BuildOptions(
                encoding=EncodingOptions(image_encoder="patches"), images=folder, k=2, lexical=False, **options
            )
            return build_index([self.write(rows)], tmp_path / out, options=asked, runner=runner)

        def update(self, *rows):
            given = UpdateOptions(images=folder)
            return update_index(tmp_path / "index", [self.write(rows, name="c.parquet")], options=given).index

    return Shop()


def learned(index, view):
    return load_patches(index.folder / "vectors" / view).arrays


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)


def test_further_pictures_are_seen_as_the_main_ones(shop):
    index = shop.build(0, 1, 2, 3).index
    assert same(learned(index, "image"), learned(index, "image_extra"))
    main, extra = (index.vectors(view).take(np.arange(4)) for view in ("image", "image_extra"))
    assert main.shape == extra.shape == (4, 448)
    np.testing.assert_allclose(extra[0], main[1], atol=1e-6)  # both are 1.png
    assert not extra[2:].any()
    assert index.made.encoders["image"].color_dims == 448 - 128


def test_an_update_sees_new_pictures_as_the_index_does(shop):
    index = shop.build(0, 1, 2).index
    before = learned(index, "image")
    updated = shop.update(3, 4)
    assert same(before, learned(updated, "image"))
    rows = updated.encoder("image").encode(updated.catalog).rows
    np.testing.assert_allclose(updated.vectors("image").take(np.arange(5)), rows, atol=1e-6)
    compacted = compact_index(updated.folder).index
    np.testing.assert_array_equal(
        compacted.vectors("image").take(np.arange(5)), updated.vectors("image").take(np.arange(5))
    )
    assert same(before, learned(compacted, "image"))


def test_refitted_it_is_learned_of_the_products_as_they_are_now(shop):
    shop.build(0, 1, 2)
    compacted = compact_index(shop.update(3, 4).folder, refit=True)
    assert compacted.refitted == ("text", "image", "image_extra")
    fresh = shop.build(0, 1, 2, 3, 4, out="fresh").index
    for view in ("image", "image_extra"):
        assert same(learned(compacted.index, view), learned(fresh, view))
        rows = (index.vectors(view).take(np.arange(5)) for index in (compacted.index, fresh))
        np.testing.assert_array_equal(*rows)


def test_a_build_that_extends_an_index_goes_on_with_what_it_learned(shop):
    before = learned(shop.build(0, 1, 2).index, "image")
    built = shop.build(0, 1, 2, 3, 4, extend=True)
    assert built.looked_at["image"] == 2
    assert same(before, learned(built.index, "image"))
    fresh = shop.build(0, 1, 2, 3, 4, out="fresh").index
    assert not same(before, learned(fresh, "image"))
    assert fresh.fingerprint != built.index.fingerprint


def test_a_build_that_extends_an_index_takes_as_much_as_it_is_asked_to(shop, monkeypatch):
    shop.build(0, 1, 2)
    shop.images |= {row: [f"gone/{row}.png"] for row in (5, 6, 7)}
    monkeypatch.setattr("indexing.encoders.pictures.patience.IN_A_ROW", 3)
    with pytest.raises(Unfinished, match=r"3 pictures in a row .*--image-encoder none"):
        shop.build(0, 1, 2, 5, 6, 7, extend=True)
    assert len(shop.build(0, 1, 2, 5, 6, 7, extend=True, max_rejects=1).rejects) == 3


def test_further_pictures_are_seen_anew_where_a_main_one_is_another(shop, folder):
    shop.build(0, 1, 2, 3)
    again = shop.build(0, 1, 2, 3)
    assert {"image", "image_extra"} <= set(again.reused)
    shutil.copy(folder / "9.png", folder / "5.png")
    os.utime(folder / "5.png", (1, 1))
    changed = shop.build(0, 1, 2, 3)
    assert not {"image", "image_extra"} & set(changed.reused)
    assert same(learned(changed.index, "image"), learned(changed.index, "image_extra"))
    extra = changed.index.vectors("image_extra").take(np.array([0]))
    np.testing.assert_allclose(extra, changed.index.vectors("image").take(np.array([1])), atol=1e-6)


def test_the_plan_of_a_build_knows_how_long_its_rows_are(shop, folder):
    options = BuildOptions(encoding=EncodingOptions(text_encoder="none", image_encoder="patches"), images=folder, k=2)
    (plan, _) = plan_build([shop.write((0, 1, 2))], options, "cpu")
    other = BuildOptions(encoding=EncodingOptions(text_encoder="none", image_encoder="thumbnail"), images=folder, k=2)
    (shorter, _) = plan_build([shop.write((0, 1, 2))], other, "cpu")
    assert plan.disk - shorter.disk == 3 * 128 * 8  # of a row and of what the engine holds
    assert Spec.of("patches").engine == "patches"


def test_a_build_that_was_killed_goes_on_with_what_it_learned(shop, monkeypatch):
    """The rows that it left are of that, and behind a URL there may be another picture now."""
    whole = shop.build(0, 1, 2, out="whole").index
    monkeypatch.setattr("indexing.build.build_index.holds_model_vectors", lambda folder: True)
    with monkeypatch.context() as patched:
        patched.setattr(PatchEncoder, "encode", raises(Unfinished("killed")))
        with pytest.raises(Unfinished, match="killed"):
            shop.build(0, 1, 2)
    monkeypatch.setattr("indexing.encoders.by_spec.fit_patches", raises(AssertionError("it is learned again")))
    built = shop.build(0, 1, 2).index
    assert same(learned(built, "image"), learned(whole, "image"))
    assert built.fingerprint == whole.fingerprint


@pytest.fixture
def parted(monkeypatch):
    """Parts of two pictures to learn from, and of one product to encode."""
    monkeypatch.setattr("indexing.build.parts.picture_parts.PART_PICTURES", 2)
    monkeypatch.setattr("indexing.build.parts.encode_parts.SHARD_ROWS", 1)
    monkeypatch.setattr("indexing.build.encode_view.SHARD_ROWS", 1)


def test_workers_decode_what_is_learned_from(shop, parted, monkeypatch):
    whole = shop.build(0, 1, 2, 3, out="whole").index
    monkeypatch.setattr(
        "indexing.encoders.pictures.patches.fitting.decoded_here", raises(AssertionError("decoded here"))
    )
    built = shop.build(0, 1, 2, 3, runner=Troubled()).index
    for view in ("image", "image_extra"):
        assert same(learned(built, view), learned(whole, view))
        np.testing.assert_array_equal(*(index.vectors(view).take(np.arange(4)) for index in (built, whole)))
    assert not list(built.folder.rglob("*.parts-*"))


def test_parts_that_workers_are_to_make_are_not_asked_for_by_their_names(shop, parted, monkeypatch):
    """On NFS this machine would trust for a minute that there is none."""
    has = PartFolder.has

    def asked(parts, name):
        assert not name.startswith("pixels_")
        return has(parts, name)

    monkeypatch.setattr(PartFolder, "has", asked)
    shop.build(0, 1, 2, 3, runner=Troubled())


def test_a_picture_that_ends_its_process_is_not_learned_from(shop, parted, monkeypatch):
    def deadly(catalog, options, references):
        if "5.png" in references:
            raise Died
        return decoded_here(catalog, options, references)

    monkeypatch.setattr("indexing.build.parts.picture_parts.decoded_here", deadly)
    built, without = shop.build(0, 1, 2, 3, runner=Deadly()).index, shop.build(0, 1, 3, out="without").index
    assert same(learned(built, "image"), learned(without, "image"))


def test_pictures_that_could_not_be_had_are_asked_for_again(shop, parted, monkeypatch):
    """Of so many in a row the build stops, and is run again when they are there: what workers kept of the outage is no more."""
    whole = shop.build(0, 1, 2, 3, out="whole").index

    def away(catalog, options, references):
        return (Prepared(name, reason="no route to it", unreachable=True) for name in references)

    monkeypatch.setattr("indexing.encoders.pictures.patience.IN_A_ROW", 3)
    with monkeypatch.context() as patched:
        patched.setattr("indexing.build.parts.picture_parts.decoded_here", away)
        with pytest.raises(Unfinished, match="3 pictures in a row"):
            shop.build(0, 1, 2, 3, runner=Troubled())
    built = shop.build(0, 1, 2, 3, runner=Troubled()).index
    assert same(learned(built, "image"), learned(whole, "image"))


def test_workers_do_not_wait_for_all_pictures_of_a_host_that_is_down(shop, parted, monkeypatch):
    """A worker has the patience that the command would have, from part to part."""
    asked = []

    def away(catalog, options, references):
        for name in references:
            asked.append(name)
            yield Prepared(name, reason="no route to it", unreachable=True)

    monkeypatch.setattr("indexing.encoders.pictures.patience.IN_A_ROW", 3)
    monkeypatch.setattr("indexing.build.parts.picture_parts.decoded_here", away)
    rows = range(9)
    shop.images |= {row: [f"gone/{row}.png"] for row in rows}
    with pytest.raises(PicturesMissing, match=r"3 pictures in a row .*--image-encoder none"):
        shop.build(*rows, runner=LocalRunner(apart=True))
    assert len(asked) == 3
    asked.clear()
    shop.build(*rows, runner=LocalRunner(apart=True), max_rejects=1)
    assert len(asked) == 9


def test_rows_of_what_was_learned_another_time_are_not_taken(shop, parted, monkeypatch, tmp_path):
    """Behind a URL there was another picture when a killed run learned; what it had learned is gone, the rows of it are not."""
    monkeypatch.setattr("indexing.build.build_index.holds_model_vectors", lambda folder: True)

    def killed(task, view):
        if view.engine.spec == "patches":
            raise Unfinished("killed")
        return finish_shard(task, view)

    with monkeypatch.context() as patched:
        patched.setattr("indexing.build.parts.encode_parts.finish_shard", killed)
        with pytest.raises(Unfinished, match="killed"):
            shop.build(0, 1, 2, runner=Troubled())
    place = tmp_path / "index.partial" / "vectors" / "image"
    model = load_patches(place)
    other = replace(model, mean=model.mean + 0.5)
    other.save(place)
    built = shop.build(0, 1, 2, runner=Troubled()).index
    assert same(learned(built, "image"), other.arrays)
    np.testing.assert_array_equal(
        built.vectors("image").take(np.arange(3)), built.encoder("image").encode(built.catalog).rows
    )


def test_a_worker_that_sees_something_else_learned_is_refused(shop, parted, monkeypatch):
    monkeypatch.setattr("indexing.build.parts.encoding_tasks.kept_digest", lambda folder: "of another run")
    with pytest.raises(Unreachable, match="is not seen here as the command has left it"):
        shop.build(0, 1, 2, runner=Troubled())


def raises(error):
    def call(*given, **named):
        raise error

    return call
