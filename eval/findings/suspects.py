"""Suspects are pairs whose label is likelier wrong than their score, or than what the products' barcodes say."""

from dataclasses import dataclass

import numpy as np

from eval.inputs.joining import JudgedPairs
from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.product_codes import has_codes
from reranking.identifiers.identifiers import Identifiers
from reranking.identifiers.label_evidence import contradicted_matches

TIED = "other matches make them one product"
SURE_MATCH = "scored as high as a usual match"
SURE_NONE = "scored as low as a usual non-match"
OTHER_CODES = "both products have barcodes, and other ones"


@dataclass(frozen=True)
class SuspectTruth:
    """It holds the rows of the truth whose label is doubtful, the most doubtful first, and says why each is.

    `other_barcodes` counts the matches among them whose products have barcodes, none in common; None where no product of the
    catalogue has one, or there is no catalogue.
    """

    rows: Ints1d
    reasons: tuple[str, ...]
    other_barcodes: int | None = None


def find_suspects(
    pairs: JudgedPairs, codes: Ints1d, groups: tuple[Ints1d, Ints1d], catalog: Catalog | None = None
) -> SuspectTruth:
    """Find non-matches whose products other matches tie together, then matches of products with different barcodes, and pairs
    that score like the other label.

    The last follows confident learning (Northcutt et al., "Confident Learning", JAIR 70, 2021): a label is doubtful
    when the pair scores as high as the mean match of its category though it is none, or as low as the mean
    non-match though it is a match. `groups` are the product groups of left and right (p,).
    """
    match, coded = pairs.targets == 1, _with_other_codes(pairs, catalog)
    other = np.zeros(len(pairs), dtype=bool) if coded is None else coded
    tied = ~match & (groups[0] == groups[1])
    high = ~match & ~tied & (pairs.scores >= _means(pairs.scores, codes, match)[codes])
    low = match & (pairs.scores <= _means(pairs.scores, codes, ~match)[codes])
    first = [(TIED, tied, -pairs.scores), (f"{OTHER_CODES}; {SURE_NONE}", other & low, pairs.scores)]
    others = [
        (OTHER_CODES, other & ~low, pairs.scores),
        (SURE_MATCH, high, -pairs.scores),
        (SURE_NONE, low & ~other, pairs.scores),
    ]
    found = [(row, reason) for reason, inside, order in first for row in _by(inside, order)]
    found += _by_turns([(reason, _by(inside, order)) for reason, inside, order in others])
    rows = np.array([row for row, _ in found], dtype=np.int64)
    return SuspectTruth(rows, tuple(reason for _, reason in found), None if coded is None else int(coded.sum()))


def _with_other_codes(pairs: JudgedPairs, catalog: Catalog | None) -> Bools1d | None:
    """Return which pairs (p,) are labelled a match though their products have barcodes, none in common; None where no product
    is known to have one."""
    if catalog is None or not has_codes(catalog, "gtin"):
        return None
    left, right = (catalog.positions(side) for side in (pairs.left, pairs.right))
    return contradicted_matches(Identifiers.of(catalog), left, right, pairs.targets)


def _by_turns(parts: list[tuple[str, Ints1d]]) -> list[tuple[int, str]]:
    """Return the rows of all parts, with the reason of each, by turns, so that none hides the others."""
    longest = max(len(rows) for _, rows in parts)
    return [(rows[place], reason) for place in range(longest) for reason, rows in parts if place < len(rows)]


def _means(scores: Floats1d, codes: Ints1d, inside: Bools1d) -> Floats1d:
    """Return the mean score of the pairs `inside` (p,) of each category, NaN where there are none."""
    count = int(codes.max(initial=0)) + 1
    pairs = np.bincount(codes[inside], minlength=count)
    sums = np.bincount(codes[inside], weights=scores[inside], minlength=count)
    means: Floats1d = np.divide(sums, pairs, out=np.full(count, np.nan), where=pairs > 0)
    return means


def _by(inside: Bools1d, order: Floats1d) -> Ints1d:
    rows = np.flatnonzero(inside)
    return rows[np.argsort(order[rows], kind="stable")]
