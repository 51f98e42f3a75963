"""What was chosen for a view's index and measured of it, in a line."""

from collections.abc import Mapping
from typing import Any

JOINED = {
    "exact": "joined exactly",
    "lists": "joined through {near_lists} nearest of {lists} lists",
    "category": "joined exactly within a category, and through {near_lists} nearest of {lists} lists",
    "engine": "joined through the engine",
}
WORST = 3


def describe_engine(facts: Mapping[str, Any]) -> str:
    """`IVF1024,Flat, nprobe 14, joined through 31 nearest of 1,024 lists; recall@60 …`."""
    effort = facts.get("effort")
    parts = [facts["factory"]]
    if effort:
        parts.append(f"{effort['name']} {effort['value']}")
    parts.append(JOINED[facts["join"]].format(**facts))
    for name, what in (("stepped_back_from", "after"), ("join_stepped_back_from", "in place of")):
        tried = facts.get(name)
        if tried:
            parts.append(f"{what} {', '.join(tried) if isinstance(tried, list) else tried}: asked recall not reached")
    return ", ".join(parts) + f"; {_overall(facts['recall'])}"


def describe_recall(recall: Mapping[str, Any]) -> str:
    """Overall, and of the categories where it is lowest."""
    by_category = sorted(recall.get("by_category", {}).items(), key=lambda entry: entry[1]["recall"])
    worst = [f"{name} {of['recall']:.3f} ({of['queries']})" for name, of in by_category[:WORST]]
    lowest = f"; lowest {', '.join(worst)}" if worst else ""
    return f"{_overall(recall)}, asked {recall['asked']:g}, on {recall.get('sample', 0):,} products{lowest}"


def _overall(recall: Mapping[str, Any]) -> str:
    found = [f"{name} {recall[key]:.3f}" for name, key in (("neighbours", "neighbours"), ("queries", "queries"))
             if recall.get(key) is not None]  # fmt: skip
    return f"recall@{recall['k']}: {', '.join(found) or 'nobody has a neighbour'}"
