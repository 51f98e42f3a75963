"""The tasks by which a dense view is brought up to date: who is to be searched for, whom these look at, the cells compared with
them, and the lists of a range of products put together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from indexing.arrays import Ints1d, Ints2d
from indexing.join.parts.neighbour_parts import put_neighbours
from indexing.join.self_join import BLOCK_ROWS
from indexing.machine.threads import one_blas_thread
from indexing.running.parts import put_array
from indexing.running.tasks import Counts, Task
from indexing.search.best_lists import LAST
from indexing.search.neighbours import Neighbours, no_neighbours
from indexing.update.joining.cell_comparison import CellComparison, floors_of
from indexing.update.joining.partners import Cells, visits_of
from indexing.update.joining.parts.entrants import entrants_of, put_entrants
from indexing.update.joining.parts.open_tiles import (
    BOUNDS,
    FLOORS,
    ORDER,
    OpenTiles,
    carried_name,
    compared_name,
    floors_name,
    looked_name,
)


def carry_range(task: Task, view: OpenTiles) -> Counts:
    """Say of a range of products what may come into their lists, and which are to be searched for."""
    floors, search = [], [np.zeros(0, dtype=np.int64)]
    for own in _blocks(task):
        left = view.old.left(own)
        floors.append(left.entry_floors)
        search.append(own[left.search])
        view.forget()
    put_array(view.parts, floors_name(task.number), np.concatenate(floors))
    put_array(view.parts, carried_name(task.number), np.concatenate(search))
    return {"products": task.last - task.first}


def look_batch(task: Task, view: OpenTiles) -> Counts:
    """Say whom a batch of products that are searched for look at, and what they will surely find."""
    asked, codes = (np.array(view.array(f"{name}_{task.number:05d}.npy")) for name in ("asked", "asked_codes"))
    cells = Cells(view.array(ORDER), np.asarray(view.array(BOUNDS)))
    visits = visits_of(view.looking, asked, view.updated.rows.take(asked), codes)
    with ThreadPoolExecutor(view.updated.threads) as pool, one_blas_thread():
        floors = floors_of(view.updated, cells, visits, pool)
    starts = np.concatenate([[0], np.cumsum([len(visitors) for visitors in visits.visitors])]).astype(np.int64)
    put_array(view.parts, f"targets_{task.number:05d}.npy", visits.targets)
    put_array(view.parts, f"visitors_{task.number:05d}.npy", np.concatenate(visits.visitors))
    put_array(view.parts, f"visit_starts_{task.number:05d}.npy", starts)
    put_array(view.parts, looked_name(task.number), floors)
    return {"searched": len(asked)}


def compare_cells(task: Task, view: OpenTiles) -> Counts:
    """Compare the cells at some places with a batch; keep who may come into the lists of their products, and the best that
    were found for those of the batch."""
    batch = task.number // view.ranges
    cells, which = view.cells(task.first, task.last)
    visits = view.visits(batch, which)
    came: list[tuple[Ints1d, Neighbours]] = [(np.zeros(0, dtype=np.int64), no_neighbours(0, 1))]
    comparison = CellComparison(view.updated, cells, np.array(view.array(FLOORS)[cells.order]), visits)
    found = comparison.lists(np.asarray(view.array(looked_name(batch))))
    with ThreadPoolExecutor(view.updated.threads) as pool, one_blas_thread():
        for stripe in comparison.stripes(pool, found, view.forget):
            came.append(view.updated.entrants(stripe, cells.order))
    put_entrants(view.parts, task.number, came)
    there = np.flatnonzero(found.counts)
    best = np.sort(found.entries[there], axis=1)[:, : found.keep]
    put_array(view.parts, f"found_rows_{task.number:05d}.npy", there)
    put_array(view.parts, compared_name(task.number), best)
    return {"places": task.last - task.first}


def finish_range(task: Task, view: OpenTiles) -> Counts:
    """Keep the lists of a range of products: what is left of them with those that came, or what was found."""
    came = [entrants_of(view, batch, task) for batch in range(view.batches)]
    positions, cosines = [], []
    for own in _blocks(task):
        lists = view.old.left(own).without_searched()
        for products, neighbours in came:
            a, b = np.searchsorted(products, [own[0], own[-1] + 1])
            rows = products[a:b] - own[0]
            part = Neighbours(neighbours.positions[a:b], neighbours.cosines[a:b])
            changed, entered = lists.take(rows).with_entrants(part)
            lists.lists.positions[rows[changed]] = entered.positions
            lists.lists.cosines[rows[changed]] = entered.cosines
        positions.append(lists.lists.positions)
        cosines.append(lists.lists.cosines)
        view.forget()
    found = Neighbours(np.concatenate(positions), np.concatenate(cosines))
    for batch in range(view.batches):
        _write_found(view, batch, task, found)
    put_neighbours(view.parts, task.number, np.arange(task.first, task.last), found)
    return {"products": task.last - task.first}


def _blocks(task: Task) -> Iterator[Ints1d]:
    for start in range(task.first, task.last, BLOCK_ROWS):
        yield np.arange(start, min(start + BLOCK_ROWS, task.last))


def _write_found(view: OpenTiles, batch: int, task: Task, lists: Neighbours) -> None:
    """Put what was found for those of a batch that are in a range into their lists."""
    targets = np.asarray(view.array(f"targets_{batch:05d}.npy"))
    here = np.flatnonzero((targets >= task.first) & (targets < task.last))
    for start in range(0, len(here), BLOCK_ROWS // 4):
        part = here[start : start + BLOCK_ROWS // 4]
        own = targets[part]
        found = view.updated.found(_best_of(view, batch, part), own)
        lists.positions[own - task.first], lists.cosines[own - task.first] = found.positions, found.cosines


def _best_of(view: OpenTiles, batch: int, chosen: Ints1d) -> Ints2d:
    """Return the best entries (q, keep), in order, of the chosen (q,), ascending, of a batch, from all that were compared."""
    best = np.full((len(chosen), view.updated.keep), LAST, dtype=np.int64)
    for digits, rows in view.compared("found_rows", batch):
        there, of_chosen, at = np.intersect1d(chosen, rows, assume_unique=True, return_indices=True)
        if len(there):
            entries = np.asarray(view.array(f"found_{digits}.npy")[at])
            best[of_chosen] = np.sort(np.hstack([best[of_chosen], entries]), axis=1)[:, : best.shape[1]]
    return best
