"""Small files as shops deliver them, read from the file to the catalogue: each kind was refused or misread once."""

import pyarrow as pa
import pytest

from indexing.errors import InputError


def rows_of(found, *columns):
    return list(zip(*(found.catalog.table[column].to_pylist() for column in columns), strict=True))


def attributes(found):
    lists = found.catalog.table["attributes"].to_pylist()
    return [[(entry["key"], entry["value"]) for entry in row or []] for row in lists]


def test_prices_of_one_column_are_read_as_its_other_cells_show(read):
    cells = {
        "15.00 USD": (15.0, None, "USD"),
        '"1,299.00"': (1299.0, None, None),
        '"1.299,00"': (1299.0, None, None),
        "£12.50": (12.5, None, "GBP"),
        '"9,99"': (9.99, None, None),
        "1 299": (1299.0, None, None),
        "1 299 ₽": (1299.0, None, "RUB"),
        "EGP 35.00": (35.0, None, "EGP"),
        "N/A": (None, None, None),
        "12.5-15.0": (12.5, 15.0, None),
        "0": (0.0, None, None),
        "-1": (None, None, None),
        "": (None, None, None),
        "1e3": (1000.0, None, None),
        "nan": (None, None, None),
        "inf": (None, None, None),
        "1e39": (None, None, None),
    }
    text = "".join(f"a{n},Mug {n},{cell}\n" for n, cell in enumerate(cells))
    found = read("id,title,price\n" + text, "price.csv")
    assert rows_of(found, "price", "price_high", "currency") == list(cells.values())
    assert [(reject.value, reject.kind) for reject in found.rejects] == [
        ("-1", "negative"),
        ("inf", "infinite"),
        ("1e39", "more than 1e+15"),
    ]


@pytest.mark.parametrize(("cell", "price"), [("1.299", 1299.0), ("0.750", 0.75)])
def test_a_lone_sign_is_settled_by_the_column_or_told(read, cell, price):
    found = read(f"id,title,price\n1,Mug,{cell}\n2,Cup,900\n", "price.csv")
    assert rows_of(found, "price")[0] == (price,)
    assert any("can be read two ways" in note for note in found.notes) == (cell == "1.299")


@pytest.mark.parametrize(
    "cell",
    [
        "colour=red,power=2200 W",
        "{'colour': 'red', 'power': '2200 W'}",
        '{"colour"=>"red", "power"=>"2200 W"}',
        '[{"key": "colour", "value": "red"}, {"key": "power", "value": "2200 W"}]',
        '[{"name": "colour", "value": "red"}, {"name": "power", "value": "2200 W"}]',
    ],
)
def test_attributes_are_the_same_in_text_and_in_columns_of_objects(read, cell):
    expected = [("colour", "red"), ("power", "2200 W")]
    quoted = cell.replace('"', '""')
    assert attributes(read(f'id,title,attributes\n1,Mug,"{quoted}"\n', "a.csv")) == [expected]
    pairs = [[{"key": "colour", "value": "red"}, {"key": "power", "value": "2200 W"}]]
    assert attributes(read({"id": [1], "title": ["Mug"], "attributes": pairs})) == [expected]


def test_a_list_of_short_texts_is_no_list_of_pairs(read):
    found = read({"id": [1, 2], "title": ["T", "U"], "attributes": ['["XL", "5m"]', '{"size": "M"}']})
    assert attributes(found) == [[("", "XL"), ("", "5m")], [("size", "M")]]


def test_addresses_of_pictures_are_the_same_from_any_folder(read, write):
    first = write("one/a.csv", "id,title,image\n1,Mug,a.jpg|b.jpg\n")
    second = write("two/b.csv", 'id,title,image\n2,Cup,"https://x.example/1.jpg, https://x.example/2.jpg"\n')
    third = write("two/c.jsonl", [{"id": 3, "title": "Jug", "image": ["https://x.example/3.jpg", "c.jpg"]}])
    assert rows_of(read((first, second, third)), "images") == [
        (["a.jpg", "b.jpg"],),
        (["https://x.example/1.jpg", "https://x.example/2.jpg"],),
        (["https://x.example/3.jpg", "../two/c.jpg"],),
    ]


@pytest.mark.parametrize("cell", ["Home > Kitchen > Kettles", "Home/Kitchen/Kettles", '["Home", "Kitchen", "Kettles"]'])
def test_categories_are_levels_however_their_path_is_written(read, cell):
    quoted = cell.replace('"', '""')
    rows = "".join(f'{n},Kettle {n},"{quoted}"\n' for n in range(3))
    found = read("id,title,category\n" + rows, "a.csv")
    assert rows_of(found, "category_1", "category_2", "category_3") == [("Home", "Kitchen", "Kettles")] * 3


def test_markup_is_text(read):
    row = (
        '1,"Kettle 1.7 L &amp; base","<p>One <b>kettle</b></p><ul><li>1.7&nbsp;l</li></ul><style>.x{color:red}</style>"'
    )
    found = read(f"id,title,description\n{row}\n", "a.csv")
    assert rows_of(found, "title", "description") == [("Kettle 1.7 L & base", "One kettle\n1.7 l")]


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("price", pa.array(["9.50", "8"]).dictionary_encode(), [9.5, 8.0]),
        ("price", pa.array(["9.50", "8"], pa.string_view()), [9.5, 8.0]),
        ("category_3", pa.array([15.0, None]), ["15", None]),
        ("title", pa.array([4006381333931.0, None]), ["4006381333931", None]),
    ],
)
def test_columns_may_be_of_any_type_of_their_kind(read, column, cells, expected):
    found = read({"id": [1, 2], column.removesuffix("_3"): cells})
    assert found.catalog.table[column].to_pylist() == expected


def test_ids_that_no_float_holds_stay_apart(read):
    whole = [2**53 + 1, 2**53 + 3]
    assert read({"id": whole, "title": ["a", "b"]}).catalog.ids.to_pylist() == whole
    found = read({"id": pa.array([1.0, 2.0**53]), "title": ["a", "b"]}, max_rejects=1)
    assert found.catalog.ids.to_pylist() == [1]
    assert [reject.kind for reject in found.rejects] == ["is no id, but a number with a point or too large for one"]


def test_two_shops_with_columns_of_their_own_are_one_catalogue(read, write):
    files = (
        write("a.csv", "Artikelnummer;Titel;Preis\na1;Tasse;3,50\n"),
        write("b.csv", "SKU\tName\tPrice\nb1\tMug\t4.00\n"),
    )
    schema = write(
        "s.yaml",
        "inputs:\n- {files: a.csv, id: Artikelnummer, title: Titel, price: Preis, source: =shop-a}\n"
        "- {files: b.csv, id: SKU, title: Name, price: Price, source: =shop-b}\n",
    )
    for found in (read(files), read(files, schema=str(schema))):
        assert rows_of(found, "id", "title", "price") == [("a1", "Tasse", 3.5), ("b1", "Mug", 4.0)]
    assert rows_of(found, "source") == [("shop-a",), ("shop-b",)]


@pytest.mark.parametrize(
    "cell", [["Colour: Red", "Size: XL"], '["Colour: Red", "Size: XL"]', "['Colour=Red', 'Size=XL']"]
)
def test_a_list_of_pairs_that_are_written_out_is_one_of_pairs(read, cell):
    found = read({"id": [1], "title": ["T"], "attributes": [cell]})
    assert attributes(found) == [[("Colour", "Red"), ("Size", "XL")]]


@pytest.mark.parametrize("cell", [["ab", "cd"], '["ab", "cd"]'])
def test_attributes_that_have_lost_their_names_are_refused_where_no_schema_says_so(read, write, cell):
    rows = {"id": [1, 2, 3], "title": ["T"] * 3, "attributes": [cell, None, cell]}
    with pytest.raises(
        InputError, match=r"lists of values without a name, such as .*ab.*'attributes:' with nothing behind"
    ):
        read(rows)
    text, one = write("text.yaml", "attributes: attributes\n"), write("one.yaml", "attributes:\n")
    assert attributes(read(rows, schema=str(text)))[0] == [("", "ab"), ("", "cd")]
    assert attributes(read(rows, schema=str(one)))[0] == [("attributes", "ab"), ("attributes", "cd")]


@pytest.mark.parametrize("cell", [["ab", "cd"], '["ab", "cd"]'])
def test_lists_of_another_name_are_values_of_one_attribute(read, cell):
    found = read({"sku": [1, 2], "name": ["T", "U"], "features": [cell, cell]})
    assert attributes(found) == [[("features", "ab"), ("features", "cd")]] * 2


@pytest.mark.parametrize("schema", ["auto", "told"])
def test_columns_of_names_and_values_by_number_are_attributes(read, write, schema):
    names = "Attribute 1 name,Attribute 1 value(s),spec_2_key,spec_2_value,Attribute 3 name,size 4 name"
    file = write("a.csv", f"ID,Name,{names}\n1,Blue mug,Colour,Blue,Volume,1 l,left,over\n2,Red mug,Size,Large,,,,\n")
    told = write("s.yaml", "id: ID\ntitle: Name\n")
    found = read((file,), schema=str(told) if schema == "told" else schema)
    alone = [("Attribute 3 name", "left"), ("size 4 name", "over")]
    assert attributes(found) == [[("Colour", "Blue"), ("Volume", "1 l"), *alone], [("Size", "Large")]]


def test_units_in_columns_of_their_own_stand_behind_their_values(read):
    rows = "1,Mug,0.5,liters,3,kg,x\n2,Jug,1,,,kg,\n"
    names = "id,title,item_volume,item_volume_unit_of_measure,Weight,Weight Unit,sales unit"
    found = read(f"{names}\n{rows}", "a.csv")
    assert attributes(found) == [
        [("item_volume", "0.5 liters"), ("Weight", "3 kg"), ("sales unit", "x")],
        [("item_volume", "1")],
    ]


def test_what_is_no_unit_stays_an_attribute_of_its_own(read):
    text = "id,title,case,case units\n1,Mug,,12\n2,Jug,box,6\n3,Cup,bag,\n"
    assert attributes(read(text, "a.csv")) == [
        [("case units", "12")],
        [("case", "box"), ("case units", "6")],
        [("case", "bag")],
    ]
    lists = read({"id": [1], "title": ["Mug"], "sizes": [["S", "M"]], "sizes_unit": ["EU"]})
    assert attributes(lists) == [[("sizes", "S"), ("sizes", "M"), ("sizes_unit", "EU")]]
    objects = read('{"id": 1, "title": "Mug", "size": {"w": 1, "h": 2}, "size_unit": "cm"}\n', "b.jsonl")
    assert attributes(objects)[0][-1:] == [("size_unit", "cm")]
    assert not any("} cm" in value for _, value in attributes(objects)[0])


def test_a_value_by_number_without_a_name_is_called_as_its_column(read):
    text = "id,title,Attribute 1 name,Attribute 1 value,Attribute 2 name,Attribute 2 value\n1,Mug,Colour,,,oak\n"
    assert attributes(read(text, "a.csv")) == [[("Attribute 2 value", "oak")]]
    units = "id,title,spec 1 name,spec 1 value,spec 1 value unit\n1,Mug,Volume,0.3,l\n"
    assert attributes(read(units, "b.csv")) == [[("Volume", "0.3 l")]]
