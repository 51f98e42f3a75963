"""Exports of shop software: Shopify, WooCommerce and Magento, with their rows of variants, parents and pictures."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from exports.made_products import Product, variants
from exports.offers import Export, Offer, addresses, write_table

SHOPIFY = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option1 Linked To", "Option2 Name", "Option2 Value", "Option2 Linked To",
    "Option3 Name", "Option3 Value", "Option3 Linked To", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price",
    "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable", "Variant Barcode", "Image Src",
    "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description",
    "Google Shopping / Google Product Category", "Google Shopping / Condition", "Variant Image", "Variant Weight Unit",
    "Variant Tax Code", "Cost per item", "Included / International", "Price / International", "Status",
]  # fmt: skip
WOOCOMMERCE = [
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?", "Visibility in catalog",
    "Short description", "Description", "Date sale price starts", "Date sale price ends", "Tax status", "Tax class",
    "In stock?", "Stock", "Low stock amount", "Backorders allowed?", "Sold individually?", "Weight (kg)",
    "Length (cm)", "Width (cm)", "Height (cm)", "Allow customer reviews?", "Purchase note", "Sale price",
    "Regular price", "Categories", "Tags", "Shipping class", "Images", "Download limit", "Download expiry days",
    "Parent", "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text", "Position", "Brands",
    "Attribute 1 name", "Attribute 1 value(s)", "Attribute 1 visible", "Attribute 1 global", "Attribute 1 default",
    "Attribute 2 name", "Attribute 2 value(s)", "Attribute 2 visible", "Attribute 2 global", "Attribute 2 default",
]  # fmt: skip
MAGENTO = [
    "sku", "store_view_code", "attribute_set_code", "product_type", "categories", "product_websites", "name",
    "description", "short_description", "weight", "product_online", "tax_class_name", "visibility", "price",
    "special_price", "special_price_from_date", "special_price_to_date", "url_key", "meta_title", "meta_keywords",
    "meta_description", "base_image", "base_image_label", "small_image", "small_image_label", "thumbnail_image",
    "thumbnail_image_label", "swatch_image", "swatch_image_label", "created_at", "updated_at", "new_from_date",
    "display_product_options_in", "gift_message_available", "additional_attributes", "qty", "out_of_stock_qty",
    "is_in_stock", "website_id", "related_skus", "upsell_skus", "additional_images", "additional_image_labels",
    "hide_from_product_page", "configurable_variations", "configurable_variation_labels", "associated_skus",
]  # fmt: skip


def shopify(products: Sequence[Product], folder: Path) -> Export:
    """A product's texts are in its first row only, its further pictures in rows of their own at its end."""
    rows = [row for group in variants(products) for row in _shopify_rows(group)]
    offers = [
        Offer(
            product.sku,
            product.title() if product.many else product.name(),
            product.number,
            product.price,
            levels=product.kind.levels["en"],
            brand=product.brand,
            attributes=product.attributes() if product.many else {},
        )
        for product in products
    ]
    return Export(write_table(folder / "products_export_1.csv", SHOPIFY, rows), offers)


def _shopify_rows(group: list[Product]) -> list[dict[str, object]]:
    handle = group[0].name().lower().replace(" ", "-")
    pictures = [address for product in group for address in addresses(product)]
    sold = [_shopify_variant(product, first=product is group[0]) for product in group]
    rows = []
    for place, (row, picture) in enumerate(zip_longest(sold, pictures), 1):
        shown = {"Image Src": picture, "Image Position": place, "Image Alt Text": group[0].name()} if picture else {}
        rows.append({"Handle": handle, **(row or {}), **shown})
    return rows


def _shopify_variant(product: Product, *, first: bool) -> dict[str, object]:
    options = list(product.attributes().items()) if product.many else [("Title", "Default Title")]
    row: dict[str, object] = {}
    for number, (name, value) in enumerate(options, 1):
        row |= {f"Option{number} Name": name if first else "", f"Option{number} Value": value}
    row |= {
        "Variant SKU": product.sku, "Variant Grams": "850.0", "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": product.number % 13, "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual", "Variant Price": f"{product.price:.2f}",
        "Variant Compare At Price": f"{product.price + 10:.2f}" if product.number % 4 == 0 else "",
        "Variant Requires Shipping": "true", "Variant Taxable": "true", "Variant Barcode": f"'{product.barcode}",
        "Variant Image": next(iter(addresses(product)), ""), "Variant Weight Unit": "kg",
    }  # fmt: skip
    return {**row, **_shopify_product(product)} if first else row


def _shopify_product(product: Product) -> dict[str, object]:
    return {
        "Title": product.name(), "Body (HTML)": product.markup(), "Vendor": product.brand,
        "Product Category": " > ".join(product.kind.levels["en"]), "Type": product.kind.noun["en"],
        "Tags": f"{product.brand.lower()}, new, sale-{product.number % 3}", "Published": "true",
        "Gift Card": "false", "SEO Title": f"Buy {product.name()} | Shop", "SEO Description": product.sentence(),
        "Google Shopping / Condition": "new", "Included / International": "true", "Status": "active",
    }  # fmt: skip


def woocommerce(products: Sequence[Product], folder: Path) -> Export:
    """A variable product is a row of its own, which has no price; its variations have neither texts nor categories, and
    stand behind it or, where they were added later, at the end."""
    together = [_woo_rows(group) for group in variants(products)]
    rows = [row for place, group in enumerate(together) for row in (group if place % 4 else group[:1])]
    rows += [row for group in together[::4] for row in group[1:]]
    offers = [
        Offer(
            str(5000 + product.number),
            product.title() if product.many else product.name(),
            product.number,
            product.price,
            levels=product.kind.levels["en"],
            attributes=product.attributes(),
            pictures=addresses(product),
        )
        for product in products
    ]
    return Export(write_table(folder / "wc-product-export-29-11-2026.csv", WOOCOMMERCE, rows), offers)


def _woo_rows(group: list[Product]) -> list[dict[str, object]]:
    if len(group) == 1:
        (product,) = group
        return [{**_woo_texts(product), **_woo_offer(product), "Type": "simple", "SKU": product.sku}]
    parent = {
        **_woo_texts(group[0]), **_woo_attributes({
            name: ", ".join(dict.fromkeys(product.attributes()[name] for product in group))
            for name in group[0].attributes()
        }), "ID": 9000 + group[0].number, "Type": "variable", "SKU": group[0].model,
        "Images": ", ".join(addresses(group[0])), "In stock?": 1,
    }  # fmt: skip
    return [parent, *(_woo_variation(product) for product in group)]


def _woo_variation(product: Product) -> dict[str, object]:
    name = f"{product.name()} - {', '.join(product.attributes().values())}"
    return {**_woo_offer(product), "Type": "variation", "SKU": product.sku, "Name": name, "Parent": product.model,
            "Position": product.place + 1, "Tax class": "parent"}  # fmt: skip


def _woo_offer(product: Product) -> dict[str, object]:
    return {
        "ID": 5000 + product.number, "GTIN, UPC, EAN, or ISBN": product.barcode, "Published": 1, "Is featured?": 0,
        "Visibility in catalog": "visible", "Tax status": "taxable", "In stock?": 1, "Stock": product.number % 13,
        "Backorders allowed?": 0, "Sold individually?": 0, "Weight (kg)": "0.85", "Allow customer reviews?": 1,
        "Regular price": f"{product.price:g}" if product.number % 2 else f"{product.price:.2f}",
        "Images": ", ".join(addresses(product)), **_woo_attributes(product.attributes()),
    }  # fmt: skip


def _woo_texts(product: Product) -> dict[str, object]:
    path = product.kind.levels["en"]
    return {
        "Name": product.name(), "Published": 1, "Visibility in catalog": "visible",
        "Short description": product.sentence().replace("&", "&amp;"),
        "Description": product.markup().replace("\n", "\\n"),  # as its exporter writes line ends
        "Categories": ", ".join([" > ".join(path), path[0], " > ".join(path[:2])]),
        "Tags": "gifts, new", "Brands": product.brand,
    }  # fmt: skip


def _woo_attributes(attributes: dict[str, str]) -> dict[str, object]:
    row: dict[str, object] = {}
    for number, (name, value) in enumerate(attributes.items(), 1):
        row |= {f"Attribute {number} name": name, f"Attribute {number} value(s)": value,
                f"Attribute {number} visible": 1, f"Attribute {number} global": 1}  # fmt: skip
    return row


def magento(products: Sequence[Product], folder: Path) -> Export:
    """Every variant is a simple product, the configurable one that holds them a row of its own; every tenth product
    has a row for another store view, which has the same sku and a name."""
    rows = [row for group in variants(products) for row in _magento_rows(group)]
    offers = [
        Offer(
            product.sku,
            product.title(),
            product.number,
            product.price,
            levels=product.kind.levels["en"],
            brand=product.brand,
            attributes={"color": product.colour["en"], "material": product.material},
            pictures=[f"/{name[0]}/{name[1]}/{name}" for name in product.pictures],
        )
        for product in products
    ]
    return Export(write_table(folder / "catalog_product_20261129.csv", MAGENTO, rows), offers)


def _magento_rows(group: list[Product]) -> list[dict[str, object]]:
    rows = [row for product in group for row in _magento_simple(product)]
    if len(group) > 1:
        made = "|".join(f"sku={product.sku},color={product.colour['en']},size={product.size}" for product in group)
        rows.append({
            **_magento_texts(group[0]), "sku": group[0].model, "product_type": "configurable",
            "name": group[0].name(), "visibility": "Catalog, Search", "configurable_variations": made,
            "configurable_variation_labels": "color=Color,size=Size",
        })  # fmt: skip
    return rows


def _magento_simple(product: Product) -> list[dict[str, object]]:
    main, *more = [f"/{name[0]}/{name[1]}/{name}" for name in product.pictures] or [""]
    attributes = [
        f"manufacturer={product.brand}",
        f"color={product.colour['en']}",
        f"material={product.material}",
        f"size={product.size}",
    ]
    if product.number % 5 == 0:
        attributes.append('"care=wash by hand, dry at once"')
    row = {
        **_magento_texts(product), "sku": product.sku, "product_type": "simple", "name": product.title(),
        "visibility": "Not Visible Individually" if product.many else "Catalog, Search", "weight": "0.850000",
        "price": f"{product.price:.6f}", "base_image": main, "small_image": main, "thumbnail_image": main,
        "additional_images": ",".join([main, *more]) if more else "", "additional_attributes": ",".join(attributes), "qty": "40.0000",
        "is_in_stock": 1, "created_at": "2/4/26, 9:17 AM",
    }  # fmt: skip
    if product.number % 10:
        return [row]
    return [row, {"sku": product.sku, "store_view_code": "de", "product_type": "simple", "name": product.title("de")}]


def _magento_texts(product: Product) -> dict[str, object]:
    path = ("Default Category", *product.kind.levels["en"])
    return {
        "attribute_set_code": "Default", "categories": ",".join("/".join(path[:end]) for end in range(1, 5)),
        "product_websites": "base", "description": product.markup(), "short_description": product.sentence(),
        "product_online": 1, "tax_class_name": "Taxable Goods", "url_key": product.name().lower().replace(" ", "-"),
        "meta_title": product.name(), "meta_keywords": product.brand,
    }  # fmt: skip
