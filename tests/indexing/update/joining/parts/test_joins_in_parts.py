"""Neighbours that workers bring up to date in parts are those of one process, file by file."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flat_options import build_options
from tried_tasks import Troubled

from indexing.build.build_index import build_index
from indexing.errors import Unfinished
from indexing.join import plan, probing_plan, tiles
from indexing.join.parts import search_parts as build_search
from indexing.join.parts import window_parts
from indexing.product_index import open_index
from indexing.running import stages
from indexing.running.parts import PartFolder, put_array
from indexing.storage.artefact import MANIFEST
from indexing.update.compact_index import compact_index
from indexing.update.joining import by_search, by_tiles, cell_comparison
from indexing.update.joining.parts import open_tiles, search_parts, tile_parts, tile_tasks
from indexing.update.update_index import update_index

SIZE = 600
WORK = (
    (tile_parts, "carry_range"),
    (tile_parts, "look_batch"),
    (tile_parts, "compare_cells"),
    (tile_parts, "finish_range"),
    (search_parts, "search_range"),
)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Stripes, blocks and batches so small that a few hundred products make many of them."""
    for module in (plan, tiles, cell_comparison):
        monkeypatch.setattr(module, "STRIPE_ROWS", 16)
    for module in (plan, probing_plan, tiles, cell_comparison):
        monkeypatch.setattr(module, "TILE_COLUMNS", 24)
    for module in (by_tiles, by_search, tile_parts, tile_tasks, build_search):
        monkeypatch.setattr(module, "BLOCK_ROWS", 40)
    for module in (by_tiles, cell_comparison):
        monkeypatch.setattr(module, "SEARCHED_AT_ONCE", 48)
        monkeypatch.setattr(module, "FORGOTTEN_ROWS", 64)
    monkeypatch.setattr(cell_comparison, "PROBED", 16)
    for module in (tile_parts, window_parts):
        monkeypatch.setattr(module, "WINDOWS", 5)
    monkeypatch.setattr(tile_parts, "RANGE_PLACES", 1)
    monkeypatch.setattr(window_parts, "WINDOW_COSINES", 1)
    monkeypatch.setattr(stages, "RANGES", 6)


@pytest.fixture
def market(tmp_path):
    """Vectors in loose groups, some of them equal and some of zeros, and what comes and goes."""
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(40, 8))

    def table(ids, seed):
        drawn = np.random.default_rng(seed)
        rows = centres[np.array(ids) % 40] + 0.5 * drawn.normal(size=(len(ids), 8))
        rows[np.array(ids) % 50 == 7], rows[np.array(ids) % 97 == 5] = centres[7], 0
        vectors = rows.astype(np.float32).tolist()
        titles = [f"offer {one % 120} part {one % 7} model{one}" for one in ids]
        categories = {f"category_{level}": [f"c{one % 4}" for one in ids] for level in (1, 2, 3)}
        sources = [f"s{one % 3}" for one in ids]
        return pa.table({"id": ids, "title": titles, "v": vectors, "source": sources, **categories})

    pq.write_table(table(list(range(SIZE)), 0), tmp_path / "p.parquet")
    pq.write_table(table([*range(100, 150), *range(SIZE, SIZE + 70)], 1), tmp_path / "first.parquet")
    pq.write_table(table([*range(90, 110), *range(SIZE + 60, SIZE + 90)], 2), tmp_path / "second.parquet")
    (tmp_path / "first.txt").write_text("\n".join(map(str, range(200, 260))))
    (tmp_path / "second.txt").write_text("\n".join(map(str, range(300, 308))))
    return tmp_path


def built(market, name, **options):
    asked = {"text_encoder": "column:v", "k": 6, "recall": 0.6, **options}
    build_index([market / "p.parquet"], market / name, options=build_options(**asked))
    return market / name


def updated(market, folder, step="first", **given):
    return update_index(folder, [market / f"{step}.parquet"], delete=market / f"{step}.txt", **given)


def files_of(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }


def differing(one, other):
    ours, theirs = files_of(one), files_of(other)
    return [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]


@pytest.mark.parametrize("across", [False, True], ids=["anywhere", "across"])
@pytest.mark.parametrize("join", ["exact", "lists", "category"])
def test_parts_in_any_order_and_twice_give_the_same_files(market, join, across):
    options = {"join": join, "match_across_sources": across, "index": "IVF16,Flat"}
    whole, parts = (built(market, name, **options) for name in ("whole", "parts"))
    assert open_index(whole).made.engines["text"].join.join == join
    for step in ("first", "second"):
        told = []
        ours = updated(market, whole, step)
        theirs = updated(
            market, parts, step, runner=Troubled(len(told)), progress=lambda *step, told=told: told.append(step)
        )
        assert differing(whole, parts) == []
        assert theirs.searched == ours.searched
        assert min(theirs.searched.values()) > 20
        done = [done for stage, done, _ in told if stage == "join text"]
        assert done == sorted(done)
        assert done[-1] == len(theirs.index.catalog)
    assert not list(market.glob("*.parts-*"))


def test_a_view_that_only_loses_products_is_the_same_in_parts(market):
    whole, parts = (built(market, name) for name in ("whole", "parts"))
    for folder, given in ((whole, {}), (parts, {"runner": Troubled()})):
        update_index(folder, [], delete=market / "first.txt", **given)
    assert differing(whole, parts) == []


def test_lists_of_everybody_are_the_same_in_parts(market):
    whole, parts = (built(market, name, k=10**6) for name in ("whole", "parts"))
    updated(market, whole)
    updated(market, parts, runner=Troubled())
    assert differing(whole, parts) == []


@pytest.mark.parametrize("most", [3, 9, 25, 45])
def test_a_run_after_a_kill_does_no_part_again(market, monkeypatch, most):
    done, left = [], most

    def watched(module, name):
        work = getattr(module, name)

        def until(task, view):
            if len(done) == left:
                raise Unfinished("the command was killed")
            done.append((name, getattr(view, "parts", None), task.number))
            return work(task, view)

        monkeypatch.setattr(module, name, until)

    for module, name in WORK:
        watched(module, name)
    whole, parts = (built(market, name) for name in ("whole", "parts"))
    ours = updated(market, whole)
    with pytest.raises(Unfinished):
        updated(market, parts, runner=Troubled())
    before, left = set(done), 10**6
    done.clear()
    theirs = updated(market, parts, runner=Troubled())
    assert len(before) >= most / 2
    assert not before & set(done)
    assert theirs.searched == ours.searched
    assert differing(whole, parts) == []
    assert not list(market.glob("parts.parts-*"))


def test_parts_of_another_update_are_not_taken(market, monkeypatch):
    whole, parts = (built(market, name) for name in ("whole", "parts"))

    def stopped(task, view):
        raise Unfinished("the command was killed")

    with monkeypatch.context() as patched:
        patched.setattr(tile_parts, "finish_range", stopped)
        with pytest.raises(Unfinished):
            updated(market, parts, runner=Troubled())
    updated(market, whole, "second")
    updated(market, parts, "second", runner=Troubled())
    assert differing(whole, parts) == []


def of_other_lists(manifest):
    manifest["files"]["neighbours/text/positions.npy"]["sha256"] = "0" * 64


def of_other_choices(manifest):
    """Its files are the same, but an update compares other lists."""
    manifest["fingerprint"] = "0" * 16
    manifest["made"]["engines"]["text"]["near_lists_alone"] += 1


@pytest.mark.parametrize("changed", [of_other_lists, of_other_choices])
def test_parts_of_another_index_are_not_taken(market, monkeypatch, changed):
    """Another one stands there when the command is run again: its digests tell, or its fingerprint."""
    index, carried, work = built(market, "index", join="lists", index="IVF16,Flat"), [], tile_parts.carry_range

    def watched(task, view):
        carried.append(task.number)
        return work(task, view)

    def stopped(task, view):
        raise Unfinished("the command was killed")

    monkeypatch.setattr(tile_parts, "carry_range", watched)
    with monkeypatch.context() as patched:
        patched.setattr(tile_parts, "finish_range", stopped)
        with pytest.raises(Unfinished):
            updated(market, index, runner=Troubled())
    before, manifest = sorted(carried), json.loads((index / MANIFEST).read_text())
    carried.clear()
    changed(manifest)
    (index / MANIFEST).write_text(json.dumps(manifest))
    updated(market, index, runner=Troubled())
    assert before
    assert sorted(carried) == before


@pytest.mark.parametrize("again", ["rebuilt", "compacted"])
def test_what_a_killed_update_left_goes_when_the_index_is_made_again(market, monkeypatch, again):
    def stopped(task, view):
        raise Unfinished("the command was killed")

    index = built(market, "index")
    updated(market, index, "second")  # so that there is something to compact
    with monkeypatch.context() as patched:
        patched.setattr(tile_parts, "finish_range", stopped)
        with pytest.raises(Unfinished):
            updated(market, index, runner=Troubled())
    (market / "index.updating").mkdir()  # which a process that is killed does not take away
    assert list(market.glob("index.parts-*"))
    if again == "rebuilt":
        built(market, "index", overwrite=True)
    else:
        compact_index(index)
    assert [file.name for file in market.iterdir() if file.name.startswith("index")] == ["index"]


def test_processes_do_the_same(market, heroic, monkeypatch):
    whole, parts = (built(market, name, join="lists", index="IVF16,Flat") for name in ("whole", "parts"))
    monkeypatch.undo()
    for folder, more in ((whole, ()), (parts, ("--cluster", "local:1", "--task-timeout", 300))):
        result = heroic("update", folder, market / "first.parquet", "--delete", market / "first.txt", *more)
        assert result.exit_code == 0, result.output
    assert differing(whole, parts) == []


def test_what_is_compared_is_opened_as_what_stands_alone(market):
    """The cells of some places are cut where the places are, as if there were no others."""
    parts = PartFolder(market / "cells")
    parts.make()
    for name, array in ((open_tiles.ORDER, np.arange(100, 120)), (open_tiles.BOUNDS, np.array([0, 3, 9, 14, 20]))):
        put_array(parts, name, array)
    view = open_tiles.OpenTiles(None, None, parts, (0, 20), 0, 0, False)
    cells, which = view.cells(5, 14)
    assert (which.start, which.stop) == (1, 3)
    assert cells.bounds.tolist() == [0, 4, 9]
    assert cells.order.tolist() == list(range(105, 114))
