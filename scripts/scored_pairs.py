"""A scores file as pairs to group, with the sources of their products."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.scores import Scores, check_provenance
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from indexing.product_index import open_index
from indexing.tables import open_table
from reranking.grouping import NO_SOURCE
from reranking.pairs import cast_ids
from reranking.scored_pairs import ScoredPairs

PROBABILITY = "probability"


def pairs_to_group(found: Scores, threshold: float | None) -> ScoredPairs:
    """Pairs that are matches by a threshold or, without one, by the column `match`.

    Where there is no column `probability` the score is taken for it. Raises InputError for scores without decisions
    where no threshold is given.
    """
    if threshold is None and "match" not in found.decisions:
        raise InputError(f"{found.path}: no column 'match': give --threshold, or score with heroic score")
    called: Bools1d = found.decisions["match"] if threshold is None else found.values >= threshold
    probabilities = _probabilities(found)
    try:
        return ScoredPairs.of(found.left, found.right, scores=found.values, probabilities=probabilities, called=called)
    except InputError as error:
        raise InputError(f"{found.path}: {error}") from error


def sources_of(found: Scores, pairs: ScoredPairs, index: Path) -> Ints1d:
    """A number (n,) for each product's source, NO_SOURCE where it has none.

    Raises InputError for an index that the scores were not made with, or that knows no sources.
    """
    opened = open_index(index)
    check_provenance(found, index_fingerprint=opened.fingerprint, model_fingerprint=None)
    places = opened.catalog.positions(cast_ids(pairs.ids, opened.catalog.ids.type, found.path))
    sources = opened.catalog.table["source"].take(pa.array(places)).combine_chunks()
    if sources.null_count == len(sources):
        raise InputError(f"{index}: these products have no source: leave out --one-per-source")
    codes = pc.fill_null(sources.dictionary_encode().indices, NO_SOURCE)
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)


def made_of(found: Scores) -> dict[str, Any]:
    """The index and the model that made the scores; None where they do not say."""
    names = ("index_fingerprint", "model_fingerprint")
    return {name: getattr(found.provenance, name, None) for name in names}


def _probabilities(found: Scores) -> Floats1d:
    file = open_table(found.path)
    if PROBABILITY not in file.names:
        return found.values
    column = file.read([PROBABILITY])[PROBABILITY]
    try:
        values = np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"{found.path}: column '{PROBABILITY}' is not a number ({error}): score again") from error
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise InputError(f"{found.path}: row {wrong[0]} has no {PROBABILITY} ({wrong.size} such rows): score again")
    return values
