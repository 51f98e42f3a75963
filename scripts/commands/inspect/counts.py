"""Rows of a file of scores or groups are counted, and what is wrong with them is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.storage.records import OMIT
from reranking.grouping.group_files import COLUMNS, DISAGREEMENTS, GROUP, ID, SIZE


@dataclass(frozen=True)
class ScoredCounts:
    """It counts pairs, how many each of the two decisions calls matches, and how many are of each category."""

    pairs: int
    matches: int
    matches_f1: int
    pairs_by_category: Mapping[str, int]


@dataclass(frozen=True)
class GroupCounts:
    """It counts groups of two and more products, products `alone`, and pairs that disagree with their group; `largest`
    is the size of the largest group."""

    groups: int
    alone: int
    largest: int
    disagreements: int


@dataclass(frozen=True)
class GroupedProducts:
    """It says how many products there are, and what is counted of their groups: None where columns are missing."""

    products: int
    counted: GroupCounts | None = field(default=None, metadata=OMIT)


def count_scores(path: Path, damage: list[str]) -> ScoredCounts:
    """Count rows, matches and categories, a batch at a time; what is wrong, such as rows without a score, is added to
    `damage`."""
    columns = ("score", "category", "match", "match_f1")
    pairs, unscored = 0, 0
    called, categories = {"match": 0, "match_f1": 0}, dict[str, int]()
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        damage += [f"has no column '{name}'" for name in columns if name not in names]
        for batch in file.iter_batches(columns=[name for name in columns if name in names]):
            pairs += len(batch)
            found = {name: batch.column(name) for name in batch.schema.names}
            if "score" in found:
                unscored += len(batch) - (pc.sum(pc.is_finite(found["score"])).as_py() or 0)
            for name in called.keys() & found.keys():
                called[name] += pc.sum(found[name]).as_py() or 0
            for entry in pc.value_counts(found["category"]).to_pylist() if "category" in found else ():
                categories[entry["values"]] = categories.get(entry["values"], 0) + entry["counts"]
    if unscored:
        damage.append(f"{unscored} rows have no score")
    return ScoredCounts(pairs, called["match"], called["match_f1"], categories)


def count_groups(path: Path, damage: list[str]) -> GroupedProducts:
    """Count products, groups and disagreements; sizes that are not those of the groups, and products twice, are added to
    `damage`."""
    with pq.ParquetFile(path) as file:
        missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
        damage += [f"has no column '{name}'" for name in missing]
        if missing:
            return GroupedProducts(int(file.metadata.num_rows))
        table = file.read(columns=list(COLUMNS))
    counts = pc.value_counts(table[GROUP].combine_chunks())
    sizes = np.asarray(counts.field("counts").to_numpy(), dtype=np.int64)
    places = pc.index_in(table[GROUP], counts.field("values"))
    told = np.asarray(table[SIZE].to_numpy(), dtype=np.int64)
    wrong = int((sizes[np.asarray(places.to_numpy(), dtype=np.int64)] != told).sum())
    if wrong:
        damage.append(f"{wrong} rows have another size than their group has products")
    twice = len(table) - len(pc.unique(table[ID]))
    if twice:
        damage.append(f"{twice} products occur again")
    disagreements = _total(table[DISAGREEMENTS]) // 2  # each pair is counted at both of its products
    several, alone, largest = int((sizes > 1).sum()), int((sizes == 1).sum()), int(sizes.max(initial=0))
    return GroupedProducts(len(table), GroupCounts(several, alone, largest, disagreements))


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)
