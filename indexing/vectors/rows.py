"""Dense rows of one view are read by position, whatever stands behind them: vectors, or fused rows of two views."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.vectors.fusion import Fusion
from indexing.vectors.vectors import Vectors, open_vectors


class Rows(Protocol):
    """They give the dense rows of one view by position: Vectors do, and FusedRows made of two of them."""

    def __len__(self) -> int: ...

    @property
    def dim(self) -> int: ...

    def blocks(self) -> Iterator[tuple[int, Floats2d]]: ...

    def take(self, positions: Ints1d) -> Floats2d: ...

    def forget(self) -> None: ...


def seen_rows(rows: Rows) -> Bools1d:
    """Return which rows (n,) are not zeros."""
    seen = [np.any(block, axis=1) for _, block in rows.blocks()]
    return np.concatenate(seen) if seen else np.zeros(0, dtype=bool)


@dataclass(frozen=True)
class FusedRows:
    """They make fused rows (n, dt + di) from the views' rows when these are asked for."""

    text: Rows
    image: Rows
    fusion: Fusion

    def __len__(self) -> int:
        return len(self.text)

    @property
    def dim(self) -> int:
        return self.text.dim + self.image.dim

    def blocks(self) -> Iterator[tuple[int, Floats2d]]:
        for (start, text), (_, image) in zip(self.text.blocks(), self.image.blocks(), strict=True):
            yield start, self.fusion.rows(text, image)

    def take(self, positions: Ints1d) -> Floats2d:
        return self.fusion.rows(self.text.take(positions), self.image.take(positions))

    def forget(self) -> None:
        """Give the pages of both views' files back."""
        self.text.forget()
        self.image.forget()


@dataclass(frozen=True)
class StoredRows:
    """They are the rows of a dense view that workers open from the folder of all views' vectors."""

    folder: Path
    view: str
    text_weight: float

    def open(self) -> Rows:
        """Open them, memory-mapped."""
        views = ("text", "image") if self.view == "fused" else (self.view,)
        return dense_rows({view: open_vectors(self.folder / view) for view in views}, self.text_weight)[self.view]


def dense_rows(vectors: Mapping[str, Vectors], text_weight: float) -> dict[str, Rows]:
    """Return the rows of each dense view that these vectors make."""
    rows: dict[str, Rows] = {view: vectors[view] for view in ("text", "image") if view in vectors}
    if len(rows) == 2:
        rows["fused"] = FusedRows(vectors["text"], vectors["image"], Fusion(text_weight))
    return rows
