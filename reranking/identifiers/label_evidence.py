"""Labels are held against identifiers: were they made from these, and which matches have two different barcodes?"""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Bools1d, Floats1d, Ints1d
from reranking.identifiers.identifiers import DIFFERENT, EQUAL, Identifiers

LEAST_MATCHES = 20  # to say that labels were made from identifiers
NEARLY_ALL, HARDLY_ANY = 0.95, 0.01  # of the matches, and of the non-matches, that share an identifier


@dataclass(frozen=True)
class SharingLabels:
    """It counts the matches among labelled pairs, and says which share of them, and of the non-matches, have an
    identifier in common; None where there are none."""

    matches: int
    of_matches: float | None
    of_others: float | None

    @property
    def made_from_identifiers(self) -> bool:
        """Return whether labels say hardly more than that products share an identifier."""
        if self.of_matches is None or self.matches < LEAST_MATCHES:
            return False
        return self.of_matches >= NEARLY_ALL and (self.of_others is None or self.of_others <= HARDLY_ANY)


def sharing_labels(identifiers: Identifiers, left: Ints1d, right: Ints1d, targets: Floats1d) -> SharingLabels:
    """Hold the labels `targets` (p,) of pairs of positions against the identifiers that they share."""
    shared = identifiers.compare(left, right) == EQUAL
    matches = targets == 1
    return SharingLabels(int(matches.sum()), _share(shared, matches), _share(shared, ~matches))


def contradicted_matches(identifiers: Identifiers, left: Ints1d, right: Ints1d, targets: Floats1d) -> Bools1d:
    """Return which pairs (p,) are labelled a match though both products have barcodes, none in common, and no part
    number does say that they are one."""
    return np.asarray((targets == 1) & (identifiers.compare(left, right) == DIFFERENT), dtype=bool)


def _share(shared: Bools1d, among: Bools1d) -> float | None:
    return float(shared[among].mean()) if among.any() else None
