"""A report folder read again: its numbers and what was judged of every pair."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eval.pages.tables import PAIRS
from indexing.arrays import Bools1d, Floats1d
from indexing.errors import InputError
from indexing.storage.artefact import damaged_files, read_manifest

REPORT_JSON = "report.json"


@dataclass(frozen=True)
class JudgedReport:
    """An evaluation as its folder keeps it: `document` is report.json; columns (p,) of pairs.parquet, `categories` as
    large_string."""

    folder: Path
    document: dict[str, Any]
    left: pa.Array
    right: pa.Array
    targets: Floats1d
    scores: Floats1d
    categories: pa.Array
    called: Bools1d

    @property
    def target_precision(self) -> float:
        return float(self.document["target_precision"])

    def thresholds(self) -> dict[str, float | None]:
        """What each category was decided by: the model's threshold, or else the one found on its pairs."""
        return {
            row["category"]: row["threshold"] if row["model_threshold"] is None else row["model_threshold"]
            for row in self.document["categories"]
        }


def read_report(folder: Path) -> JudgedReport:
    """A folder that `heroic evaluate` wrote. Raises InputError when it is none, damaged, or without its pairs."""
    folder = Path(folder)
    manifest = read_manifest(folder, "report")
    if PAIRS not in manifest.files:
        raise InputError(f"{folder}: has no {PAIRS}, without which nothing can be compared: evaluate again")
    damaged = damaged_files(folder, manifest)
    if damaged:
        raise InputError(f"{folder / damaged[0]}: is not what was written: evaluate again")
    table = pq.read_table(folder / PAIRS)
    return JudgedReport(
        folder=folder,
        document=json.loads((folder / REPORT_JSON).read_text(encoding="utf-8")),
        left=table["left_id"].combine_chunks(),
        right=table["right_id"].combine_chunks(),
        targets=np.asarray(table["target"].to_numpy(), dtype=np.float64),
        scores=np.asarray(table["score"].to_numpy(), dtype=np.float64),
        categories=pc.cast(table["category"], pa.large_string()).combine_chunks(),
        called=np.asarray(table["called"].to_numpy(), dtype=np.bool_),
    )
