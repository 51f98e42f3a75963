"""Barcodes become GTINs of 14 digits: what spreadsheets did to them is mended, and what is no product's code is refused."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Bools1d, Ints1d
from indexing.reading.cells.identifiers.check_digits import (
    DIGITS,
    ISBN_DIGITS,
    Digits,
    digits_of,
    from_isbn10,
    has_check_digit,
    is_isbn10,
    numbers_of,
    texts_of,
)
from indexing.reading.cells.identifiers.entries import CodeEntries, code_lists
from indexing.reading.cells.prices.columns import in_ascii_digits
from indexing.reading.cells.texts import TEXT

GOOD, NO_BARCODE, SCIENTIFIC, CHECK_DIGIT, PLACEHOLDER, IN_STORE, COUPON, NO_ISBN = range(8)
REASONS = (
    "",
    "is no barcode",
    "lost digits as a number in scientific notation",
    "has a wrong check digit",
    "is a placeholder, no product's code",
    "is a code of the shop's own (in-store range)",
    "is a coupon's code",
    "is a number of nine or ten digits, of which the column has too many that are no ISBN",
)
LEAST_ISBNS = 0.5  # of bare numbers of nine or ten digits, that have the check digit of an ISBN, for them to be some
RIGHT_DIGIT = (GOOD, IN_STORE, COUPON)  # codes whose check digit says that they are barcodes
_GTIN = r"^([0-9]{8}|[0-9]{11,14})$"  # of 11: a UPC that lost its zero
_ISBN10 = r"^[0-9]{8,9}[0-9Xx]$"  # of 9: one that lost its zero
_NINE_OR_TEN = r"^[0-9]{9,10}$"
_SAYS_ISBN = (
    r"(?i)isbn|\b[0-9]{1,5}([-‐‑–—\s][0-9]{1,7}){2}[-‐‑–—\s][0-9]\b"  # the word, or four parts, the last one digit
)
_SCIENTIFIC = r"(?i)^[0-9]([.,][0-9]+)?e[+]?[0-9]{1,2}$"
_ASIN = r"^B0[0-9A-Z]{8}$"  # Amazon's own number, in columns that hold either
_AROUND = (
    r"(?i)^[\"'’=\s\[]*((ean|gtin|upc|isbn|jan|barcode)([-– ]?(8|10|12|13|14)\b)?[-–:.#\s]*)?|[\"'’\s\]]+$|[.,]0+$"
)
_WITHIN = r"[-‐‑–—\s\x{00a0}\x{202f}]+"
_BESIDE = r"([0-9]{12,14})(\s*/\s*|\s+)"  # two codes with a space or a slash between them
_PARTED = r"\s*[,;|\n]\s*"
_SAMPLES = (1234567890128, 123456789012, 12345678905, 12345670)  # made up, with a right check digit
_REPEATED = [
    int(digit * (length - 1)) for length in (8, 12, 13, 14) for digit in "0123456789"
]  # but for the last digit
NOTHING = (
    "n/a", "na", "n.a.", "none", "no", "nil", "null", "nan", "-", "--", "---", "?", "0", ".", "unknown", "undefined",
    "not available", "not applicable", "does not apply", "doesn't apply", "doesnt apply", "no barcode", "no gtin",
    "no ean", "no upc", "gtin exempt", "gtinexempt", "exempt", "exemption", "missing", "tbd", "tba", "нет", "не указан",
    "не указано", "отсутствует", "без штрихкода", "нет штрихкода", "б/н", "keine", "kein", "keine angabe",
    "nicht zutreffend", "entfällt", "ohne", "unbekannt", "aucun", "aucune", "non applicable", "sans", "inconnu",
    "ninguno", "no aplica", "sin código", "no disponible", "nessuno", "non applicabile", "não se aplica", "sem gtin",
    "nie dotyczy", "brak", "geen", "niet van toepassing", "yok", "なし", "无", "無", "不适用", "없음", "غير متوفر", "אין",
)  # fmt: skip


@dataclass(frozen=True)
class Barcodes:
    """They are the barcodes of some cells (n,): `gtins` lists of codes with 14 digits, null where a cell has none, and
    of each entry that is something, refused or not, the `rows` (e,) of its cell and the `reasons` (e,), GOOD for none."""

    gtins: pa.Array
    rows: Ints1d
    reasons: Ints1d


def read_barcodes(entries: CodeEntries, count: int, *, isbn10: bool = True) -> Barcodes:
    """Read the barcodes of a column of `count` cells; words for nothing are nothing.

    Without `isbn10` bare numbers of nine or ten digits are none: see `BareIsbns`. Those with an ISBN's dashes, an X or the word are.
    """
    entries, bare = _in_codes(entries)
    digits, reasons = _judged(entries.texts)
    if not isbn10:
        reasons[bare] = NO_ISBN
    kept = reasons == GOOD
    return Barcodes(code_lists(entries.rows[kept], texts_of(digits[kept]), count), entries.rows, reasons)


@dataclass
class BareIsbns:
    """It counts the bare numbers of nine or ten digits in all blocks of a column, and those with the check digit of an ISBN, which one
    of eleven has by chance: a shop numbers its products in the same way."""

    count: int = 0
    right: int = 0

    def look(self, entries: CodeEntries) -> None:
        """Count those of a block."""
        entries, bare = _in_codes(entries)
        digits = digits_of(entries.texts.filter(pa.array(bare)), ISBN_DIGITS)
        self.count += len(digits)
        self.right += int(is_isbn10(digits).sum())

    @property
    def are_isbns(self) -> bool | None:
        """Return whether they are ISBNs: half of them have the digit; None where there are none."""
        return self.right >= LEAST_ISBNS * self.count if self.count else None


def _in_codes(entries: CodeEntries) -> tuple[CodeEntries, Bools1d]:
    """Return entries of which each may be one code, without separators, and which of them were bare numbers of nine or ten
    digits; those that say nothing are left out."""
    plain = pc.match_substring_regex(entries.texts, _GTIN)
    if pc.all(plain, min_count=0).as_py():
        return entries, np.zeros(len(entries.rows), dtype=bool)
    odd, usual = entries.filter(pc.invert(plain)), entries.filter(plain)
    mended, bare = _mended(odd.filter(pc.invert(_is_nothing(odd.texts))))
    order = np.argsort(np.concatenate([usual.rows, mended.rows]), kind="stable")
    return usual.joined(mended), np.concatenate([np.zeros(len(usual.rows), dtype=bool), bare])[order]


def _mended(odd: CodeEntries) -> tuple[CodeEntries, Bools1d]:
    """Return what entries hold that are no plain code: parts without what stands around and within them; and which of these
    were bare numbers of nine or ten digits."""
    if not len(odd.rows):
        return odd, np.zeros(0, dtype=bool)
    beside = pc.replace_substring_regex(in_ascii_digits(odd.texts), _BESIDE, r"\1,")
    beside = pc.replace_substring_regex(beside, r"(?i)^([0-9]),([0-9]+e)", r"\1.\2")
    single = CodeEntries(odd.rows, beside).split(_PARTED)
    inner = pc.replace_substring_regex(single.texts, _AROUND, "")
    inner = pc.if_else(
        pc.match_substring_regex(inner, _SCIENTIFIC), inner, pc.replace_substring_regex(inner, _WITHIN, "")
    )
    said = pc.invert(pc.or_(_is_nothing(inner), pc.match_substring_regex(inner, _ASIN)))
    bare = pc.and_not(pc.match_substring_regex(inner, _NINE_OR_TEN), pc.match_substring_regex(single.texts, _SAYS_ISBN))
    return CodeEntries(single.rows, inner).filter(said), np.asarray(bare.filter(said).to_numpy(zero_copy_only=False))


def _is_nothing(texts: pa.Array) -> pa.Array:
    return pc.is_in(pc.utf8_lower(texts), value_set=pa.array(["", *NOTHING], TEXT))


def _judged(texts: pa.Array) -> tuple[Digits, Ints1d]:
    """Return the digits (e, DIGITS) of entries, and why they are no product's code."""
    numbers = _matched(texts, _GTIN)
    if numbers.all():
        digits = digits_of(texts)
        return digits, _reasons(digits)
    digits, reasons = np.zeros((len(texts), DIGITS), dtype=np.uint8), np.zeros(len(texts), dtype=np.int64)
    digits[numbers] = digits_of(texts.filter(pa.array(numbers)))
    reasons[numbers] = _reasons(digits[numbers])
    digits[~numbers], reasons[~numbers] = _judged_otherwise(texts.filter(pa.array(~numbers)))
    return digits, reasons


def _judged_otherwise(texts: pa.Array) -> tuple[Digits, Ints1d]:
    """Return what `_judged` does of entries that are not as long as a GTIN, or hold more than digits."""
    digits = np.zeros((len(texts), DIGITS), dtype=np.uint8)
    reasons = np.full(len(texts), NO_BARCODE, dtype=np.int64)
    reasons[_matched(texts, _SCIENTIFIC)] = SCIENTIFIC
    exact, whole = _exact(texts)
    digits[exact] = digits_of(whole)
    reasons[exact] = _reasons(digits[exact])
    books = np.flatnonzero(_matched(texts, _ISBN10))
    ten = digits_of(texts.take(pa.array(books)), ISBN_DIGITS)
    sound = is_isbn10(ten)
    digits[books[sound]] = from_isbn10(ten[sound])
    reasons[books] = np.where(sound, GOOD, CHECK_DIGIT)
    return digits, reasons


def _reasons(digits: Digits) -> Ints1d:
    """Return why codes (n, DIGITS) are no product's, GOOD for those that are one's.

    Of GTINs, 02, 04 and 2 are for use inside a shop, 05, 98 and 99 for coupons, and 9 in front for goods by weight; of
    the short ones (8 digits), 0 and 2 are a shop's own.
    """
    numbers = numbers_of(digits)
    short, prefix = numbers < 10**8, numbers // 10**11 % 100
    inside = np.where(short, np.isin(numbers // 10**7, (0, 2)), np.isin(prefix, (2, 4)) | (prefix // 10 == 2))
    reasons = np.full(len(digits), GOOD, dtype=np.int64)
    reasons[~short & np.isin(prefix, (5, 98, 99))] = COUPON
    reasons[inside | (digits[:, 0] == 9)] = IN_STORE
    reasons[~has_check_digit(digits)] = CHECK_DIGIT
    reasons[np.isin(numbers // 10, _REPEATED) | np.isin(numbers, _SAMPLES)] = PLACEHOLDER
    return reasons


def _exact(texts: pa.Array) -> tuple[Bools1d, pa.Array]:
    """Return which texts are in scientific notation that kept every digit, `4.006381333931E+12`, and their digits."""
    parts = pc.extract_regex(texts, r"(?i)^(?P<one>[0-9])[.,](?P<more>[0-9]+)e[+]?0*(?P<exponent>[0-9]+)$")
    more, exponent = pc.struct_field(parts, "more"), pc.struct_field(parts, "exponent")
    kept = pc.and_(pc.equal(pc.utf8_length(more).cast(TEXT), exponent), pc.less(pc.utf8_length(more), DIGITS))
    long = pc.and_(kept, pc.greater_equal(pc.utf8_length(more), 10))
    exact = np.asarray(pc.fill_null(long, False).to_numpy(zero_copy_only=False), dtype=bool)
    whole = pc.binary_join_element_wise(pc.struct_field(parts, "one").cast(TEXT), more.cast(TEXT), pa.scalar("", TEXT))
    return exact, whole.filter(pa.array(exact))


def _matched(texts: pa.Array, pattern: str) -> Bools1d:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), dtype=bool)
