"""Columns of every type as text: what says nothing is null, never a word for it."""

import numpy as np
import pyarrow as pa
import pytest

from indexing.errors import InputError
from indexing.reading.cells.distinct import mended
from indexing.reading.cells.texts import as_plain, as_text, values_of


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([" a ", "", None]), ["a", None, None]),
        (pa.array(["a", None]).dictionary_encode(), ["a", None]),
        (pa.array(["a", None], pa.string_view()), ["a", None]),
        (pa.array([b"a", b"\xff", None]), ["a", "ÿ", None]),
        (pa.array([b"a"], pa.binary_view()), ["a"]),
        (pa.array([b"ab"], pa.binary(2)), ["ab"]),
        (pa.array([7, None]), ["7", None]),
        (pa.array([7.0, 1.25, 0.1 + 0.2, 4006381333931.0, None]), ["7", "1.25", "0.3", "4006381333931", None]),
        (pa.array([0.1, 2.0], pa.float32()), ["0.1", "2"]),
        (pa.array([1.5, 2.0], pa.float16()), ["1.5", "2"]),
        (pa.array([float("nan"), float("inf")], from_pandas=False), [None, None]),
        (pa.array([True, False, None]), ["True", "False", None]),
        (
            pa.array([0, 1_500_000, 2**63 - 1]).cast(pa.timestamp("us")),
            ["1970-01-01 00:00:00", "1970-01-01 00:00:01.500000", None],
        ),
        (pa.array([0, 2**31 - 1], pa.int32()).cast(pa.date32()), ["1970-01-01", None]),
        (pa.array([150, None], pa.decimal128(5, 2)), ["150.00", None]),
        (pa.nulls(2), [None, None]),
        (pa.RunEndEncodedArray.from_arrays(pa.array([2]), pa.array(["a"])), ["a", "a"]),
        (pa.chunked_array([pa.array(["a"]), pa.array(["b"])]), ["a", "b"]),
        (pa.chunked_array([], pa.string()), []),
    ],
)
def test_any_type_is_text(column, texts):
    found = as_text(column, "")
    assert (found.type, found.to_pylist()) == (pa.large_string(), texts)


@pytest.mark.parametrize("word", ["NaN", "nan", " NaN ", "<NA>", "NaT", "null", "NULL", "\\N"])
def test_what_pandas_and_databases_write_for_nothing_is_null(word):
    assert as_text(pa.array([word, "x"]), "").to_pylist() == [None, "x"]


@pytest.mark.parametrize("word", ["None", "N/A", "Null", "Nan", "-", "0"])
def test_a_word_that_a_brand_may_have_stays(word):
    assert as_text(pa.array([word]), "").to_pylist() == [word]


@pytest.mark.parametrize("column", [pa.array([["a"]]), pa.array([{"a": 1}])])
def test_nested_columns_are_refused_by_name(column):
    with pytest.raises(InputError, match=r"file: column 'title' is .*: text is needed"):
        as_text(column, "file: column 'title'")


def test_a_column_stays_what_it_is_behind_its_encoding():
    assert as_plain(pa.array([b"a"]).dictionary_encode()).type == pa.binary()


def test_only_odd_cells_are_mended_and_each_distinct_one_once():
    seen = []
    column = pa.array(["a", "b", None, "a", "c"], pa.large_string())
    found = mended(column, pa.array([True, False, True, True, None]), lambda text: seen.append(text) or text.upper())
    assert found.to_pylist() == ["A", "b", None, "A", "c"]
    assert seen == ["a"]


def test_a_million_clean_cells_take_no_python(monkeypatch):
    monkeypatch.setattr("indexing.reading.cells.distinct.Distinct.of_column", None)
    column = pa.array(np.arange(1000)).cast(pa.large_string())
    assert as_text(column, "").to_pylist() == [str(n) for n in range(1000)]


def test_a_date_that_no_calendar_has_is_nothing_in_nested_columns_too():
    dates = pa.array([0, 2**63 - 1]).cast(pa.timestamp("us"))
    column = pa.StructArray.from_arrays([dates, pa.array(["x", "y"])], ["a", "b"])
    assert [cell and cell["b"] for cell in values_of(column)] == ["x", None]
