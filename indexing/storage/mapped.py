"""Arrays of fixed size are written through the system's memory, in files whose room is taken from the start."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def new_mapped(path: Path, kind: npt.DTypeLike, shape: tuple[int, ...]) -> Any:
    """Make a `.npy` file of zeros, mapped for writing.

    Raises OSError where the disk has no room for all of it: the system ends a process that writes into a mapped page
    for which there is none.
    """
    array = np.lib.format.open_memmap(path, "w+", kind, shape)
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if size:
            os.posix_fallocate(file.fileno(), 0, size)
    return array
