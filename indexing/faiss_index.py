"""Dense neighbours through FAISS, on the CPU or the GPU."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.index import Rows
from indexing.neighbours import Neighbours, best, in_order, no_neighbours

try:
    import faiss
except ImportError as error:  # the extras bring it: which of the two, only the user knows
    raise InputError("FAISS is not installed: run pip install 'heroic[cpu]', or 'heroic[gpu]' with a GPU") from error

FLAT = "Flat"
TRAIN_ROWS = 262_144  # rows that an index which must be trained sees
LEAST_PROBES, PROBED_SHARE = 8, 16  # of an inverted file at least 8 lists, or 1 in 16, are searched
GPU_MOST_K = 2048  # the most neighbours that FAISS finds on a GPU


@dataclass(frozen=True)
class FaissIndex:
    """A FAISS index of the rows that are not zeros; `seen` (m,) holds their positions, None when that is all."""

    engine: Any
    size: int
    seen: Ints1d | None = None
    device: str = "cpu"

    def __len__(self) -> int:
        return self.size

    def search(self, queries: Floats2d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Raises InputError when a GPU is asked for more neighbours than it can find."""
        rows = np.ascontiguousarray(queries, dtype=np.float32)
        there = np.flatnonzero(np.any(rows, axis=1))
        found = no_neighbours(len(rows), k)
        if there.size and self.engine.ntotal:
            parameters = None if allowed is None else self._selecting(allowed)

            def fetch(which: Ints1d, ask: int) -> Neighbours:
                return self._fetch(rows[there[which]], ask, parameters)

            got = best(fetch, len(there), k, int(self.engine.ntotal))
            found.positions[there], found.cosines[there] = got.positions, got.cosines
        return found

    def save(self, path: Path) -> None:
        """Write the engine and, where there are rows of zeros, the positions of the others."""
        faiss.write_index(faiss.index_gpu_to_cpu(self.engine) if self.device == "cuda" else self.engine, str(path))
        if self.seen is not None:
            np.save(path.with_suffix(".seen.npy"), self.seen)

    def _fetch(self, rows: Floats2d, ask: int, parameters: Any) -> Neighbours:
        if self.device == "cuda" and ask > GPU_MOST_K:
            raise InputError(f"{ask} neighbours: a GPU finds at most {GPU_MOST_K}: ask for fewer, or --device cpu")
        cosines, found = self.engine.search(rows, ask, params=parameters)
        if self.seen is not None:
            found = np.where(found < 0, -1, self.seen[found])
        return in_order(found, cosines)

    def _selecting(self, allowed: Bools1d) -> Any:
        chosen = allowed if self.seen is None else allowed[self.seen]
        selector = faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))
        if isinstance(self.engine, faiss.IndexIVF):
            return faiss.SearchParametersIVF(sel=selector, nprobe=self.engine.nprobe)
        if isinstance(self.engine, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(sel=selector, efSearch=self.engine.hnsw.efSearch)
        return faiss.SearchParameters(sel=selector)


def build_faiss(rows: Rows, factory: str = FLAT, *, device: str = "cpu", seed: int = 0) -> FaissIndex:
    """Index the rows with a FAISS factory string, by inner product. Raises InputError for a factory FAISS refuses."""
    try:
        engine = faiss.index_factory(rows.dim, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"--index {factory}: FAISS refuses it for dimension {rows.dim} ({reason})") from error
    seen = [start + np.flatnonzero(np.any(block, axis=1)) for start, block in rows.blocks()]
    positions = np.concatenate(seen).astype(np.int64) if seen else np.zeros(0, dtype=np.int64)
    if device == "cuda":
        engine = faiss.index_cpu_to_all_gpus(engine)
    if not engine.is_trained:
        _train(engine, rows, positions, factory, seed)
    for _, block in rows.blocks():
        there = np.any(block, axis=1)
        if there.any():
            engine.add(np.ascontiguousarray(block if there.all() else block[there], dtype=np.float32))
    if isinstance(engine, faiss.IndexIVF):
        engine.nprobe = min(engine.nlist, max(LEAST_PROBES, engine.nlist // PROBED_SHARE))
    return FaissIndex(engine, len(rows), None if len(positions) == len(rows) else positions, device)


def load_faiss(path: Path, size: int, *, device: str = "cpu") -> FaissIndex:
    """An index that `save` wrote, memory-mapped where FAISS can. Raises InputError when it cannot be read."""
    try:
        engine = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"{path}: FAISS cannot read it ({reason}): build the index again") from error
    seen_file = path.with_suffix(".seen.npy")
    seen = np.load(seen_file, allow_pickle=False) if seen_file.exists() else None
    if engine.ntotal != (size if seen is None else len(seen)):
        raise InputError(f"{path}: holds {engine.ntotal} vectors, the catalogue {size}: build the index again")
    return FaissIndex(faiss.index_cpu_to_all_gpus(engine) if device == "cuda" else engine, size, seen, device)


def gpu_count() -> int:
    """The GPUs that this FAISS can use."""
    return int(faiss.get_num_gpus()) if hasattr(faiss, "StandardGpuResources") else 0


def set_threads(threads: int | None) -> None:
    """Threads of FAISS; None is one a core."""
    faiss.omp_set_num_threads(threads or os.cpu_count() or 1)


def _train(engine: Any, rows: Rows, positions: Ints1d, factory: str, seed: int) -> None:
    if len(positions) > TRAIN_ROWS:
        positions = np.sort(np.random.default_rng(seed).choice(positions, TRAIN_ROWS, replace=False))
    try:
        engine.train(np.ascontiguousarray(rows.take(positions), dtype=np.float32))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise InputError(f"--index {factory}: cannot be trained on {len(positions)} products ({reason})") from error
