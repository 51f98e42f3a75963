"""What an update leaves of kept neighbours, beside brute force over the pairs that it compares."""

from types import SimpleNamespace

import numpy as np
import pytest

from indexing.join import plan as join_plan
from indexing.join import tiles
from indexing.join.self_join import SelfJoin
from indexing.search.faiss_index import build_faiss
from indexing.search.index import ExactIndex
from indexing.search.near_lists import Lists, assign
from indexing.search.neighbours import RESOLUTION, Neighbours
from indexing.update.changes import Moves
from indexing.update.joining import by_tiles as delta_tiles
from indexing.update.joining import cell_comparison
from indexing.update.joining.by_search import DeltaSearch
from indexing.update.joining.by_tiles import DeltaTiles
from indexing.update.joining.kept_lists import OldLists
from indexing.update.joining.partners import everybody, near_cells
from indexing.vectors.centres import cluster_centres
from indexing.vectors.rows import seen_rows
from indexing.vectors.vectors import from_arrays, unit_rows

K, WIDTH = 5, 9
BEFORE, NOW = 420, 440


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Stripes of 32 rows, tiles of 24 columns and 40 products searched at once."""
    for module in (join_plan, tiles, cell_comparison):
        monkeypatch.setattr(module, "STRIPE_ROWS", 32)
        monkeypatch.setattr(module, "TILE_COLUMNS", 24)
    monkeypatch.setattr(delta_tiles, "SEARCHED_AT_ONCE", 40)
    monkeypatch.setattr(cell_comparison, "PROBED", 16)


def updated(seed, *, taken=30, changed=30, dim=6):
    """A catalogue before and after: some deleted, some changed, the rest of NOW new; with duplicates and rows of zeros."""
    generator = np.random.default_rng(seed)
    before = unit_rows(generator.normal(size=(BEFORE, dim)))
    before[40:60], before[60:64] = before[0], 0
    gone = generator.permutation(BEFORE)[:taken]
    stays = np.setdiff1d(np.arange(BEFORE), gone)
    origin = np.concatenate([stays, np.full(NOW - len(stays), -1)])
    moved = np.full(BEFORE, -1)
    moved[stays] = np.arange(len(stays))
    now = np.concatenate([before[stays], unit_rows(generator.normal(size=(NOW - len(stays), dim)))]).astype(np.float32)
    again = np.union1d(generator.permutation(len(stays))[:changed], np.flatnonzero(origin < 0))
    now[again[: changed // 2]] = unit_rows(generator.normal(size=(changed // 2, dim)))
    now[again[-3:-1]] = before[0]
    now[again[-1]] = 0
    return SimpleNamespace(before=before, now=now, moves=Moves(origin, moved), again=again)


def join_of(of, cells, sources, *, before=None):
    rows = from_arrays(of.before, shard_rows=100)
    if before is None:
        before = SelfJoin(ExactIndex(of.before), rows, WIDTH, sources and sources(BEFORE)).neighbours_of(
            np.arange(BEFORE)
        )
    old = OldLists.of(before, of.moves, of.again, WIDTH, K)
    return DeltaTiles(old, from_arrays(of.now, shard_rows=100), cells, sources and sources(NOW)), old


def written(join, folder):
    searched = join.write(folder, stage="join")
    return searched, Neighbours(np.load(folder / "positions.npy"), np.load(folder / "cosines.npy"))


def brute_force(of, allowed, own, k):
    """The true order of the allowed others: by cosine, rounded, then position."""
    cosines = np.rint((1 - (of.now @ of.now[own]).astype(np.float64)) / RESOLUTION)
    others = np.flatnonzero(allowed & of.now.any(axis=1) & (np.arange(len(of.now)) != own))
    return others[np.lexsort((others, cosines[others]))][:k].tolist() if of.now[own].any() else []


@pytest.mark.parametrize("sources", [None, lambda size: np.arange(size) % 3])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("asked", [False, True], ids=["in tiles", "by asking indexes, as on a GPU"])
def test_compared_with_everybody_the_lists_are_those_of_brute_force(tmp_path, seed, sources, asked):
    of = updated(seed)
    if sources is not None:  # who stays has the source that it had
        codes = np.concatenate([of.moves.origin[of.moves.origin >= 0] % 3, np.full((of.moves.origin < 0).sum(), 1)])

        def sources(size, codes=codes):
            return np.arange(size) % 3 if size == BEFORE else codes

    join, old = join_of(of, everybody(of.now.any(axis=1)), sources)
    codes = None if sources is None else sources(NOW)
    if asked:
        fresh = build_faiss(from_arrays(of.now[of.again]))
        join = DeltaSearch(old, SelfJoin(build_faiss(join.rows), join.rows, WIDTH, codes), fresh)
    searched, found = written(join, tmp_path)
    for own in range(NOW):
        allowed = np.ones(NOW, dtype=bool) if codes is None else codes != codes[own]
        got = [one for one in found.positions[own].tolist() if one >= 0]
        assert len(got) >= K or not of.now[own].any()
        assert got == brute_force(of, allowed, own, len(got))
    assert len(of.again) <= searched < len(of.again) + 60


@pytest.mark.parametrize("grouped", [False, True], ids=["lists", "category"])
def test_through_near_lists_a_new_product_meets_those_of_the_lists_that_it_looks_at(tmp_path, grouped):
    of = updated(7)
    rows = from_arrays(of.now)
    centres = cluster_centres(of.now[of.now.any(axis=1)], 12)
    lists = Lists(assign(rows, np.arange(NOW), centres), centres)
    groups = np.arange(NOW) % 9 - 1 if grouped else None
    join, old = join_of(of, near_cells(lists, 3, groups), None)
    _, found = written(join, tmp_path)
    probed = np.argsort(-(of.now @ centres.T), axis=1, kind="stable")[:, :3]
    meets = (probed[:, :, None] == lists.codes[None, None, :]).any(axis=1)
    if grouped:
        meets |= (groups[:, None] == groups[None, :]) & (groups >= 0)[:, None]
    stayed = {own: old.left(np.array([own])) for own in range(NOW)}
    entered = 0
    for own in range(NOW):
        got = [one for one in found.positions[own].tolist() if one >= 0]
        if stayed[own].search[0]:
            assert got == brute_force(of, meets[own], own, WIDTH)
            continue
        left = [one for one in stayed[own].lists.positions[0].tolist() if one >= 0]
        allowed = np.zeros(NOW, dtype=bool)
        allowed[left] = True
        allowed[of.again] |= meets[of.again, own]
        whole = brute_force(of, allowed, own, NOW)
        assert got == (whole[: whole.index(left[-1]) + 1][:WIDTH] if left else [])
        entered += len(set(got) & set(of.again.tolist()))
    assert entered > 50


def test_in_small_catalogues_all_that_come_enter(tmp_path):
    of = updated(3)
    of.before, of.now = of.before[:4], np.concatenate([of.before[:4], of.now[:12]])
    of.moves, of.again = Moves(np.r_[np.arange(4), np.full(12, -1)], np.arange(4)), np.arange(4, 16)
    rows = from_arrays(of.before)
    before = SelfJoin(ExactIndex(of.before), rows, WIDTH).neighbours_of(np.arange(4))
    old = OldLists.of(before, of.moves, of.again, WIDTH, K)
    _, found = written(DeltaTiles(old, from_arrays(of.now), everybody(seen_rows(from_arrays(of.now)))), tmp_path)
    for own in range(16):
        assert [one for one in found.positions[own].tolist() if one >= 0] == brute_force(
            of, np.ones(16, dtype=bool), own, WIDTH
        )


def test_progress_ends_with_all_products(tmp_path):
    of = updated(1)
    join, _ = join_of(of, everybody(of.now.any(axis=1)), None)
    told = []
    join.write(tmp_path, stage="join text", progress=lambda *args: told.append(args))
    assert {stage for stage, _, _ in told} == {"join text"}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1:] == (NOW, NOW)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 50 products, of which there are many then; and pages given back after each."""
    for module in ("by_tiles", "by_search"):
        monkeypatch.setattr(f"indexing.update.joining.{module}.BLOCK_ROWS", 50)
    for module in (delta_tiles, cell_comparison):
        monkeypatch.setattr(module, "FORGOTTEN_ROWS", 50)


def asking(of, old, rows, sources=None):
    return DeltaSearch(
        old, SelfJoin(build_faiss(rows), rows, WIDTH, sources), build_faiss(from_arrays(of.now[of.again]))
    )


@pytest.mark.parametrize("asked", [False, True], ids=["in tiles", "by asking indexes"])
@pytest.mark.parametrize("across", [False, True], ids=["anywhere", "across"])
def test_blocks_change_nothing(tmp_path, small_blocks, asked, across):
    of = updated(5)
    codes = np.concatenate([of.moves.origin[of.moves.origin >= 0] % 3, np.full((of.moves.origin < 0).sum(), 1)])

    def sources(size):
        return np.arange(size) % 3 if size == BEFORE else codes

    join, old = join_of(of, everybody(of.now.any(axis=1)), sources if across else None)
    if asked:
        join = asking(of, old, join.rows, codes if across else None)
    told = []
    searched = join.write(tmp_path / "made" / "here", stage="join text", progress=lambda *args: told.append(args))
    positions = np.load(tmp_path / "made" / "here" / "positions.npy")
    short = 0
    for own in range(NOW):
        allowed = codes != codes[own] if across else np.ones(NOW, dtype=bool)
        got = [one for one in positions[own].tolist() if one >= 0]
        assert len(got) >= K or not of.now[own].any()
        assert got == brute_force(of, allowed, own, len(got))
        short += old.left(np.array([own])).search[0]
    assert searched == short
    assert np.load(tmp_path / "made" / "here" / "cosines.npy").dtype == np.float32
    assert {(stage, total) for stage, _, total in told} == {("join text", NOW)}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == NOW


@pytest.mark.parametrize("many", [10, 150])
@pytest.mark.parametrize("asked", [False, True], ids=["in tiles", "by asking indexes"])
def test_a_list_that_held_everybody_takes_in_all_that_come_however_far(tmp_path, monkeypatch, asked, many):
    """Three products close together, and those that come, in falling order of the cosine with the first."""
    monkeypatch.setattr(delta_tiles, "SEARCHED_AT_ONCE", many)
    angles = np.radians(np.r_[0.0, 1.0, 2.0, np.linspace(10, 170, many)])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    lists = SelfJoin(ExactIndex(rows[:3]), from_arrays(rows[:3]), WIDTH).neighbours_of(np.arange(3))
    moves, again = Moves(np.r_[np.arange(3), np.full(many, -1)], np.arange(3)), np.arange(3, 3 + many)
    of, old, now = SimpleNamespace(now=rows, again=again), OldLists.of(lists, moves, again, WIDTH, K), from_arrays(rows)
    join = asking(of, old, now) if asked else DeltaTiles(old, now, everybody(seen_rows(now)))
    searched, found = written(join, tmp_path)
    assert searched == many
    assert found.positions[0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert found.positions[2 + many].tolist() == list(range(1 + many, 1 + many - WIDTH, -1))


def test_a_few_are_asked_for_at_first_and_more_where_they_all_come_in(tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.update.joining.by_search.FIRST_ASK", 2)
    of = updated(2, changed=120)
    _, old = join_of(of, everybody(of.now.any(axis=1)), None)
    _, found = written(asking(of, old, from_arrays(of.now)), tmp_path)
    for own in range(NOW):
        got = [one for one in found.positions[own].tolist() if one >= 0]
        assert len(got) >= K or not of.now[own].any()
        assert got == brute_force(of, np.ones(NOW, dtype=bool), own, len(got))


@pytest.mark.parametrize("asked", [False, True], ids=["in tiles", "by asking indexes"])
def test_the_first_product_of_the_catalogue_comes_in_as_any_other(tmp_path, asked):
    of = updated(4, taken=1)
    of.again = np.union1d(of.again, [0])
    of.now[0] = of.now[200]
    join, old = join_of(of, everybody(of.now.any(axis=1)), None)
    _, found = written(asking(of, old, join.rows) if asked else join, tmp_path)
    assert found.positions[200][0] == 0
    for own in range(NOW):
        got = [one for one in found.positions[own].tolist() if one >= 0]
        assert got == brute_force(of, np.ones(NOW, dtype=bool), own, len(got))
