"""Spreadsheets: which sheet, and what its cells say. The file is written here part by part."""

import sys
import zipfile
from xml.sax.saxutils import escape

import pytest

from indexing.errors import InputError
from indexing.files.options import FileOptions
from indexing.files.tables import open_table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DATE = 1  # the style of dates


def _cell(place, value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, tuple):
        return f'<c r="{place}" s="{DATE}"><v>{value[0]}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _sheet(rows, merged=()):
    lines = (
        f'<row r="{number}">{"".join(_cell(f"{chr(65 + place)}{number}", cell) for place, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    ranges = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{ranges}</worksheet>'


@pytest.fixture
def book(tmp_path):
    def write(merged=(), **sheets):
        names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, start=1))
        targets = "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{targets}'
            f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
            "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
            **{f"xl/worksheets/sheet{n}.xml": _sheet(rows, merged) for n, rows in enumerate(sheets.values(), start=1)},
        }
        path = tmp_path / "a.xlsx"
        with zipfile.ZipFile(path, "w") as file:
            for name, content in parts.items():
                file.writestr(name, content)
        return path

    return write


ROWS = [
    ["id", "title", "price", "seen", "new", None],
    [1, "чайник", 9.5, (45000,), True],
    [None] * 3,
    [12345678901234, "007", 10, (45000.5,), False, "more"],
    ["a", None, 0.1, None, None],
]


def test_cells_are_text_as_people_read_them(book):
    table = open_table(book(Goods=ROWS))
    assert table.names == ("id", "title", "price", "seen", "new", "column_6")
    assert [tuple(row.values()) for row in table.read().to_pylist()] == [
        ("1", "чайник", "9.5", "2023-03-15", "true", None),
        ("12345678901234", "007", "10", "2023-03-15T12:00:00", "false", "more"),
        ("a", None, "0.1", None, None, None),
    ]


def test_columns_to_the_right_of_the_header_have_names(book):
    rows = [[*[None] * 6, "Monday's list"], ["id", "title", "brand"], *[[n, "mug", "acme"] for n in range(300)]]
    rows[-1] = [299, "mug", "acme", None, "red", " "]
    table = open_table(book(Goods=rows))
    assert table.names == ("id", "title", "brand", "column_4", "column_5")
    assert [naming.note for naming in table.namings] == ["column 5 has no name: it is read as 'column_5'"]
    assert table.read()["column_5"].to_pylist()[-2:] == [None, "red"]


def test_blocks_and_columns_may_be_chosen(book):
    blocks = list(open_table(book(Goods=ROWS)).numbered_blocks(2, ["title", "id"]))
    assert [block.numbers.tolist() for block in blocks] == [[2, 4], [5]]
    assert blocks[0].table.to_pydict() == {"title": ["чайник", "007"], "id": ["1", "12345678901234"]}


def test_the_first_sheet_is_read_or_the_one_that_is_named(book):
    path = book(Notes=[["note"], ["x"]], Goods=ROWS, Empty=[])
    assert open_table(path).names == ("note",)
    assert open_table(path, FileOptions(sheet="Goods")).names[:2] == ("id", "title")
    with pytest.raises(InputError, match=r"no sheet 'Prices', but 'Notes', 'Goods', 'Empty'"):
        open_table(path, FileOptions(sheet="Prices"))
    with pytest.raises(InputError, match="sheet 'Empty' is empty"):
        open_table(path, FileOptions(sheet="Empty"))


def test_a_sheet_may_have_no_header(book):
    table = open_table(book(Goods=ROWS[1:]), FileOptions(header=False))
    assert table.names[:2] == ("column_1", "column_2")
    assert table.read()["column_1"].to_pylist() == ["1", "12345678901234", "a"]


@pytest.mark.parametrize(
    "above", [[["Price list of Monday"]], [[None], ["Price list", None, None, "Monday"]], [[None], [None]]]
)
def test_rows_over_the_header_are_passed_over(book, above):
    table = open_table(book(Goods=[*above, *ROWS]))
    assert table.names == ("id", "title", "price", "seen", "new", "column_6")
    assert table.how.above == len(above)
    assert table.read()["id"].to_pylist() == ["1", "12345678901234", "a"]
    assert next(table.numbered_blocks()).numbers.tolist() == [len(above) + row for row in (2, 4, 5)]


def test_the_row_of_the_names_may_be_told(book):
    path = book(Goods=[[None], ["x", "y"], [None], ["id", "title"], ["1", "a"]])
    assert open_table(path).names == ("x", "y")
    assert open_table(path, FileOptions(above=3)).read().to_pylist() == [{"id": "1", "title": "a"}]


def test_a_file_that_is_none_is_refused(write, book):
    with pytest.raises(InputError, match=r"b\.xlsx: cannot be read as xlsx"):
        open_table(write("b.xlsx", "id"))
    cut = book(Goods=ROWS)
    cut.write_bytes(cut.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read as xlsx"):
        open_table(cut)


def test_a_missing_extra_is_named(book, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(InputError, match=r"pip install 'heroic\[xlsx\]'"):
        open_table(book(Goods=ROWS))


@pytest.mark.parametrize("left", [0, 1])
def test_merged_cells_hold_for_all_their_rows_and_headings_are_passed_over(book, left):
    rows = [
        ["Price list"],
        ["id", "title", "brand", "size"],
        ["Kettles"],
        [1, "Kettle", "Zorvex", "1 l"],
        [2, "Kettle", None, "2 l"],
        [3, "Kettle", None, None],
        [None] * 4,
        ["Mugs"],
        [4, "Mug", None, "7 cl"],
        ["Sold out", None, None, "all"],
    ]
    columns = "ABCDE"[left:]
    merged = [f"{columns[0]}1:{columns[3]}1", f"{columns[2]}4:{columns[2]}7", f"{columns[3]}5:{columns[3]}6"]
    merged += [f"{columns[0]}{row}:{columns[2]}{row}" for row in (3, 8, 10)]
    path = book(merged, Goods=[[None] * left + row for row in rows])
    table = open_table(path)
    assert [tuple(row.values()) for row in table.read().to_pylist()] == [
        ("1", "Kettle", "Zorvex", "1 l"),
        ("2", "Kettle", "Zorvex", "2 l"),
        ("3", "Kettle", "Zorvex", "2 l"),
        ("4", "Mug", None, "7 cl"),
        ("Sold out", None, None, "all"),
    ]
    assert table.notes == ("2 rows are one cell merged over most columns: passed over as headings",)


def test_a_block_of_merged_cells_holds_for_its_rows_and_headings_have_nothing_from_above(book):
    rows = [
        ["id", "title", "brand", "size", "price"],
        ["1", "Mug", "Acme", "", "9"],
        ["2", "Jug", "", "", ""],
        ["Bowls", "", "", "", ""],
        ["3", "Bowl", "", "L", ""],
    ]
    path = book(["C2:D3", "E2:E5", "A4:D4"], Goods=rows)
    table = open_table(path)
    assert table.read().to_pylist() == [
        {"id": "1", "title": "Mug", "brand": "Acme", "size": None, "price": "9"},
        {"id": "2", "title": "Jug", "brand": "Acme", "size": None, "price": "9"},
        {"id": "3", "title": "Bowl", "brand": None, "size": "L", "price": "9"},
    ]
    assert table.notes == ("1 row is one cell merged over most columns: passed over as headings",)
