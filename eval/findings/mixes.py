"""A mix values the result as another set would: what the same scores would get where categories are met otherwise."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.inputs.categories import TRUTH_COLUMN
from eval.inputs.context import REST, Context
from eval.metrics.precision_auc import CategoryValues
from indexing.errors import InputError
from reranking.pairs.pair_files import IdPairs


@dataclass(frozen=True)
class MixedValue:
    """It is `weighted` meaned by the shares that categories have in another file of pairs.

    `covered` is the share of that file's pairs whose category was evaluated here; `missing` are its categories that
    were not, which are left out. `weighted` is None when nothing is covered.
    """

    file: str
    pairs: int
    weighted: float | None
    covered: float
    missing: tuple[str, ...]


def value_under(mix: IdPairs, names: tuple[str, ...], values: CategoryValues, context: Context) -> MixedValue:
    """Value the categories `names` (c,), which have these `values`, under the mix of another file.

    Its categories are its column `cat3_grouped`, or else those of the index. Raises InputError when neither tells
    them, or the file has no rows, and UnknownId when the index lacks a product.
    """
    shares = _shares(mix, context)
    known = np.array([shares.get(name, 0.0) for name in names])
    covered = float(known.sum())
    return MixedValue(
        file=mix.path.name,
        pairs=len(mix),
        weighted=float((known * values.weighted).sum() / covered) if covered > 0 else None,
        covered=covered,
        missing=tuple(sorted(set(shares) - set(names))),
    )


def _shares(mix: IdPairs, context: Context) -> dict[str, float]:
    """Return the share of pairs in each evaluation category of the file."""
    if not len(mix):
        raise InputError(f"{mix.path}: the file has no rows: it tells no mix of categories")
    if TRUTH_COLUMN in mix.table.column_names:
        found = pc.fill_null(pc.cast(mix.table[TRUTH_COLUMN], pa.large_string()), REST)
    else:
        found = context.evaluation_categories(mix.left)
    if found is None:
        raise InputError(f"{mix.path}: has no column '{TRUTH_COLUMN}': give it, or --index, to tell its categories")
    return {entry["values"]: entry["counts"] / len(mix) for entry in pc.value_counts(found).to_pylist()}
