"""A model runs here in a precision, and its vectors are more or less far from those of fp32."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexing.arrays import Floats2d
from indexing.errors import InputError

AGREEMENT_FILE = "agreement.json"
SAMPLE = 128  # texts on which the agreement is measured
EQUAL = 0.999  # the mean cosine from which vectors count as those of fp32


def choose_precision(asked: str, device: str) -> str:
    """Return fp32, bf16 or int8 for what was asked, on a device such as `cpu` or `cuda:0`.

    `auto` is bf16 where the hardware has it, else fp32. Raises InputError for int8 on a GPU.
    """
    if asked == "int8" and device != "cpu":
        raise InputError("--precision int8: runs on the CPU only: give --device cpu, or --precision auto")
    if asked != "auto":
        return asked
    return "bf16" if device != "cpu" or has_bf16() else "fp32"


@dataclass(frozen=True)
class Agreement:
    """It holds the mean and smallest cosine of a model's vectors with those of the same model in fp32, on so many
    (`sample`) texts or products."""

    engine: str
    sample: int
    mean: float
    smallest: float

    @property
    def equal(self) -> bool:
        return self.mean >= EQUAL


def agreement(engine: str, rows: Floats2d, reference: Floats2d) -> Agreement:
    """Compare unit rows (n, d) with those of the same texts or pictures in fp32, the `reference`.

    Rows of zeros, of what cannot be read, do not count.
    """
    cosines = np.einsum("ij,ij->i", rows, reference)[np.any(reference, axis=1)]
    if not len(cosines):
        return Agreement(engine, 0, 1.0, 1.0)
    return Agreement(engine, len(rows), round(float(cosines.mean()), 6), round(float(cosines.min()), 6))


def spread(texts: Sequence[str], size: int = SAMPLE) -> list[str]:
    """Return at most `size` distinct texts from all over, and none that is empty."""
    distinct = list(dict.fromkeys(text for text in texts if text))
    return (
        [distinct[place] for place in np.unique(np.linspace(0, len(distinct) - 1, size).astype(int))]
        if distinct
        else []
    )


def has_bf16() -> bool:
    """Return whether this processor multiplies bf16 itself; elsewhere it is slower than fp32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return any(f" {flag}" in flags for flag in ("amx_bf16", "avx512_bf16", "bf16 "))
