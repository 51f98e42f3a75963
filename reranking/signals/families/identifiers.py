"""Identifier features say whether two products share a barcode, or a part number of one brand, or have different ones."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.catalog.product_codes import ProductCodes
from reranking.identifiers.identifiers import UNKNOWN, Identifiers
from reranking.signals.feature import declare

FAMILY = "identifiers"
FEATURES = declare(
    FAMILY,
    {
        "gtin_equal": "1 when the products share a barcode, 0 when both have others, unknown if either has none",
        "gtin_missing": "how many of the two have no barcode: 0, 1 or 2; unknown in a catalogue without any",
        "mpn_equal": "1 when brand and part number are equal, 0 when the brand is but no part number, else unknown",
        "mpn_missing": "how many of the two have no part number of a known brand; unknown in a catalogue without any",
    },
    rising=("gtin_equal", "mpn_equal"),
)


@dataclass(frozen=True)
class IdentifierSignals:
    """It holds the identifiers of a whole catalogue."""

    identifiers: Identifiers

    features = FEATURES

    @classmethod
    def from_catalog(cls, catalog: Catalog) -> "IdentifierSignals":
        """Read the identifiers of all products."""
        return cls(Identifiers.of(catalog))

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        found = self.identifiers
        columns = [
            _equal(found.compare_barcodes(left, right)),
            _missing(found.gtin, left, right),
            _equal(found.compare_part_numbers(left, right)),
            _missing(found.mpn, left, right),
        ]
        return np.column_stack(columns).astype(np.float32)


def _equal(compared: Ints1d) -> Floats1d:
    return np.where(compared == UNKNOWN, np.nan, compared > UNKNOWN)


def _missing(codes: ProductCodes, left: Ints1d, right: Ints1d) -> Floats1d:
    if not len(codes.codes):
        return np.full(len(left), np.nan)
    none = codes.counts == 0
    return np.asarray(none[left].astype(np.float64) + none[right])
