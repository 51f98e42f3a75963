"""Look-alikes are pairs that may be one product whatever is known of their groups: they share an identifier or a title."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.words.tokens import fold, words
from reranking.identifiers.identifiers import Identifiers

BLOCK_PAIRS = 65_536
LENGTHS = (8, 12, 13, 14)  # digits of EAN-8, UPC-A, EAN-13 with ISBN-13, and GTIN-14
_RUN = re.compile(r"(?<!\d)\d{8,14}(?!\d)")
_SEPARATORS = re.compile(r"[\s-]")


def are_look_alikes(catalog: Catalog, left: Ints1d, right: Ints1d) -> Bools1d:
    """Return which pairs of positions (p,) share a valid barcode, be it in title or attributes, share brand and part number,
    or have the same words in their titles, in order."""
    products, places = np.unique(np.concatenate([left, right]), return_inverse=True)
    rows = catalog.table.select(["title", "attributes", "gtin"]).take(products).to_pylist()
    titles = _codes([" ".join(words(fold(row["title"] or ""))) for row in rows])
    barcodes = incidence([list(_barcodes_in(row)) for row in rows])
    one, other = places[: len(left)], places[len(left) :]
    same = (titles[one] == titles[other]) & (titles[one] >= 0)
    same |= share_marks(barcodes, one, other)
    return np.asarray(same | Identifiers.of(catalog).are_shared(left, right), dtype=bool)


def _codes(texts: Sequence[str]) -> Ints1d:
    """Return a number for each text (n,), the same for the same; -1 for an empty one."""
    numbers = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return np.array([numbers[text] if text else -1 for text in texts], dtype=np.int64)


def _barcodes_in(row: Mapping[str, object]) -> Iterator[int]:
    """Yield the valid barcodes of a product as numbers, so that leading zeros say nothing."""
    codes = row["gtin"]
    yield from map(int, codes if isinstance(codes, list) else ())
    entries = row["attributes"]
    values = [entry["value"] or "" for entry in entries] if isinstance(entries, list) else []
    for text in (str(row["title"] or ""), *(_SEPARATORS.sub("", value) for value in values)):
        yield from (int(run) for run in _RUN.findall(text) if is_barcode(run))


def is_barcode(digits: str) -> bool:
    """Return whether digits are a GTIN: of one of its lengths, not all zeros, and with the check digit of GS1."""
    if len(digits) not in LENGTHS or not digits.strip("0"):
        return False
    weighed = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(reversed(digits)))
    return weighed % 10 == 0


def incidence(marks: Sequence[Sequence[int]]) -> csr_array:
    """Return which row has which marks, as a sparse matrix (n, distinct marks) that counts them."""
    rows = np.repeat(np.arange(len(marks)), [len(own) for own in marks])
    columns = np.array([mark for own in marks for mark in own], dtype=np.int64)
    distinct, codes = np.unique(columns, return_inverse=True)
    return csr_array((np.ones(len(rows)), (rows, codes)), shape=(len(marks), max(len(distinct), 1)))


def share_marks(marks: csr_array, left: Ints1d, right: Ints1d) -> Bools1d:
    """Return which pairs of rows (p,) have a mark in common."""
    found = np.zeros(len(left), dtype=bool)
    for start in range(0, len(left), BLOCK_PAIRS):
        part = slice(start, start + BLOCK_PAIRS)
        found[part] = marks[left[part]].multiply(marks[right[part]]).sum(axis=1) > 0
    return found
