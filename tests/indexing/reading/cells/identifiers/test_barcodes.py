"""Barcodes are read as people and spreadsheets write them; an oracle by hand says which check digits are right."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.reading.cells.identifiers.barcodes import GOOD, NO_ISBN, REASONS, BareIsbns, read_barcodes
from indexing.reading.cells.identifiers.entries import CodeEntries

PEN = "04006381333931"


def read(cells, kind=None):
    column = pa.array(cells, kind or pa.large_string())
    return read_barcodes(CodeEntries.of_column(column, "a"), len(cells))


def slow_check_digit(digits):
    """The check digit of a GTIN: from the right, times 3 and 1 in turn, up to the next ten."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def slow_isbn10(nine):
    total = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True))
    return "0123456789X"[-total % 11]


@pytest.mark.parametrize(
    ("cell", "gtins"),
    [
        *(
            (written, [PEN])
            for written in (
                "4006381333931",
                "04006381333931",
                "4 006381 333931",
                "4006381-333931",
                "'4006381333931",
                '="4006381333931"',
                "4006381333931.0",
                "4.006381333931E+12",
                "EAN: 4006381333931",
                "GTIN-13 4006381333931",
                '["4006381333931"]',
                "٤٠٠٦٣٨١٣٣٣٩٣١",
                "4006381333931; 4006381333931",
                "4006381333931/n/a",
            )
        ),
        ("4006381333931, 5901234123457", [PEN, "05901234123457"]),
        ("4006381333931 5901234123457", [PEN, "05901234123457"]),
        ("4006381333931 / 5901234123457", [PEN, "05901234123457"]),
        ("96385074", ["00000096385074"]),
        ("036000291452", ["00036000291452"]),
        ("36000291452", ["00036000291452"]),
        ("10614141000415", ["10614141000415"]),
        ("ISBN 978-3-16-148410-0", ["09783161484100"]),
        ("0-306-40615-2", ["09780306406157"]),
        ("306406152", ["09780306406157"]),
        ("0-8044-2957-X", ["09780804429573"]),
        ("080442957x", ["09780804429573"]),
        *(
            (nothing, None)
            for nothing in ("", "n/a", "Does not apply", "нет", "0", "-", "GTIN exempt", "B00ABCDEF1", None)
        ),
    ],
)
def test_a_cell_gives_its_barcodes(cell, gtins):
    found = read([cell])
    assert found.gtins.to_pylist() == [gtins]
    assert set(found.reasons) <= {GOOD}


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("4006381333932", "has a wrong check digit"),
        ("0-306-40615-3", "has a wrong check digit"),
        ("4.00639E+12", "lost digits as a number in scientific notation"),
        ("4,00638133E+12", "lost digits as a number in scientific notation"),
        ("12", "is no barcode"),
        ("MK-2000-A", "is no barcode"),
        ("123456789012345", "is no barcode"),
        ("2000000000015", "is a code of the shop's own (in-store range)"),
        ("0212345678909", "is a code of the shop's own (in-store range)"),
        ("0412345678903", "is a code of the shop's own (in-store range)"),
        ("212345678992", "is a code of the shop's own (in-store range)"),
        ("20000011", "is a code of the shop's own (in-store range)"),
        ("9812345678902", "is a coupon's code"),
        ("0000000000000", "is a placeholder, no product's code"),
        ("9999999999999", "is a placeholder, no product's code"),
        ("00000000", "is a placeholder, no product's code"),
        ("1111111111116", "is a placeholder, no product's code"),
        ("1234567890128", "is a placeholder, no product's code"),
    ],
)
def test_what_is_no_products_code_is_refused_with_the_reason(cell, reason):
    if "code" in reason and "999999" not in cell and cell.isdigit() and len(cell) in (8, 12, 13):
        assert slow_check_digit(cell[:-1]) == cell[-1], "it is to be refused for its range alone"
    found = read([cell])
    assert found.gtins.to_pylist() == [None]
    assert [REASONS[reason] for reason in found.reasons] == [reason]


def test_without_isbns_bare_numbers_are_none_and_what_says_to_be_one_is():
    cells = [
        "306406152",
        "EAN: 0306406152",
        "0306406152.0",
        "0-306-40615-2",
        "080442957X",
        "ISBN 0306406152",
        "4006381333931;306406152",
        "030-640-6152",
    ]
    found = read_barcodes(CodeEntries.of_column(pa.array(cells), "x"), len(cells), isbn10=False)
    isbn = ["09780306406157"]
    assert found.gtins.to_pylist() == [None, None, None, isbn, ["09780804429573"], isbn, [PEN], None]
    assert found.rows.tolist() == [0, 1, 2, 3, 4, 5, 6, 6, 7]
    assert [int(row) for row in found.rows[found.reasons == NO_ISBN]] == [0, 1, 2, 6, 7]


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        ([["4006381333931", "0-306-40615-2"], [None]], None),
        ([['"306406152.0"', "x306406152", "123456789.50"]], None),
        ([["0306406152", "0306406153"]], True),
        ([["0306406152"], ["0306406153", "0306406154"]], False),
        ([[f"{number}" for number in range(300_000_000, 300_000_500)]], False),
    ],
)
def test_bare_numbers_are_isbns_where_half_of_all_blocks_have_the_check_digit(blocks, told):
    look = BareIsbns()
    for block in blocks:
        look.look(CodeEntries.of_column(pa.array(block, pa.string()), "x"))
    assert look.are_isbns is told


def test_numbers_and_lists_are_read_like_texts():
    assert read([4006381333931, None], pa.int64()).gtins.to_pylist() == [[PEN], None]
    assert read([4006381333931.0, None], pa.float64()).gtins.to_pylist() == [[PEN], None]
    lists = read([["4006381333931", "96385074"], [], None, ["n/a"]], pa.list_(pa.string()))
    assert lists.gtins.to_pylist() == [[PEN, "00000096385074"], None, None, None]
    assert read([{"a": "4006381333931"}], pa.struct([("a", pa.string())])).gtins.to_pylist() == [None]


def test_good_and_bad_entries_of_a_cell_stand_side_by_side():
    found = read(["x", "4006381333931|4006381333932", None, "5901234123457"])
    assert found.gtins.to_pylist() == [None, [PEN], None, ["05901234123457"]]
    assert found.rows.tolist() == [0, 1, 1, 3]
    assert [REASONS[reason] for reason in found.reasons] == ["is no barcode", "", "has a wrong check digit", ""]


@given(st.lists(st.from_regex(r"[3-9][0-9]{10,11}", fullmatch=True), min_size=1, max_size=30), st.integers(0, 9))
def test_check_digits_are_those_of_the_oracle(bodies, last):
    cells = [body + str(last) for body in bodies]
    right = [slow_check_digit(body) == str(last) for body in bodies]
    found = read(cells)
    ranged = np.isin(found.reasons, [4, 5, 6])  # refused for what they are, however they end
    assert [reason == GOOD or odd for reason, odd in zip(found.reasons, ranged, strict=True)] == [
        good or bool(odd) for good, odd in zip(right, ranged, strict=True)
    ]


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_every_isbn_of_ten_becomes_one_of_thirteen(nine):
    expected = "0978" + nine
    assert read([nine + slow_isbn10(nine)]).gtins.to_pylist() == [[expected + slow_check_digit(expected)]]


def test_slices_and_chunks_of_columns_are_read_as_they_are():
    column = pa.array(["x", "4006381333931", "4 006381 333931", "y"], pa.large_string()).slice(1, 2)
    assert read_barcodes(CodeEntries.of_column(column, "a"), 2).gtins.to_pylist() == [[PEN], [PEN]]
    assert read([]).gtins.to_pylist() == []
