"""How near the vectors of a faster precision are to the exact ones: measured when they are made, kept beside them."""

from pathlib import Path

import numpy as np

from indexing.arrays import Floats2d
from indexing.artefact import write_json

AGREEMENT = "agreement.json"
SAMPLE = 64  # products that it is measured on


def write_agreement(folder: Path, rows: Floats2d, exact: Floats2d) -> None:
    """Keep the mean and the smallest cosine of unit rows (n, d) with the exact ones, of those that are not zeros."""
    cosines = np.einsum("ij,ij->i", rows, exact)[np.any(exact, axis=1)]
    if not len(cosines):
        return
    found = {"products": len(cosines), "mean": float(cosines.mean()), "least": float(cosines.min())}
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / AGREEMENT, {name: round(value, 6) for name, value in found.items()})
