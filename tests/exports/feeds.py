"""Feeds that shops hand to others: Google Merchant in XML and in tabs, Facebook, Yandex's YML, Amazon's flat file."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from exports.made_products import KINDS, Product
from exports.offers import Export, Offer, addresses, with_dirt, write_table

GOOGLE = ["id", "title", "description", "link", "condition", "price", "availability", "image link",
          "additional image link", "gtin", "mpn", "brand", "google product category", "product type",
          "item group id", "color", "size", "shipping"]  # fmt: skip
FACEBOOK = ["id", "title", "description", "availability", "condition", "price", "link", "image_link", "brand",
            "google_product_category", "fb_product_category", "quantity_to_sell_on_facebook", "sale_price",
            "item_group_id", "gender", "color", "size", "age_group", "material", "pattern", "shipping",
            "additional_image_link", "gtin", "product_tags[0]", "style[0]"]  # fmt: skip
AMAZON = {
    "feed_product_type": "Product Type", "item_sku": "Seller SKU", "brand_name": "Brand Name",
    "update_delete": "Update Delete", "external_product_id": "Product ID",
    "external_product_id_type": "Product ID Type", "item_name": "Product Name",
    "product_description": "Product Description", "manufacturer": "Manufacturer", "part_number": "Part Number",
    "item_type": "Item Type Keyword", "standard_price": "Standard Price", "quantity": "Quantity",
    "main_image_url": "Main Image URL", "other_image_url1": "Other Image URL1", "other_image_url2": "Other Image URL2",
    "parent_child": "Parentage", "parent_sku": "Parent SKU", "relationship_type": "Relationship Type",
    "variation_theme": "Variation Theme", "bullet_point1": "Key Product Features",
    "bullet_point2": "Key Product Features", "generic_keywords": "Search Terms", "color_name": "Color",
    "size_name": "Size", "currency": "Currency",
}  # fmt: skip


def google_xml(products: Sequence[Product], folder: Path) -> Export:
    """RSS with elements of the g: namespace; another shop's wording, a shipping price inside, one item twice."""
    items = [_google_item(product) for product in products]
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">\n'
        "<channel>\n<title>Corner Shop &amp; Sons</title>\n<link>https://corner.example</link>\n"
        f"<description>All we sell</description>\n{''.join([*items[:6], items[5], *items[6:]])}</channel>\n</rss>\n"
    )
    path = folder / "google_merchant.xml"
    path.write_text(text, encoding="utf-8")
    return Export(path, [_google_offer(product) for product in products])


def _google_offer(product: Product) -> Offer:
    return Offer(
        f"corner_{product.number}",
        product.reworded(),
        product.number,
        product.price,
        "GBP",
        product.kind.levels["en"],
        product.brand,
        {"color": product.colour["en"], "size": product.size},
        addresses(product),
    )


def _google_item(product: Product) -> str:
    main, *more = addresses(product) or [""]
    fields = [
        ("id", f"corner_{product.number}"), ("title", product.reworded()), ("description", product.markup()),
        ("link", f"https://corner.example/p/{product.number}?a=1&b=2"), ("image_link", main),
        *(("additional_image_link", address) for address in more), ("availability", "in_stock"),
        ("price", f"{product.price:.2f} GBP"), ("brand", product.brand), ("gtin", product.barcode),
        ("mpn", product.model), ("condition", "new"), ("product_type", " > ".join(product.kind.levels["en"])),
        ("item_group_id", product.model), ("color", product.colour["en"]), ("size", product.size),
    ]  # fmt: skip
    inner = "".join(f"  <g:{name}>{escape(value)}</g:{name}>\n" for name, value in fields if value)
    shipping = "  <g:shipping><g:country>GB</g:country><g:price>3.95 GBP</g:price></g:shipping>\n"
    return f"<item>\n{inner}{shipping}</item>\n"


def google_tsv(products: Sequence[Product], folder: Path) -> Export:
    """The same feed in tabs, with spaces in its names and unescaped quotes in its texts."""
    rows = [_google_row(product) for product in products]
    path = folder / "google_merchant.tsv"
    lines = [
        "\t".join(GOOGLE),
        *("\t".join(str(row.get(name, "")) for name in GOOGLE) for row in with_dirt(rows, GOOGLE)),
    ]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return Export(path, [_google_offer(product) for product in products])


def _google_row(product: Product) -> dict[str, object]:
    main, *more = addresses(product) or [""]
    return {
        "id": f"corner_{product.number}", "title": product.reworded(),
        "description": f'Called "{product.model}" by its maker, 5" wide' if product.number % 7 == 0
        else '"Best of all" say its buyers' if product.number % 7 == 1 else product.sentence(),
        "link": f"https://corner.example/p/{product.number}", "condition": "new", "price": f"{product.price:.2f} GBP",
        "availability": "in stock", "image link": main, "additional image link": ",".join(more),
        "gtin": product.barcode, "mpn": product.model, "brand": product.brand,
        "product type": " > ".join(product.kind.levels["en"]), "item group id": product.model,
        "color": product.colour["en"], "size": product.size, "shipping": "GB:::3.95 GBP",
    }  # fmt: skip


def facebook(products: Sequence[Product], folder: Path) -> Export:
    """The template's line of remarks stands above the names of the columns; one price is a word."""
    rows = [_facebook_row(product) for product in products]
    rows[11]["price"] = "ask us"
    path = write_table(folder / "catalog_products.csv", FACEBOOK, with_dirt(rows, FACEBOOK))
    remarks = ",".join(f'"# {"Required" if place < 9 else "Optional"} | The {name}, see the help."'
                       for place, name in enumerate(FACEBOOK))  # fmt: skip
    path.write_text(f"{remarks}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    offers = [
        Offer(
            f"fb-{product.number:05d}",
            product.title(),
            product.number,
            None if product.number == 11 else product.price,
            None if product.number == 11 else "USD",
            product.kind.levels["en"],
            product.brand,
            {"color": product.colour["en"], "size": product.size, "material": product.material},
            addresses(product),
        )
        for product in products
    ]
    return Export(path, offers, broken=1)


def _facebook_row(product: Product) -> dict[str, object]:
    main, *more = addresses(product) or [""]
    return {
        "id": f"fb-{product.number:05d}", "title": product.title(), "description": product.sentence(),
        "availability": "in stock", "condition": "new", "price": f"{product.price:,.2f} USD",
        "link": f"https://shop.example/p/{product.number}", "image_link": main, "brand": product.brand,
        "google_product_category": " > ".join(product.kind.levels["en"]), "quantity_to_sell_on_facebook": 40,
        "item_group_id": product.model, "gender": "unisex", "color": product.colour["en"], "size": product.size,
        "age_group": "adult", "material": product.material, "additional_image_link": ",".join(more),
        "gtin": product.barcode, "product_tags[0]": "new",
    }  # fmt: skip


def yandex(products: Sequence[Product], folder: Path) -> Export:
    """Categories are a tree that offers name by number; attributes are elements `param`, some with a unit; cp1251."""
    tree, numbers = _yandex_tree()
    offers = "".join(_yandex_offer(product, numbers) for product in products)
    text = (
        '<?xml version="1.0" encoding="windows-1251"?>\n<!DOCTYPE yml_catalog SYSTEM "shops.dtd">\n'
        '<yml_catalog date="2026-11-29 02:20">\n<shop>\n<name>Лавка</name>\n<company>ООО «Лавка»</company>\n'
        f'<url>https://lavka.example/</url>\n<currencies><currency id="RUR" rate="1"/></currencies>\n{tree}'
        f"<offers>\n{offers}</offers>\n</shop>\n</yml_catalog>\n"
    )
    path = folder / "yandex.yml"
    path.write_bytes(text.encode("cp1251"))
    truth = [
        Offer(
            f"y{product.number}",
            product.title("ru"),
            product.number,
            product.price,
            "RUB",
            product.kind.levels["ru"],
            product.brand,
            {"Цвет": product.colour["ru"]},
            addresses(product),
        )
        for product in products
    ]
    return Export(path, truth)


def _yandex_tree() -> tuple[str, dict[tuple[str, ...], int]]:
    paths = dict.fromkeys(kind.levels["ru"][:end] for kind in KINDS for end in (1, 2, 3))
    numbers = {path: 100 + place for place, path in enumerate(paths)}
    lines = [
        f'<category id="{number}"{f" parentId={quoteattr(str(numbers[path[:-1]]))}" if path[:-1] else ""}>'
        f"{escape(path[-1])}</category>\n"
        for path, number in numbers.items()
    ]
    return f"<categories>\n{''.join(lines)}</categories>\n", numbers


def _yandex_offer(product: Product, numbers: dict[tuple[str, ...], int]) -> str:
    pictures = "".join(f"<picture>{escape(address)}</picture>" for address in addresses(product))
    size, unit = product.size.split()
    return (
        f'<offer id="y{product.number}" available="true" group_id="{product.group}">'
        f"<url>https://lavka.example/p/{product.number}?a=1&amp;b=2</url><price>{product.price:.2f}</price>"
        f"<oldprice>{product.price + 100:.2f}</oldprice><currencyId>RUR</currencyId>"
        f"<categoryId>{numbers[product.kind.levels['ru']]}</categoryId>{pictures}<delivery>true</delivery>"
        f"<name>{escape(product.title('ru'))}</name><vendor>{product.brand}</vendor>"
        f"<vendorCode>{product.model}</vendorCode><description><![CDATA[<p>{product.title('ru')} &amp; гарантия</p>]]>"
        f'</description><barcode>{product.barcode}</barcode><param name="Цвет">{product.colour["ru"]}</param>'
        f'<param name="{product.kind.measure["ru"]}" unit="{unit}">{size}</param></offer>\n'
    )


def amazon(products: Sequence[Product], folder: Path) -> Export:
    """Three rows stand above the products: the template's version, labels, names; parents have no price; cp1252."""
    rows = []
    for product in products:
        if product.many and product.group == product.number:
            rows.append({"feed_product_type": "kitchen", "item_sku": product.model, "brand_name": product.brand,
                         "item_name": product.name(), "parent_child": "Parent", "variation_theme": "SizeColor",
                         "item_type": product.kind.levels["en"][2].lower()})  # fmt: skip
        rows.append(_amazon_row(product))
    first = ["TemplateType=fptcustom", "Version=2026.0302", "TemplateSignature=SE9NRQ==",
             "The top 3 rows are for Amazon.com use only. Do not modify or delete the top 3 rows."]  # fmt: skip
    body = ["\t".join(str(row.get(name, "")) for name in AMAZON) for row in rows]
    lines = ["\t".join(first + [""] * (len(AMAZON) - 4)), "\t".join(AMAZON.values()), "\t".join(AMAZON), *body]
    path = folder / "Flat.File.Home.txt"
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    return Export(path, [_amazon_offer(product) for product in products])


def _amazon_offer(product: Product) -> Offer:
    return Offer(
        product.sku,
        product.title(),
        product.number,
        product.price,
        "EUR",
        None,
        product.brand,
        {"color_name": product.colour["en"], "size_name": product.size},
        addresses(product),
    )


def _amazon_row(product: Product) -> dict[str, object]:
    main, other, another = [*addresses(product), "", "", ""][:3]
    return {
        "feed_product_type": "kitchen", "item_sku": product.sku, "brand_name": product.brand,
        "update_delete": "Update", "external_product_id": product.barcode, "external_product_id_type": "EAN",
        "item_name": f"{product.title()} – für Zuhause®", "product_description": product.markup().replace("\n", " "),
        "manufacturer": product.brand, "part_number": product.model,
        "item_type": product.kind.levels["en"][2].lower(), "standard_price": f"{product.price:.2f}",
        "quantity": 40, "main_image_url": main, "other_image_url1": other, "other_image_url2": another,
        "parent_child": "Child" if product.many else "", "parent_sku": product.model if product.many else "",
        "relationship_type": "Variation" if product.many else "",
        "variation_theme": "SizeColor" if product.many else "", "bullet_point1": f"Made of {product.material.lower()}",
        "bullet_point2": "Cleans easily", "color_name": product.colour["en"], "size_name": product.size,
        "currency": "EUR",
    }  # fmt: skip
