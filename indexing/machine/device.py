"""The driver and torch say which GPUs this machine has, and how much memory they hold."""

from indexing.errors import InputError


def torch_devices(asked: str) -> list[str]:
    """Return the devices that models run on for what the user asked: `cpu`, or every GPU. Needs torch.

    Raises InputError for `cuda` where torch finds no GPU.
    """
    import torch

    found = torch.cuda.device_count() if asked != "cpu" and torch.cuda.is_available() else 0
    if asked == "cuda" and not found:
        raise InputError("--device cuda: torch finds no GPU: use --device cpu, or install a torch that sees it")
    return [f"cuda:{number}" for number in range(found)] or ["cpu"]


def cuda_devices() -> int:
    """Count the GPUs that the machine's CUDA driver sees, whatever libraries are installed."""
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
    """Return the memory of the smallest GPU in bytes, 0 where there is none."""
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
