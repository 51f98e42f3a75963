"""Columns are known by their names in many spellings and languages, and by what they hold."""

import pytest

from indexing.files.tables import open_table
from indexing.reading.schema.column_names import NAMES, fields_by_name, is_barcode_name, normal_name
from indexing.reading.schema.expression import AllOf, Cell
from indexing.reading.schema.schema import FIELDS, GENERIC
from indexing.reading.sniffing.guess import guess_schema, likely_ids, look_at

UUIDS = [f"550e8400-e29b-41d4-a716-4466554400{n:02d}" for n in range(3)]


def guess(write, content):
    return guess_schema(open_table(write("a.parquet", content)))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *((name, "title") for name in ("Title", "Name", "Product Name", "TITLE", "product_title", "productName")),
        *(
            (name, "title")
            for name in ("название", "Наименование", "titre", "Titel", "nombre", "título", "商品名", "اسم المنتج")
        ),
        *(
            (name, "id")
            for name in ("SKU", "offer id", "Offer-ID", "Артикул", "Artikelnummer", "商品コード", "رقم المنتج")
        ),
        *(
            (name, "price")
            for name in (
                "Price",
                "цена",
                "Preis",
                "prix",
                "precio",
                "販売価格",
                "السعر",
                "Sale Price",
                "Price (USD)",
                "Preis, EUR",
            )
        ),
        *((name, "brand") for name in ("Brand", "vendor", "Производитель", "marque", "Hersteller", "العلامة التجارية")),
        *(
            (name, "category")
            for name in ("Product Type", "Категория", "Catégorie", "Warengruppe", "カテゴリ", "الفئة")
        ),
        *((name, "image") for name in ("image_url", "Image Src", "Фото", "Bild", "画像URL", "الصورة", "Picture")),
        *((name, "color") for name in ("Colour", "Цвет", "Farbe", "カラー", "اللون")),
        *(
            (name, "gtin")
            for name in ("gtin", "g:gtin", "EAN", "UPC/EAN", "Штрихкод", "Variant Barcode", "ISBN-13", "条形码")
        ),
        *(
            (name, "mpn")
            for name in ("mpn", "Part Number", "Артикул производителя", "manufacturer_sku", "Herstellernummer")
        ),
        *((name, "source") for name in ("Seller", "магазин", "Händler")),
        *((name, "id") for name in ("Custom label (SKU)", "Art. No.", "商家编码", "商品管理番号（商品URL）")),
        *(
            (name, "price")
            for name in (
                "UVP inkl. MwSt.",
                "Listenpreis",
                "EK netto",
                "零售价",
                "Цена розн., руб.",
                "List price",
                "Start price",
            )
        ),
        *((name, "mpn") for name in ("Herst.-Art.-Nr.", "C:MPN")),
        *(
            (name, "title")
            for name in ("Bezeichnung 1", "Titel_2", "宝贝名称", "Номенклатура", "Nombre del artículo", "Produkt")
        ),
        *((name, "image") for name in ("Image 2", "photo_3", "Item photo URL", "新图片", "商品画像URL")),
        *((name, "category") for name in ("Category 1", "Kategorie2")),
        *((name, None) for name in ("brand 2", "price 2", "sku 2", "image 1 width", "1", "2024")),
        *((name, None) for name in ("weight", "tags", "stock", "vector", "note", "size")),
    ],
)
def test_a_name_says_its_field(name, field):
    assert fields_by_name([name]) == ({} if field is None else {field: [name]})


def test_no_name_is_of_two_fields():
    every = [(normal_name(name), field) for field, names in NAMES.items() for name in names]
    homes = {name: {field for other, field in every if other == name} for name, _ in every}
    assert {name: fields for name, fields in homes.items() if len(fields) > 1} == {}
    assert set(NAMES) == set(FIELDS)


def test_accents_case_and_punctuation_do_not_count():
    assert normal_name("Título del_Producto (ES)") == normal_name("titulo DEL producto es") == "titulodelproductoes"
    assert is_barcode_name("EAN-13")
    assert not is_barcode_name("title")


def test_numbered_columns_are_one_field_together(write):
    found = guess(
        write,
        {
            "Artikel-Nr.": ["1", "2", "3"],
            "Bezeichnung 1": ["Becher", "Becher", "Krug"],
            "Bezeichnung 2": ["rot", "blau", "rot"],
            "Kategorie 1": ["Haus", "Haus", "Haus"],
            "Kategorie 2": ["Becher", "Becher", "Krüge"],
            "Bild": ["a.jpg", "b.jpg", "c.jpg"],
            "Bild 2": ["a2.jpg", "b2.jpg", "c2.jpg"],
        },
    ).schema
    assert found.title == AllOf((Cell("Bezeichnung 1"), Cell("Bezeichnung 2")))
    assert found.category == AllOf((Cell("Kategorie 1"), Cell("Kategorie 2")))
    assert found.image == AllOf((Cell("Bild"), Cell("Bild 2")))
    one = guess(write, {"sku": ["1", "2"], "Name": ["Mug", "Jug"], "Name 2": ["a", "b"]}).schema
    assert one.title == Cell("Name")


def test_short_descriptions_that_differ_are_titles_where_there_are_none(write):
    short, long = ["Blue mug 300 ml", "Red mug", "Jug 1 l"], ["A mug " * 20, "Red " * 30, "Jug " * 40]
    assert guess(write, {"sku": ["1", "2", "3"], "Description": short}).schema.title == Cell("Description")
    assert guess(write, {"sku": ["1", "2", "3"], "Description": long}).schema.title is None
    same = {"sku": ["1", "2", "3"], "Description": ["Good mug"] * 3}
    assert guess(write, same).schema.description == Cell("Description")


def test_a_table_of_html_is_a_description_and_no_category(write):
    cells = [f"<table><tr><td>Volume</td><td>{n} l</td></tr></table>" for n in range(3)]
    found = guess(write, {"sku": ["1", "2", "3"], "name": ["Mug", "Jug", "Cup"], "text": cells}).schema
    assert (found.description, found.category) == (Cell("text"), None)


def test_stock_tax_and_dates_are_left_out_of_others_files(write):
    noise = {
        "Lagerbestand": ["4", "7"],
        "MwSt (%)": ["19", "7"],
        "updated_at": ["2026", "2025"],
        "库存数量": ["1", "2"],
    }
    found = guess(write, {"SKU": ["a", "b"], "Name": ["Mug", "Jug"], "quantity": ["2 l", "1 l"], **noise})
    assert found.schema.ignore == tuple(found.left_out) == tuple(noise)
    assert guess(write, {"id": ["a", "b"], "title": ["Mug", "Jug"], **noise}).schema == GENERIC


def test_what_goods_are_available_in_and_how_they_were_created_stays(write):
    rows = {
        "SKU": ["a", "b"],
        "Name": ["Mug", "Jug"],
        "Available (sizes)": ["S M L", "M"],
        "Created": ["Made by Ann of clay", "Made by Bob of wood"],
        "Stock (pcs)": ["4", "7"],
        "Available": ["yes", "no"],
        "VAT": ["19 %", "7 %"],
        "Last modified": ["2026-11-02 10:15", "2026-11-03 10:15"],
    }
    assert guess(write, rows).schema.ignore == ("Stock (pcs)", "Available", "VAT", "Last modified")


def test_a_name_comes_before_a_kind_of_goods():
    assert fields_by_name(["Artikel", "Produkt", "Bezeichnung"])["title"][0] == "Bezeichnung"
    assert fields_by_name(["Produit", "Désignation"])["title"][0] == "Désignation"


def test_exactly_the_own_name_comes_first():
    assert fields_by_name(["Title", "Name", "title"]) == {"title": ["title", "Title", "Name"]}


@pytest.mark.parametrize(
    "names", [["id", "title", "note", "url"], ["id"], ["id", "title", "price", "attributes", "image", "weight"]]
)
def test_heroics_own_columns_are_read_as_they_are(write, names):
    content = {name: ["https://x.example/1", "https://x.example/2"] for name in names}
    assert guess(write, content).schema == GENERIC


def test_fields_are_known_by_what_their_columns_hold(write):
    found = guess(
        write,
        {
            "sku": ["a", "b", "c"],
            "name": ["Blue mug", "Red mug", "Jug"],
            "c1": [f"https://x.example/{n}.jpg" for n in range(3)],
            "c2": ["Home > Mugs", "Home > Mugs", "Home > Jugs"],
            "c3": ["<p>Big</p>", "<p>Small</p>", "<b>Old</b>"],
            "c4": [f"https://x.example/p/{n}" for n in range(3)],
            "c5": UUIDS,
            "size": ["S", "M", "L"],
        },
    )
    schema = found.schema
    assert (schema.id, schema.title) == (Cell("sku"), Cell("name"))
    assert (schema.image, schema.category, schema.description) == (Cell("c1"), Cell("c2"), Cell("c3"))
    assert schema.ignore == ("c4", "c5") == tuple(found.left_out)
    assert schema.extra_columns(["sku", "name", "c1", "c2", "c3", "c4", "c5", "size"]) == ["size"]


def test_what_cells_object_to_is_not_taken(write):
    found = guess(
        write,
        {
            "product id": ["1", "1", "2"],
            "sku": ["a", "b", "c"],
            "name": ["https://x.example/1", "https://x.example/2", "https://x.example/3"],
            "heading": ["Blue mug", "Red mug", "Jug"],
            "price": ["1", "2", "3"],
            "features": ["Big and blue", "Old", "Light"],
            "photo": ["yes", "no", "yes"],
        },
    )
    assert (found.schema.id, found.schema.title) == (Cell("sku"), Cell("heading"))
    assert (found.schema.attributes, found.schema.image) == (None, None)


def test_an_id_that_stands_again_is_still_the_id(write):
    content = {"Артикул": ["1", "2", "2"], "Название": ["x", "y", "y"], "код": ["a", "a", "a"]}
    assert guess(write, content).schema.id == Cell("Артикул")


def test_several_columns_of_pictures_are_one_field(write):
    content = {"sku": ["a"], "name": ["x"], "photo": ["1.jpg"], "images": ["2.jpg"]}
    assert guess(write, content).schema.image == AllOf((Cell("images"), Cell("photo")))


def test_nothing_is_left_out_beside_an_id_and_a_title(write):
    content = {"id": ["1"], "title": ["x"], "Vendor": ["Acme"], "link": ["https://x.example/1"]}
    found = guess(write, content)
    assert (found.schema.brand, found.schema.ignore) == (Cell("Vendor"), ())


def test_ids_are_likely_where_every_cell_is_another(write):
    table = open_table(
        write("a.parquet", {"n": ["1", "2"], "ean": ["4006381333931", "4006381333948"], "k": ["x", "x"]})
    )
    assert likely_ids(table.names, look_at(table)) == ["ean", "n"]
    table = open_table(write("b.parquet", {"price": ["1.5", "2.5"], "image": ["a", "b"], "num": ["x1", "x2"]}))
    assert likely_ids(table.names, look_at(table)) == ["num"]


def test_a_file_without_rows_is_known_by_its_names(write):
    assert guess_schema(open_table(write("a.csv", "SKU,Name\n"))).schema.title in (None, Cell("Name"))


@pytest.mark.parametrize("header", [",id,title", ",sku,name", "Unnamed: 0,id,title", "Unnamed: 0.1,sku,name"])
def test_the_row_numbers_of_pandas_are_left_out(write, header):
    guess = guess_schema(open_table(write("p.csv", header + "\n0,a,Mug\n7,b,Cup\n8,c,Jug\n")))
    (name,) = guess.schema.ignore
    assert guess.left_out == {name: "row numbers"}
    assert guess.schema.extra_columns(["column_1", "Unnamed: 0", "Unnamed: 0.1"]).count(name) == 0


@pytest.mark.parametrize("text", [",id,title\nS,a,Mug\nM,b,Cup\n", "Unnamed: 0,id,title\nred,a,Mug\nblue,b,Cup\n"])
def test_a_column_without_a_name_that_says_something_is_an_attribute(write, text):
    table = open_table(write("p.csv", text))
    assert guess_schema(table).schema.extra_columns(table.names) == [table.names[0]]
