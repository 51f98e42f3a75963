"""Slices part the pairs by more than category: where else do the scores work worse?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.findings.seen import products_seen
from eval.inputs.context import Context
from eval.inputs.joining import JudgedPairs
from eval.metrics.curves import rank_pairs
from eval.metrics.precision_auc import CategoryValues, measure
from indexing.arrays import Bools1d, Ints1d, Objects1d
from indexing.catalog.catalog import Catalog
from reranking.pairs.pair_files import IdPairs

SHORT_TITLE = 25  # characters


@dataclass(frozen=True)
class Slice:
    """A slice has the pairs of one kind: `by` says what kinds are told apart by, `name` which kind it is. `weighted` is
    over the categories of these pairs alone; `recall_at_precision` with all of them in one ranking. Precision and
    recall are of the decisions, None where nothing is called or nothing is true."""

    by: str
    name: str
    pairs: int
    positives: int
    weighted: float
    recall_at_precision: float
    precision: float | None
    recall: float | None


def measure_slices(
    pairs: JudgedPairs,
    codes: Ints1d,
    called: Bools1d,
    context: Context,
    *,
    level: float,
    train: IdPairs | None = None,
) -> tuple[Slice, ...]:
    """Measure all slices that have pairs, those of the lowest `weighted` first; none without a catalogue. With training pairs
    (`train`) and an index, one kind is what training has seen."""
    if context.catalog is None:
        return ()
    seen = None if train is None else products_seen(train, pairs, context)
    every = [*_kinds(pairs, context.catalog), *([] if seen is None else [("products seen", seen)])]
    found = [
        _measure(by, str(name), np.flatnonzero(kinds == name), pairs, codes, called, level)
        for by, kinds in every
        if len(set(kinds)) > 1  # a part that is everything tells nothing
        for name in dict.fromkeys(kinds)
    ]
    return tuple(sorted(found, key=lambda part: (part.weighted, part.by, part.name)))


def _measure(
    by: str, name: str, rows: Ints1d, pairs: JudgedPairs, codes: Ints1d, called: Bools1d, level: float
) -> Slice:
    scores, targets, decided = pairs.scores[rows], pairs.targets[rows], called[rows]
    values: CategoryValues = measure(rank_pairs(scores, targets, codes[rows]), level)
    pooled = measure(rank_pairs(scores, targets), level)
    found, true = float(targets[decided].sum()), float(targets.sum())
    return Slice(
        by=by,
        name=name,
        pairs=len(rows),
        positives=int(true),
        weighted=values.mean(values.weighted) or 0.0,
        recall_at_precision=float(pooled.recall_at_precision[0]),
        precision=found / float(decided.sum()) if decided.any() else None,
        recall=found / true if true else None,
    )


def _kinds(pairs: JudgedPairs, catalog: Catalog) -> Iterator[tuple[str, Objects1d]]:
    """Yield what slices are told apart by, and the kind of each pair (p,) as text."""
    left, right = catalog.positions(pairs.left), catalog.positions(pairs.right)
    sources = [catalog.table["source"].take(pa.array(side)).combine_chunks() for side in (left, right)]
    if catalog.table["source"].null_count < len(catalog):
        same = pc.if_else(pc.equal(*sources), "same source", "different sources")
        yield "source", _objects(pc.fill_null(same, "a source is unknown"))
    pictured = np.array([reference is not None for reference in catalog.main_pictures()])
    if pictured.any():
        names = np.array(["neither has a picture", "one has a picture", "both have a picture"], dtype=object)
        yield "picture", names[pictured[left].astype(int) + pictured[right]]
    titles = pc.fill_null(catalog.table["title"].combine_chunks(), "")
    script = _script(titles)
    yield "title language", _script_names()[script[left], script[right]]
    yield from _price_bands(catalog, left, right)
    length = np.asarray(pc.utf8_length(titles).to_numpy(zero_copy_only=False))
    shorter = np.minimum(length[left], length[right])
    short, long = f"shorter title under {SHORT_TITLE} characters", f"both titles of {SHORT_TITLE} characters and more"
    yield "title length", np.where(shorter < SHORT_TITLE, short, long).astype(object)
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(titles)).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    yield "titles", np.where(plain[left] == plain[right], "exact-duplicate titles", "titles differ").astype(object)


def _objects(names: pa.Array) -> Objects1d:
    return np.asarray(names.to_numpy(zero_copy_only=False), dtype=object)


def _script(titles: pa.Array) -> Ints1d:
    """Return 0 for titles without letters of either script, 1 for Latin, 2 for Cyrillic, 3 for both."""
    latin, cyrillic = (pc.match_substring_regex(titles, found) for found in (r"[A-Za-z]", r"\p{Cyrillic}"))
    return np.asarray(latin.to_numpy(zero_copy_only=False), dtype=np.int64) + 2 * np.asarray(
        cyrillic.to_numpy(zero_copy_only=False), dtype=np.int64
    )


def _script_names() -> np.ndarray[tuple[int, int], np.dtype[np.object_]]:
    """Return the name of each combination of two titles' scripts."""
    names = np.full((4, 4), "mixed or different scripts", dtype=object)
    names[0, :], names[:, 0] = "a title has no letters", "a title has no letters"
    names[1, 1], names[2, 2] = "both Latin", "both Cyrillic"
    return names


def _price_bands(catalog: Catalog, left: Ints1d, right: Ints1d) -> Iterator[tuple[str, Objects1d]]:
    """Yield thirds of the pairs by the mean price of both products, those without a price apart.

    Prices of several currencies have no thirds: pairs are told apart by currency then.
    """
    prices, currencies = catalog.prices(), catalog.currencies()
    price = (prices[left] + prices[right]) / 2
    known = ~np.isnan(price)
    if not known.any():
        return
    names = np.full(len(left), "a price is unknown", dtype=object)
    if len(set(currencies[currencies >= 0])) > 1:
        names[known] = _currency_names(catalog, left[known], right[known])
        yield "price", names
        return
    low, high = np.quantile(price[known], [1 / 3, 2 / 3])
    names[known & (price <= low)] = f"up to {low:,.2f}"
    names[known & (price > low) & (price <= high)] = f"{low:,.2f} to {high:,.2f}"
    names[known & (price > high)] = f"over {high:,.2f}"
    yield "price", names


def _currency_names(catalog: Catalog, left: Ints1d, right: Ints1d) -> Objects1d:
    """Return the currency of both prices of each pair (p,), or that they differ."""
    sides = [catalog.table["currency"].take(pa.array(side)).combine_chunks() for side in (left, right)]
    text = pa.large_string()
    both = pc.binary_join_element_wise(pa.scalar("both in", text), sides[0], pa.scalar(" ", text))
    same = pc.if_else(pc.equal(*sides), both, pa.scalar("different currencies", text))
    return _objects(pc.fill_null(same, "a currency is unknown"))
