"""Categories that a model knows by name may be gone from an index, where a catalogue renames them: their pairs are then decided as `rest`."""

import pyarrow.compute as pc

from indexing.catalog.catalog import Catalog
from reranking.pairs.evaluation_category import REST, CategoryMapping

SHOWN = 3


def category_warnings(catalog: Catalog, mapping: CategoryMapping) -> list[str]:
    """Warn where no product of the index is of a category that the model decides on its own, while one that it does not know has as
    many products as the smallest of those that it does."""
    counts = {each["values"]: each["counts"] for each in pc.value_counts(catalog.category()).to_pylist()}
    gone = [name for name in mapping.kept if name not in counts]
    known = [counts[name] for name in mapping.kept if name in counts]
    least = min(known, default=1)
    new = [(name, count) for name, count in counts.items() if name not in {*mapping.kept, None} and count >= least]
    if not gone or not new:
        return []
    largest = sorted(new, key=lambda each: (-each[1], each[0]))[:SHOWN]
    told = ", ".join(f"{name} ({count:,} products)" for name, count in largest)
    return [
        f"the index has no product of {', '.join(gone[:SHOWN])}{_and_more(len(gone))}, which the model decides on its own, and the model does "
        f"not know {told}{_and_more(len(new))}, decided as {REST}: where a category was renamed, train again"
    ]


def _and_more(count: int) -> str:
    return f" and {count - SHOWN:,} more" if count > SHOWN else ""
