"""Shopify's products.json holds products with their variants inside: a variant is a row, with what its product says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from indexing.files.blocks import Aside
from indexing.files.records.record_table import Record, Records

SIGNS = ("handle", "body_html", "variants")  # the keys of a product
NO_OPTION = "Default Title"  # of a product's only variant
_INSIDE = ("variants", "options", "images", "image")


def is_shopify(records: Records) -> bool:
    """Return whether the first of some records is a product with variants."""
    first = next((record for _, record in records(lambda _: None)), {})
    return all(sign in first for sign in SIGNS) and isinstance(first["variants"], list)


@dataclass(frozen=True)
class VariantRecords:
    """It is the variants of products that stand in `products` one after another."""

    products: Records

    def __call__(self, aside: Aside) -> Iterator[Record]:
        """Yield a record for each variant; its keys are those of the product, and its own as `variant.KEY`."""
        row = 0
        for _, product in self.products(aside):
            for variant in _objects(product.get("variants")) or [{}]:
                yield row, variant_record(product, variant)
                row += 1


def variant_record(product: Mapping[str, Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """Return a variant: `options` as an object of the names and its values, `images` as the addresses of all pictures,
    its own first."""
    found = {key: value for key, value in product.items() if key not in _INSIDE}
    options = {name: value for name, value in _options(product, variant) if value and value != NO_OPTION}
    images = list(dict.fromkeys([*_own_images(product, variant), *map(_source, _images(product))]))
    found |= {"options": options or None, "images": [one for one in images if one]}
    return found | {f"variant.{key}": value for key, value in variant.items()}


def _options(product: Mapping[str, Any], variant: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for place, option in enumerate(product.get("options") or (), start=1):
        name = option.get("name") if isinstance(option, Mapping) else option
        yield str(name or f"option {place}"), variant.get(f"option{place}")


def _own_images(product: Mapping[str, Any], variant: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the pictures of a variant: the shop's pages hold it there, its own interface the number of the picture."""
    yield _source(variant.get("featured_image"))
    for image in _images(product):
        theirs = image.get("variant_ids") or ()
        if variant and ((image.get("id") or 0) == variant.get("image_id") or variant.get("id") in theirs):
            yield _source(image)


def _images(product: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"src": one} if isinstance(one, str) else one for one in product.get("images") or () if one]


def _source(image: Any) -> Any:
    return image.get("src") if isinstance(image, Mapping) else image


def _objects(values: Any) -> list[Mapping[str, Any]]:
    return [value for value in values or () if isinstance(value, Mapping)]
