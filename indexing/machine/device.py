"""The only place that looks for a GPU."""

from indexing.errors import InputError


def choose_device(asked: str) -> str:
    """`cpu` or `cuda` for what the user asked (`auto`, `cpu`, `cuda`). Raises InputError when there is no GPU."""
    if asked == "cpu":
        return "cpu"
    from indexing.search.faiss_index import gpu_count

    found = gpu_count()
    if asked == "cuda" and not found:
        raise InputError("--device cuda: FAISS finds no GPU: install heroic[gpu] where one is, or use --device cpu")
    return "cuda" if found else "cpu"


def torch_devices(asked: str) -> list[str]:
    """The devices that models run on for what the user asked: `cpu`, or every GPU. Needs torch."""
    import torch

    found = torch.cuda.device_count() if asked != "cpu" and torch.cuda.is_available() else 0
    if asked == "cuda" and not found:
        raise InputError("--device cuda: torch finds no GPU: use --device cpu, or install a torch that sees it")
    return [f"cuda:{number}" for number in range(found)] or ["cpu"]


def cuda_devices() -> int:
    """The GPUs that the machine's CUDA driver sees, whatever libraries are installed."""
    import ctypes

    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def gpu_bytes() -> int:
    """The memory of the smallest GPU, 0 where there is none."""
    import ctypes

    count = cuda_devices()
    if not count:
        return 0
    driver, sizes = ctypes.CDLL("libcuda.so.1"), []
    for number in range(count):
        device, size = ctypes.c_int(0), ctypes.c_size_t(0)
        if driver.cuDeviceGet(ctypes.byref(device), number) == 0:
            driver.cuDeviceTotalMem_v2(ctypes.byref(size), device)
        sizes.append(size.value)
    return min(sizes)


def describe_devices() -> dict[str, str]:
    """What is found here for dense search, and where no GPU can be used, why not."""
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
