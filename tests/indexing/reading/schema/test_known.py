"""Known exports: recognised by their columns, and read as their shops mean them. The samples are made up."""

import json

import pytest
import yaml

from indexing.reading.schema.known import FOLDER, known_exports, known_names, known_schema, recognise
from indexing.reading.schema.schema import GENERIC

SHOPIFY = """Handle,Title,Body (HTML),Vendor,Product Category,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
Variant SKU,Variant Inventory Qty,Variant Price,Variant Barcode,Image Src,Image Position,SEO Title,Variant Image,Status
tee,Tee,<p>Soft</p>,Acme,Clothing > Shirts,Size,S,Color,Red,T-S,4,9.50,111,1.jpg,1,Buy,red.jpg,active
tee,,,,,,M,,Blue,T-M,5,10.50,222,2.jpg,2,,,
tee,,,,,,,,,,,,,3.jpg,3,,,
mug,Mug,,Acme,Home > Mugs,Title,Default Title,,,,1,3.00,,,,,,active
"""
WOOCOMMERCE = """ID,Type,SKU,Name,Published,Description,Sale price,Regular price,Categories,Images,Parent,\
Attribute 1 name,Attribute 1 value(s),Attribute 1 visible
1,variable,hood,Hoodie,1,Warm,,,"Clothes > Hoodies","a.jpg",,Colour,"Red, Blue",1
2,simple,cap,Cap,1,Flat,4,5,Clothes,"b.jpg",,,,
3,variation,hood-red,Hoodie - Red,1,,,20,,,hood,Colour,Red,
4,variable,,Sock,1,Thin,,,Clothes,"d.jpg",,,,
5,variation,,Sock - L,1,,,2,,"e.jpg",id:4,Size,L,
"""
MAGENTO = """sku,store_view_code,attribute_set_code,product_type,categories,name,description,price,base_image,\
additional_images,additional_attributes,qty
m1,,Default,simple,"Default Category,Default Category/Home,Default Category/Home/Mugs",Mug,Big,3.5,/m/1.jpg,/m/2.jpg,"color=Red,size=L",4
m1,de,,simple,,Becher,,,,,,
mugs,,Default,configurable,"Default Category/Home",Mugs,All,,,,,
"""
GOOGLE = "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tbrand\tproduct type\tcolor\n" + (
    "g1\tMug\tBig\thttps://x.example/1\thttps://x.example/1.jpg\tin stock\t3.50\tAcme\tHome > Mugs\tRed\n"
)
AMAZON = """item_sku,item_name,brand_name,external_product_id,standard_price,currency,main_image_url,other_image_url1,\
parent_child,parent_sku,bullet_point1,bullet_point2,product_description,update_delete
P,Mug,Acme,,,EUR,p.jpg,,Parent,,Big,Blue,Nice,Update
C,Mug L,Acme,400,3.5,EUR,c.jpg,d.jpg,Child,P,,,,Update
"""
FOOD = "code\turl\tproduct_name\tquantity\tbrands\tcategories_en\tcountries_en\timage_url\tfat_100g\n" + (
    "0301\thttps://f.example\tNuts\t200 g\tAcme\tSnacks,Nuts\tFrance\thttps://f.example/1.jpg\t3\n"
)


YML = """<?xml version="1.0" encoding="UTF-8"?><yml_catalog date="2026-01-01"><shop><name>S</name>
<currencies><currency id="RUR" rate="1"/></currencies>
<categories><category id="1">Дом</category><category id="2" parentId="1">Чайники</category></categories>
<offers><offer id="7" available="true"><url>https://x.example/7</url><price>9.50</price><currencyId>RUR</currencyId>
<categoryId>2</categoryId><picture>https://x.example/1.jpg</picture><picture>https://x.example/2.jpg</picture>
<name>Чайник</name><vendor>Acme</vendor><vendorCode>K1</vendorCode><param name="Объём" unit="л">1.7</param></offer>
</offers></shop></yml_catalog>"""
GOOGLE_XML = """<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>S</title>
<item><g:id>g1</g:id><g:title>Mug</g:title><g:link>https://x.example/1</g:link>
<g:image_link>https://x.example/1.jpg</g:image_link><g:additional_image_link>https://x.example/2.jpg</g:additional_image_link>
<g:availability>in_stock</g:availability><g:price>3.50 GBP</g:price><g:brand>Acme</g:brand></item></channel></rss>"""


def attributes(row):
    return {entry["key"]: entry["value"] for entry in row or ()}


@pytest.fixture
def rows(read, write):
    def read_rows(content, name="export.csv", **options):
        found = read(content.replace("\t", ",") if "\t" in content else content, name, **options)
        return found, {row["id"]: row for row in found.catalog.table.to_pylist()}

    return read_rows


def test_shopify_variants_take_the_texts_and_pictures_of_their_product(rows):
    found, products = rows(SHOPIFY)
    assert (found.schema.name, list(products)) == ("shopify", ["T-S", "T-M", "mug"])
    assert [row["title"] for row in products.values()] == ["Tee S Red", "Tee M Blue", "Mug"]
    assert [row["price"] for row in products.values()] == [9.5, 10.5, 3.0]
    assert [row["brand"] for row in products.values()] == ["Acme"] * 3
    assert products["T-S"]["images"] == ["red.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert products["T-M"]["images"] == ["1.jpg", "2.jpg", "3.jpg"]
    assert attributes(products["T-M"]["attributes"]) == {"Size": "M", "Color": "Blue", "Variant Barcode": "222"}
    assert attributes(products["mug"]["attributes"]) == {}


def test_woocommerce_variations_take_what_they_lack_from_their_parent(rows):
    found, products = rows(WOOCOMMERCE)
    assert found.schema.name == "woocommerce"
    assert [row["title"] for row in products.values()] == ["Cap", "Hoodie - Red", "Sock - L"]
    assert [row["price"] for row in products.values()] == [4.0, 20.0, 2.0]
    assert [row["description"] for row in products.values()] == ["Flat", "Warm", "Thin"]
    assert [row["images"][0] for row in products.values()] == ["b.jpg", "a.jpg", "e.jpg"]
    assert found.passed_over.left_out == 2
    assert attributes(products[3]["attributes"])["Colour"] == "Red"
    assert attributes(products[5]["attributes"])["Size"] == "L"


def test_magento_store_views_are_one_product(rows):
    found, products = rows(MAGENTO)
    assert (found.schema.name, list(products), found.passed_over.left_out) == ("magento", ["m1"], 1)
    assert (products["m1"]["title"], products["m1"]["images"]) == ("Mug", ["/m/1.jpg", "/m/2.jpg"])
    assert (products["m1"]["category_1"], products["m1"]["category_2"]) == ("Home", "Mugs")
    assert attributes(products["m1"]["attributes"]) == {"color": "Red", "size": "L"}


def test_google_feeds_have_names_with_spaces_or_without(rows):
    found, products = rows(GOOGLE)
    assert (found.schema.name, products["g1"]["title"], products["g1"]["brand"]) == ("google-merchant", "Mug", "Acme")
    assert products["g1"]["images"] == ["https://x.example/1.jpg"]
    assert products["g1"]["attributes"] is None
    assert rows(GOOGLE.replace("image link", "image_link").replace("product type", "product_type"))[1] == products


def test_amazon_children_and_pictures(rows):
    above = "TemplateType=fptcustom,Version=2026\nSeller SKU,Product Name,Brand\n"
    found, products = rows(above + AMAZON)
    assert products["C"]["description"] == "Big Blue Nice"
    assert products["C"]["images"] == ["c.jpg", "d.jpg"]
    assert (products["C"]["price"], products["C"]["currency"], list(products)) == (3.5, "EUR", ["C"])
    assert attributes(products["C"]["attributes"]) == {"external_product_id": "400"}
    assert found.schema.name == "amazon"


def test_open_food_facts_keeps_what_tells_products_apart(rows):
    comma = FOOD.replace("Snacks,Nuts", "Snacks")
    found, products = rows(comma)
    assert (found.schema.name, products["0301"]["title"]) == ("open-food-facts", "Nuts")
    assert attributes(products["0301"]["attributes"]) == {"quantity": "200 g"}


def test_yandex_offers_have_paths_attributes_and_currencies(rows):
    found, products = rows(YML, "shop.yml")
    assert (found.schema.name, list(products)) == ("yml", [7])
    offer = products[7]
    assert (offer["title"], offer["brand"], offer["price"], offer["currency"]) == ("Чайник", "Acme", 9.5, "RUB")
    assert (offer["category_1"], offer["category_2"]) == ("Дом", "Чайники")
    assert attributes(offer["attributes"]) == {"vendorCode": "K1", "Объём": "1.7 л"}
    assert offer["images"] == ["https://x.example/1.jpg", "https://x.example/2.jpg"]


SHOPIFY_JSON = {
    "products": [
        {
            "id": 1, "title": "T-shirt", "handle": "t", "body_html": "<p>Soft</p>", "vendor": "Acme", "product_type": "Shirts",
            "tags": ["new"], "updated_at": "2026-11-29",
            "variants": [
                {"id": 11, "title": "Red / S", "option1": "Red", "option2": "S", "sku": "T-S", "price": "9.50",
                 "featured_image": {"id": 3, "src": "https://x.example/red.jpg"}, "available": True},
                {"id": 12, "title": "Blue / M", "option1": "Blue", "option2": "M", "sku": "T-M", "price": "8.00", "image_id": 2},
            ],
            "images": [{"id": 1, "src": "https://x.example/1.jpg"}, {"id": 2, "src": "https://x.example/blue.jpg"}],
            "options": [{"name": "Color", "values": ["Red", "Blue"]}, {"name": "Size", "values": ["S", "M"]}],
        },
        {
            "id": 2, "title": "Mug", "handle": "mug", "body_html": None, "vendor": "Acme", "product_type": "", "tags": [],
            "variants": [{"id": 21, "title": "Default Title", "option1": "Default Title", "sku": "", "price": "3.00"}],
            "images": [], "options": [{"name": "Title", "values": ["Default Title"]}],
        },
        {"id": 3, "title": "Gone", "handle": "g", "body_html": "", "variants": [], "images": ["https://x.example/g.jpg"]},
    ]
}  # fmt: skip


@pytest.mark.parametrize("lines", [False, True])
def test_a_variant_in_shopifys_json_is_a_product(rows, lines):
    whole = "".join(json.dumps(one) + "\n" for one in SHOPIFY_JSON["products"]) if lines else json.dumps(SHOPIFY_JSON)
    found, products = rows(whole, "products.jsonl" if lines else "products.json")
    assert (found.schema.name, list(products)) == ("shopify-json", [11, 12, 21, 3])
    assert [one["title"] for one in products.values()] == ["T-shirt Red / S", "T-shirt Blue / M", "Mug", "Gone"]
    assert (products[12]["price"], products[12]["brand"], products[12]["description"]) == (8.0, "Acme", "Soft")
    assert products[12]["category_3"] == "Shirts"
    assert attributes(products[11]["attributes"]) == {"Color": "Red", "Size": "S", "tags": "new", "variant.sku": "T-S"}
    assert products[21]["attributes"] is None
    assert products[11]["images"] == [f"https://x.example/{name}.jpg" for name in ("red", "1", "blue")]
    assert products[12]["images"] == [f"https://x.example/{name}.jpg" for name in ("blue", "1")]
    assert (products[21]["images"], products[3]["images"]) == ([], ["https://x.example/g.jpg"])


def test_google_feeds_in_xml_are_those_in_tabs(rows):
    found, products = rows(GOOGLE_XML, "feed.xml")
    assert (found.schema.name, products["g1"]["title"], products["g1"]["price"]) == ("google-merchant", "Mug", 3.5)
    assert products["g1"]["images"] == ["https://x.example/1.jpg", "https://x.example/2.jpg"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_export_recognises_itself_and_nothing_is_named_twice(path):
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = [sign[0] if isinstance(sign, list) else sign for sign in given["recognise"]]
    assert recognise(names).name == path.stem
    assert known_schema(path.stem).known
    assert len(set(given.get("ignore", []))) == len(given.get("ignore", []))


def test_the_columns_of_heroics_own_schema_are_no_export():
    own = ["id", "title", "description", "brand", "attributes", "price", "category", "source", "image", "color"]
    assert recognise(own) is None
    assert recognise(["id", "name", "category", "picture", "price"]) is None


def test_names_of_exports():
    assert known_names()[:3] == ["auto", "generic", "amazon"]
    assert known_schema("facebook") == known_schema("google-merchant")
    assert (known_schema("generic"), known_schema("auto")) == (GENERIC, None)
    assert known_exports()["shopify"].lacking(["Handle", "Title"]) == [
        "Variant Price or Variant SKU or Option1 Value or Option1 value"
    ]
