"""Delimited files: dialects, headers, what is set aside, and tables that come back as they were written."""

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.files.delimited import delimited_reader
from indexing.files.options import FileOptions
from indexing.files.tables import open_table


def read(path, how=None):
    """The rows of a file, their numbers, and what was set aside."""
    aside = []
    blocks = list(open_table(path, how).numbered_blocks(aside=aside.append))
    rows = [tuple(row.values()) for block in blocks for row in block.table.to_pylist()]
    return rows, [number for block in blocks for number in block.numbers.tolist()], aside


@pytest.mark.parametrize(
    ("header", "names", "notes"),
    [
        ("id,size,size,size", ("id", "size", "size_2", "size_3"), 2),
        ("id,size,size_2,size", ("id", "size", "size_2", "size_3"), 1),
        ("id,,title,", ("id", "column_2", "title", "column_4"), 2),
        ("column_2,,c,d", ("column_2", "column_2_2", "c", "d"), 1),
        (' id , "title" ,c,d', ("id", '"title"', "c", "d"), 0),
        ("\ufeffid,b,c,d", ("id", "b", "c", "d"), 0),
    ],
)
def test_every_column_has_a_name_of_its_own(write, header, names, notes):
    table = open_table(write("a.csv", header + "\n1,2,3,4\n"))
    assert table.names == names
    assert len(table.namings) == notes
    assert table.read().to_pylist() == [dict(zip(names, "1234", strict=True))]


def test_a_file_without_a_header_has_numbered_columns(write):
    path = write("a.csv", "1,kettle\n2,mug\n")
    assert open_table(path, FileOptions(header=False)).names == ("column_1", "column_2")
    assert read(path, FileOptions(header=False))[:2] == ([("1", "kettle"), ("2", "mug")], [1, 2])


@pytest.mark.parametrize(
    "above",
    [
        "TemplateType=fptcustom,Version=2026\nProduct Type,Seller SKU,Name\n",
        '"# Required | The id, of yours","# Optional","# Optional"\n',
        "version 1.00\nouter_id,title,size\n",
        "#INFO,Version=0.0.2,Template= drafts\n#INFO,Action is required.,\n#INFO,,\n",
        "# made on Monday\n# by the shop\n",
        "Price list,,\n",
        '"Price list\nof Monday"\n\n',
        "\n\n",
        "Price list of 29.11.2026,,\n,,\n",
    ],
)
def test_rows_over_the_header_are_passed_over(write, above):
    table = open_table(write("a.csv", above + "id,title,size\n1,a,S\n2,b\n3,c,L\n"))
    assert table.names == ("id", "title", "size")
    rows, numbers, aside = read(table.path)
    assert rows == [("1", "a", "S"), ("3", "c", "L")]
    first = 2 + next(n for n, row in enumerate(csv.reader(io.StringIO(above + "id,title"))) if row == ["id", "title"])
    assert numbers == [first, first + 2]
    assert [found.row for found in aside] == [first + 1]
    assert table.first_row == first


def test_how_many_rows_stand_over_the_header_may_be_told(write):
    path = write("a.csv", "x,y\nid,title\n1,a\n")
    assert open_table(path).names == ("x", "y")
    assert open_table(path, FileOptions(above=1)).read().to_pylist() == [{"id": "1", "title": "a"}]
    path = write("b.csv", "x,y\n\nid,title\n1,a\n")  # the line of the file, as an editor counts them
    assert open_table(path, FileOptions(above=2)).read().to_pylist() == [{"id": "1", "title": "a"}]


@pytest.mark.parametrize(
    ("above", "header", "row"),
    [
        ("Price list,,,29.11.2026\n", "sku,name,price,stock", "1,a,9,2"),
        ("Goods,,,Money,,\n", "sku,name,size,price,list price,stock", "1,a,S,9,9,2"),
        ("Shop,,Phone,\nAda,,555,\n", "sku,name,price,stock", "1,a,9,2"),
    ],
)
def test_a_row_of_half_as_many_cells_stands_over_names(write, above, header, row):
    table = open_table(write("a.csv", f"{above}{header}\n{row}\n{row}\n"))
    assert table.names == tuple(header.split(","))


def test_a_header_that_names_half_of_its_columns_stays_one(write):
    assert open_table(write("a.csv", "id,,price,\n1,a,9,2\n2,b,8,3\n")).names == ("id", "column_2", "price", "column_4")
    assert open_table(write("b.csv", "id,,name,\na,x,Mug,S\nb,y,Cup,M\nc,z,Jug,L\n")).names[::2] == ("id", "name")


@pytest.mark.parametrize("text", ["id,title", "id,title\n", "sep=,\nid,title", "\n\nid,title\n\n"])
def test_a_file_may_end_with_its_header(write, text):
    table = open_table(write("a.csv", text))
    assert table.names == ("id", "title")
    assert table.read().num_rows == 0


def test_nothing_is_said_of_a_column_without_a_name_that_is_empty(write):
    table = open_table(write("a.csv", "id,title,\n1,a,\n2,b,\n"))
    assert (table.names, table.namings) == (("id", "title", "column_3"), ())


@pytest.mark.parametrize("text", ["#,title,c\n1,a,b\n2,a,b\n", "id\n1\n2\n", "id,title\n1,\n2,b\n", "# id\n1\n"])
def test_a_header_is_no_row_over_one(write, text):
    assert open_table(write("a.csv", text)).how.above == 0


def test_rows_may_end_in_a_delimiter_that_the_header_lacks(write):
    table = open_table(write("a.csv", "id;title\n1;a;\n2;b;\n"))
    assert table.names == ("id", "title", "column_3")
    assert table.read()["title"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("sep=;\r\nid;title\r\n1;a\r\n2;b\r\n", [3, 4]),
        ("id|title\r1|a\r2|b\r", [2, 3]),
        ("\nid\ttitle\n1\ta\n2\tb\n\n", [3, 4]),
    ],
)
def test_lines_may_end_as_they_like_and_be_blank(write, content, numbers):
    assert read(write("a.csv", content)) == ([("1", "a"), ("2", "b")], numbers, [])


def test_rows_of_another_width_are_set_aside_with_their_number(write):
    rows, numbers, aside = read(write("a.csv", "id,title\n1,a\n2,b,extra\n\n3,c\n4\n5,e\n"))
    assert rows == [("1", "a"), ("3", "c"), ("5", "e")]
    assert numbers == [2, 4, 6]  # blank lines are no rows here, but where a catalogue is made
    assert [(found.row, found.text, found.rows, found.column) for found in aside] == [
        (3, "2,b,extra", 1, None),
        (5, "4", 1, None),
    ]
    assert "has another number of fields: 3 fields, not 2" in aside[0].reason


def test_without_a_place_to_set_it_aside_such_a_row_is_refused(write):
    with pytest.raises(InputError, match=r"a\.csv: row 3: has another number of fields: 3 fields, not 2; .*: '2,b,c'"):
        open_table(write("a.csv", "id,title\n1,a\n2,b,c\n")).read()


def test_numbers_are_right_across_blocks(write, monkeypatch):
    monkeypatch.setattr(delimited_reader, "BLOCK_BYTES", (64, 4096))
    lines = [f"{row},t{',x' if row % 7 == 3 else ''}" for row in range(500)]
    lines[250] = '250,"' + "y" * 1000 + '"'  # needs larger blocks
    rows, numbers, aside = read(write("a.csv", "id,title\n" + "\n".join(lines) + "\n"))
    assert [int(row[0]) for row in rows] == [row for row in range(500) if row % 7 != 3]
    assert numbers == [int(row[0]) + 2 for row in rows]
    assert [found.row for found in aside] == list(range(5, 502, 7))


def test_long_fields_are_read_up_to_the_cap(write, monkeypatch):
    path = write("a.csv", f'id,title\n1,"{"x " * 3_000_000}"\n2,b\n')
    assert [len(row[1]) for row in read(path)[0]] == [6_000_000, 1]
    monkeypatch.setattr(delimited_reader, "BLOCK_BYTES", (1 << 20, 1 << 21))
    monkeypatch.setattr(delimited_reader, "FIELD_BYTES", 1 << 20)
    with pytest.raises(InputError, match=r"a\.csv: row 2 is longer than 1 MiB, or a quote in it is not closed"):
        read(path)


class TestBytesThatAreNoText:
    def test_only_their_cell_is_emptied(self, write):
        content = "id,title,color\n1,чай,red\n".encode() * 100 + b"2,caf\xe9,blue\n"
        rows, numbers, aside = read(write("a.csv", content))
        assert rows[-1] == ("2", None, "blue")
        assert len(rows) == len(numbers)
        assert [(found.column, found.text, found.rows) for found in aside] == [("title", r"caf\xE9", 0)]
        assert "no utf-8" in aside[0].reason

    def test_they_are_found_a_million_rows_on(self, write):
        content = b"id,title\n" + b"1,plain\n" * 1_000_000 + b"2,caf\xe9\n" + b"1,plain\n" * 700_000
        table = open_table(write("a.csv", content))
        aside = []
        rows = [len(block) for block in table.blocks(aside=aside.append)]
        assert sum(rows) == 1_700_001
        assert [(found.row, found.column) for found in aside] == [(1_000_002, "title")]

    def test_a_row_of_another_width_may_have_them(self, write):
        rows, _, aside = read(
            write("a.csv", "id,title\n1,чайник\n".encode() * 1 + b"2,\xff,x\n3,c\n"), FileOptions("csv", "utf-8")
        )
        assert rows == [("1", "чайник"), ("3", "c")]
        assert [found.text for found in aside] == [r"2,\xFF,x"]


class TestUnclosedQuotes:
    @pytest.mark.parametrize(
        "lines",
        [
            ['7,"seven,x', '8,"eight",x', "9,nine,x"],
            ['7,"seven,x', "8,eight,x", "9,nine,x"],
            ['7,"seven,x', "8,eight,x", '9,"nine",x'],
            ['7,"seven', '8,"eight, or 8",x', "9,nine,x"],
            ['7,seven,"x', "8,eight,x"],
            ['7,seven,"x', *(f"{row},eight,x" for row in range(8, 14)), '14,"a\nb",x'],
        ],
    )
    def test_its_row_is_set_aside_and_those_that_it_took_in_are_read(self, write, lines):
        text = "id,title,c\n" + "".join(f'{row},"t{row}",c\n' for row in range(7)) + "\n".join(lines) + "\n"
        rows, numbers, aside = read(write("a.csv", text))
        assert [(found.row, found.text, found.rows) for found in aside] == [(9, lines[0], 1)]
        column = "c" if lines[0].endswith('"x') else "title"
        assert f"has a quote that is not closed: it opens in column '{column}' and" in aside[0].reason
        assert [row[0] for row in rows] == [*map(str, range(7)), *(line.split(",")[0] for line in lines[1:])]
        assert numbers == [*range(2, 9), *range(10, 9 + len(lines))]

    @pytest.mark.parametrize("block", [200, 4096, 1 << 20])
    @pytest.mark.parametrize("ends", ["\n", "\r\n"])
    @pytest.mark.parametrize("opened", [(1,), (0, 700, 701, 1999), (1500,)])
    def test_however_many_rows_it_takes_in(self, write, monkeypatch, block, ends, opened):
        monkeypatch.setattr(delimited_reader, "BLOCK_BYTES", (block,))
        lines = [f'{row},"t, {row}",{row}' if row % 50 == 9 else f"{row},t,{row}" for row in range(2000)]
        lines[5] = '5,"a\n\nb",5'
        for row in opened:
            lines[row] = f'{row},"t,{row}'
        lines[1200] = "1200,t"
        rows, numbers, aside = read(write("a.csv", ends.join(["id,title,c", *lines, ""])))
        assert [found.row for found in aside] == sorted(row + 2 for row in (*opened, 1200))
        kept = [row for row in range(2000) if row not in (*opened, 1200)]
        assert [int(row[0]) for row in rows] == kept
        assert [int(row[2]) for row in rows] == kept
        assert numbers == [row + 2 for row in kept]

    def test_bytes_that_are_no_text_are_found_below_it(self, write):
        content = b"id,title,c\n" + b'1,"t",c\n' * 9 + b'2,"t,c\n' + b"3,t,c\n" * 200 + b"4,\xff,c\n5,\xff\n"
        rows, _, aside = read(write("a.csv", content), FileOptions("csv", "utf-8"))
        assert sorted((found.row, found.column or "", found.text) for found in aside) == [
            (11, "", '2,"t,c'),
            (212, "title", r"\xFF"),
            (213, "", r"5,\xFF"),
        ]
        assert rows[-1] == ("4", None, "c")

    def test_columns_may_be_chosen(self, write):
        text = "id,title,c\n" + '0,"t",c\n' * 3 + '1,"t,c\n' + "".join(f"{row},t{row},c\n" for row in range(2, 200))
        table = open_table(write("a.csv", text))
        found = pa.concat_tables(table.blocks(50, ["title", "id"], aside=lambda _: None))
        assert found.to_pylist()[-1] == {"title": "t199", "id": "199"}
        assert len(found) == 201

    def test_text_of_several_lines_is_no_such_thing(self, write):
        cells = ["one\ntwo, three", "a, b\nc, d\n", 'Size:\n5"', "1,2\n3,4\n5,6", "x\n\n\ny", '"quoted"\n"again"']
        path = write("a.csv", "")
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(
                [("id", "title", "c", "d"), *((row, cell, "c", "d") for row, cell in enumerate(cells))]
            )
        rows, _, aside = read(path)
        assert [row[1] for row in rows] == cells
        assert aside == []


WORDS = st.text(st.sampled_from("abc 12.чйЖ-"), min_size=1, max_size=6).map(str.strip).filter(bool)
CELLS = st.one_of(WORDS, st.builds("{} {}".format, WORDS, st.sampled_from([",", ";", "|", "\t", "\n", '"', "'", "''"])))
TABLES = st.lists(st.tuples(WORDS, CELLS, WORDS, CELLS), min_size=1, max_size=12)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    TABLES,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251", "gb18030"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_was_written_in_a_dialect_that_is_told_is_read(
    write, rows, delimiter, quote, backslash, encoding, end, packed
):
    body = io.StringIO(newline="")
    escape = {"doublequote": False, "escapechar": "\\"} if backslash else {}
    writer = csv.writer(body, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=csv.QUOTE_ALL, **escape)
    writer.writerows([("id", "title", "size", "note"), *rows])
    content = body.getvalue().encode(encoding)
    path = write("a.csv.gz" if packed else "a.csv", gzip.compress(content) if packed else content)
    how = FileOptions(delimiter=delimiter, quote=quote, backslash=backslash, encoding=encoding)
    assert read(path, how) == ([tuple(row) for row in rows], list(range(2, len(rows) + 2)), [])


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 999), CELLS, WORDS, CELLS), min_size=3, max_size=30),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_dialect_that_is_not_told_is_found(write, rows, delimiter, encoding):
    body = io.StringIO(newline="")
    csv.writer(body, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC).writerows(
        [("id", "title", "size", "note"), *rows]
    )
    path = write("a.txt", body.getvalue().encode(encoding))
    assert read(path)[0] == [tuple(map(str, row)) for row in rows]


def test_rows_of_other_letters_are_read_over_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("indexing.files.delimited.delimited_reader.BLOCK_BYTES", (997,))
    lines = [f'{row},"плед {row % 7} €, ""мягкий"" и тёплый"' for row in range(5000)]
    (tmp_path / "p.csv").write_text("id,title\n" + "\n".join(lines) + "\n", encoding="utf-8")
    read = open_table(tmp_path / "p.csv").read()
    assert read["id"].to_pylist() == [str(row) for row in range(5000)]
    assert read["title"][6].as_py() == 'плед 6 €, "мягкий" и тёплый'


@pytest.mark.parametrize("block", range(990, 1000))
def test_a_file_that_is_left_within_a_letter_is_left_in_silence(write, monkeypatch, block):
    monkeypatch.setattr(delimited_reader, "BLOCK_BYTES", (block,))
    seen = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)
    table = open_table(write("a.csv", "id,title,c\n" + "".join(f"{row},шерстяной плед,ё\n" for row in range(2000))))
    blocks = table.numbered_blocks()
    assert next(blocks).table["title"][0].as_py() == "шерстяной плед"
    blocks.close()
    assert not seen
