"""Exact search through a GPU's memory a part at a time; what a GPU cannot do is refused, with the reason."""

import faiss
import numpy as np
import pytest

from indexing.errors import InputError
from indexing.search.device import describe_devices
from indexing.search.faiss_index import GPU_MOST_K, build_faiss, gpu_count, refuse_for_gpu
from indexing.search.gpu_index import GpuTiles
from indexing.search.index import ExactIndex
from indexing.search.neighbours import in_order
from indexing.vectors.vectors import from_arrays, unit_rows

ARRAY = unit_rows(np.random.default_rng(0).normal(size=(300, 12)))
ARRAY[7::40] = 0
ROWS = from_arrays(ARRAY, shard_rows=90)
needs_gpu = pytest.mark.skipif(not gpu_count(), reason="FAISS finds no GPU here")


@pytest.fixture
def on_cpu(monkeypatch):
    """FAISS's brute force on the CPU, with the signature of that on a GPU."""

    def search(queries, vectors, k, *, memory):
        cosines, found = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
        return in_order(found.astype(np.int64), cosines)

    monkeypatch.setattr("indexing.search.gpu_index.search_on_gpu", search)


@pytest.mark.parametrize("allowed", [None, np.arange(300) % 3 == 1], ids=["all", "some"])
def test_parts_together_answer_as_the_whole(on_cpu, allowed):
    found = GpuTiles(ROWS, 2**20).search(ARRAY[:20], 8, allowed=allowed)
    expected = ExactIndex(ARRAY).search(ARRAY[:20], 8, allowed=allowed)
    assert found.positions.tolist() == expected.positions.tolist()
    assert found.cosines == pytest.approx(expected.cosines, abs=2e-6, nan_ok=True)


def test_more_neighbours_than_a_gpu_finds_are_refused():
    refuse_for_gpu(GPU_MOST_K)
    with pytest.raises(InputError, match="2049 neighbours: a GPU finds at most 2048"):
        refuse_for_gpu(GPU_MOST_K + 1)


def test_what_is_found_is_told():
    found = describe_devices()
    assert set(found) == {"threads", "FAISS", "GPUs of the driver", "GPU usable", "device auto"}
    assert found["GPU usable"].startswith("yes" if gpu_count() else "no: ")


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("factory", ["Flat", "IVF8,Flat", "IVF8,SQ8"])
def test_cpu_and_gpu_find_the_same(factory):
    cpu, gpu = (build_faiss(ROWS, factory, device=device).search(ARRAY[:50], 5) for device in ("cpu", "cuda"))
    assert gpu.cosines == pytest.approx(cpu.cosines, abs=1e-5, nan_ok=True)
    assert (gpu.positions == cpu.positions).mean() > 0.95


@pytest.mark.gpu
@needs_gpu
def test_float16_finds_the_same_to_its_precision():
    exact, half = (build_faiss(ROWS, device="cuda", float16=half).search(ARRAY[:50], 5) for half in (False, True))
    assert half.cosines == pytest.approx(exact.cosines, abs=2e-3, nan_ok=True)


@pytest.mark.gpu
@needs_gpu
def test_tiles_on_a_gpu_answer_as_the_exact_index():
    found, expected = (of.search(ARRAY[:50], 5) for of in (GpuTiles(ROWS, 2**22), ExactIndex(ARRAY)))
    assert found.cosines == pytest.approx(expected.cosines, abs=1e-5, nan_ok=True)


@pytest.mark.gpu
@needs_gpu
def test_a_type_that_gpus_do_not_have_is_refused():
    with pytest.raises(InputError, match="--index HNSW8: FAISS has it not on a GPU"):
        build_faiss(ROWS, "HNSW8", device="cuda")
