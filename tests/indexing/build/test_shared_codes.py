"""Barcodes that stand on everything, or on things that have nothing in common, are told."""

import pyarrow as pa
import pytest

from indexing.build.shared_codes import code_warnings
from indexing.catalog.catalog import FIELDS, Catalog

PEN = "04006381333931"


@pytest.fixture
def warnings():
    """The warnings of a catalogue of (title, barcode, source)."""

    def told(rows):
        columns = {name: pa.nulls(len(rows), kind) for name, kind in zip(FIELDS.names, FIELDS.types, strict=True)}
        titles, codes, sources = zip(*rows, strict=True)
        columns |= {"title": pa.array(titles, pa.large_string()), "source": pa.array(sources, pa.large_string())}
        columns["gtin"] = pa.array([code and [code] for code in codes], FIELDS.field("gtin").type)
        return code_warnings(Catalog(pa.table({"id": pa.array(range(len(rows)), pa.int64()), **columns})))

    return told


def shared(count, other):
    """So many barcodes, each on a kettle of one shop and on something of another."""
    codes = [f"{number:014d}" for number in range(count)]
    kettles = [(f"kettle {number}", code, "a") for number, code in enumerate(codes)]
    return [*kettles, *((other.format(number), code, "b") for number, code in enumerate(codes))]


def test_a_code_on_everything_is_told_with_an_example(warnings):
    rows = [(f"thing {number}", PEN, "a") for number in range(21)]
    (told,) = warnings([*rows, ("tea", None, "b")])
    assert f"{PEN} for 21 products, such as 'thing 0' and 'thing 1'" in told
    assert warnings(rows[:20]) == []
    assert warnings([(title, code, f"shop {place}") for place, (title, code, _) in enumerate(rows)]) == []


def test_codes_on_things_without_a_word_in_common_are_told(warnings):
    (told,) = warnings(shared(40, "tea"))
    assert told.startswith("40 of 40 shared barcodes looked at stand on products whose titles have no word in common")
    assert "such as 'kettle 0' and 'tea'" in told
    assert warnings(shared(40, "kettle red {}")) == []
    assert warnings(shared(5, "tea")) == []


def test_without_barcodes_nothing_is_told(warnings):
    assert warnings([("tea", None, None), ("tea", None, None)]) == []
