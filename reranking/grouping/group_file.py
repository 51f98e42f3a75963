"""Product groups on disk, and the pairs that disagree with them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Ints1d
from indexing.storage.whole_file import writing_file
from reranking.grouping.group_products import Brake, Grouping, inside
from reranking.grouping.whole_pairs import ScoredPairs

REASONS = {
    Brake.NONE: "inside a group, but no match",
    Brake.AGREEMENT: "a match, but the pairs between the groups disagree",
    Brake.SIZE: "a match, but the group would be too large",
    Brake.SOURCE: "a match, but the source has an offer in the group",
}


def write_groups(path: Path, pairs: ScoredPairs, grouping: Grouping, names: pa.Array, made: Mapping[str, Any]) -> None:
    """One row a product: id, group, size, and `disagreements`, its pairs inside the group that are no match."""
    sizes = np.bincount(grouping.groups)[grouping.groups]
    table = pa.table(
        {
            "id": pairs.ids,
            "group": names,
            "size": pa.array(sizes, pa.int32()),
            "disagreements": pa.array(_disagreements(pairs, grouping), pa.int32()),
        },
        metadata={"heroic": json.dumps({"kind": "groups", **made}, ensure_ascii=False)},
    )
    with writing_file(path) as unfinished:
        pq.write_table(table, unfinished)


def write_disagreements(path: Path, pairs: ScoredPairs, grouping: Grouping, names: pa.Array) -> None:
    """One row a pair that is inside a group, but no match, or a match that was cut; the likeliest first."""
    rows = np.flatnonzero(disagreeing(pairs, grouping))
    rows = rows[np.argsort(-pairs.probabilities[rows], kind="stable")]
    left, right = pa.array(pairs.left[rows]), pa.array(pairs.right[rows])
    table = pa.table(
        {
            "left_id": pairs.ids.take(left),
            "right_id": pairs.ids.take(right),
            "score": pairs.scores[rows],
            "probability": pairs.probabilities[rows],
            "match": pairs.called[rows],
            "left_group": names.take(left),
            "right_group": names.take(right),
            "reason": pa.array([REASONS[Brake(brake)] for brake in grouping.brakes[rows]], pa.large_string()),
        }
    )
    with writing_file(path) as unfinished:
        pq.write_table(table, unfinished)


def disagreeing(pairs: ScoredPairs, grouping: Grouping) -> Bools1d:
    """Which pairs (p,) and the groups disagree."""
    return np.asarray(inside(pairs, grouping) != pairs.called, dtype=bool)


def _disagreements(pairs: ScoredPairs, grouping: Grouping) -> Ints1d:
    rows = inside(pairs, grouping) & ~pairs.called
    return np.bincount(np.concatenate([pairs.left[rows], pairs.right[rows]]), minlength=len(pairs.ids))
