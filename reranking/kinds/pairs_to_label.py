"""Some scored pairs are worth a label: those of a kind that no label tells of, else those that are hardest to decide."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.storage.whole_file import writing_file
from reranking.kinds.kind_check import KindCheck
from reranking.kinds.unlike_calls import UnlikeShare

COUNT = 50
FORMATS = (".csv", ".parquet")
UNLIKE, CALLED, NEAR, OTHER = range(4)  # in the order in which pairs are asked for


@dataclass(frozen=True)
class PairsToLabel:
    """It holds the rows (r,) of a sample of scored pairs that are asked for, and why (r,) each is."""

    rows: Ints1d
    why: tuple[str, ...]


def choose_pairs(check: KindCheck, thresholds: Floats1d, count: int = COUNT) -> PairsToLabel:
    """Choose at most `count` pairs of the sample (n,), whose thresholds (n,) are given: those near them first, no product twice, and
    the sources of pairs in turn.

    Where the promise is withdrawn for some sources or categories, the pairs are theirs; else they are any.
    """
    rank, names = _ranks(check)
    distance = np.abs(check.sample.scores.astype(np.float64) - np.minimum(thresholds, 1.0))
    order = _in_turn(check.sample.source_pairs(), rank, distance)
    rows: list[int] = []
    seen: set[int] = set()
    for row in order[rank[order] < OTHER]:
        products = {int(check.sample.left[row]), int(check.sample.right[row])}
        if not products & seen:
            rows.append(int(row))
            seen |= products
        if len(rows) == count:
            break
    chosen = np.array(rows, dtype=np.int64)
    return PairsToLabel(chosen, tuple(_why(int(rank[row]), names[row]) for row in rows))


def _ranks(check: KindCheck) -> tuple[Ints1d, list[str]]:
    """Return the rank of each pair (n,), and the source or category that it is asked for, empty for all."""
    withdrawn = () if check.found is None else check.found.withdrawn
    if not withdrawn:
        return np.where(check.called, CALLED, NEAR), [""] * len(check.sample)
    rank, names = np.full(len(check.sample), OTHER), np.full(len(check.sample), "", dtype=object)
    for part in reversed(withdrawn):
        inside = _inside(check, part)
        rank[inside] = np.select([check.unlike[inside], check.called[inside]], [UNLIKE, CALLED], NEAR)
        names[inside] = part.name
    return rank, list(names)


def _inside(check: KindCheck, part: UnlikeShare) -> Bools1d:
    if part.margin == "all":
        return np.ones(len(check.sample), dtype=bool)
    return check.sample.of_source(part.name) if part.margin == "source" else check.sample.of_category(part.name)


def _in_turn(keys: pa.Array, rank: Ints1d, distance: Floats1d) -> Ints1d:
    """Return the order of pairs (n,): by rank, then the nearest of every key, then the second nearest of every one, and so on."""
    codes = keys.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    nearest = np.lexsort([distance, codes, rank])
    starts = (
        np.flatnonzero(np.append(True, np.diff(codes[nearest]) | np.diff(rank[nearest]))) if len(nearest) else nearest
    )
    turn = np.arange(len(nearest)) - np.repeat(starts, np.diff(np.append(starts, len(nearest))))
    turns = np.empty_like(turn)
    turns[nearest] = turn
    return np.asarray(np.lexsort([distance, turns, rank]), dtype=np.int64)


def _why(rank: int, name: str) -> str:
    said = f" of {name}" if name else ""
    words = {
        UNLIKE: f"a call{said} that is unlike any that were judged",
        CALLED: f"a call{said} near the threshold",
        NEAR: f"no call{said}, but near the threshold",
    }
    return words[rank]


def write_pairs(chosen: PairsToLabel, check: KindCheck, probabilities: Floats1d, catalog: Catalog, path: Path) -> None:
    """Write the pairs, with the probabilities (n,) of the sample and an empty `target`, for `heroic train` once that is filled
    in."""
    rows, sample = pa.array(chosen.rows), check.sample
    sides = {"left": sample.left[chosen.rows], "right": sample.right[chosen.rows]}
    columns: dict[str, Any] = {
        f"{side}_{name}": _column(catalog, name, at) for name in ("id", "title", "source") for side, at in sides.items()
    }
    columns |= {
        "category": sample.categories.take(rows),
        "score": pa.array(sample.scores[chosen.rows], pa.float32()),
        "probability": pa.array(probabilities[chosen.rows], pa.float32()),
        "why": pa.array(chosen.why, pa.large_string()),
        "target": pa.nulls(len(rows), pa.int8()),
    }
    write = pa.csv.write_csv if path.suffix == ".csv" else pq.write_table
    with writing_file(path) as unfinished:
        write(pa.table(columns), unfinished)


def _column(catalog: Catalog, name: str, positions: Ints1d) -> pa.ChunkedArray:
    return catalog.table[name].take(pa.array(positions))
