"""A scores file as pairs to group, with the sources of their products."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.inputs.scores import Scores, check_provenance, read_score_blocks
from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from indexing.product_index import open_index
from reranking.grouping.group_products import NO_SOURCE
from reranking.grouping.scored_pairs import ScoredBlock, ScoredPairs, TiedPairs, read_tied_pairs
from reranking.pairs.pair_files import cast_ids


def pairs_to_group(path: Path, threshold: float | None, ids: tuple[str, str] | None) -> TiedPairs:
    """The pairs of a scores file that matter to groups: matches by a threshold or, without one, by the column `match`,
    and what lies between the products that they tie.

    Where there is no column `probability` the score is taken for it. Raises InputError for scores without decisions
    where no threshold is given.
    """
    try:
        return read_tied_pairs(lambda: (_block(found, threshold) for found in read_score_blocks(path, ids=ids)))
    except InputError as error:
        raise error if str(error).startswith(str(path)) else InputError(f"{path}: {error}") from error


def first_scores(path: Path, ids: tuple[str, str] | None) -> Scores:
    """The first block of a scores file, which says how it was made."""
    return next(read_score_blocks(path, ids=ids))


def _block(found: Scores, threshold: float | None) -> ScoredBlock:
    if threshold is None and "match" not in found.decisions:
        raise InputError(f"{found.path}: no column 'match': give --threshold, or score with heroic score")
    called: Bools1d = found.decisions["match"] if threshold is None else found.values >= threshold
    probabilities = found.values if found.probabilities is None else found.probabilities
    return ScoredBlock(found.left, found.right, found.values, probabilities, called)


def sources_of(found: Scores, pairs: ScoredPairs, index: Path) -> Ints1d:
    """A number (n,) for each product's source, NO_SOURCE where it has none; `found` is any block of the scores.

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
