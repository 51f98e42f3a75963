"""An element of XML becomes a value: text, a list where it is repeated, an object where it holds others."""

import html
from collections.abc import Iterator
from typing import Any

MEASURES = ("unit", "currency")  # attributes that belong to the text
ADDRESSES = ("href", "url", "src")  # attributes that stand in for the text
_SHOP = "http://base.google.com/ns/1.0"  # its elements stand before others of the same name


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return _local(element.tag)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def children(element: Any) -> Iterator[Any]:
    """Yield the elements inside of one, without comments, instructions and entities."""
    return (child for child in element if isinstance(child.tag, str))


def record_of(element: Any) -> dict[str, Any]:
    """Return what an element holds: its attributes and elements by name, a list of those that are repeated."""
    found: dict[str, Any] = {_local(name): value for name, value in element.attrib.items()}
    inside: dict[str, list[Any]] = {}
    for child in _preferred(element):
        value = value_of(child)
        if value is not None:
            inside.setdefault(local_name(child), []).append(value)
    return found | {name: values[0] if len(values) == 1 else values for name, values in inside.items()}


def _preferred(element: Any) -> list[Any]:
    """Return the elements inside, those of a shop's namespace in place of others of the same name."""
    inside = list(children(element))
    of_shop = {local_name(child) for child in inside if child.tag.startswith("{" + _SHOP)}
    return [child for child in inside if local_name(child) not in of_shop or child.tag.startswith("{" + _SHOP)]


def value_of(element: Any) -> Any:
    """Return the value of an element, None for an empty one."""
    inside = list(children(element))
    text = text_of(element)
    if inside and not _is_mixed(element, inside):
        return record_of(element)
    if text:
        return " ".join([text, *(value for name in MEASURES if (value := element.get(name)))])
    attributes = {_local(name): value for name, value in element.attrib.items()}
    return next((attributes[name] for name in ADDRESSES if attributes.get(name)), attributes or None)


def _is_mixed(element: Any, inside: list[Any]) -> bool:
    """Return whether text stands beside the elements, as in HTML."""
    return bool((element.text or "").strip() or any((child.tail or "").strip() for child in inside))


def text_of(element: Any) -> str:
    """Return all text in an element. Entities that the file does not define are those of HTML, or stay as written."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(text_of(child))
        elif child.tag is not None and getattr(child, "name", None) and str(child.text).startswith("&"):
            parts.append(html.unescape(child.text))
        parts.append(child.tail or "")
    return "".join(parts).strip()
