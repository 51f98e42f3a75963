"""Some training pairs mislead: an encoder saw their products, so that their cosines are too good, or two retrievals
collected them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from reranking.pairs.labelled import LabelledPairs

SEEN = "trained_on.parquet"
UNPROPOSED = 0.8  # of the validation's non-matches: with more of them too few are left that could be candidates
RANK_GAP = 0.05  # how much more often matches may lack ranks than non-matches before the pairs look collected unalike


def write_seen(folder: Path, catalog: Catalog, positions: Ints1d) -> None:
    """Write the ids of the products at these positions beside a trained encoder."""
    ids = catalog.ids.take(pa.array(positions))
    pq.write_table(pa.table({"id": ids}), folder / SEEN)


def seen_products(encoder: Path, catalog: Catalog) -> Bools1d:
    """Return which products (n,) of a catalogue the encoder in a folder, or beside a file, was trained on; none where
    it does not say.

    Raises InputError for a list that cannot be read.
    """
    path = (encoder if encoder.is_dir() else encoder.parent) / SEEN
    if not path.is_file():
        return np.zeros(len(catalog), dtype=bool)
    try:
        ids = pq.read_table(path, columns=["id"])["id"]
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise InputError(f"{path}: cannot be read ({error}): train the encoder again") from error
    if ids.type != catalog.ids.type:  # of a catalogue whose ids are of another kind: none of them is here
        return np.zeros(len(catalog), dtype=bool)
    return np.asarray(pc.is_in(catalog.ids, value_set=ids.combine_chunks()).to_numpy(), dtype=bool)


def seen_by_encoders(index: ProductIndex) -> Bools1d:
    """Return which products (n,) an encoder of the index was trained on, as far as its folder says."""
    seen = np.zeros(len(index.catalog), dtype=bool)
    for record in index.made.encoders.values():
        for place in (record.notes.folder, record.notes.file):
            if place and Path(place).exists():
                seen |= seen_products(Path(place), index.catalog)
    return seen


def without_seen(index: ProductIndex, pairs: LabelledPairs) -> LabelledPairs:
    """Return the pairs at their unseen rows."""
    return pairs.take(unseen_rows(index, pairs))


def unseen_rows(index: ProductIndex, pairs: LabelledPairs) -> Ints1d:
    """Return the rows of the pairs whose left product no encoder was trained on.

    A match is of one group, seen on both sides or on none; of the non-matches between the two, half stay, so that the
    share of matches stays what it is. Raises InputError when of matches, or of non-matches, none are left.
    """
    left = np.flatnonzero(~seen_by_encoders(index)[pairs.left])
    if len(np.unique(pairs.targets[left])) < len(np.unique(pairs.targets)):
        raise InputError(
            f"--leave-out-seen: of {len(pairs):,} pairs none that both match and do not match are left whose products the "
            "index's encoder was not trained on: train it with a --hold-out-share, or give other pairs"
        )
    return left


def seen_warning(index: ProductIndex, pairs: LabelledPairs) -> list[str]:
    """Return a line for the user when an encoder was trained on products of these pairs, else none."""
    seen = int(seen_by_encoders(index)[pairs.left].sum())
    if not seen:
        return []
    return [
        f"the index's encoder was trained on the products of {seen:,} of the {len(pairs):,} training pairs: on them its "
        "cosines and ranks are better than on other pairs, and the model may trust them too much; see on validation "
        "pairs whether training on the rest alone is better (--leave-out-seen)"
    ]


def rank_gap_warning(ranks: Floats1d, targets: Floats1d, view: str, *, side: str = "") -> list[str]:
    """Return a line for the user when ranks would mislead the model, else none.

    `ranks` (p,) are the smaller ranks of the pairs in a view, NaN where a pair has none; `side` says whose pairs these are
    where they are none to train on.
    """
    unranked = np.isnan(ranks)
    matches = targets == 1
    of_matches, of_others = float(unranked[matches].mean()), float(unranked[~matches].mean())
    if of_matches <= of_others + RANK_GAP:
        return []
    return [
        f"{of_matches:.0%} of the {side}matches, but {of_others:.0%} of the non-matches, are not among each other's {view} "
        "neighbours: were non-matches chosen by nearness and matches otherwise? Take training pairs from the "
        "retrieval whose pairs will be scored (heroic candidates), or ranks mislead the model"
    ]


def unproposed_warning(unranked: Bools1d, targets: Floats1d) -> list[str]:
    """Return a line for the user when of nearly all non-matches of validation no retrieval would propose them, else none. Where
    a part is, those are the ones that score high, and `heroic score` finds the share of matches itself.

    `unranked` (p,) says which of the validation pairs are neighbours in none of the views that propose candidates.
    """
    matches = targets == 1
    of_matches, of_others = float(unranked[matches].mean()), float(unranked[~matches].mean())
    if of_others <= max(UNPROPOSED, of_matches):
        return []
    return [
        f"{of_others:.0%} of the validation's non-matches, but {of_matches:.0%} of its matches, are among each other's "
        "neighbours in no view: heroic candidates would not propose them, and the precision that thresholds hold on such "
        "easy pairs may not be held on candidates. Validate by labelled candidates, or give matches alone: non-matches are "
        "then mined among the candidates"
    ]
