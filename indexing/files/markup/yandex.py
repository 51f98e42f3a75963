"""Yandex's YML: offers name their category by number, their attributes are elements `param`."""

from dataclasses import dataclass, field
from typing import Any

from indexing.files.markup.elements import children, local_name, record_of, text_of

OFFER, OFFERS = "offer", "offers"
BREADCRUMB = " > "
CURRENCIES = {"RUR": "RUB"}  # what YML calls otherwise than ISO 4217


@dataclass
class CategoryTree:
    """It keeps the name and the parent of each category, by number."""

    names: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)

    def takes(self, element: Any) -> bool:
        """Add an element if it is a category of the tree; return whether it is."""
        around = element.getparent()
        if local_name(element) != "category" or around is None or local_name(around) != "categories":
            return False
        number = element.get("id", "")
        self.names[number], self.parents[number] = text_of(element), element.get("parentId", "")
        return True

    def path(self, number: str) -> str:
        """Return the names from the root to a category, or the number where nothing is known of it."""
        names: list[str] = []
        seen: set[str] = set()
        while number in self.names and number not in seen:
            seen.add(number)
            names.append(self.names[number])
            number = self.parents[number]
        return BREADCRUMB.join(reversed(names)) or number


def yandex_record(element: Any, categories: CategoryTree) -> dict[str, Any]:
    """Return an offer: `category` as a breadcrumb, prices with their currency, and `param` as an object of the
    attributes, with their units."""
    found = record_of(element)
    attributes = _attributes(element)
    if attributes:
        found["param"] = attributes
    number = found.pop("categoryId", None)
    if number is not None:
        found["category"] = categories.path(str(number[0] if isinstance(number, list) else number))
    currency = found.pop("currencyId", None)
    for name in ("price", "oldprice"):
        if isinstance(currency, str) and isinstance(found.get(name), str):
            found[name] = f"{found[name]} {CURRENCIES.get(currency, currency)}"
    return found


def _attributes(element: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in children(element):
        name, text = child.get("name"), text_of(child)
        if local_name(child) != "param" or not name or not text:
            continue
        value = f"{text} {child.get('unit')}" if child.get("unit") else text
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found
