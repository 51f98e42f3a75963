"""JSON files: one record a line, or an array of them; what their keys become, and what is set aside."""

import json
import random

import pytest

from indexing.errors import InputError
from indexing.files.records.keys import GATHERED
from indexing.files.tables import open_table


def read(path):
    """The rows of a file, and what was set aside."""
    aside = []
    blocks = list(open_table(path).numbered_blocks(aside=aside.append))
    rows = [row for block in blocks for row in block.table.to_pylist()]
    return rows, [number for block in blocks for number in block.numbers.tolist()], aside


def test_lines_may_have_different_keys(write):
    table = open_table(write("a.jsonl", [{"id": 1, "b": 2}, {"id": 2, "c": "x"}]))
    assert table.read().to_pylist() == [{"id": 1, "b": 2, "c": None}, {"id": 2, "b": None, "c": "x"}]


def test_objects_and_lists_stay_json_text(write):
    rows, _, _ = read(write("a.jsonl", [{"id": 1, "of": {"a": ["ö"]}, "on": ["x"]}, {"id": 2, "of": None, "on": []}]))
    assert [row["of"] and json.loads(row["of"]) for row in rows] == [{"a": ["ö"]}, None]
    assert [json.loads(row["on"]) for row in rows] == [["x"], []]


@pytest.mark.parametrize(
    ("values", "read_as"),
    [
        ([1, "x", 2**80], ["1", "x", str(2**80)]),
        ([1, None, 2**60 + 1], [1, None, 2**60 + 1]),
        ([1, 2.5], [1.0, 2.5]),
        ([2**60 + 1, 2.5], [str(2**60 + 1), "2.5"]),
        ([True, None], [True, None]),
        ([True, 1], ["true", "1"]),
        ([None], [None]),
        ([[1, 2.5], []], [[1.0, 2.5], []]),
        ([[[1, 2]], [[0.5, 1], [2, 3]]], [[[1.0, 2.0]], [[0.5, 1.0], [2.0, 3.0]]]),
        ([[1, 2], ["x"]], ["[1,2]", '["x"]']),
        ([[], None], ["[]", None]),
    ],
)
def test_a_column_has_the_type_that_holds_all_its_values_exactly(write, values, read_as):
    assert [row["v"] for row in read(write("a.jsonl", [{"v": value} for value in values]))[0]] == read_as


def test_numbers_that_are_none_stay_so_inside_of_text(write):
    rows, _, _ = read(write("a.jsonl", '{"a": NaN, "b": {"x": NaN, "y": null}}\n{"a": 1.5}\n'))
    assert rows[0]["a"] != rows[0]["a"]
    assert rows[0]["b"] == '{"x": NaN, "y": null}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": ', "is not JSON: "),
        ("[1]", "is no JSON object: it is list"),
        ('{"id": 1, "title": "\\ud83d"}', "half of a surrogate pair"),
        ('{"id": ' + "[" * 200_000 + "]" * 200_000 + "}", "nested too deeply"),
        (b'{"id": "\xff"}', "bytes that are no text"),
    ],
)
def test_a_line_that_is_no_record_is_set_aside_with_its_number(write, line, reason):
    line = line if isinstance(line, bytes) else line.encode()
    path = write("a.jsonl", b'{"id": 1}\n' + line + b'\n\n{"id": 3, "t": "' + "чай".encode() * 99 + b'"}\n')
    rows, numbers, aside = read(path)
    assert [row["id"] for row in rows] == [1, 3]
    assert numbers == [1, 4]
    assert [(found.row, found.rows) for found in aside] == [(2, 1)]
    assert reason in aside[0].reason
    with pytest.raises(InputError, match=rf"a\.jsonl: row 2: .*{reason}"):
        open_table(path).read()


def test_a_file_without_a_record_is_refused_with_the_first_reason(write):
    with pytest.raises(InputError, match="row 1: is not JSON"):
        open_table(write("a.jsonl", "id,title\n1,a\n"))


ROWS = [{"id": 1, "t": "a", "n": 0.1}, {"id": 2, "t": "é", "n": None}]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\ufeff  " + json.dumps(ROWS),
        json.dumps({"status": "ok", "products": ROWS}),
        json.dumps({"meta": {"tags": [{"x": 1}]}, "data": {"items": ROWS * 2}}, indent=1),
        "\n".join(json.dumps(row) for row in ROWS),
        "\n".join(json.dumps(row, indent=1) for row in ROWS),
    ],
)
def test_records_are_found_by_what_the_file_holds(write, content):
    rows, _, aside = read(write("a.json", content))
    assert rows[:2] == ROWS
    assert aside == []


def test_one_object_without_an_array_of_objects_is_one_row(write):
    assert read(write("a.json", '{"id": 1, "c": ["x"]}'))[0] == [{"id": 1, "c": '["x"]'}]


def test_an_array_may_hold_what_python_alone_reads(write):
    rows, numbers, _ = read(write("a.json", '{"p": [{"id": 1}, {"id": 2, "n": NaN}, {"id": 3}]}'))
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert numbers == [1, 2, 3]
    assert rows[1]["n"] != rows[1]["n"]


def test_an_element_that_is_no_object_is_set_aside(write):
    rows, numbers, aside = read(write("a.json", '[{"id": 1}, 7, {"id": 3}]'))
    assert [row["id"] for row in rows] == [1, 3]
    assert numbers == [1, 3]
    assert [(found.row, found.text) for found in aside] == [(2, "7")]


def test_an_array_that_ends_early_is_refused(write):
    with pytest.raises(InputError, match=r"is not JSON .*is it complete"):
        open_table(write("a.json", '[{"id": 1}, {"id": '))


def test_other_encodings_are_read_too(write):
    line = json.dumps({"id": 1, "t": "Чайник электрический белый"}, ensure_ascii=False) + "\n"
    assert read(write("a.jsonl", line.encode("cp1251") * 9))[0][8] == {"id": 1, "t": "Чайник электрический белый"}
    assert read(write("b.json", ("[" + line + "]").encode("utf-16")))[0] == [
        {"id": 1, "t": "Чайник электрический белый"}
    ]


class TestManyKeys:
    @pytest.fixture
    def table(self, write):
        draw = random.Random(0)
        rows = [{"id": i, **{f"k{k}": f"v{k}" for k in sorted(draw.sample(range(1000), 6))}} for i in range(500)]
        return open_table(write("a.jsonl", rows)), rows

    def test_keys_that_few_rows_have_are_read_together(self, table):
        table, rows = table
        assert table.names == ("id", GATHERED)
        assert len(table.rare) == len({key for row in rows for key in row}) - 1
        assert "keys that few rows have" in table.notes[0]
        for found, row in zip(table.read().to_pylist(), rows, strict=True):
            assert {"id": found["id"], **json.loads(found[GATHERED])} == row

    def test_one_that_is_named_is_a_column_of_its_own(self, table):
        table, rows = table
        kept = table.keeping(["k7", "none"])
        assert kept.names == ("id", GATHERED, "k7")
        assert "k7" not in kept.rare
        for found, row in zip(kept.read().to_pylist(), rows, strict=True):
            assert found["k7"] == row.get("k7")
            assert "k7" not in json.loads(found[GATHERED] or "{}")

    def test_no_column_is_left_of_those_that_are_all_named(self, table):
        table, _ = table
        assert GATHERED not in table.keeping(table.rare).names
