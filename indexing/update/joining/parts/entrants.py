"""Entrants are new products that may come into the lists of others: each comparison keeps its own, by the product to whose list."""

import numpy as np

from indexing.arrays import Ints1d
from indexing.running.parts import PartFolder, put_array
from indexing.running.tasks import Task
from indexing.search.neighbours import Neighbours, no_neighbours
from indexing.update.joining.parts.open_tiles import OpenTiles


def put_entrants(parts: PartFolder, number: int, came: list[tuple[Ints1d, Neighbours]]) -> None:
    """Keep who may come to which products, these ascending."""
    products = np.concatenate([own for own, _ in came])
    counts = np.concatenate([(new.positions >= 0).sum(axis=1) for _, new in came])
    positions, cosines = (
        np.concatenate([getattr(new, name)[new.positions >= 0] for _, new in came]) for name in ("positions", "cosines")
    )
    order = np.argsort(products, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    sorted_starts = np.concatenate([[0], np.cumsum(counts[order])]).astype(np.int64)
    within = np.arange(len(positions)) - np.repeat(sorted_starts[:-1], counts[order])
    entries = np.repeat(starts[:-1][order], counts[order]) + within
    put_array(parts, f"came_products_{number:05d}.npy", products[order])
    put_array(parts, f"came_starts_{number:05d}.npy", sorted_starts)
    put_array(parts, f"came_positions_{number:05d}.npy", positions[entries])
    put_array(parts, f"came_cosines_{number:05d}.npy", cosines[entries])


def entrants_of(view: OpenTiles, batch: int, task: Task) -> tuple[Ints1d, Neighbours]:
    """Return the products (c,), ascending, of a range to which any of a batch may come, and these."""
    own, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    entries = {name: [np.zeros(0, dtype=kind)] for name, kind in (("positions", np.int64), ("cosines", np.float32))}
    for digits, products in view.compared("came_products", batch):
        a, b = np.searchsorted(products, [task.first, task.last])
        starts = np.asarray(view.array(f"came_starts_{digits}.npy")[a : b + 1])
        own.append(np.asarray(products[a:b]))
        counts.append(np.diff(starts))
        for name, found in entries.items():
            found.append(np.asarray(view.array(f"came_{name}_{digits}.npy")[starts[0] : starts[-1]]))
    products, many = np.concatenate(own), np.concatenate(counts)
    came = no_neighbours(len(products), max(int(many.max(initial=0)), 1))
    row = np.repeat(np.arange(len(products)), many)
    column = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    came.positions[row, column] = np.concatenate(entries["positions"])
    came.cosines[row, column] = np.concatenate(entries["cosines"])
    order = np.argsort(products, kind="stable")
    return products[order], came.take(order)
