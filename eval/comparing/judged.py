"""A report folder is read again for its numbers and what was judged of every pair."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eval.pages.report_document import CategoryRow, ReportSource, read_document
from eval.pages.tables import PAIRS
from indexing.arrays import Bools1d, Floats1d
from indexing.errors import InputError
from indexing.storage.artefact import damaged_files, read_manifest


@dataclass(frozen=True)
class JudgedReport:
    """It is an evaluation as its folder keeps it: what report.json says, and columns (p,) of pairs.parquet,
    `categories` as large_string. `thresholds` are what each category was decided by: the model's, or else those found
    on its pairs."""

    folder: Path
    target_precision: float
    weighted: float
    thresholds: Mapping[str, float | None]
    source: ReportSource
    left: pa.Array
    right: pa.Array
    targets: Floats1d
    scores: Floats1d
    categories: pa.Array
    called: Bools1d


def read_report(folder: Path) -> JudgedReport:
    """Read a folder that `heroic evaluate` wrote. Raises InputError when it is none, damaged, or without its pairs."""
    folder = Path(folder)
    manifest = read_manifest(folder, "report")
    if PAIRS not in manifest.files:
        raise InputError(f"{folder}: has no {PAIRS}, without which nothing can be compared: evaluate again")
    damaged = damaged_files(folder, manifest)
    if damaged:
        raise InputError(f"{folder / damaged[0]}: is not what was written: evaluate again")
    document = read_document(folder)
    table = pq.read_table(folder / PAIRS)
    return JudgedReport(
        folder=folder,
        target_precision=document.target_precision,
        weighted=document.weighted,
        thresholds={row.category: _decided_by(row) for row in document.categories},
        source=document.provenance,
        left=table["left_id"].combine_chunks(),
        right=table["right_id"].combine_chunks(),
        targets=np.asarray(table["target"].to_numpy(), dtype=np.float64),
        scores=np.asarray(table["score"].to_numpy(), dtype=np.float64),
        categories=pc.cast(table["category"], pa.large_string()).combine_chunks(),
        called=np.asarray(table["called"].to_numpy(), dtype=np.bool_),
    )


def _decided_by(row: CategoryRow) -> float | None:
    return row.threshold if row.model_threshold is None else row.model_threshold
