"""A device is what dense search runs on: the CPU, or a GPU that FAISS sees."""

from indexing.errors import InputError
from indexing.machine.device import cuda_devices, gpu_bytes


def choose_device(asked: str) -> str:
    """Return `cpu` or `cuda` for what the user asked (`auto`, `cpu`, `cuda`). Raises InputError when there is no
    GPU."""
    if asked == "cpu":
        return "cpu"
    from indexing.search.faiss_index import gpu_count

    found = gpu_count()
    if asked == "cuda" and not found:
        raise InputError("--device cuda: FAISS finds no GPU: install heroic[gpu] where one is, or use --device cpu")
    return "cuda" if found else "cpu"


def describe_devices() -> dict[str, str]:
    """Return what is found here for dense search, and where no GPU can be used, why not."""
    from indexing.machine.memory import human
    from indexing.machine.threads import thread_count
    from indexing.search.faiss_index import faiss_version, gpu_count, has_gpu_code

    seen = cuda_devices()
    usable = gpu_count()
    if usable:
        why = f"yes, {usable}, of at least {human(gpu_bytes())}"
    elif not seen:
        why = "no: the system has no CUDA driver (libcuda.so.1), or it sees no GPU"
    elif not has_gpu_code():
        why = "no: the FAISS installed is the one for CPUs: pip uninstall faiss-cpu, then pip install 'heroic[gpu]'"
    else:
        why = "no: FAISS does not see the GPU that the driver sees: do the CUDA versions of both fit?"
    return {
        "threads": str(thread_count()),
        "FAISS": f"{faiss_version()}, {'with' if has_gpu_code() else 'without'} GPU code",
        "GPUs of the driver": f"{seen}",
        "GPU usable": why,
        "device auto": "cuda" if usable else "cpu",
    }
