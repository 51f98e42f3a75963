"""Updating an index: it answers as one built anew of the same products by the same fitted encoders."""

import json
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexing.build.build_index import build_index
from indexing.build.options import BuildOptions
from indexing.encoders.options import EncodingOptions
from indexing.errors import InputError, UnknownId
from indexing.join.options import JoiningOptions
from indexing.product_index import open_index
from indexing.query.find_neighbours import Query, find_neighbours, query_by_id
from indexing.search.near_lists import assign
from indexing.search.neighbours import Neighbours
from indexing.search.recall import recall, true_neighbours
from indexing.storage.artefact import damaged_files
from indexing.update.compact_index import compact_index
from indexing.update.update_index import update_index


@pytest.mark.parametrize(
    ("across", "steps"), [(False, [(5, 4, 3), (0, 6, 0), (0, 0, 40), (30, 20, 9)]), (True, [(5, 4, 3), (30, 20, 40)])]
)
def test_updated_again_and_again_it_answers_as_one_built_anew(market, same_index, monkeypatch, across, steps):
    market.build(match_across_sources=across)
    for put, add, take in steps:
        done = market.update(*market.change(put=put, add=add, take=take))
        assert (done.added, done.deleted) == (add, take)
        assert damaged_files(done.index.folder, done.index.manifest) == []
        anew = market.rebuild(done.index, monkeypatch, match_across_sources=across)
        same_index(done.index, anew)
        assert done.index.made.catalog.digest == anew.made.catalog.digest


@pytest.mark.parametrize("across", [False, True])
def test_lists_of_everybody_grow_and_shrink_with_the_catalogue(market, same_index, monkeypatch, across):
    market.build(match_across_sources=across, k=10**9)
    for put, add, take in [(5, 60, 0), (5, 0, 90), (0, 3, 0), (0, 0, 1)]:
        done = market.update(*market.change(put=put, add=add, take=take))
        same_index(done.index, market.rebuild(done.index, monkeypatch, match_across_sources=across, k=10**9))


@pytest.mark.parametrize("factory", ["IVF4,Flat", "HNSW16"])
def test_approximate_engines_keep_what_they_found_and_find_the_new(market, monkeypatch, factory):
    market.build(index=factory)
    done = market.update(*market.change(put=10, add=10, take=10))
    anew = market.rebuild(done.index, monkeypatch, index="Flat")
    for view in ("text", "fused"):
        found, expected = done.index.neighbours(view).positions, anew.neighbours(view).positions
        shared = [len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), expected.tolist(), strict=True)]
        assert np.mean(shared) > 0.8
        got = done.index.engine(view).search(done.index.rows(view).take(np.arange(3)), 20)
        assert set(got.positions.ravel().tolist()) <= {-1, *range(len(done.index.catalog))}


@pytest.fixture
def through_lists(tmp_path):
    """An index of clustered vectors that was joined through near lists, or within categories; and how to update it."""
    generator = np.random.default_rng(4)
    centres = generator.normal(size=(200, 12))

    def table(ids):
        rows = centres[np.array(ids) % 200] + 0.4 * generator.normal(size=(len(ids), 12))
        columns = {"id": ids, "title": [f"offer {one}" for one in ids], "v": rows.astype(np.float32).tolist()}
        return pa.table({**columns, "category_1": ["c"] * len(ids), "category_2": ["c"] * len(ids),
                         "category_3": [f"c{one % 5}" for one in ids]})  # fmt: skip

    def update(ids, gone):
        pq.write_table(table(ids), tmp_path / "c.parquet")
        (tmp_path / "gone.txt").write_text("\n".join(map(str, gone)))
        return update_index(tmp_path / "index", [tmp_path / "c.parquet"], delete=tmp_path / "gone.txt")

    def build(join):
        pq.write_table(table(list(range(4000))), tmp_path / "p.parquet")
        options = BuildOptions(
            encoding=EncodingOptions(text_encoder="column:v"),
            joining=JoiningOptions(join=join, recall=0.9),
            lexical=False,
            k=10,
        )
        return build_index([tmp_path / "p.parquet"], tmp_path / "index", options=options).index

    return SimpleNamespace(build=build, update=update, folder=tmp_path / "index")


def recall_of(index, positions):
    truth = true_neighbours(index.rows("text"), positions, 10)
    kept = index.neighbours("text")
    return recall(truth.recalls(Neighbours(kept.positions[positions], kept.cosines[positions]))).mean


@pytest.mark.parametrize("join", ["lists", "category"])
def test_an_index_joined_through_near_lists_is_updated_through_them(through_lists, join):
    before = through_lists.build(join)
    assert before.made.engines["text"].join.join == join
    assert before.made.engines["text"].join.near_lists_alone < before.made.engines["text"].join.lists
    assert len(before.lists("text").codes) == 4000
    for ids, gone in (([*range(100, 160), *range(4000, 4060)], range(200, 230)), (range(4060, 4100), range(300, 340))):
        index = through_lists.update(list(ids), gone).index
        position = index.catalog.lookup.positions(pa.array(list(ids)))
        assert recall_of(index, np.sort(position)) > 0.85
        assert recall_of(index, np.arange(0, len(index.catalog), 4)) > 0.85
        codes = index.lists("text").codes
        again = assign(index.rows("text"), np.arange(len(index.catalog)), index.lists("text").centres)
        assert (codes == again).mean() > 0.999
        compacted = compact_index(through_lists.folder).index
        assert compacted.lists("text").codes.tolist() == codes.tolist()


def test_an_index_of_earlier_without_lists_is_updated_by_comparing_all(through_lists):
    before = through_lists.build("lists")
    (before.folder / "engines" / "text.lists.npz").unlink()
    manifest = json.loads((before.folder / "manifest.json").read_text())
    del manifest["files"]["engines/text.lists.npz"]
    (before.folder / "manifest.json").write_text(json.dumps(manifest))
    index = through_lists.update([5, 4000, 4001], [7]).index
    assert recall_of(index, np.array([5, 3999, 4000])) > 0.999


def test_only_what_changed_is_encoded_and_searched(market):
    market.build()
    done = market.update(*market.change(put=2, add=1, take=0))
    assert (done.added, done.changed + done.same, done.deleted) == (1, 2, 0)
    assert max(done.searched.values()) <= 3


def test_a_changed_price_changes_neither_vectors_nor_neighbours(market):
    before = market.build().fingerprint
    market.rows["p7"]["price"] = 1e6
    done = market.update([market.write("c.parquet", ["p7"])])
    assert (done.changed, done.searched) == (1, dict.fromkeys(done.index.views, 0))
    assert vars(done.index.made.layers) == {"main": 150, "delta": 0, "dead": 0}
    assert done.index.catalog.prices()[6] == 1e6
    assert done.index.fingerprint != before


def test_the_same_products_again_make_no_new_version(market):
    before = market.build().manifest
    done = market.update([market.write("again.parquet", list(market.rows))], market.gone())
    assert (done.same, done.changed, done.added, done.deleted) == (150, 0, 0, 0)
    assert done.index.manifest == before
    assert market.beside() == ["index"]


def test_a_picture_written_anew_under_its_name_is_seen(market, pictures, tmp_path):
    market.pictures = tmp_path / "mine"
    shutil.copytree(pictures, market.pictures)
    market.rows["p1"]["image"] = "0.png"
    before = market.build(images=market.pictures).rows("image").take(np.array([0]))
    shutil.copy(pictures / "5.png", market.pictures / "0.png")
    os.utime(market.pictures / "0.png", (4e9, 4e9))
    done = market.update([market.write("c.parquet", ["p1"])])
    assert done.changed == 1
    assert (done.index.rows("image").take(np.array([0])) != before).any()


def test_pictures_given_as_bytes_come_along(market, pictures, monkeypatch):
    for row in market.rows.values():
        row["image"] = None if row["image"] is None else (pictures / row["image"]).read_bytes()
    market.build(images=None)
    market.rows["p1"] |= {"image": (pictures / "3.png").read_bytes(), "title": "something else"}
    market.rows["p3"]["image"] = (pictures / "4.png").read_bytes() + b"more"
    done = market.update([market.write("c.parquet", ["p1", "p2", "p3"])], images=None)
    assert (done.changed, done.same) == (2, 1)
    anew = market.rebuild(done.index, monkeypatch, images=None)
    everybody = np.arange(150)
    np.testing.assert_array_equal(done.index.rows("image").take(everybody), anew.rows("image").take(everybody))


def test_pictures_of_another_folder_are_found(market, pictures, tmp_path):
    market.build()
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copy(pictures / "7.png", other / "new.png")
    pq.write_table(pa.table({"id": ["z1"], "title": ["kettle"], "image": ["new.png"]}), other / "p.parquet")
    done = market.update([other / "p.parquet"], images=None)
    assert list(done.rejects) == []
    assert done.index.seen["image"][-1]
    assert (done.index.catalog.pictures / done.index.catalog.main_pictures()[-1]).resolve() == other / "new.png"


def test_vectors_of_a_column_are_taken_from_the_update(tmp_path, write):
    rows = [[float(np.cos(angle)), float(np.sin(angle))] for angle in np.radians([0, 10, 30, 60, 90])]
    path = write("p.parquet", {"id": [1, 2, 3, 4, 5], "title": list("abcde"), "v": rows})
    build_index(
        [path],
        tmp_path / "index",
        options=BuildOptions(encoding=EncodingOptions(text_encoder="column:v"), lexical=False, k=2),
    )
    changes = write("c.parquet", {"id": [3], "title": ["c"], "v": [[1.0, 0.0]]})
    index = update_index(tmp_path / "index", [changes]).index
    assert index.neighbours("text").positions[0].tolist() == [2, 1]
    wrong = write("w.parquet", {"id": [3], "title": ["c"], "v": [[1.0, 0.0, 0.0]]})
    with pytest.raises(InputError, match="v: vectors of 3 numbers, the index has 2"):
        update_index(tmp_path / "index", [wrong])


def test_a_deleted_product_is_nobodys_neighbour_and_asking_for_it_says_why(market):
    market.build()
    index = market.update(delete=market.gone("p3", "p5")).index
    assert len(index.catalog) == 148
    with pytest.raises(UnknownId, match="id 'p3' was deleted from the index"):
        query_by_id(index.catalog, "p3")
    with pytest.raises(UnknownId, match="id 'nobody' is not in the catalogue"):
        query_by_id(index.catalog, "nobody")
    back = market.update([market.write("b.parquet", ["p3"])]).index
    assert query_by_id(back.catalog, "p3").position == 148
    with pytest.raises(UnknownId, match="id 'p5' was deleted"):
        query_by_id(back.catalog, "p5")


def test_a_reader_keeps_the_version_that_it_opened(market):
    market.build()
    reader, other = open_index(market.index), open_index(market.index)
    expected = other.neighbours("fused").positions.copy(), find_neighbours(other, Query(text="kettle"), 9).positions
    del other
    for _ in range(2):
        market.update(*market.change(put=20, add=20, take=20))
    assert len(reader.catalog) == 150
    np.testing.assert_array_equal(reader.neighbours("fused").positions, expected[0])
    np.testing.assert_array_equal(find_neighbours(reader, Query(text="kettle"), 9).positions, expected[1])
    assert market.beside() == ["index", "index.old-1"]
    del reader
    market.update(*market.change(put=1, add=1, take=1))
    assert market.beside() == ["index"]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["p1", "x", "y"], r"gone.txt: 2 of 3 ids are not in the index: 'x', 'y': mend the list, or give --ignore-unk"),
        ([f"p{number}" for number in range(1, 151)], "every product would be deleted"),
    ],
)
def test_a_list_of_ids_that_cannot_be_deleted_is_refused(market, ids, expected):
    before = market.build().manifest
    with pytest.raises(InputError, match=expected):
        market.update(delete=market.gone(*ids))
    assert open_index(market.index).manifest == before
    assert market.beside() == ["index"]


def test_unknown_ids_can_be_passed_over(market, write):
    market.build()
    done = market.update(delete=write("gone.csv", "id\np1\nx\n"), ignore_unknown=True)
    assert (done.deleted, done.unknown) == (1, 1)


def test_a_product_both_given_and_deleted_is_refused(market):
    market.build()
    with pytest.raises(InputError, match="id 'p1' is both given and deleted"):
        market.update([market.write("c.parquet", ["p1", "p2"])], market.gone("p1"))


def test_ids_of_another_type_are_refused(tmp_path, write):
    build_index([write("p.csv", "id,title\n1,kettle\n2,cable\n")], tmp_path / "index", options=BuildOptions(k=1))
    with pytest.raises(InputError, match="the index's ids are integers"):
        update_index(tmp_path / "index", [write("c.csv", "id,title\nx,kettle\n")])
    with pytest.raises(
        InputError, match="the index's ids are integers, '01' is written otherwise"
    ):  # it is not product 1
        update_index(tmp_path / "index", [write("c.csv", "id,title\n3,pen\n01,kettle\n")])


def test_nothing_given_is_refused(market):
    market.build()
    with pytest.raises(InputError, match="nothing to do"):
        market.update()


def test_what_is_no_index_is_refused(tmp_path, write):
    with pytest.raises(InputError, match="no such folder: an index is needed"):
        update_index(tmp_path / "absent", [write("c.csv", "id,title\nx,kettle\n")])
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


def test_rejects_are_those_of_the_products_as_they_are_now(market):
    for product_id in ("p2", "p4", "p9"):
        market.rows[product_id]["image"] = "gone.png"
    market.build()
    market.rows["p2"]["image"], market.rows["p3"]["image"] = "1.png", "absent.png"
    done = market.update([market.write("c.parquet", ["p2", "p3"])], market.gone("p9"))
    assert ([reject.id for reject in done.rejects], len(done.rejects)) == (["p3"], 1)
    rows = pq.read_table(done.index.folder / "rejects.parquet").to_pylist()
    assert sorted(row["id"] for row in rows) == ["p3", "p4"]
    assert done.index.made.rejects == 2
    assert len(market.update([market.write("c.parquet", ["p2", "p3"])]).rejects) == 0


def test_cells_of_new_and_changed_products_are_set_aside_whole_with_their_place(market, write):
    market.build()
    cell = '{"Colour": ' + "x" * 60_000
    lines = [{"id": ident, "title": "Kettle", "attributes": cell} for ident in ("p2", "new")]
    done = market.update([write("c.jsonl", lines)], max_rejects=1)
    assert [(one.id, one.column, one.value, one.file, one.row) for one in done.rejects] == [
        ("p2", "attributes", cell, "c.jsonl", 1),
        ("new", "attributes", cell, "c.jsonl", 2),
    ]
    assert all(one.reason.startswith("malformed JSON") for one in done.rejects)


KILLED = """
import json, os, random, signal, sys, time
from pathlib import Path
from indexing.storage.artefact import damaged_files
from indexing.update.compact_index import compact_index
from indexing.product_index import open_index
from indexing.update.update_index import UpdateOptions, update_index

folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
changes = [folder / "changes0.parquet", folder / "changes1.parquet"]

def work(number):
    if number % 5 == 4:
        compact_index(folder / "index")
    else:
        options = UpdateOptions(images=Path(sys.argv[3]), ignore_unknown=True)
        update_index(folder / "index", [changes[number % 2]], delete=folder / f"gone{number % 2}.txt", options=options)

def child(number):
    pid = os.fork()
    if not pid:
        work(number)
        os._exit(0)
    return pid

begun = time.monotonic()
os.waitpid(child(0), 0)
takes, draw = time.monotonic() - begun, random.Random(0)
for number in range(1, rounds):
    before = open_index(folder / "index").manifest
    pid = child(number)
    time.sleep(draw.uniform(0.1, 1) * takes)
    os.kill(pid, signal.SIGKILL)
    died = os.waitpid(pid, 0)[1] != 0
    takes *= 1.3 if died else 0.6  # later or sooner, as fast as the machine is now
    index = open_index(folder / "index")
    ids = len(index.catalog.lookup.ids)
    kept = {view: len(index.neighbours(view)) for view in index.views}
    whole = not damaged_files(index.folder, index.manifest) and {ids, *kept.values()} == {len(index.catalog)}
    print(json.dumps({"whole": whole, "died": died, "moved": index.manifest != before}), flush=True)
    del index
work(rounds)
print(json.dumps({"whole": not list(folder.glob("index.*")), "died": False, "moved": True}))
"""


def test_killed_at_any_moment_the_index_is_the_old_version_or_the_new_one(market):
    market.build()
    for number in range(2):
        paths, gone = market.change(put=15, add=15, take=10)
        paths[0].rename(market.folder / f"changes{number}.parquet")
        gone.rename(market.folder / f"gone{number}.txt")
    words = [sys.executable, "-c", KILLED, market.folder, "16", market.pictures]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, timeout=300)
    assert done.stderr == ""
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rounds) == 16
    assert all(of["whole"] for of in rounds)
    assert sum(of["died"] for of in rounds) > 3
    assert sum(of["moved"] for of in rounds) > 1
