"""A pool is kept in a folder of its own beside the store, so that the next session begins at once; of another index it is made anew.

It is bounded: one pool of at most as many pairs as are ever asked about, some hundred megabytes.
"""

import zipfile
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.whole_file import writing_file
from reranking.asking.pool import QuestionPool, make_pool

FORMAT = 1  # of the file, and of what is computed for it


def open_pool(index: ProductIndex, store: Path, *, k: int = 20, progress: Progress = silent) -> QuestionPool:
    """Return the pool that is kept beside a store, made and kept where there is none of this index.

    Where nothing can be kept it is made each time.
    """
    path = pool_file(store)
    made_of = f"{FORMAT} {index.fingerprint} {k}"
    kept = _read(path, made_of)
    if kept is not None:
        return kept
    pool = make_pool(index, k=k, progress=progress)
    # the folder may take no files, or another session be writing the same pool
    with suppress(InputError, OSError):
        _write(path, made_of, pool)
    return pool


def pool_file(store: Path) -> Path:
    """Return where the pool of a store is kept."""
    return store.absolute().with_name(f"{store.name}.pool.npz")


def _write(path: Path, made_of: str, pool: QuestionPool) -> None:
    with writing_file(path) as unfinished, unfinished.open("wb") as file:
        columns: dict[str, Any] = {part.name: np.asarray(getattr(pool, part.name)) for part in fields(pool)}
        np.savez(file, made_of=np.array(made_of), **columns)


def _read(path: Path, made_of: str) -> QuestionPool | None:
    """Return the pool of a file; None where there is none, it was cut off, or is of something else."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["made_of"]) != made_of:
                return None
            columns = {part.name: kept[part.name] for part in fields(QuestionPool)}
    except (OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile):
        return None
    plain = {name: columns[name].item() for name in ("candidates", "products", "all_products")}
    listed = {name: tuple(columns[name].tolist()) for name in ("directions", "names")}
    return QuestionPool(**{**columns, **plain, **listed})
