"""Amounts of memory are read as a user writes them, free memory is measured, pages of mapped files are given back."""

import ctypes
import mmap
import os
import re
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from indexing.errors import InputError

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
AUTO_SHARE = 0.75  # of the memory that is free, when the user names no amount
MIB = 2**20


def parse_memory(text: str) -> int:
    """Return the bytes of `8G`, `512M`, `1.5 GiB` or `auto` (three quarters of what is free now).

    Raises InputError for any other text.
    """
    if text == "auto":
        return int(available_bytes() * AUTO_SHARE)
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\s*", text.upper())
    amount = int(float(found[1]) * UNITS[found[2]]) if found else 0
    if amount <= 0:
        raise InputError(f"--memory {text}: write an amount such as 8G or 512M, or auto")
    return amount


def available_bytes() -> int:
    """Return the bytes that can be taken without swapping, also where a control group allows less than there is."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    return min(free, _group_bytes())


def _group_bytes() -> int:
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as most, open(
            "/sys/fs/cgroup/memory.current", encoding="ascii"
        ) as now:  # fmt: skip
            return max(int(most.read()) - int(now.read()), 0)
    except (OSError, ValueError):  # no control group, or `max`: no limit
        return 2**63


def human(size: float) -> str:
    """Write a size in bytes for people, in GiB or MiB."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / MIB:.0f} MiB"


def forget(array: npt.NDArray[Any]) -> None:
    """Give the pages of a mapped array back: they stay in the system's cache, but count as this process's no longer."""
    if isinstance(array, np.memmap) and array.mode in ("r", "r+", "w+"):  # in a private copy it would undo changes
        mapped = getattr(array, "_mmap", None)
        if mapped is not None:
            mapped.madvise(mmap.MADV_DONTNEED)


def trim() -> None:
    """Give back to the system what was freed: after an engine of many lists the C library keeps most of it."""
    with suppress(OSError, AttributeError):  # another C library has no malloc_trim
        ctypes.CDLL(None).malloc_trim(0)
