"""Features stand on disk block by block, for training on more pairs than memory holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d


@dataclass(frozen=True)
class FeatureBlocks:
    """It keeps features (p, f) float32 in files of `folder`, which belongs to one training and is not kept.

    `starts` is the first row of each block, `shape` is (p, f). XGBoost keeps its own files in the folder too.
    """

    folder: Path
    starts: tuple[int, ...]
    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Ints1d) -> Floats2d:
        """Return the features (r, f) of these rows, in memory."""
        out = np.empty((len(rows), self.shape[1]), dtype=np.float32)
        of_block = np.searchsorted(self.starts, rows, side="right") - 1
        for number in np.unique(of_block):
            here = of_block == number
            out[here] = self.block(int(number))[rows[here] - self.starts[number]]
        return out

    def rows_of(self, number: int) -> slice:
        """Return the rows that a block holds."""
        ends = (*self.starts[1:], self.shape[0])
        return slice(self.starts[number], ends[number])

    def block(self, number: int) -> Floats2d:
        """Read one block into memory."""
        return np.asarray(np.load(block_file(self.folder, number), allow_pickle=False), dtype=np.float32)

    def blocks(self) -> Iterator[Floats2d]:
        for number in range(len(self.starts)):
            yield self.block(number)

    def column(self, number: int) -> Floats1d:
        """Return one feature of all pairs (p,)."""
        return np.concatenate([block[:, number].copy() for block in self.blocks()])  # a view would keep its block

    def read(self) -> Floats2d:
        """Read all blocks into memory, as (p, f)."""
        return np.concatenate(list(self.blocks()))


def write_feature_blocks(blocks: Iterable[Floats2d], folder: Path) -> FeatureBlocks:
    """Keep features that come a block (b, f) at a time in a folder, one file a block."""
    folder.mkdir(parents=True, exist_ok=True)
    starts, rows, width = [], 0, 0
    for number, block in enumerate(blocks):
        np.save(block_file(folder, number), block)
        starts.append(rows)
        rows, width = rows + len(block), block.shape[1]
    return FeatureBlocks(folder, tuple(starts), (rows, width))


def block_file(folder: Path, number: int) -> Path:
    """Return where a block is kept."""
    return folder / f"features_{number:05}.npy"
