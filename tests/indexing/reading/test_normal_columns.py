"""Cells that are set aside are named by the column of the file that they stand in."""

import pytest


def columns_of(found):
    return [(reject.column, reject.value, reject.row) for reject in found.rejects]


def schema(tmp_path, text):
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    return str(path)


def test_a_reject_of_several_columns_names_the_one_that_its_cell_came_from(read, write, tmp_path):
    rows = write("p.csv", "id,sale,price\n1,ask,9\n2,,ask\n3,8,9\n")
    found = read((rows,), schema=schema(tmp_path, "price: [sale, price]\n"), max_rejects=1)
    assert columns_of(found) == [("sale", "ask", 2), ("price", "ask", 3)]


@pytest.mark.parametrize("made", ["[sale, price]", "[absent, '{price}']", "[absent, price]"])
def test_a_column_that_the_file_lacks_is_not_named(read, write, tmp_path, made):
    rows = write("p.csv", "id,price\n1,ask\n2,9\n")
    found = read((rows,), schema=schema(tmp_path, f"price: {made}\n"), max_rejects=1)
    assert columns_of(found) == [("price", "ask", 2)]


def test_a_brand_may_stand_among_the_attributes(read, write, tmp_path):
    cells = ["manufacturer=Zorvex,colour=red", "Manufacturer=Other", "colour=blue", ""]
    rows = "".join(
        f'{n},{brand},"{cell}"\n' for n, (brand, cell) in enumerate(zip(["", "Palmerin", "", ""], cells, strict=True))
    )
    found = read(
        (write("p.csv", "id,maker,attributes\n" + rows),),
        schema=schema(tmp_path, "brand: [maker, {attribute: manufacturer}]\n"),
    )
    table = found.catalog.table
    assert table["brand"].to_pylist() == ["Zorvex", "Palmerin", None, None]
    lists = [[(one["key"], one["value"]) for one in row or []] for row in table["attributes"].to_pylist()]
    assert lists == [[("colour", "red")], [("Manufacturer", "Other")], [("colour", "blue")], []]


def test_what_can_be_read_two_ways_is_said_of_the_columns_that_are_there(read, write, tmp_path):
    rows = write("p.csv", "id,sale,price\n1,,1.299\n2,1.350,\n")
    found = read((rows,), schema=schema(tmp_path, "price: [special, sale, price]\n"))
    assert any("column 'sale or price': 2 prices" in note for note in found.notes)
