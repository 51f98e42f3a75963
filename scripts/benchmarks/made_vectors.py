"""Vectors to measure on are the lsa vectors of real titles; more of them are made from neighbouring real ones, so that
the cosines of neighbours are distributed alike."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from indexing.arrays import Floats2d

SAMPLE = 500  # rows whose cosines are described
RANK = 10  # of the neighbours whose cosines are made alike
TOLD = (1, RANK, 50)


def rows_like(size: int, data: Path) -> "Floats2d":
    """Return rows (size, d) that are those of the products in a folder, or like them; print both distributions."""
    import numpy as np

    real = _real(data)
    made = real[:size] if size <= len(real) else _more(real, size)
    for name, rows in (("real", real), ("made", made)):
        quantiles = _cosine_quantiles(rows)
        told = "; ".join(
            f"rank {rank}: " + " ".join(f"{value:.3f}" for value in values) for rank, values in quantiles.items()
        )
        click.echo(f"{name:>5} {len(rows):>9,} rows, cosines of neighbours, 10/25/50/75/90 %: {told}")
    return np.ascontiguousarray(made)


def _real(data: Path) -> "Floats2d":
    from indexing.encoders.lsa import fit_lsa
    from indexing.reading.read_catalog import ReadOptions, read_catalog

    with tempfile.TemporaryDirectory() as folder:
        catalog = read_catalog([data / "products.parquet"], folder=Path(folder), options=ReadOptions()).catalog
        return fit_lsa(catalog).encode(catalog).rows


def _more(real: "Floats2d", size: int) -> "Floats2d":
    """Move real rows along the differences between neighbours of theirs, as far as makes the cosines alike."""
    import numpy as np

    near = _neighbours(real, 20)
    wanted = _cosine_quantiles(real)[RANK][2]
    low, high = 0.0, 2.0
    for _ in range(5):
        step = (low + high) / 2
        made = _moved(real, near, size, step)
        low, high = (step, high) if _cosine_quantiles(made, 200)[RANK][2] > wanted else (low, step)
    made[: len(real)] = real
    return made[np.random.default_rng(1).permutation(size)]


def _moved(real: "Floats2d", near: Any, size: int, step: float) -> "Floats2d":
    import numpy as np

    from indexing.vectors.vectors import unit_rows

    generator = np.random.default_rng(0)
    made = np.empty((size, real.shape[1]), dtype=np.float32)
    for start in range(0, size, 65_536):
        own = generator.integers(0, len(real), min(65_536, size - start))
        moved = real[own].copy()
        for _ in range(3):
            one, other = near[own, generator.integers(0, near.shape[1], (2, len(own)))]
            moved += step * generator.random((len(own), 1), dtype=np.float32) * (real[one] - real[other])
        made[start : start + len(own)] = unit_rows(moved)
    return made


def _neighbours(rows: "Floats2d", k: int) -> Any:
    from indexing.join.dense_join import DenseJoin
    from indexing.join.neighbour_files import NeighbourFiles, open_neighbours
    from indexing.join.plan import plan_exact
    from indexing.join.rows import distinct_units
    from indexing.vectors.vectors import from_arrays

    with tempfile.TemporaryDirectory() as folder:
        joined, units = from_arrays(rows), distinct_units(from_arrays(rows))
        DenseJoin(joined, units, plan_exact(joined, units), k).write(
            NeighbourFiles(Path(folder), len(rows), k), stage=""
        )
        return open_neighbours(Path(folder), len(rows)).positions[:].copy()


def _cosine_quantiles(rows: "Floats2d", sample: int = SAMPLE) -> dict[int, list[float]]:
    import numpy as np

    from indexing.search.recall import draw_sample, true_neighbours
    from indexing.vectors.vectors import from_arrays

    truth = true_neighbours(from_arrays(rows), draw_sample(len(rows), sample), max(TOLD))
    cosines = truth.neighbours.cosines
    return {rank: np.nanquantile(cosines[:, rank - 1], (0.1, 0.25, 0.5, 0.75, 0.9)).tolist() for rank in TOLD}
