"""Barcodes and part numbers from files to the catalogue: a bad one costs the product its code and nothing else."""

import json

import pytest

from indexing.catalog.rejects import reject_kinds
from indexing.errors import InputError
from indexing.reading.cells.identifiers import tally
from indexing.reading.cells.identifiers.barcodes import CHECK_DIGIT, NO_ISBN, REASONS
from indexing.reading.schema.stored_form import inputs_from, stored_inputs

PEN, TEA = "04006381333931", "05901234123457"


def ean(number):
    """A right EAN-13 of Germany's range."""
    body = f"40{number:010d}"
    total = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(body))
    return body + str(-total % 10)


def shop_code(number):
    body = f"20{number:010d}"
    total = sum(int(digit) * (1 if place % 2 == 0 else 3) for place, digit in enumerate(body))
    return body + str(-total % 10)


def column(read, name):
    return read.catalog.table[name].to_pylist()


def test_codes_have_columns_and_barcodes_are_no_attributes(read):
    found = read({"id": [1, 2], "brand": ["a", "b"], "EAN": [int(PEN), None], "Part Number": ["AB-12", "n/a"]})
    assert column(found, "gtin") == [[PEN], None]
    assert column(found, "mpn") == [["AB-12"], None]
    assert column(found, "attributes") == [
        [{"key": "Part Number", "value": "AB-12"}],
        [{"key": "Part Number", "value": "n/a"}],
    ]


def test_several_columns_of_barcodes_are_one(read):
    found = read({"id": [1, 2], "ean": [PEN, None], "upc": [None, "036000291452"], "isbn": ["n/a", "0-306-40615-2"]})
    assert column(found, "gtin") == [[PEN], ["00036000291452", "09780306406157"]]


def test_barcodes_are_found_by_their_check_digits_whatever_their_column_is_called(read):
    codes = [ean(number) for number in range(30)]
    found = read({"id": [*range(30)], "title": ["tea"] * 30, "c7": codes})
    assert column(found, "gtin") == [[f"0{code}"] for code in codes]
    found = read({"id": codes, "title": ["tea"] * 30})
    assert column(found, "gtin") == [[f"0{code}"] for code in codes]


def test_a_column_that_is_only_called_so_stays_an_attribute_and_is_told(read):
    found = read({"id": [1, 2, 3], "title": ["a", "b", "c"], "barcode": ["100001", "100002", "100003"]})
    assert column(found, "gtin") == [None] * 3
    assert column(found, "attributes")[0] == [{"key": "barcode", "value": "100001"}]
    assert [note for note in found.notes if "'barcode' is read as no code: only 0 of 3 entries" in note]
    assert not found.rejects


def test_a_shops_own_numbers_are_no_part_numbers(read):
    numbers = [f"AB-{number}" for number in range(100, 105)]
    found = read({"sku": numbers, "title": ["a"] * 5, "mpn": numbers})
    assert column(found, "mpn") == [None] * 5
    assert [note for note in found.notes if "'mpn' is read as no code: as the ids" in note]


def test_in_store_codes_are_counted_and_refuse_no_catalogue(read):
    codes = [shop_code(number) if number % 3 else ean(number) for number in range(90)]
    found = read({"id": [*range(90)], "gtin": codes}, max_rejects=0.0)
    assert len(found.catalog) == 90
    assert sum(cell is not None for cell in column(found, "gtin")) == 30
    (kind,) = reject_kinds(found.rejects)
    assert (kind.count, kind.column) == (60, "gtin")
    assert (kind.example.id, kind.example.row, kind.example.value) == ("1", 2, codes[1])


def test_of_many_refused_ones_the_first_are_listed_and_the_rest_counted(read, monkeypatch):
    monkeypatch.setattr(tally, "MOST_KEPT", 5)
    found = read({"id": [*range(90)], "gtin": [shop_code(number) for number in range(90)]})
    assert len(found.rejects) == 5
    assert any("90 entries of 'gtin' is a code of the shop's own" in note for note in found.notes)


def test_an_explicit_schema_is_obeyed_and_doubted(read, tmp_path):
    (tmp_path / "schema.yaml").write_text("id: nr\ngtin: {all: [a, b]}\nmpn: null\n")
    content = {
        "nr": [*range(30)],
        "a": [f"{number:013d}" for number in range(30)],
        "b": [PEN] * 30,
        "mpn": ["X123"] * 30,
    }
    found = read(content, schema=str(tmp_path / "schema.yaml"))
    assert column(found, "mpn") == [None] * 30
    assert all(PEN in cell for cell in column(found, "gtin"))
    (tmp_path / "schema.yaml").write_text("id: nr\ngtin: a\n")
    found = read(content, schema=str(tmp_path / "schema.yaml"))
    assert any("end with the check digit of a barcode" in note and "gtin: null" in note for note in found.notes)


@pytest.mark.parametrize(("said", "kept"), [("", 0), ("isbn10: false\n", 0), ("isbn10: true\n", 9)])
def test_a_shops_own_numbers_of_ten_digits_are_no_isbns_unless_the_schema_says_so(read, tmp_path, said, kept):
    (tmp_path / "schema.yaml").write_text(f"id: nr\ngtin: code\n{said}")
    numbers = [f"{number}" for number in range(1_000_000_000, 1_000_000_100)]
    found = read({"nr": [*range(101)], "code": [*numbers, PEN]}, schema=str(tmp_path / "schema.yaml"))
    assert sum(cell is not None for cell in column(found, "gtin")) == kept + 1
    assert {kind.kind for kind in reject_kinds(found.rejects)} == {REASONS[CHECK_DIGIT if kept else NO_ISBN]}


def test_books_keep_the_isbns_that_are_right_and_an_update_reads_as_the_build_did(read, tmp_path):
    (tmp_path / "schema.yaml").write_text("id: nr\ngtin: code\n")
    found = read(
        {"nr": [1, 2, 3], "code": ["0306406152", "306406152", "0306406153"]}, schema=str(tmp_path / "schema.yaml")
    )
    assert column(found, "gtin") == [["09780306406157"], ["09780306406157"], None]
    (made,) = inputs_from(stored_inputs(found.schema.inputs), "index")
    assert made.isbn10


def test_a_column_that_a_schema_names_must_be_there(read, tmp_path):
    (tmp_path / "schema.yaml").write_text("id: nr\ngtin: ean\n")
    with pytest.raises(InputError, match="no column 'ean'"):
        read({"nr": [1]}, schema=str(tmp_path / "schema.yaml"))


def test_a_variant_has_its_own_barcode(read, tmp_path):
    (tmp_path / "schema.yaml").write_text("id: sku\ngroup: product\ngtin: ean\n")
    content = {"sku": ["a", "b"], "product": ["p", "p"], "title": ["Tea", None], "ean": [PEN, None]}
    found = read(content, schema=str(tmp_path / "schema.yaml"))
    assert (column(found, "title"), column(found, "gtin")) == (["Tea", "Tea"], [[PEN], None])


ATTRIBUTES = [
    {"EAN": PEN, "Цвет": "red"},
    {"ean": [TEA, shop_code(7)]},
    {"EAN": "n/a", "Part Number": "AB-12"},
    {"Цвет": "blue"},
]


@pytest.mark.parametrize("shape", ["json", "pairs", "struct"])
def test_codes_are_lifted_out_of_attributes(read, shape):
    made = {
        "json": [json.dumps(row) for row in ATTRIBUTES],
        "pairs": [";".join(f"{key}={value}" for key, value in row.items()) for row in ATTRIBUTES[:1]] * 4,
        "struct": [{"EAN": row.get("EAN"), "Part Number": row.get("Part Number")} for row in ATTRIBUTES],
    }[shape]
    found = read({"id": [1, 2, 3, 4], "title": ["a", "b", "c", "d"], "attributes": made})
    expected = {
        "json": ([[PEN], [TEA], None, None], [None, None, ["AB-12"], None]),
        "pairs": ([[PEN]] * 4, [None] * 4),
        "struct": ([[PEN], None, None, None], [None, None, ["AB-12"], None]),
    }[shape]
    assert (column(found, "gtin"), column(found, "mpn")) == expected
    keys = {entry["key"] for row in column(found, "attributes") for entry in row or ()}
    assert keys == {"json": {"Цвет", "Part Number"}, "pairs": {"Цвет"}, "struct": {"Part Number"}}[shape]
    assert [reject.value for reject in found.rejects] == ([f"{TEA}, {shop_code(7)}"] if shape == "json" else [])


def test_columns_and_attributes_together_make_a_field(read):
    rows = [json.dumps({"Штрихкод": TEA}), None]
    found = read({"id": [1, 2], "title": ["a", "b"], "ean": [PEN, "96385074"], "attributes": rows})
    assert column(found, "gtin") == [[PEN, TEA], ["00000096385074"]]
    assert column(found, "attributes") == [None, None]


def test_a_key_that_is_only_called_so_stays_an_attribute(read):
    rows = [json.dumps({"barcode": f"1000{number}"}) for number in range(3)]
    found = read({"id": [1, 2, 3], "title": ["a", "b", "c"], "attributes": rows})
    assert column(found, "gtin") == [None] * 3
    assert column(found, "attributes")[0] == [{"key": "barcode", "value": "10000"}]
    assert [note for note in found.notes if "'barcode' is read as no code: only 0 of 3" in note]


def test_a_schema_names_keys_of_attributes(read, tmp_path):
    (tmp_path / "schema.yaml").write_text("gtin: {all: [code, {attribute: Kod}]}\nmpn: {attribute: Nr}\n")
    rows = [json.dumps({"kod": PEN, "Nr": "AB-12"}), json.dumps({"size": "L"})]
    content = {"id": [1, 2], "code": [None, TEA], "brand": ["a", "b"], "attributes": rows}
    found = read(content, schema=str(tmp_path / "schema.yaml"))
    assert column(found, "gtin") == [[PEN], [TEA]]
    assert column(found, "mpn") == [["AB-12"], None]
    (tmp_path / "schema.yaml").write_text("title: {attribute: Kod}\n")
    with pytest.raises(InputError, match=r"'title' is \{'attribute': 'Kod'\}"):
        read({"id": [1], "attributes": rows[:1]}, schema=str(tmp_path / "schema.yaml"))
