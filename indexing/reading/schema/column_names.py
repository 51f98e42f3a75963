"""Columns are known by their names, in the spellings and languages that shops use."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from indexing.reading.schema.schema import FIELDS

# Each field's names, the surest first; case, accents, spaces and punctuation do not count.
NAMES: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id", "offer id", "variant id", "sku", "item sku", "seller sku", "product sku", "merchant sku", "article", "custom label",
        "custom label sku", "outer id",
        "product id", "item id", "listing id", "product code", "item code", "article number", "item number", "code",
        "article no", "article nr", "art no", "item no", "item nr", "product number", "product no", "stock code",
        "stock number", "reference", "ref",
        "uniq id", "unique id", "uid", "uuid", "pid", "asin", "артикул", "ид", "идентификатор", "код", "код товара", "код номенклатуры",
        "ид товара", "ид предложения", "артикул товара", "код артикула", "artikelnummer", "artikel nr", "art nr",
        "produktnummer", "produkt id", "artikel id", "bestellnummer", "référence", "référence produit", "réf",
        "identifiant", "referencia", "código", "código de producto", "codice", "codice prodotto", "código do produto",
        "referência", "kod", "kod produktu", "indeks", "nr katalogowy", "kód", "kód produktu", "stok kodu",
        "ürün kodu", "cikkszám", "cod produs", "varenummer", "tuotekoodi", "المعرف", "رمز المنتج", "رقم المنتج", "كود المنتج", "מקט",
        "קוד מוצר", "编号", "货号", "商品编号", "商品编码", "商品id", "產品編號", "貨號", "商品コード", "商品番号", "品番", "管理番号", "商品管理番号", "商家编码", "货品编号", "产品编码", "产品编号",
        "상품번호", "상품코드", "артикль", "код товару", "κωδικός", "รหัสสินค้า", "mã sản phẩm",
    ),
    "title": (
        "title", "product title", "item title", "offer title", "name", "product name", "item name", "offer name",
        "full name", "model name", "product", "item", "heading", "название", "название товара", "наименование",
        "наименование товара", "имя", "имя товара", "товар", "номенклатура", "заголовок", "titel", "produkttitel", "bezeichnung",
        "artikelbezeichnung", "produktbezeichnung", "produktname", "artikelname", "produkt", "artikel", "titre", "nom", "nom du produit",
        "nom produit", "nom de produit", "désignation", "libellé", "libellé produit", "intitulé", "produit", "título", "nombre", "nombre del producto",
        "nombre producto", "nombre de producto", "nombre del artículo", "producto", "artículo", "titolo", "nome", "nome prodotto", "nome del prodotto", "denominazione", "prodotto", "articolo", "nome do produto", "produto",
        "nome produto", "naam", "productnaam", "produktnamn", "namn", "navn", "produktnavn", "tuotenimi", "nazwa",
        "nazwa produktu", "tytuł", "název", "název produktu", "názov", "názov produktu", "naziv", "naziv proizvoda",
        "név", "termék neve", "terméknév", "megnevezés", "nume", "nume produs", "denumire", "denumire produs", "ürün adı",
        "başlık", "ürün", "назва", "назва товару", "найменування", "наименование на продукта", "име", "τίτλος", "όνομα",
        "ονομασία", "اسم المنتج", "الاسم", "العنوان", "اسم", "عنوان المنتج", "نام محصول", "عنوان", "שם המוצר", "שם מוצר", "כותרת", "שם",
        "标题", "名称", "商品名称", "商品标题", "产品名称", "品名", "宝贝名称", "宝贝标题", "货品名称", "標題", "名稱", "商品名稱", "產品名稱", "商品名", "タイトル", "製品名",
        "상품명", "제품명", "제목", "이름", "उत्पाद का नाम", "नाम", "शीर्षक", "ชื่อสินค้า", "ชื่อ", "tên sản phẩm", "tên", "nama produk", "nama", "judul",
    ),
    "description": (
        "description", "product description", "long description", "item description", "full description",
        "body html", "body", "short description", "details", "описание", "описание товара", "подробное описание", "beschreibung",
        "produktbeschreibung", "artikelbeschreibung", "langbeschreibung", "description du produit", "descriptif",
        "descripción", "descripción del producto", "descrizione", "descrizione prodotto", "descrição",
        "descrição do produto", "omschrijving", "beschrijving", "beskrivning", "beskrivelse", "kuvaus", "opis",
        "opis produktu", "popis", "popis produktu", "leírás", "descriere", "açıklama", "ürün açıklaması", "опис",
        "опис товару", "περιγραφή", "الوصف", "وصف المنتج", "وصف", "توضیحات", "תיאור", "תיאור המוצר", "描述", "商品描述", "宝贝描述", "产品描述", "商品详情",
        "說明", "商品說明", "説明", "商品説明", "상품설명", "설명", "विवरण", "รายละเอียด", "mô tả", "deskripsi",
    ),
    "brand": (
        "brand", "brand name", "c brand", "vendor", "manufacturer", "maker", "brands", "бренд", "производитель", "марка",
        "торговая марка", "вендор", "изготовитель", "marke", "hersteller", "markenname", "marque", "fabricant", "marca",
        "fabricante", "marchio", "produttore", "merk", "fabrikant", "varumärke", "mærke", "merke", "tuotemerkki",
        "marka", "producent", "značka", "výrobce", "výrobca", "proizvođač", "márka", "gyártó", "producător",
        "üretici", "бренд товара", "виробник", "производител", "μάρκα", "κατασκευαστής", "الماركة", "العلامة التجارية", "الشركة المصنعة",
        "برند", "מותג", "יצרן", "品牌", "厂商", "制造商", "廠商", "ブランド", "ブランド名", "メーカー", "브랜드", "제조사", "ब्रांड", "ยี่ห้อ", "แบรนด์",
        "thương hiệu", "merek",
    ),
    "attributes": (
        "attributes", "product attributes", "specifications", "product specifications", "specification", "specs",
        "additional attributes", "features", "properties", "params", "характеристики", "параметры", "свойства", "attribute", "eigenschaften",
        "merkmale", "technische daten", "attributs", "caractéristiques", "atributos", "características",
        "especificaciones", "attributi", "caratteristiche", "specificaties", "atrybuty", "parametry", "özellikler",
        "المواصفات", "מפרט", "规格", "属性", "規格", "仕様", "사양",
    ),
    "price": (
        "price", "current price", "sale price", "selling price", "discounted price", "final price", "offer price",
        "unit price", "retail price", "regular price", "list price", "standard price", "start price", "buy it now price",
        "base price", "gross price", "price incl vat", "price inc vat", "price excl vat", "price ex vat", "mrp", "msrp", "rrp",
        "srp", "net price", "dealer price", "wholesale price", "cost", "цена", "цена руб", "стоимость",
        "розничная цена", "цена розничная", "цена розн", "цена опт", "цена со скидкой", "цена продажи", "базовая цена", "оптовая цена", "цена оптовая", "preis", "verkaufspreis", "bruttopreis", "preis eur", "preis brutto", "preis inkl mwst", "vk preis", "vk brutto", "vk", "uvp",
        "uvp inkl mwst", "listenpreis", "stückpreis", "einzelpreis", "nettopreis", "preis netto", "vk netto", "händlerpreis", "ek preis",
        "ek netto", "ek", "prix", "prix ttc", "prix unitaire", "prix public", "prix ht",
        "prix de vente", "precio", "precio de venta", "pvp", "prezzo", "prezzo di vendita", "preço", "prijs",
        "verkoopprijs", "pris", "hinta", "cena", "cena brutto", "ár", "bruttó ár", "preț", "pret", "fiyat", "fiyatı",
        "satış fiyatı", "ціна", "вартість", "τιμή", "السعر", "سعر", "سعر البيع", "قیمت", "מחיר", "价格", "售价", "销售价", "零售价", "商品价格", "宝贝价格", "现价", "单价", "会员价", "市场价", "原价", "批发价", "进货价", "價格", "售價", "価格",
        "販売価格", "税込価格", "価格税込", "通常価格", "定価", "税抜価格", "値段", "가격", "판매가", "मूल्य", "कीमत", "ราคา", "giá", "harga",
    ),
    "category": (
        "category", "category path", "categories", "category name", "product category", "product category tree",
        "category tree", "product type", "main category", "department", "breadcrumb", "breadcrumbs", "google product category", "категория",
        "категории", "раздел", "рубрика", "категория товара", "группа", "kategorie", "kategorien", "warengruppe",
        "produktkategorie", "kategoriepfad", "catégorie", "catégories", "rayon", "categoría", "categorías", "familia",
        "categoria", "categorie", "reparto", "kategori", "kategoria", "kategória", "kategorija", "kategoriler",
        "tuoteryhmä", "категорія", "розділ", "категория на продукта", "κατηγορία", "الفئة", "القسم", "التصنيف", "دسته بندی", "קטגוריה", "类别",
        "分类", "类目", "商品分类", "類別", "分類", "カテゴリ", "カテゴリー", "카테고리", "분류", "श्रेणी", "หมวดหมู่", "danh mục", "kategori produk",
    ),
    "source": (
        "source", "shop", "shop name", "store", "store name", "seller", "seller name", "merchant", "merchant name", "retailer", "магазин",
        "продавец", "поставщик", "источник", "händler", "verkäufer", "anbieter", "boutique", "vendeur", "marchand",
        "tienda", "vendedor", "negozio", "venditore", "loja", "winkel", "verkoper", "butik", "sklep", "sprzedawca",
        "obchod", "bolt", "magazin", "mağaza", "satıcı", "продавець", "المتجر", "البائع", "חנות", "מוכר", "店铺", "卖家", "商家", "店鋪", "ショップ", "店舗", "판매자", "쇼핑몰",
    ),
    "image": (
        "image", "images", "item photo url", "pic url", "image url", "image urls", "main image", "main image url", "image link", "picture", "picture url", "pictures",
        "photo", "photos", "photo url", "img", "img url", "image src", "product image", "primary image", "large image", "image 1", "картинка", "картинки",
        "изображение", "изображения", "фото", "ссылка на изображение", "ссылка на фото", "ссылка на картинку", "фотография",
        "bild", "bilder", "bild url", "bildlink", "produktbild", "image du produit", "photo produit", "lien image",
        "imagen", "imágenes", "foto", "url imagen", "immagine", "immagini", "imagem", "imagens", "afbeelding", "afbeeldingen", "billede", "bilde",
        "kuva", "zdjęcie", "zdjęcia", "obrázek", "obrázok", "slika", "kép", "imagine", "resim", "görsel", "зображення", "εικόνα",
        "الصورة", "صورة", "رابط الصورة", "תמונה", "图片", "主图", "新图片", "图片链接", "商品图片", "圖片", "画像", "商品画像", "商品画像url", "画像url", "이미지", "사진", "รูปภาพ", "hình ảnh", "gambar",
    ),
    "color": (
        "color", "colour", "colors", "colours", "c color", "c colour", "color name", "colour name", "product colour", "цвет", "цвета",
        "цвет товара", "farbe", "farben", "couleur", "couleurs", "colores", "colore", "cor", "kleur", "färg", "farve",
        "farge", "väri", "kolor", "barva", "farba", "boja", "szín", "culoare", "renk", "колір", "цвят", "χρώμα", "اللون", "رنگ", "צבע",
        "颜色", "顏色", "色", "カラー", "색상", "रंग", "สี", "màu", "warna",
    ),
    "gtin": (
        "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "gtins", "g:gtin", "gtin ean", "gtin code", "ean", "ean13",
        "ean8", "ean14", "eans", "ean code", "ean number", "ean nr", "ean upc", "ean gtin", "ean barcode", "upc", "upca",
        "upc a", "upc code", "upc ean", "upc ean isbn", "gtin upc ean or isbn", "gtin upc ean isbn", "isbn", "isbn13",
        "isbn10", "isbns", "barcode", "bar code", "barcodes", "barcode number", "barcode ean", "product barcode",
        "item barcode", "variant barcode", "global unique id", "global trade item number", "external product id",
        "штрихкод", "штрих код", "штрихкоды", "штрихкод товара", "штрих код товара", "штрихкод ean", "баркод", "ean код",
        "gtin код", "strichcode", "barcode nummer", "eancode", "ean nummer", "gtin nummer", "code barre", "code barres",
        "code à barres", "code ean", "gencod", "gencode", "código de barras", "código ean", "cod barras", "codice a barre",
        "codice ean", "streepjescode", "streckkod", "stregkode", "strekkode", "viivakoodi", "kod kreskowy", "kod ean",
        "čárový kód", "čiarový kód", "ean kód", "vonalkód", "cod de bare", "cod ean", "barkod", "barkod no", "штрих код ean",
        "γραμμωτός κώδικας", "الباركود", "باركود", "رمز شريطي", "بارکد", "ברקוד", "条码", "条形码", "商品条码", "商品条形码",
        "條碼", "國際條碼", "バーコード", "janコード", "jan", "jan code", "바코드", "बारकोड", "บาร์โค้ด", "mã vạch",
    ),
    "mpn": (
        "mpn", "g:mpn", "mpns", "c mpn", "manufacturer part number", "manufacturer part no", "manufacturers part number",
        "mfr part number", "mfr part no", "mfg part number", "mfg part no", "mfpn", "mfr number", "part number", "part no",
        "part nr", "partnumber", "oem number", "oem part number", "oem", "manufacturer sku", "manufacturer code",
        "manufacturer number", "manufacturer reference", "manufacturer product number", "manufacturer item number",
        "vendor code", "vendorcode", "model number", "model no", "model nr", "item model number", "артикул производителя",
        "код производителя", "номер производителя", "парт номер", "партномер", "партнамбер", "номер детали", "номер запчасти",
        "herstellernummer", "hersteller nr", "herst nr", "herst art nr", "herstellerartikelnummer", "hersteller artikelnummer", "herstellerteilenummer",
        "hersteller teilenummer", "hersteller sku", "teilenummer", "modellnummer", "référence fabricant", "réf fabricant",
        "référence constructeur", "numéro de pièce", "numéro de modèle", "referencia fabricante", "referencia del fabricante",
        "número de pieza", "número de modelo", "número de parte", "codice produttore", "codice del produttore",
        "numero modello", "código do fabricante", "número da peça", "fabrikantcode", "onderdeelnummer", "modelnummer",
        "tillverkarens artikelnummer", "valmistajan tuotekoodi", "kod producenta", "numer części", "kod výrobce",
        "kód výrobce", "kód výrobcu", "číslo dílu", "gyártói cikkszám", "cod producător", "üretici kodu", "parça numarası",
        "артикул виробника", "код виробника", "رقم القطعة", "رقم الموديل", "מספר דגם", "מקט יצרן", "厂家型号", "产品型号", "制造商零件编号",
        "原廠型號", "型番", "メーカー型番", "品番型番", "부품번호", "모델번호", "제조사 품번",
    ),
}  # fmt: skip
NUMBERED = ("title", "description", "category", "image", "gtin")  # fields that several columns may be, by number
ADDRESSES = (
    "url", "link", "product url", "product link", "page url", "href", "permalink", "deeplink", "canonical url", "mobile link", "item url",
    "ссылка", "ссылка на товар", "адрес", "адрес страницы", "produktlink", "produkt url", "lien", "lien produit",
    "enlace", "url del producto", "collegamento", "adres", "odkaz", "bağlantı", "посилання", "الرابط", "رابط المنتج",
    "קישור", "链接", "商品链接", "連結", "リンク", "商品url", "링크",
)  # fmt: skip


CURRENCIES = (
    "currency", "currency id", "currency code", "price currency", "iso currency", "валюта", "währung", "devise", "moneda", "valuta", "moeda",
    "waluta", "měna", "mena", "para birimi", "νόμισμα", "العملة", "מטבע", "货币", "币种", "貨幣", "通貨", "통화",
)  # fmt: skip


TRADE = (
    "stock", "stock quantity", "stock status", "stock level", "in stock", "qty", "quantity in stock", "inventory", "inventory quantity",
    "inventory level", "availability", "available", "vat", "vat rate", "tax", "tax rate", "tax class", "created at", "updated at",
    "created", "updated", "date created", "date modified", "last modified", "date added", "остаток", "остатки", "наличие",
    "в наличии", "количество на складе", "остаток на складе", "ндс", "ставка ндс", "дата создания", "дата изменения", "lagerbestand",
    "lagerstand", "bestand", "verfügbarkeit", "lieferzeit", "mwst", "mwst satz", "steuersatz", "disponibilité", "tva", "existencias",
    "disponibilidad", "iva", "giacenza", "disponibilità", "estoque", "voorraad", "lagersaldo", "stan magazynowy", "dostępność", "库存",
    "库存数量", "库存量", "上架状态", "在庫数", "在庫", "消費税", "送料", "재고", "재고수량",
)  # fmt: skip


def normal_name(name: str) -> str:
    """Return a column's name without case, accents, spaces and punctuation."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c for c in decomposed if not unicodedata.combining(c) and c.isalnum())
    return unicodedata.normalize("NFKC", kept)


@cache
def _ranks() -> dict[str, dict[str, int]]:
    """Return each field's normal names with their ranks."""
    found: dict[str, dict[str, int]] = {field: {} for field in FIELDS}
    for field, names in NAMES.items():
        for name in names:
            found[field].setdefault(normal_name(name), len(found[field]))
    return found


@cache
def _normal(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normal_name, names))


def fields_by_name(names: Sequence[str]) -> dict[str, list[str]]:
    """Return for each field the columns whose names say so, the surest first: exactly the field's own name, then by
    rank. A column that several fields could have is only the first's in FIELDS."""
    found: dict[str, list[str]] = {field: [] for field in FIELDS}
    for name in names:
        field = name if name in FIELDS else _field_of(normal_name(name)) or _field_of(_without_unit(name))
        numbered = None if field else _field_of(stem_of(name) or "")
        if field or numbered in NUMBERED:
            found[field or numbered or ""].append(name)
    ranks = _ranks()
    return {
        field: sorted(columns, key=lambda column: (column != field, *_rank(column, ranks[field])))
        for field, columns in found.items()
        if columns
    }


def _rank(name: str, ranks: Mapping[str, int]) -> tuple[int, int]:
    """Return how much of a name must go for it to be known (its unit, its number), and its rank."""
    written = (normal_name(name), _without_unit(name), stem_of(name) or "")
    return next(((place, ranks[one]) for place, one in enumerate(written) if one in ranks), (len(written), 0))


def stem_of(name: str) -> str | None:
    """Return the normal name without the number that it ends with, None where it has none: `Image 2`, `Bezeichnung_1`."""
    normal = normal_name(name)
    stem = re.sub(r"\d{1,2}$", "", normal)
    return stem if stem and stem != normal else None


def _without_unit(name: str) -> str:
    """Return the normal name without what stands in brackets or behind a comma at its end: `Price (USD)`."""
    return normal_name(re.sub(r"\s*(\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]|,[^,]*)\s*$", "", name))


def _field_of(normal: str) -> str | None:
    return next((field for field, names in _ranks().items() if normal in names), None)


def named_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the columns that hold names and values of attributes by number: `Attribute 1 name`, `Attribute 1 value(s)`."""
    values = {normal_name(name): name for name in names}
    found = []
    for name in names:
        parts = re.fullmatch(r"(.*\d.*?)(name|key)(.*)", normal_name(name))
        sought = [f"{parts[1]}{word}{parts[3]}" for word in ("value", "values")] if parts else []
        value = next((values[one] for one in sought if one in values), None)
        found += [(name, value)] if value is not None else []
    return found


def unit_columns(names: Sequence[str]) -> dict[str, str]:
    """Return the columns that another one holds the units of: `item_volume` of `item_volume_unit_of_measure`."""
    there = {normal_name(name): name for name in names}
    sought = (
        (name, there.get(normal_name(name) + word))
        for name in names
        for word in ("unitofmeasure", "unit", "units", "uom")
    )
    return {name: unit for name, unit in sought if unit is not None}


def is_barcode_name(name: str) -> bool:
    """Return whether a column of this name holds barcodes."""
    return _field_of(normal_name(name)) == "gtin"


def is_currency_name(name: str) -> bool:
    """Return whether a column of this name says which currency the price beside it is in."""
    return normal_name(name) in _normal(CURRENCIES)


def is_trade_name(name: str, *, whole: bool = False) -> bool:
    """Return whether a column of this name says how a product is sold, not what it is: stock, tax, when it was written;
    what stands in brackets behind it does not count, unless the `whole` name shall be one."""
    return normal_name(name) in _normal(TRADE) or (not whole and _without_unit(name) in _normal(TRADE))


def is_address_name(name: str) -> bool:
    """Return whether a column of this name holds addresses of product pages."""
    return normal_name(name) in _normal(ADDRESSES)
