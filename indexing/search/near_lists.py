"""Near lists gather near rows around centres, and know which of them are nearest to one another."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexing.arrays import Floats2d, Ints1d, Ints2d
from indexing.errors import InputError
from indexing.vectors.centres import nearest_centres
from indexing.vectors.layers import Layers
from indexing.vectors.rows import Rows

ASSIGNED_ROWS = 8192
SAVED_ROWS = 1 << 20


@dataclass(frozen=True)
class Lists:
    """They say the list of each product (n,), -1 where it has nothing to see, and the lists' centres (lists, d)."""

    codes: Ints1d
    centres: Floats2d

    def near(self, count: int) -> Ints2d:
        """Return for each list the `count` nearest by inner product (lists, count), itself first."""
        cosines = self.centres @ self.centres.T
        np.fill_diagonal(cosines, np.inf)
        return np.argsort(-cosines, axis=1, kind="stable")[:, :count].astype(np.int64)

    def save(self, path: Path) -> None:
        """Write both as an .npz; codes that are mapped are not all in memory at once."""
        with zipfile.ZipFile(path, "w", allowZip64=True) as parts:
            with parts.open("codes.npy", "w", force_zip64=True) as file:
                header = {"descr": "<i4", "fortran_order": False, "shape": self.codes.shape}
                np.lib.format.write_array_header_1_0(file, header)
                for start in range(0, len(self.codes), SAVED_ROWS):
                    file.write(np.asarray(self.codes[start : start + SAVED_ROWS], dtype="<i4").tobytes())
            with parts.open("centres.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(self.centres), allow_pickle=False)


def lists_file(view: str) -> str:
    """Return the name of the file of a view's lists, beside its engine."""
    return f"{view}.lists.npz"


def load_lists(path: Path, size: int) -> Lists | None:
    """Read what `save` wrote, None where there is none. Raises InputError when it is damaged or of another
    catalogue."""
    if not path.exists():
        return None
    try:
        # opened here: of a damaged file np.load leaves the handle to the garbage collector
        with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
            lists = Lists(parts["codes"].astype(np.int64), parts["centres"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: the lists cannot be read ({error}): build the index again") from error
    if len(lists.codes) != size:
        raise InputError(
            f"{path}: lists of {len(lists.codes)} products, the catalogue has {size}: build the index again"
        )
    return lists


def layered_lists(path: Path, layers: Layers, delta: Rows | None) -> Lists | None:
    """Return the lists of an updated index's products: those saved are of the rows of its build, `delta` are the
    others.

    None stands for a view that has no lists.
    """
    built = load_lists(path, layers.main)
    if built is None or delta is None:
        return built if built is None else Lists(built.codes[layers.stored], built.centres)
    added = assign(delta, np.arange(len(delta)), built.centres)
    return Lists(np.concatenate([built.codes, added])[layers.stored], built.centres)


def assign(rows: Rows, positions: Ints1d, centres: Floats2d) -> Ints1d:
    """Return the nearest of the centres (p,) to each of the rows at these positions, -1 for rows of zeros."""
    codes = np.full(len(positions), -1, dtype=np.int64)
    for start in range(0, len(positions), ASSIGNED_ROWS):
        part = rows.take(positions[start : start + ASSIGNED_ROWS])
        nearest = nearest_centres(part, centres, 1)[:, 0]
        codes[start : start + ASSIGNED_ROWS] = np.where(np.any(part, axis=1), nearest, -1)
        rows.forget()
    return codes


def in_chain(centres: Floats2d) -> Floats2d:
    """Return the centres (lists, d) so that each but the first stands behind the one left that it is nearest to, from the
    first one on: lists that follow one another are near, and what is near a run of them stands in few other places.

    It takes lists² · d multiplications.
    """
    left = np.array(centres, dtype=np.float32)  # a copy, in which gaps are closed
    order, numbers = np.zeros(len(left), dtype=np.int64), np.arange(len(left))
    near = 0
    for place in range(len(order)):
        here, order[place] = left[near].copy(), numbers[near]
        left[near], numbers[near] = left[len(left) - 1], numbers[len(left) - 1]
        left, numbers = left[:-1], numbers[:-1]
        near = int(np.argmax(left @ here)) if len(left) else 0
    return centres[order]


def by_list(probes: npt.NDArray[np.integer], lists: int) -> tuple[Ints1d, npt.NDArray[np.int32]]:
    """Return who looks at which list, of the lists (n, p) that each looks at: list s is looked at by
    `visitors[starts[s] : starts[s + 1]]`, ascending."""
    if not probes.size:
        return np.zeros(lists + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    import scipy.sparse as sp  # late: joining alone needs it

    heads = np.arange(0, probes.size + 1, probes.shape[1])
    looks = sp.csr_matrix((np.ones(probes.size, dtype=bool), probes.ravel(), heads), (len(probes), lists)).tocsc()
    return looks.indptr.astype(np.int64), looks.indices.astype(np.int32, copy=False)  # a sort by counting


def lists_for(products: int) -> int:
    """Return how many inverted lists to make: a power of two about twice the root of the number of products."""
    return int(2 ** round(np.log2(max(2 * products**0.5, 4))))
