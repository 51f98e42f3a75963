"""What a groups file holds, for `heroic inspect`."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

COLUMNS = ("id", "group", "size", "disagreements")


def groups_facts(path: Path, damage: list[str]) -> dict[str, Any]:
    """Products, groups and disagreements; sizes that are not those of the groups, and products twice, are damage."""
    with pq.ParquetFile(path) as file:
        missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
        damage += [f"has no column '{name}'" for name in missing]
        if missing:
            return {"products": int(file.metadata.num_rows)}
        table = file.read(columns=list(COLUMNS))
    counts = pc.value_counts(table["group"].combine_chunks())
    sizes = np.asarray(counts.field("counts").to_numpy(), dtype=np.int64)
    places = pc.index_in(table["group"], counts.field("values"))
    told = np.asarray(table["size"].to_numpy(), dtype=np.int64)
    wrong = int((sizes[np.asarray(places.to_numpy(), dtype=np.int64)] != told).sum())
    if wrong:
        damage.append(f"{wrong} rows have another size than their group has products")
    twice = len(table) - len(pc.unique(table["id"]))
    if twice:
        damage.append(f"{twice} products occur again")
    return {
        "products": len(table),
        "groups": int((sizes > 1).sum()),
        "alone": int((sizes == 1).sum()),
        "largest": int(sizes.max(initial=0)),
        "disagreements": _total(table["disagreements"]) // 2,  # each pair is counted at both of its products
    }


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
