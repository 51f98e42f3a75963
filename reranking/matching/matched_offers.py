"""Matches of offers are columns of scored pairs, those of one offer together, best first."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from indexing.arrays import Bools1d, Floats1d, Floats2d, Ints1d
from indexing.catalog.rejects import Reject
from reranking.explain.reasons import Reasons


@dataclass(frozen=True)
class MatchedOffers:
    """They are the scored pairs (p,) of offers, by their number `offers`, and products of the index, by their position
    `products`, in the order of offers and, of each, best first.

    `scores`, `probabilities` and `called` (whether the pair is called a match) are as `heroic score` would give them after
    an update with the offer; `cosines` (p, v) are those of the `views`, NaN where either has nothing to see. Of all offers
    `known` (q,) is the position of the product with the same id, in whose place the offer stands, -1 for none, and
    `categories` (q,) the evaluation category; `rejects` are pictures that could not be used. `reasons` (p,) are those of the
    pairs that were to be explained, None of others, and nothing where none was.
    """

    offers: Ints1d
    products: Ints1d
    scores: Floats1d
    probabilities: Floats1d
    called: Bools1d
    views: tuple[str, ...]
    cosines: Floats2d
    known: Ints1d
    categories: pa.Array
    rejects: list[Reject] = field(default_factory=list)
    reasons: tuple[Reasons | None, ...] = ()

    def of_offer(self, number: int) -> slice:
        """Return where the pairs of an offer are."""
        return slice(*np.searchsorted(self.offers, [number, number + 1]).tolist())

    def best(self, most: int) -> Ints1d:
        """Return which pairs are among the `most` best of their offer, or called a match."""
        places = np.arange(len(self.offers)) - np.searchsorted(self.offers, self.offers)
        return np.flatnonzero((places < most) | self.called)


def joined(parts: list[MatchedOffers]) -> MatchedOffers:
    """Return the matches of several blocks of offers as those of one."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part.known) for part in parts)])
    offers = [part.offers + start for part, start in zip(parts, starts.tolist(), strict=False)]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("products", "scores", "probabilities", "called", "cosines", "known")
    }
    return MatchedOffers(
        np.concatenate(offers),
        views=parts[0].views,
        categories=pa.concat_arrays([part.categories for part in parts]),
        rejects=[reject for part in parts for reject in part.rejects],
        reasons=tuple(reasons for part in parts for reasons in part.reasons),
        **columns,
    )
