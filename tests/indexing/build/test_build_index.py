"""Building an index folder: what is in it, what is reused, what a fault or a kill leaves behind."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options

from indexing.build.build_index import build_index
from indexing.catalog import reject_log
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.reading.read_catalog import SET_ASIDE
from indexing.search.index import ExactIndex
from indexing.search.neighbours import RESOLUTION, without_self
from indexing.storage.artefact import damaged_files

KILLED = """
import os, signal, sys
from pathlib import Path
import indexing.build.encode_view
from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
indexing.build.encode_view.SHARD_ROWS = 3
def progress(stage, done, total):
    if (stage, done) == (sys.argv[3], int(sys.argv[4])):
        os.kill(os.getpid(), signal.SIGKILL)
build_index([Path(sys.argv[1])], Path(sys.argv[2]), options=BuildOptions(k=3, text_weight=0.7), progress=progress)
"""


@pytest.fixture
def products(write, shop):
    return write("products.parquet", shop)


@pytest.fixture
def build(products, tmp_path):
    def make(paths=None, out=tmp_path / "index", progress=lambda *step: None, **options):
        given = build_options(**{"k": 3, **options})
        return build_index(paths or [products], out, options=given, progress=progress)

    return make


def neighbours_by_hand(index, view):
    rows = index.rows(view).take(np.arange(len(index.catalog)))
    return without_self(ExactIndex(rows).search(rows, index.k + 1), np.arange(len(rows)), index.k)


# What is built


def test_an_index_holds_catalogue_vectors_engines_and_neighbours(build, tmp_path):
    built = build()
    index = open_index(tmp_path / "index")
    assert index.views == ("text", "image", "fused", "lexical")
    assert (index.main_view, index.k, len(index.catalog)) == ("fused", 3, 8)
    assert index.fingerprint == built.index.fingerprint
    assert (list(built.rejects), built.reused) == ([], [])
    assert damaged_files(index.folder, index.manifest) == []
    for view in ("text", "image", "fused"):
        found, expected = index.neighbours(view), neighbours_by_hand(index, view)
        assert found.cosines == pytest.approx(expected.cosines, abs=3 * RESOLUTION)
        assert len(index.engine(view)) == 8


def test_more_neighbours_than_there_are_take_no_room(build, tmp_path):
    few, many = build(k=7).index, build(k=2**62, out=tmp_path / "many").index
    assert many.k == 2**62  # as asked: the catalogue may grow
    for view in few.views:
        assert many.kept_neighbours(view).positions.shape == (8, 8)
        np.testing.assert_array_equal(many.neighbours(view).positions[:, :7], few.neighbours(view).positions)
        assert (many.neighbours(view).positions[:, 7:] == -1).all()


@pytest.mark.parametrize("k", [0, -1, 2**62 + 1])
def test_a_number_of_neighbours_that_cannot_be_is_refused(build, k):
    with pytest.raises(InputError, match=f"^-k {k}: "):
        build(k=k)


def test_duplicates_are_first_neighbours_in_every_view(build):
    index = build().index
    for view in index.views:
        assert index.neighbours(view).positions[:2, 0].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("options", "views"),
    [
        ({}, ("text", "image", "fused", "lexical")),
        ({"lexical": False}, ("text", "image", "fused")),
        ({"image_encoder": "none"}, ("text", "lexical")),
        ({"text_encoder": "none"}, ("image", "lexical")),
        ({"text_encoder": "none", "lexical": False}, ("image",)),
        ({"text_encoder": "column:v", "image_encoder": "column:v", "lexical": False}, ("text", "image", "fused")),
    ],
)
def test_the_views_are_those_that_were_asked_for(build, write, shop, options, views):
    path = write("products.parquet", {**shop, "v": [[float(n), 1.0] for n in range(8)]})
    index = build([path], **options).index
    assert index.views == views
    assert sorted(folder.name for folder in (index.folder / "neighbours").iterdir()) == sorted(views)
    assert set(index.made.encoders) == set(views) & {"text", "image"}
    assert index.main_view == ("fused" if "fused" in views else views[0])


def test_without_pictures_there_is_no_image_view(build, write):
    assert build([write("p.csv", "id,title\n1,kettle\n2,cable\n")]).index.views == ("text", "lexical")


def test_without_text_there_is_no_lexical_view(build, write, shop):
    path = write("p.parquet", {"id": shop["id"], "image": shop["image"]})
    assert build([path], text_encoder="none").index.views == ("image",)


def test_without_any_view_nothing_is_built(build, tmp_path):
    with pytest.raises(InputError, match="no view to search"):
        build(text_encoder="none", image_encoder="none")
    assert not (tmp_path / "index").exists()


def test_products_without_a_title_keep_their_place_when_only_titles_are_read(build, write):
    path = write("p.parquet", {"id": [1, 2, 3, 4], "title": [None, "kettle steel", None, "kettle steel"]})
    index = build([path], text_fields=("title",)).index
    assert index.seen["text"].tolist() == [False, True, False, True]
    for view in ("text", "lexical"):
        assert index.neighbours(view).positions[:, 0].tolist() == [-1, 3, -1, 1]


def test_unreadable_pictures_and_cells_are_written_down(build, write, shop, tmp_path):
    (tmp_path / "1.png").write_text("<html>")
    shop["image"][2] = "absent.png"
    shop["attributes"] = ["{"] + [None] * 7
    built = build([write("products.parquet", shop)], max_rejects=0.2)
    assert [(reject.id, reject.column) for reject in built.rejects] == [
        ("10", "attributes"),
        ("11", "image"),
        ("12", "image"),
    ]
    rows = pq.read_table(tmp_path / "index" / "rejects.parquet").to_pylist()
    assert [row["id"] for row in rows] == ["10", "11", "12"]
    assert rows[2]["reason"] == "no such file"
    assert len(built.index.catalog) == 8
    assert built.index.seen["image"].tolist() == [True, False, False, *[True] * 5]


def test_more_rejects_than_are_held_in_memory_are_all_written_down(build, write, shop, tmp_path, monkeypatch):
    monkeypatch.setattr(reject_log, "HELD", 3)
    shop["price"] = ["free"] * 8
    built = build([write("products.parquet", shop)], max_rejects=1)
    assert [reject.value for reject in built.rejects if reject.column == "price"] == ["free"] * 8
    assert not (tmp_path / "index" / SET_ASIDE).exists()


def test_pictures_given_as_bytes_are_encoded_as_those_in_files(build, write, shop, tmp_path):
    by_path = build(out=tmp_path / "paths").index
    shop["image"] = [(tmp_path / name).read_bytes() for name in shop["image"]]
    by_bytes = build([write("bytes.parquet", shop)], out=tmp_path / "bytes").index
    everybody = np.arange(8)
    assert (by_bytes.rows("image").take(everybody) == by_path.rows("image").take(everybody)).all()


def test_the_contests_vectors_are_chosen_for_its_schema(build, write):
    generator = np.random.default_rng(0)
    content = {
        "variantid": [5, 6, 7],
        "name": ["Кабель 5 м", "Кабель 1.5 м", "Чайник"],
        "main_pic_embeddings_resnet_v1": [[generator.normal(size=4).tolist()] for _ in range(3)],
        "pic_embeddings_resnet_v1": [None, [generator.normal(size=4).tolist()] * 2, None],
        "name_bert_64": [generator.normal(size=6).tolist() for _ in range(3)],
    }
    index = build([write("train.parquet", content)]).index
    assert index.views == ("text", "image", "fused", "lexical")
    assert index.vectors("image").dim == 4
    assert index.vectors("image_extra").seen().tolist() == [False, True, False]
    assert index.encoder("image").spec == "column:main_pic_embeddings_resnet_v1+pic_embeddings_resnet_v1"
    assert index.catalog.ids.to_pylist() == [5, 6, 7]


def test_across_sources_nobody_has_a_neighbour_of_the_own_source(build, shop):
    index = build(match_across_sources=True).index
    sources = np.array(shop["source"])
    for view in index.views:
        positions = index.neighbours(view).positions
        assert (np.where(positions < 0, "", sources[positions]) != sources[:, None]).all()
        assert positions[:2, 0].tolist() == [1, 0]
    assert index.made.match_across_sources


def test_across_sources_needs_a_source(build, write):
    with pytest.raises(InputError, match="no product has a 'source'"):
        build([write("p.csv", "id,title\n1,kettle\n2,cable\n")], match_across_sources=True)


@pytest.mark.parametrize("across", [True, False])
def test_products_without_a_source_are_told_of_where_only_others_are_asked_for(build, write, across):
    path = write("p.csv", "id,title,source\n1,kettle,a\n2,cable,\n3,mug,\n")
    said = [note for note in build([path], match_across_sources=across).notes if "no 'source'" in note]
    assert len(said) == across
    if across:
        assert said[0].startswith("--match-across-sources: 2 of 3 products have no 'source'")
        assert "source: =shop-a" in said[0]


@pytest.mark.parametrize(("lacking", "level"), [(2, 3), (1, 3), (2, 2)])
def test_many_products_without_a_category_at_the_evaluated_level_are_told_of(build, write, lacking, level):
    names = ["Home > Cables"] * lacking + ["Home > Kettles > Steel"] * (20 - lacking) + [""]
    rows = "".join(f"{number},kettle x{number},{name}\n" for number, name in enumerate(names))
    path = write("p.csv", f"id,title,category\n{rows}")
    said = [note for note in build([path], category_level=level).notes if "evaluated" in note]
    assert [note.partition(",")[0] for note in said] == (
        ["2 of 20 products with a category have none at level 3"] if (lacking, level) == (2, 3) else []
    )


def test_a_product_without_a_source_has_no_code(catalog_of):
    codes = catalog_of(source=["b", None, "a", "b"]).source_codes()
    assert codes.tolist()[1] == -1
    assert codes[0] == codes[3] != codes[2]


@pytest.mark.parametrize("factory", ["IVF2,Flat", "HNSW8", "PCA4,Flat"])
def test_another_factory_is_taken(build, factory):
    index = build(index=factory).index
    assert index.made.index == factory
    assert index.neighbours("text").positions[:2, 0].tolist() == [1, 0]


@pytest.mark.parametrize(
    "options",
    [{"k": 0}, {"max_rejects": 1.5}, {"text_weight": 2}, {"text_encoder": "bert"}, {"image_encoder": "lsa"}],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError, match=str(next(iter(options.values())))):
        build_options(**options)


def test_more_neighbours_than_products_end_in_minus_one(build):
    positions = build(k=20).index.neighbours("fused").positions
    assert positions.shape == (8, 8)
    assert (positions[:, :7] >= 0).all()
    assert (positions[:, 7:] == -1).all()


def test_progress_tells_the_stages_in_order(build):
    steps = []
    build(progress=lambda *step: steps.append(step))
    stages = list(dict.fromkeys(stage for stage, _, _ in steps))
    dense = ("text", "image", "fused")
    joins = [*(f"{work} {view}" for view in dense for work in ("index", "join")), "weigh n-grams", "join lexical"]
    assert stages == ["read", "fit text", "encode text", "fit pictures", "encode image", *joins]
    assert all(done <= total for _, done, total in steps)


# Again


def test_another_weight_reuses_the_vectors(build):
    build(text_weight=0.5)
    again = build(text_weight=0.2)
    assert again.reused == ["text", "image"]
    assert again.index.fusion.text_weight == 0.2
    assert again.index.encoder("text").encode(again.index.catalog).rows == pytest.approx(
        again.index.rows("text").take(np.arange(8)), abs=1e-6
    )
    assert damaged_files(again.index.folder, again.index.manifest) == []


def test_another_picture_encodes_pictures_only(build, draw):
    build()
    draw("3.png", "purple", size=(120, 80))
    assert build().reused == ["text"]


def test_other_text_fields_encode_text_only(build):
    build()
    assert build(text_fields=("title",)).reused == ["image"]


def test_another_encoder_of_the_same_catalogue_reuses_the_rest(build, write, shop):
    path = write("v.parquet", {**shop, "v": [[float(n), 1.0] for n in range(8)]})
    build([path])
    again = build([path], image_encoder="column:v")
    assert again.reused == ["text"]
    assert again.index.vectors("image").dim == 2
    changed = write("v.parquet", {**shop, "v": [[float(n), 2.0] for n in range(8)]})
    assert build([changed], image_encoder="column:v").reused == ["text"]


def test_another_catalogue_is_refused_without_overwrite(build, write, shop):
    before = build().index.fingerprint
    shop["title"][0] = "Kettle copper"
    changed = write("changed.parquet", shop)
    with pytest.raises(InputError, match=r"holds the index of another catalogue .*: give --overwrite"):
        build([changed])
    assert build().index.fingerprint == before
    assert build([changed], overwrite=True).reused == []


def test_a_damaged_index_is_replaced_only_with_overwrite_and_gives_no_vectors(build, tmp_path):
    whole = build()
    shard = tmp_path / "index" / "vectors" / "text" / "vectors_00000.npy"
    shard.write_bytes(shard.read_bytes()[:-8])
    with pytest.raises(InputError, match="cannot be read: give --overwrite"):
        build()
    again = build(overwrite=True)
    assert again.reused == []
    assert again.index.fingerprint == whole.index.fingerprint


# The fingerprint


def test_the_fingerprint_changes_with_every_setting_and_not_otherwise(build, tmp_path):
    options = [
        {},
        {"text_weight": 0.3},
        {"k": 2},
        {"lexical": False},
        {"image_encoder": "none"},
        {"index": "HNSW8"},
        {"match_across_sources": True},
        {"text_fields": ("title",)},
    ]
    prints = [build(out=tmp_path / f"i{n}", **of).index.fingerprint for n, of in enumerate(options)]
    assert len(set(prints)) == len(prints)
    assert build(out=tmp_path / "elsewhere" / "again").index.fingerprint == prints[0]


def test_the_fingerprint_changes_with_a_product(build, write, shop, tmp_path):
    before = build().index.fingerprint
    shop["price"][7] = 9.8
    assert build([write("p.parquet", shop)], out=tmp_path / "other").index.fingerprint != before


# Faults and kills


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        ("id,title\n1,a\n1,b\n", {}, "the id stands in another row"),
        ("cobol,title\n1,a\n", {}, "no column 'id'"),
        ("id,title\n1,a\n2,b\n", {"index": "nonsense"}, "--index nonsense"),
        ("id,title\n1,a\n2,b\n", {"text_encoder": "column:v"}, "no column 'v'"),
        ("id,title\n1,\n2,\n", {}, "no product has any text"),
    ],
)
def test_a_fault_leaves_nothing_behind(build, write, tmp_path, content, options, reason):
    path = write("given/p.csv", content)
    with pytest.raises(InputError, match=reason):
        build([path], out=tmp_path / "new" / "index", **options)
    assert sorted(entry.name for entry in tmp_path.iterdir() if not entry.name.endswith((".png", ".parquet"))) == [
        "given"
    ]


def test_without_files_nothing_is_built():
    with pytest.raises(InputError, match="no files"):
        build_index([], "index")


def stop_at(stage, done):
    def progress(*step):
        if step[:2] == (stage, done):
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize(("stage", "done"), [("read", 8), ("encode text", 3), ("encode image", 6), ("join fused", 8)])
def test_an_interrupted_build_leaves_the_index_as_it_was_and_goes_on(build, tmp_path, monkeypatch, stage, done):
    monkeypatch.setattr("indexing.build.encode_view.SHARD_ROWS", 3)
    straight = build(out=tmp_path / "straight", text_weight=0.7).index
    before = build(image_encoder="none", text_fields=("title",)).index.fingerprint
    with pytest.raises(KeyboardInterrupt):
        build(progress=stop_at(stage, done), text_weight=0.7)
    assert open_index(tmp_path / "index").fingerprint == before
    steps = []
    resumed = build(progress=lambda *step: steps.append(step), text_weight=0.7).index
    assert resumed.fingerprint == straight.fingerprint
    for view in resumed.views:
        assert (resumed.neighbours(view).positions == straight.neighbours(view).positions).all()
    if stage.startswith("encode"):
        assert next(of for name, of, _ in steps if name == stage) == done
    assert {entry.name for entry in tmp_path.iterdir() if entry.is_dir()} == {"index", "straight"}


def test_an_interrupted_build_with_other_options_leaves_no_trace(build, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        build(progress=stop_at("join lexical", 8))
    index = build(image_encoder="none", lexical=False).index
    folders = {name: sorted(p.name for p in (index.folder / name).iterdir()) for name in ("vectors", "neighbours")}
    assert folders == {"vectors": ["text"], "neighbours": ["text"]}
    assert sorted(p.name for p in index.folder.iterdir()) == [
        *["catalog.arrow", "engines", "manifest.json", "neighbours", "rejects.parquet", "vectors"]
    ]
    assert [p.name for p in (index.folder / "engines").iterdir()] == ["text.faiss"]


@pytest.mark.parametrize(("stage", "done"), [("encode image", 6), ("join fused", 8)])
def test_a_killed_build_leaves_the_index_as_it_was_and_goes_on(build, products, tmp_path, monkeypatch, stage, done):
    monkeypatch.setattr("indexing.build.encode_view.SHARD_ROWS", 3)
    straight = build(out=tmp_path / "straight", text_weight=0.7).index
    before = build(image_encoder="none").index.fingerprint
    command = [sys.executable, "-c", KILLED, str(products), str(tmp_path / "index"), stage, str(done)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert open_index(tmp_path / "index").fingerprint == before
    assert (tmp_path / "index.partial").is_dir()
    resumed = build(text_weight=0.7)
    assert "text" in resumed.reused
    assert resumed.index.fingerprint == straight.fingerprint
    assert not (tmp_path / "index.partial").exists()


def test_the_old_vectors_survive_what_is_built_from_them(build, tmp_path):
    build()
    shard = tmp_path / "index" / "vectors" / "text" / "vectors_00000.npy"
    content, inode = shard.read_bytes(), os.stat(shard).st_ino
    build(text_weight=0.1)
    assert shard.read_bytes() == content
    assert os.stat(shard).st_ino == inode  # linked, not copied


# Damage


@pytest.mark.parametrize(
    "name",
    ["catalog.arrow", "vectors/text/vectors_00000.npy", "engines/fused.faiss", "neighbours/lexical/positions.npy"],
)
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_index_is_refused(build, tmp_path, name, damage):
    build()
    file = tmp_path / "index" / name
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.unlink()
    with pytest.raises(InputError, match=f"{name}.*make the index again"):
        open_index(tmp_path / "index")


@pytest.mark.parametrize("made", [{}, {"catalog": 1}, {"catalog": {"pictures": ".", "products": "many"}}])
def test_an_index_whose_manifest_says_too_little_is_refused(build, tmp_path, made):
    build()
    file = tmp_path / "index" / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "made": made}))
    with pytest.raises(InputError, match="build it again"):
        open_index(tmp_path / "index")


def test_an_index_with_another_number_of_products_is_refused(build, tmp_path):
    build()
    file = tmp_path / "index" / "manifest.json"
    content = json.loads(file.read_text())
    content["made"]["catalog"]["products"] = 9
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match="holds 8 products, its manifest says 9"):
        open_index(tmp_path / "index")


# Independence of order


def test_permuting_the_catalogue_permutes_the_answer(build, write, shop, tmp_path):
    order = np.array([6, 2, 7, 0, 4, 1, 5, 3])
    permuted = write("permuted.parquet", {name: [cells[place] for place in order] for name, cells in shop.items()})
    one, other = build(k=7).index, build([permuted], out=tmp_path / "other", k=7).index
    left, right = np.divmod(np.arange(64), 8)
    for view in one.views:
        assert other.cosines(view, left, right) == pytest.approx(
            one.cosines(view, order[left], order[right]), abs=1e-4, nan_ok=True
        )
    assert other.catalog.ids.to_pylist() == one.catalog.ids.take(pa.array(order)).to_pylist()
