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
    """It holds the identifiers of a whole catalogue, and whether it has any barcodes and part numbers; with `rows` (r,),
    pairs are of rows, that are of these products."""

    identifiers: Identifiers
    has_barcodes: bool
    has_part_numbers: bool
    rows: Ints1d | None = None

    features = FEATURES

    @classmethod
    def from_catalog(cls, catalog: Catalog) -> "IdentifierSignals":
        """Read the identifiers of all products."""
        found = Identifiers.of(catalog)
        return cls(found, found.has_barcodes, found.has_part_numbers)

    @classmethod
    def of_rows(cls, catalog: Catalog, rows: Ints1d, whole: Identifiers) -> "IdentifierSignals":
        """Read the identifiers of some products of a `whole` catalogue, and of offers that are not in it: what is worn out
        is so in the whole one, without the offers."""
        found = Identifiers.of(catalog, whole.worn)
        barcodes, parts = (one or other for one, other in zip(_kinds(found), _kinds(whole), strict=True))
        return cls(found, barcodes, parts, rows)

    def compute(self, left: Ints1d, right: Ints1d) -> Floats2d:
        """Return the features of pairs of positions (p,), as (p, f) float32, NaN = unknown."""
        found = self.identifiers
        if self.rows is not None:
            left, right = self.rows[left], self.rows[right]
        columns = [
            _equal(found.compare_barcodes(left, right)),
            _missing(found.gtin, left, right, self.has_barcodes),
            _equal(found.compare_part_numbers(left, right)),
            _missing(found.mpn, left, right, self.has_part_numbers),
        ]
        return np.column_stack(columns).astype(np.float32)


def _kinds(identifiers: Identifiers) -> tuple[bool, bool]:
    return identifiers.has_barcodes, identifiers.has_part_numbers


def _equal(compared: Ints1d) -> Floats1d:
    return np.where(compared == UNKNOWN, np.nan, compared > UNKNOWN)


def _missing(codes: ProductCodes, left: Ints1d, right: Ints1d, known: bool) -> Floats1d:
    none = codes.counts == 0
    return np.where(known, none[left].astype(np.float64) + none[right], np.nan)
