"""Pairs are divided into parts whose left products are near one another: preparing a product for scoring costs more than
a pair of it, and neighbours share their neighbours.

A part is a file of Arrow's, with the positions of both products and the category that the pairs file names. In a part
pairs keep the order of the file, so that what is made of them can be put back.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.product_index import ProductIndex
from indexing.running.parts import Parts
from indexing.running.tasks import Task
from indexing.storage.scratch import scratch_folder, scratch_output
from reranking.pairs.labelled import named_categories
from reranking.pairs.positioned_blocks import PositionedBlock

PART_PAIRS = 500_000  # some twenty seconds of work, beside four of preparing
MOST_PARTS = 512  # files that are open at once
SCHEMA = pa.schema([("left", pa.int64()), ("right", pa.int64()), ("named", pa.large_string())])


@dataclass(frozen=True)
class Division:
    """It says of each product (n,) in which of the `parts` the pairs are whose left one it is."""

    part_of: npt.NDArray[np.int32]
    parts: int

    def tasks(self) -> list[Task]:
        """Return a task for each part."""
        return [
            Task(number, number, number + 1, f"the pairs of {np.count_nonzero(self.part_of == number):,} left products")
            for number in range(self.parts)
        ]


def divide(index: ProductIndex, lefts: Ints1d, *, size: int | None = None) -> Division:
    """Divide the products, of which `lefts` (n,) counts how many pairs have them on their left, into about equal parts (of PART_PAIRS,
    or of another `size`): in the order of the near lists that the main view was joined through, where it was, else of the catalogue.

    The number of parts goes with the pairs alone: another number of workers finds the same ones.
    """
    total = int(lefts.sum())
    parts = int(np.clip(-(-total // (size or PART_PAIRS)), 1, MOST_PARTS))
    lists = index.lists(index.main_view)
    order = np.arange(len(lefts)) if lists is None else np.argsort(lists.codes, kind="stable")
    before = np.cumsum(lefts[order], dtype=np.int64) - lefts[order]
    part_of = np.empty(len(lefts), dtype=np.int32)
    part_of[order] = np.minimum(before * parts // max(total, 1), parts - 1)
    return Division(part_of, parts)


def pairs_name(number: int) -> str:
    """Return the name of a part's pairs."""
    return f"pairs_{number:05d}.arrow"


def write_parts(blocks: Iterator[PositionedBlock], division: Division, parts: Parts) -> None:
    """Keep the pairs of all blocks in their parts, every part also where no pair is in it."""
    with scratch_folder() as folder, scratch_output(folder):
        files = [folder / pairs_name(number) for number in range(division.parts)]
        with ExitStack() as stack:
            writers = [stack.enter_context(pa.ipc.new_file(str(file), SCHEMA)) for file in files]
            for block in blocks:
                table = _table(block)
                for number, rows in rows_by_part(division, block.left):
                    writers[number].write_table(table.take(pa.array(rows)))
        for file in files:
            parts.put(file.name, lambda target, file=file: _copied(file, target))  # type: ignore[misc]
            file.unlink()


def read_part(path: Path) -> tuple[Ints1d, Ints1d, pa.Array]:
    """Return the positions (p,) of both products of a part's pairs, and the categories that their file names, null where it
    names none."""
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
        table = reader.read_all()
    left, right = (table[side].to_numpy() for side in ("left", "right"))
    return left, right, table["named"].combine_chunks()


def rows_by_part(division: Division, left: Ints1d) -> Iterator[tuple[int, Ints1d]]:
    """Yield the parts that pairs with these left products are in, with their rows, in order."""
    of_pairs = division.part_of[left]
    order = np.argsort(of_pairs, kind="stable")
    numbers, starts = np.unique(of_pairs[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=True)


def _table(block: PositionedBlock) -> pa.Table:
    named = named_categories(block.table)
    categories = pa.nulls(len(block.left), pa.large_string()) if named is None else named
    return pa.table([pa.array(block.left), pa.array(block.right), categories], schema=SCHEMA)


def _copied(file: Path, target: BinaryIO) -> None:
    with file.open("rb") as source:
        shutil.copyfileobj(source, target, 1 << 20)
