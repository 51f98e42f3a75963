"""What crawlers and spreadsheets leave: literals of Python and Ruby, other scripts and encodings, a workbook."""

import gzip
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from exports.made_products import Product
from exports.offers import Export, Offer, addresses, with_dirt, write_table

FLIPKART = ["uniq_id", "crawl_timestamp", "product_url", "product_name", "product_category_tree", "pid",
            "retail_price", "discounted_price", "image", "is_FK_Advantage_product", "description", "product_rating",
            "overall_rating", "brand", "product_specifications"]  # fmt: skip
RUSSIAN = ["Артикул", "Наименование", "Бренд", "Категория", "Цена", "Старая цена", "Описание", "Фото", "Цвет",
           "Характеристики"]  # fmt: skip
GERMAN = ["Artikelnummer", "Bezeichnung", "Hersteller", "Warengruppe", "Preis", "Beschreibung", "Bild", "Farbe"]
ARABIC = ["رقم المنتج", "اسم المنتج", "العلامة التجارية", "الفئة", "السعر", "الوصف", "الصورة", "اللون"]
JAPANESE = ["商品コード", "商品名", "ブランド", "カテゴリ", "販売価格", "商品説明", "画像URL", "カラー"]
FOOD = ["code", "url", "creator", "created_t", "created_datetime", "last_modified_t", "product_name",
        "abbreviated_product_name", "generic_name", "quantity", "packaging", "packaging_tags", "brands", "brands_tags",
        "categories", "categories_tags", "categories_en", "origins", "countries", "countries_en",
        "ingredients_text", "allergens", "nutriscore_grade", "main_category", "main_category_en", "image_url",
        "image_small_url", *(f"{name}_100g" for name in ("energy-kj", "fat", "sugars", "proteins", "salt"))]  # fmt: skip


def flipkart(products: Sequence[Product], folder: Path) -> Export:
    """Categories are a list of one path that ends in the title, specifications a literal of Ruby, pictures of JSON."""
    rows = [_flipkart_row(product) for product in products]
    offers = [
        Offer(
            str(row["uniq_id"]),
            product.title(),
            product.number,
            product.price,
            levels=product.kind.levels["en"],
            brand=product.brand,
            attributes=product.attributes(),
            pictures=addresses(product),
        )
        for row, product in zip(rows, products, strict=True)
    ]
    return Export(
        write_table(folder / "flipkart_com-ecommerce_sample.csv", FLIPKART, with_dirt(rows, FLIPKART)), offers
    )


def _flipkart_row(product: Product) -> dict[str, object]:
    facts = [*(f'{{"key"=>"{name}", "value"=>"{value}"}}' for name, value in product.attributes().items()),
             '{"value"=>"Easy to clean"}']  # fmt: skip
    path = " >> ".join([*product.kind.levels["en"], product.title()])
    return {
        "uniq_id": f"{product.number * 2_654_435_761 % 2**64:032x}", "crawl_timestamp": "2026-03-25 22:59:23 +0000",
        "product_url": f"http://shop.example/p/{product.number}", "product_name": product.title(),
        "product_category_tree": json.dumps([path]), "pid": product.sku.replace("-", ""),
        "discounted_price": f"{product.price:g}", "image": json.dumps(addresses(product)) if product.pictures else "",
        "is_FK_Advantage_product": "FALSE", "description": product.sentence(),
        "product_rating": "No rating available", "overall_rating": "No rating available", "brand": product.brand,
        "product_specifications": f'{{"product_specification"=>[{", ".join(facts)}]}}',
    }  # fmt: skip


def russian(products: Sequence[Product], folder: Path) -> Export:
    """A scrape in cp1251 and semicolons: prices with a space and a comma, breadcrumbs in slashes."""
    rows = [_russian_row(product) for product in products]
    rows[11]["Цена"] = "по запросу"
    truth = [
        Offer(
            f"{product.number:06d}",
            product.title("ru"),
            product.number,
            None if product.number == 11 else product.price,
            None if product.number == 11 else "RUB",
            product.kind.levels["ru"],
            product.brand,
            {"Материал": product.material},
            addresses(product),
        )
        for product in products
    ]
    path = folder / "выгрузка.csv"
    write_table(path, RUSSIAN, with_dirt(rows, RUSSIAN), delimiter=";", encoding="cp1251", lines="\r\n")
    return Export(path, truth, broken=1)


def _russian_row(product: Product) -> dict[str, object]:
    price = f"{product.price:,.2f}".replace(",", " ").replace(".", ",")
    return {
        "Артикул": f"{product.number:06d}", "Наименование": product.title("ru"), "Бренд": product.brand,
        "Категория": " / ".join(product.kind.levels["ru"]), "Цена": f"{price} руб.",
        "Описание": f"<p>{product.title('ru')}.<br>Гарантия&nbsp;2&nbsp;года</p>", "Фото": "|".join(addresses(product)),
        "Цвет": product.colour["ru"], "Характеристики": f"Материал: {product.material}; Размер: {product.size}",
    }  # fmt: skip


def german(products: Sequence[Product], folder: Path) -> Export:
    """A list from Excel: `sep=;` above the names, cp1252, prices such as `1.299,00 €`."""
    rows: list[dict[str, object]] = [
        {
            "Artikelnummer": f"DE{product.number:04d}", "Bezeichnung": product.title("de"),
            "Hersteller": product.brand, "Warengruppe": " > ".join(product.kind.levels["de"]),
            "Preis": f"{product.price:,.2f} €".translate(str.maketrans(",.", ".,")),
            "Beschreibung": f"Für Küche & Büro: {product.material}", "Bild": ", ".join(addresses(product)),
            "Farbe": product.colour["de"],
        }
        for product in products
    ]  # fmt: skip
    path = write_table(folder / "Artikelliste.csv", GERMAN, with_dirt(rows, GERMAN), delimiter=";", encoding="cp1252",
                       lines="\r\n")  # fmt: skip
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    truth = [
        Offer(
            f"DE{product.number:04d}",
            product.title("de"),
            product.number,
            product.price,
            "EUR",
            product.kind.levels["de"],
            product.brand,
            pictures=addresses(product),
        )
        for product in products
    ]
    return Export(path, truth)


def arabic(products: Sequence[Product], folder: Path) -> Export:
    """What Excel calls Unicode text: UTF-16 and tabs; right-to-left marks, digits of two kinds."""
    rows: list[dict[str, object]] = [
        {
            "رقم المنتج": f"AR-{product.number}", "اسم المنتج": f"\u200f{product.title('ar')}",
            "العلامة التجارية": product.brand, "الفئة": " > ".join(product.kind.levels["ar"]),
            "السعر": f"EGP {product.price:,.2f}", "الوصف": f"<p>{product.title('ar')}</p>",
            "الصورة": "|".join(addresses(product)), "اللون": product.colour["ar"],
        }
        for product in products
    ]  # fmt: skip
    path = write_table(folder / "منتجات.txt", ARABIC, with_dirt(rows, ARABIC), delimiter="\t", encoding="utf-16",
                       lines="\r\n")  # fmt: skip
    truth = [
        Offer(
            f"AR-{product.number}",
            product.title("ar"),
            product.number,
            product.price,
            "EGP",
            product.kind.levels["ar"],
            product.brand,
            pictures=addresses(product),
        )
        for product in products
    ]
    return Export(path, truth)


def japanese(products: Sequence[Product], folder: Path) -> Export:
    """Shift JIS: full-width digits in some titles, prices in yen without decimals."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    rows: list[dict[str, object]] = [
        {
            "商品コード": product.sku, "商品名": product.title("ja").translate(wide if product.number % 6 == 0 else {}),
            "ブランド": product.brand, "カテゴリ": " > ".join(product.kind.levels["ja"]),
            "販売価格": f"{round(product.price * 150):,}円", "商品説明": f"{product.title('ja')}。<br>送料無料",
            "画像URL": ",".join(addresses(product)), "カラー": product.colour["ja"],
        }
        for product in products
    ]  # fmt: skip
    path = write_table(folder / "item.csv", JAPANESE, with_dirt(rows, JAPANESE), encoding="cp932", lines="\r\n")
    truth = [
        Offer(
            product.sku,
            product.title("ja"),
            product.number,
            round(product.price * 150),
            "JPY",
            product.kind.levels["ja"],
            product.brand,
            pictures=addresses(product),
        )
        for product in products
    ]
    return Export(path, truth)


def food(products: Sequence[Product], folder: Path) -> Export:
    """Open Food Facts: tabs in a compressed .csv, quotes that mean nothing, most columns empty, no price."""
    rows = [_food_row(product) for product in products]
    text = "\n".join(["\t".join(FOOD), *("\t".join(str(row.get(name, "")) for name in FOOD) for row in rows)])
    path = folder / "en.products.csv.gz"
    path.write_bytes(gzip.compress(f"{text}\n".encode()))
    truth = [
        Offer(
            product.barcode,
            product.name(),
            product.number,
            None,
            None,
            product.kind.levels["en"],
            product.brand,
            {"quantity": product.size},
            addresses(product)[:1],
        )
        for product in products
    ]
    return Export(path, truth)


def _food_row(product: Product) -> dict[str, object]:
    quoted = product.number % 8 == 0
    levels = product.kind.levels["en"]
    return {
        "code": product.barcode, "url": f"http://food.example/product/{product.barcode}", "creator": "kiliweb",
        "created_t": 1_520_000_000 + product.number, "created_datetime": "2018-03-02T14:13:20Z",
        "last_modified_t": 1_620_000_000, "product_name": f'{product.name()} "de luxe"' if quoted else product.name(),
        "generic_name": f'"{product.kind.noun["en"]}' if quoted else "", "quantity": product.size,
        "brands": product.brand, "brands_tags": product.brand.lower(), "categories": ", ".join(levels),
        "categories_tags": ",".join(f"en:{level.lower().replace(' ', '-')}" for level in levels),
        "categories_en": ",".join(levels), "countries": "en:fr", "countries_en": "France",
        "main_category": f"en:{levels[2].lower().replace(' ', '-')}", "main_category_en": levels[2],
        "image_url": (addresses(product) or [""])[0], "fat_100g": product.number % 9,
    }  # fmt: skip


def workbook(products: Sequence[Product], folder: Path) -> Export:
    """A workbook as spreadsheets write it: ids and prices are numbers, a second sheet holds remarks."""
    header = ["SKU", "Product name", "Brand", "Category", "Price (USD)", "Image URL", "Colour", "Weight, g"]
    rows: list[list[object]] = [
        [70_000 + product.number, product.title(), product.brand, " > ".join(product.kind.levels["en"]), product.price,
         ", ".join(addresses(product)), product.colour["en"], 850]
        for product in products
    ]  # fmt: skip
    path = folder / "price list.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _workbook_parts([header, *rows, [None] * 8]).items():
            book.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}')
    truth = [
        Offer(
            str(70_000 + product.number),
            product.title(),
            product.number,
            product.price,
            None,
            product.kind.levels["en"],
            product.brand,
            pictures=addresses(product),
        )
        for product in products
    ]
    return Export(path, truth)


def _workbook_parts(rows: list[list[object]]) -> dict[str, str]:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    sheets = {1: _sheet(rows, main), 2: _sheet([["Prices are without VAT"], ["Ask Ms. Orlova"]], main)}
    names = {1: "Products", 2: "Remarks"}
    return {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>' for n in sheets
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="rId1" '
        f'Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in names.items())
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{links}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in sheets
        )
        + "</Relationships>",
        **{f"xl/worksheets/sheet{n}.xml": text for n, text in sheets.items()},
    }


def _sheet(rows: list[list[object]], main: str) -> str:
    lines = "".join(f'<row r="{n}">{"".join(_cell(c, n, cell) for c, cell in enumerate(row))}</row>'
                    for n, row in enumerate(rows, 1))  # fmt: skip
    return f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>'


def _cell(column: int, row: int, value: object) -> str:
    place = f"{'ABCDEFGHIJ'[column]}{row}"
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
