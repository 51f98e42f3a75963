"""Each pair has an evaluation category, which is that of its left product in the truth."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.inputs.context import REST, Context
from eval.inputs.joining import JudgedPairs
from eval.inputs.scores import Scores
from indexing.arrays import Bools1d, Ints1d
from indexing.errors import InputError
from reranking.pairs.pair_files import IdPairs

TRUTH_COLUMN = "cat3_grouped"
Source = Literal["truth", "scores", "index", "none"]


@dataclass(frozen=True)
class PairCategories:
    """It has `names` (c,) in alphabetical order and each pair's place among them, `codes` (p,); every name has a pair.

    `source` is where they came from. `guessed` counts swapped pairs whose category had to stay that of the truth's
    right product, because nothing told that of the left one.
    """

    names: tuple[str, ...]
    codes: Ints1d
    source: Source
    guessed: int = 0


def categories_of(pairs: JudgedPairs, scores: Scores, truth: IdPairs, context: Context) -> PairCategories:
    """Categorise pairs by the truth's column `cat3_grouped`, else the scores' column `category`, else the index, else
    as `rest`.

    Raises UnknownId when the index lacks a product, and InputError for a column that is not text.
    """
    if TRUTH_COLUMN in truth.table.column_names:
        return _encoded(_truth_column(truth.table[TRUTH_COLUMN], truth.path), "truth")
    from_index = context.evaluation_categories(pairs.left)
    if scores.categories is not None:
        names, unsure = _follow_left(pairs, scores.categories)
        if from_index is not None:
            names, unsure = pc.if_else(pa.array(unsure), from_index, names), np.zeros(len(pairs), dtype=np.bool_)
        return _encoded(names, "scores", int(unsure.sum()))
    if from_index is not None:
        return _encoded(from_index, "index")
    return PairCategories((REST,), np.zeros(len(pairs), dtype=np.int64), "none")


def count_disagreements(pairs: JudgedPairs, context: Context) -> int | None:
    """Count pairs whose products differ in the evaluated level (having none differs from having one); None without a catalogue."""
    left, right = context.evaluated_names(pairs.left), context.evaluated_names(pairs.right)
    if left is None or right is None:
        return None
    one_lacks = pc.not_equal(left.is_null(), right.is_null())
    return int(pc.sum(pc.or_(pc.fill_null(pc.not_equal(left, right), False), one_lacks)).as_py() or 0)


def _truth_column(column: pa.ChunkedArray, path: Path) -> pa.Array:
    try:
        return pc.cast(column, pa.large_string()).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"{path}: column '{TRUTH_COLUMN}' is {column.type}: categories are text") from error


def _follow_left(pairs: JudgedPairs, categories: pa.Array) -> tuple[pa.Array, Bools1d]:
    """Return the scores' category of each pair (p,), and where it is still that of the truth's right product.

    In a swapped pair the scores' left product is the truth's right one; another pair, in which the product wanted
    stands on the scores' left, tells its category.
    """
    encoded = pc.fill_null(categories, REST).dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)[pairs.rows]
    known = np.full(pairs.n_products, -1, dtype=np.int64)
    known[np.where(pairs.swapped, pairs.right_product, pairs.left_product)] = codes
    told = known[pairs.left_product]
    found = np.where(pairs.swapped & (told >= 0), told, codes)
    return encoded.dictionary.take(pa.array(found)), pairs.swapped & (told < 0)


def _encoded(names: pa.Array, source: Source, guessed: int = 0) -> PairCategories:
    filled = pc.fill_null(names, REST).dictionary_encode()
    values = filled.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = np.arange(len(values))
    indices = np.asarray(filled.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    return PairCategories(tuple(values[i] for i in order), places[indices], source, guessed)
