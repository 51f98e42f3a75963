"""Dense neighbours through FAISS, on the CPU or the GPU."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.index import Rows
from indexing.neighbours import Neighbours, best, in_order, no_neighbours
from indexing.threads import wait_passively

wait_passively()
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
        path.with_suffix(".seen.npy").unlink(missing_ok=True)
        if self.seen is not None:
            np.save(path.with_suffix(".seen.npy"), self.seen)

    def _fetch(self, rows: Floats2d, ask: int, parameters: Any) -> Neighbours:
        if self.device == "cuda" and ask > GPU_MOST_K:
            raise InputError(f"{ask} neighbours: a GPU finds at most {GPU_MOST_K}: ask for fewer, or --device cpu")
        try:
            cosines, found = self.engine.search(rows, ask, params=parameters)
        except RuntimeError as error:
            if parameters is None:
                raise
            engine = type(faiss.downcast_index(self.engine)).__name__
            raise InputError(
                f"FAISS cannot search {engine} on {self.device} among some of the products only, as matching across "
                "sources does: choose --index Flat, IVF… or HNSW…, or --device cpu"
            ) from error
        if self.seen is not None:
            found = np.where(found < 0, -1, self.seen[found])
        return in_order(found, cosines)

    def _selecting(self, allowed: Bools1d) -> Any:
        chosen = allowed if self.seen is None else allowed[self.seen]
        return _parameters(self.engine, faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little")))


def build_faiss(rows: Rows, factory: str = FLAT, *, device: str = "cpu", seed: int = 0) -> FaissIndex:
    """Index the rows with a FAISS factory string, by inner product. Raises InputError for a factory FAISS refuses."""
    try:
        engine = faiss.index_factory(rows.dim, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise InputError(f"--index {factory}: FAISS refuses it for dimension {rows.dim} ({_reason(error)})") from error
    seen = [start + np.flatnonzero(np.any(block, axis=1)) for start, block in rows.blocks()]
    positions = np.concatenate(seen).astype(np.int64) if seen else np.zeros(0, dtype=np.int64)
    if device == "cuda":
        engine = faiss.index_cpu_to_all_gpus(engine)
    if not engine.is_trained:
        _train(engine, rows, positions, factory, seed)
    for _, block in rows.blocks():
        there = np.any(block, axis=1)
        if there.any():
            _add(engine, block if there.all() else block[there], factory)
    lists = _inverted_file(engine)
    if lists is not None:
        lists.nprobe = min(lists.nlist, max(LEAST_PROBES, lists.nlist // PROBED_SHARE))
    return FaissIndex(engine, len(rows), None if len(positions) == len(rows) else positions, device)


def load_faiss(path: Path, size: int, *, device: str = "cpu") -> FaissIndex:
    """An index that `save` wrote, memory-mapped where FAISS can. Raises InputError when it cannot be read."""
    try:
        engine = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    except RuntimeError as error:
        raise InputError(f"{path}: FAISS cannot read it ({_reason(error)}): build the index again") from error
    seen_file = path.with_suffix(".seen.npy")
    seen = np.load(seen_file, allow_pickle=False) if seen_file.exists() else None
    if engine.ntotal != (size if seen is None else len(seen)):
        raise InputError(f"{path}: holds {engine.ntotal} vectors, the catalogue {size}: build the index again")
    return FaissIndex(faiss.index_cpu_to_all_gpus(engine) if device == "cuda" else engine, size, seen, device)


def gpu_count() -> int:
    """The GPUs that this FAISS can use."""
    return int(faiss.get_num_gpus()) if hasattr(faiss, "StandardGpuResources") else 0


def _add(engine: Any, rows: Floats2d, factory: str) -> None:
    try:
        engine.add(np.ascontiguousarray(rows, dtype=np.float32))
    except RuntimeError as error:
        raise InputError(f"--index {factory}: FAISS cannot add products to it ({_reason(error)})") from error


def _train(engine: Any, rows: Rows, positions: Ints1d, factory: str, seed: int) -> None:
    if len(positions) > TRAIN_ROWS:
        positions = np.sort(np.random.default_rng(seed).choice(positions, TRAIN_ROWS, replace=False))
    try:
        engine.train(np.ascontiguousarray(rows.take(positions), dtype=np.float32))
    except RuntimeError as error:
        products = len(positions)
        raise InputError(f"--index {factory}: cannot be trained on {products} products ({_reason(error)})") from error


def _parameters(engine: Any, selector: Any) -> Any:
    """Search parameters with a selector, nested as the engines are."""
    engine = faiss.downcast_index(engine)
    if isinstance(engine, faiss.IndexPreTransform):
        return faiss.SearchParametersPreTransform(index_params=_parameters(engine.index, selector))
    if isinstance(engine, faiss.IndexRefine):
        return faiss.IndexRefineSearchParameters(
            k_factor=engine.k_factor, base_index_params=_parameters(engine.base_index, selector)
        )
    if isinstance(engine, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=engine.nprobe)
    if isinstance(engine, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(sel=selector, efSearch=engine.hnsw.efSearch)
    return faiss.SearchParameters(sel=selector)


def _inverted_file(engine: Any) -> Any:
    """The inverted file inside an engine, None when it has none."""
    engine = faiss.downcast_index(engine)
    if isinstance(engine, faiss.IndexPreTransform):
        return _inverted_file(engine.index)
    if isinstance(engine, faiss.IndexRefine):
        return _inverted_file(engine.base_index)
    return engine if isinstance(engine, faiss.IndexIVF) else None


def _reason(error: RuntimeError) -> str:
    """What FAISS says, without the names of its functions and source files."""
    return re.sub(r"^.*\.(cpp|h|cu):\d+: ", "", str(error).strip().splitlines()[-1])
