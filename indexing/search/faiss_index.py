"""FAISS finds dense neighbours, on the CPU or the GPU: `faiss-cpu` and `faiss-gpu` are the same module."""

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexing.arrays import Bools1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.search.neighbours import Neighbours, best, in_order, no_neighbours
from indexing.vectors.centres import TRAIN_ROWS_A_LIST, nearest_centres
from indexing.vectors.row_blocks import loaded_faiss, searched
from indexing.vectors.rows import Rows, seen_rows

try:
    faiss = loaded_faiss()  # whose threads wait passively, as `row_blocks` asks of them
except ImportError as error:  # the extras bring it: which of the two, only the user knows
    raise InputError("FAISS is not installed: run pip install 'heroic[cpu]', or 'heroic[gpu]' with a GPU") from error

FLAT = "Flat"
MAPPED = getattr(faiss, "IO_FLAG_MMAP_IFC", faiss.IO_FLAG_MMAP)  # the newer one also maps what is no inverted list
TRAIN_ROWS = 262_144  # the most rows that an index which must be trained sees
LEAST_TRAINED = 16_384  # rows for training however few the lists: short codes are trained on the same rows
ADD_ROWS = 65_536  # rows added to the engine at once
LEAST_PROBES, PROBED_SHARE = 8, 16  # of an inverted file at least 8 lists, or 1 in 16, are searched
GPU_MOST_K = 2048  # the most neighbours that FAISS finds on a GPU
MOST_EF = 2048  # efSearch beyond which a graph is slower than looking at everything


@dataclass(frozen=True)
class FaissIndex:
    """It holds a FAISS index of the rows that are not zeros; `seen` (m,) are their positions, None when that is all."""

    engine: Any
    size: int
    seen: Ints1d | None = None
    device: str = "cpu"

    def __len__(self) -> int:
        return self.size

    def search(self, queries: Floats2d, k: int, *, allowed: Bools1d | None = None) -> Neighbours:
        """Return the k neighbours of each query. Raises InputError when a GPU is asked for more than it can find."""
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
        """Write the engine and, where there are rows of zeros, the positions of the others. Raises OSError when that cannot
        be done."""
        try:
            faiss.write_index(faiss.index_gpu_to_cpu(self.engine) if self.device == "cuda" else self.engine, str(path))
        except RuntimeError as error:  # FAISS names no number, only what the system says
            refused = (number for number in errno.errorcode if os.strerror(number) in str(error))
            raise OSError(next(refused, errno.ENOSPC), str(error), str(path)) from error
        path.with_suffix(".seen.npy").unlink(missing_ok=True)
        if self.seen is not None:
            np.save(path.with_suffix(".seen.npy"), self.seen)

    @property
    def effort(self) -> tuple[str, int] | None:
        """Return the search parameter that trades time for recall, and its value: nprobe, efSearch, or None."""
        lists, graph = _inside(self.engine, faiss.IndexIVF), _inside(self.engine, faiss.IndexHNSW)
        if lists is not None:
            return "nprobe", int(lists.nprobe)
        return None if graph is None else ("efSearch", int(graph.hnsw.efSearch))

    @property
    def most_effort(self) -> int:
        """Return the effort beyond which more of it finds no more."""
        lists = _inside(self.engine, faiss.IndexIVF)
        return int(lists.nlist) if lists is not None else MOST_EF

    def set_effort(self, value: int) -> None:
        """Change the search parameter of an engine that has one."""
        lists, graph = _inside(self.engine, faiss.IndexIVF), _inside(self.engine, faiss.IndexHNSW)
        if lists is not None:
            lists.nprobe = value
        elif graph is not None:
            graph.hnsw.efSearch = value

    @property
    def exact(self) -> bool:
        """Return whether it compares a query with every product, by the vectors themselves."""
        return isinstance(faiss.downcast_index(self.engine), faiss.IndexFlat)

    @property
    def whole_vectors(self) -> bool:
        """Return whether its cosines are those of the vectors themselves, not of shortened ones."""
        engine = faiss.downcast_index(self.engine)
        graph = isinstance(engine, faiss.IndexHNSW) and isinstance(
            faiss.downcast_index(engine.storage), faiss.IndexFlat
        )
        return self.exact or graph or isinstance(engine, faiss.IndexIVFFlat)

    def centres(self) -> Floats2d | None:
        """Return the centres (lists, d) of its inverted lists, None when it has none, or they are not of the vectors as
        they are."""
        engine = faiss.downcast_index(self.engine)
        if self.device != "cpu" or not isinstance(engine, faiss.IndexIVF):
            return None
        return np.asarray(faiss.downcast_index(engine.quantizer).reconstruct_n(0, engine.nlist), dtype=np.float32)

    def _fetch(self, rows: Floats2d, ask: int, parameters: Any) -> Neighbours:
        if self.device == "cuda":
            refuse_for_gpu(ask)
        try:
            cosines, found = searched(self.engine, rows, ask, parameters, at_once=self.device == "cuda")
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


def build_faiss(
    rows: Rows, factory: str = FLAT, *, device: str = "cpu", float16: bool = False, seed: int = 0
) -> FaissIndex:
    """Index the rows with a FAISS factory string, by inner product; `float16` halves what a GPU stores.

    Raises InputError for a factory that FAISS refuses, or has not on a GPU.
    """
    engine = new_engine(rows.dim, factory)
    positions = np.flatnonzero(seen_rows(rows))
    rows.forget()
    if device == "cuda":
        engine = _to_gpus(engine, factory, float16)
    train(engine, rows, positions, factory, seed)
    add(engine, rows, positions, factory)
    return FaissIndex(engine, len(rows), None if len(positions) == len(rows) else positions, device)


def new_engine(dim: int, factory: str) -> Any:
    """Return an empty engine, untrained. Raises InputError for a factory that FAISS refuses."""
    try:
        engine = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise InputError(f"--index {factory}: FAISS refuses it for dimension {dim} ({_reason(error)})") from error
    lists = _inside(engine, faiss.IndexIVF)
    if lists is not None:
        lists.nprobe = min(lists.nlist, max(LEAST_PROBES, lists.nlist // PROBED_SHARE))
    return engine


def load_faiss(path: Path, size: int, *, device: str = "cpu", float16: bool = False) -> FaissIndex:
    """Open an index that `save` wrote, memory-mapped where FAISS can. Raises InputError when it cannot be read."""
    try:
        engine = faiss.read_index(str(path), MAPPED)
    except RuntimeError as error:
        raise InputError(f"{path}: FAISS cannot read it ({_reason(error)}): build the index again") from error
    seen_file = path.with_suffix(".seen.npy")
    seen = np.load(seen_file, allow_pickle=False) if seen_file.exists() else None
    if engine.ntotal != (size if seen is None else len(seen)):
        raise InputError(f"{path}: holds {engine.ntotal} vectors, the catalogue {size}: build the index again")
    return FaissIndex(_to_gpus(engine, path.name, float16) if device == "cuda" else engine, size, seen, device)


def has_lists(factory: str) -> bool:
    """Return whether a factory string names inverted lists as they are: each row comes into one, whatever others do."""
    return re.fullmatch(r"IVF\d+,(Flat|SQ\w+|PQ[\dx]+)", factory) is not None


def packed(engine: Any) -> bytes:
    """Return an engine as the content of a file."""
    return bytes(faiss.serialize_index(engine))


def unpacked(path: Path) -> Any:
    """Return the engine in a file, to be added to."""
    return faiss.read_index(str(path))


def gpu_count() -> int:
    """Return how many GPUs this FAISS can use."""
    return int(faiss.get_num_gpus()) if has_gpu_code() else 0


def has_gpu_code() -> bool:
    """Return whether this FAISS is the one for GPUs."""
    return hasattr(faiss, "StandardGpuResources")


def faiss_version() -> str:
    """Return the version of FAISS, and the processor's instructions that it was compiled for."""
    return f"{faiss.__version__} ({faiss.get_compile_options().strip() or 'generic'})"


def refuse_for_gpu(k: int) -> None:
    """Raise InputError for more neighbours than FAISS finds on a GPU."""
    if k > GPU_MOST_K:
        raise InputError(f"{k} neighbours: a GPU finds at most {GPU_MOST_K}: ask for fewer, or --device cpu")


def search_on_gpu(queries: Floats2d, vectors: Floats2d, k: int, *, memory: int) -> Neighbours:
    """Return the exact k best of `vectors` for each query, found on one GPU in tiles: `memory` bytes of the GPU hold
    vectors, as much queries and results. Positions are rows of `vectors`, ties stand in any order."""
    refuse_for_gpu(k)
    limits = {"vectorsMemoryLimit": memory, "queriesMemoryLimit": memory}
    resources = faiss.StandardGpuResources()
    cosines, found = faiss.knn_gpu(resources, queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT, **limits)
    return in_order(found, cosines)


def _to_gpus(engine: Any, factory: str, float16: bool) -> Any:
    """Return the engine on the GPU, or sharded over all that there are. Raises InputError for a type that GPUs do not have."""
    options = faiss.GpuMultipleClonerOptions()
    options.useFloat16, options.shard = float16, True
    try:
        return faiss.index_cpu_to_all_gpus(engine, co=options)
    except RuntimeError as error:
        raise InputError(
            f"--index {factory}: FAISS has it not on a GPU ({_reason(error)}): choose Flat, IVF…,Flat, IVF…,SQ8 or "
            "IVF…,PQ…, or --device cpu"
        ) from error


def add(engine: Any, rows: Rows, positions: Ints1d, factory: str) -> None:
    """Add the rows at these positions, a block at a time: each to the same inverted list with any number of threads."""
    centres = FaissIndex(engine, len(rows)).centres() if has_lists(factory) else None
    for start in range(0, len(positions), ADD_ROWS):
        part = np.ascontiguousarray(rows.take(positions[start : start + ADD_ROWS]), dtype=np.float32)
        try:
            if centres is None:
                engine.add(part)
            else:
                own = np.ascontiguousarray(nearest_centres(part, centres, 1)[:, 0])
                faiss.downcast_index(engine).add_core(len(part), faiss.swig_ptr(part), None, faiss.swig_ptr(own))
        except RuntimeError as error:
            raise InputError(f"--index {factory}: FAISS cannot add products to it ({_reason(error)})") from error
        rows.forget()


def train(engine: Any, rows: Rows, positions: Ints1d, factory: str, seed: int) -> None:
    """Train an engine that has to be on some of the rows at these positions."""
    if engine.is_trained:
        return
    lists = _inside(engine, faiss.IndexIVF)
    most = TRAIN_ROWS if lists is None else min(TRAIN_ROWS, max(lists.nlist * TRAIN_ROWS_A_LIST, LEAST_TRAINED))
    if len(positions) > most:
        positions = np.sort(positions[np.random.default_rng(seed).choice(len(positions), most, replace=False)])
    try:
        engine.train(np.ascontiguousarray(rows.take(positions), dtype=np.float32))
    except RuntimeError as error:
        products = len(positions)
        raise InputError(f"--index {factory}: cannot be trained on {products} products ({_reason(error)})") from error


def _parameters(engine: Any, selector: Any) -> Any:
    """Return search parameters with a selector, nested as the engines are."""
    engine = faiss.downcast_index(engine)
    if isinstance(engine, faiss.IndexPreTransform):
        return faiss.SearchParametersPreTransform(index_params=_parameters(engine.index, selector))
    if isinstance(engine, faiss.IndexRefine):
        base = _parameters(engine.base_index, selector)
        return faiss.IndexRefineSearchParameters(k_factor=engine.k_factor, base_index_params=base)
    if isinstance(engine, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=engine.nprobe)
    if isinstance(engine, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(sel=selector, efSearch=engine.hnsw.efSearch)
    return faiss.SearchParameters(sel=selector)


def _inside(engine: Any, kind: Any) -> Any:
    """Return the engine of a kind inside another, None when there is none."""
    engine = faiss.downcast_index(engine)
    if isinstance(engine, faiss.IndexPreTransform):
        return _inside(engine.index, kind)
    if isinstance(engine, faiss.IndexRefine):
        return _inside(engine.base_index, kind)
    return engine if isinstance(engine, kind) else None


def _reason(error: RuntimeError) -> str:
    """Return what FAISS says, without the names of its functions and source files."""
    return re.sub(r"^.*\.(cpp|h|cu):\d+: ", "", str(error).strip().splitlines()[-1])
