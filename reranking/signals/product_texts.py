"""The texts that features read: titles, and whether a catalogue has more than titles."""

import pyarrow.compute as pc

from indexing.catalog.catalog import Catalog


def titles(catalog: Catalog) -> list[str]:
    """One title a product, empty where it has none."""
    return [title or "" for title in catalog.table["title"].to_pylist()]


def has_titles_only(catalog: Catalog) -> bool:
    """Whether no product of the catalogue has a brand, attributes or a description."""
    attributes = pc.sum(pc.list_value_length(catalog.table["attributes"])).as_py()
    others = (catalog.table[name] for name in ("brand", "description"))
    return not attributes and all(column.null_count == len(catalog) for column in others)
