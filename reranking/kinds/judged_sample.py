"""A model keeps a sample of its validation pairs with their features, so that scored pairs can be held against them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Floats1d
from indexing.errors import InputError
from reranking.kinds.pair_sample import PairSample

FILE = "validation_features.parquet"
MOST_PAIRS = 10_000
LEAST_MATCHES = 0.02  # the share of validation matches that may lie below the scores that are kept
KEY = b"heroic"
NUMBERS = ("score", "target", "left_group", "right_group")
NAMES = ("category", "left_source", "right_source")


@dataclass(frozen=True)
class JudgedSample:
    """It holds validation pairs drawn from those with scores from `floor` on, and the names (f,) of their features; `left` and
    `right` are product groups."""

    pairs: PairSample
    names: tuple[str, ...]
    floor: float

    @classmethod
    def draw(cls, pairs: PairSample, names: tuple[str, ...], *, lowest: float, seed: int) -> "JudgedSample":
        """Draw from pairs with targets: those near the scores that are called, of which `lowest` is the lowest threshold.

        Thresholds that move to another share of matches may lie lower; few matches do.
        """
        floor = _floor(pairs, lowest)
        near = np.flatnonzero(pairs.scores >= floor)
        drawn = np.random.default_rng(seed).permutation(len(near))[:MOST_PAIRS]
        sample = pairs.take(near[np.sort(drawn)])
        return cls(replace(sample, features=np.asarray(sample.features, dtype=np.float32)), names, floor)


def _floor(pairs: PairSample, lowest: float) -> float:
    if pairs.targets is None:
        raise ValueError("judged pairs have targets")
    matches = pairs.scores[pairs.targets == 1]
    floor = float(np.quantile(matches, LEAST_MATCHES)) if len(matches) else lowest
    return min(floor, lowest)


def write_judged(sample: JudgedSample | None, path: Path) -> None:
    """Write the sample; without any, remove that of an older model."""
    if sample is None:
        path.unlink(missing_ok=True)
        return
    pairs = sample.pairs
    columns = {name: pa.array(column) for name, column in zip(sample.names, pairs.features.T, strict=True)}
    numbers = (pairs.scores, pairs.targets, pairs.left, pairs.right)
    texts = (column.dictionary_encode() for column in (pairs.categories, pairs.left_sources, pairs.right_sources))
    columns |= {name: pa.array(column) for name, column in zip(NUMBERS, numbers, strict=True)}
    columns |= dict(zip(NAMES, texts, strict=True))
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps({"floor": sample.floor})})
    pq.write_table(table, path, compression="zstd")


def read_judged(path: Path, names: tuple[str, ...]) -> JudgedSample | None:
    """Read the sample with these features; None where a model of before keeps none. Raises InputError for a file that holds
    something else."""
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
        features = np.stack([_numbers(table, name, pa.float32()) for name in names], axis=1)
        floor = float(json.loads(table.schema.metadata[KEY])["floor"])
        scores, targets = (_numbers(table, name, pa.float32()) for name in NUMBERS[:2])
        left, right = (_numbers(table, name, pa.int64()).astype(np.int64) for name in NUMBERS[2:])
        category, *sources = (pc.cast(table[name], pa.large_string()).combine_chunks() for name in NAMES)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({str(error).splitlines()[0]}): train the model again") from error
    return JudgedSample(
        PairSample(features, scores, category, sources[0], sources[1], left, right, targets), names, floor
    )


def _numbers(table: pa.Table, name: str, kind: pa.DataType) -> Floats1d:
    return np.asarray(pc.cast(table[name], kind).to_numpy())
