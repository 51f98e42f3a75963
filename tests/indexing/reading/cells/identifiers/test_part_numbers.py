"""Part numbers are kept as they are written, unless they could be anything."""

import pyarrow as pa
import pytest

from indexing.reading.cells.identifiers.entries import CodeEntries
from indexing.reading.cells.identifiers.part_numbers import read_part_numbers


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("SM-G991B", ["SM-G991B"]),
        ("  WH-1000  XM4 ", ["WH-1000 XM4"]),
        ("'0042-7", ["0042-7"]),
        ("MK2/B,5", ["MK2/B,5"]),
        ("AB12; CD34|AB12", ["AB12", "CD34"]),
        ("型番A100", ["型番A100"]),
        *((nothing, None) for nothing in ("", "n/a", "XL", "black", "A4", "does not apply", "-", "1" + "x" * 70, None)),
    ],
)
def test_a_cell_gives_its_part_numbers(cell, parts):
    entries = CodeEntries.of_column(pa.array([cell], pa.large_string()), "a")
    assert read_part_numbers(entries, 1).to_pylist() == [parts]
