"""Rejects say what was set aside: one row for each cell or picture that could not be used, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Reject:
    """A reject is a cell or picture that was set aside. The product itself stays."""

    id: str
    column: str
    value: str
    reason: str
    file: str = ""
    row: int = -1


SCHEMA = pa.schema(
    {"id": pa.large_string(), "column": pa.large_string(), "value": pa.large_string(), "reason": pa.large_string(),
     "file": pa.large_string(), "row": pa.int64()}
)  # fmt: skip


def write_rejects(rejects: Sequence[Reject], path: Path) -> None:
    """Write rejects as parquet; ids are text here whatever their own type is."""
    rows = [vars(reject) for reject in rejects]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
