"""Documents of groups are answers as JSON values: groups as the file has them, and what was decided beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from indexing.catalog.catalog import Catalog
from reranking.explain.product_facts import price_text
from reranking.grouping.linked_groups import LinkedGroups
from scripts.serve.groups.board import OpenedGroups
from scripts.serve.groups.decided import DecidedGroup

MOST_LINKS, MOST_SMALLER = 1_000, 1_000
MOST_NEAR, MOST_SHOWN = 10, 4


def groups_document(
    opened: OpenedGroups, catalog: Catalog, numbers: Sequence[int], decided: Mapping[int, int]
) -> list[dict[str, Any]]:
    """Return these groups with their first members; `decided` counts the decisions that name a product of a group."""
    linked = opened.linked
    members, weakest = linked.members, linked.weakest[np.array(numbers, dtype=np.int64)].tolist()
    first = [members.of_group(number)[:MOST_SHOWN] for number in numbers]
    shown = _cards(catalog, pa.concat_arrays([members.ids.slice(0, 0), *first]))
    ends = np.cumsum([len(ids) for ids in first]).tolist()
    return [
        {
            "group": members.names[number].as_py(),
            "size": members.size(number),
            "weakest": None if row < 0 else float(linked.links.probabilities[row]),
            "parts": int(linked.parts[number]),
            "disagreements": linked.disagreements(number),
            "decisions": decided.get(number, 0),
            "members": shown[end - len(ids) : end],
        }
        for number, row, ids, end in zip(numbers, weakest, first, ends, strict=True)
    ]


def group_document(
    opened: OpenedGroups, catalog: Catalog, number: int, decided: DecidedGroup, places: range
) -> dict[str, Any]:
    """Return a group with its members at these places within it, and what is `decided` of them."""
    linked = opened.linked
    members = linked.members
    own = members.of_group(number)
    cards = _cards(catalog, own.slice(places.start, len(places)))
    return {
        "group": members.names[number].as_py(),
        "size": len(own),
        "parts": int(linked.parts[number]),
        "disagreements": linked.disagreements(number),
        "locked": decided.whole,
        "members": [
            {**card, "locked": bool(decided.locked[place]), "part": int(decided.parts[place])}
            for card, place in zip(cards, places, strict=True)
        ],
        "weakest": _weakest(linked, number),
        **_links(linked, number),
        "near": _near(linked, number),
        "decisions": list(decided.documents),
    }


def _cards(catalog: Catalog, ids: pa.Array) -> list[dict[str, Any]]:
    """Return what a card shows of products, also of those that the index has no longer."""
    positions = catalog.lookup.find(ids)
    rows = iter(catalog.take(positions[positions >= 0]).table.to_pylist())
    level = f"category_{catalog.category_level}"
    return [
        _card(product_id, next(rows) if position >= 0 else None, level)
        for product_id, position in zip(ids.to_pylist(), positions.tolist(), strict=True)
    ]


def _card(product_id: int | str, row: Mapping[str, Any] | None, level: str) -> dict[str, Any]:
    told = {} if row is None else row
    return {
        "id": product_id,
        "known": row is not None,
        "title": told.get("title"),
        "category": told.get(level),
        "source": told.get("source"),
        "brand": told.get("brand"),
        "price_text": "" if row is None else price_text(row),
        "pictures": len(told.get("images") or []),
    }


def _weakest(linked: LinkedGroups, number: int) -> dict[str, Any] | None:
    row = int(linked.weakest[number])
    if row < 0:
        return None
    ids, links = linked.members.ids, linked.links
    smaller, larger = linked.sides(number)
    return {
        "left": ids[int(links.left[row])].as_py(),
        "right": ids[int(links.right[row])].as_py(),
        "probability": float(links.probabilities[row]),
        "sizes": [len(smaller), len(larger)],
        "smaller": ids.take(pa.array(smaller[:MOST_SMALLER])).to_pylist(),
    }


def _links(linked: LinkedGroups, number: int) -> dict[str, Any]:
    rows = linked.links.rows(number)
    chosen = np.arange(rows.start, rows.stop)[::-1][:MOST_LINKS]
    ids, links = linked.members.ids, linked.links
    columns = {
        "left": ids.take(pa.array(links.left[chosen])).to_pylist(),
        "right": ids.take(pa.array(links.right[chosen])).to_pylist(),
        "probability": links.probabilities[chosen].tolist(),
        "score": links.scores[chosen].tolist(),
        "match": links.called[chosen].tolist(),
        "weakest": (chosen == linked.weakest[number]).tolist(),
    }
    found = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {"links": found, "links_total": rows.stop - rows.start}


def _near(linked: LinkedGroups, number: int) -> list[dict[str, Any]]:
    """Return the groups that matches of this one lead to, each by its likeliest, the likeliest first."""
    members, cut = linked.members, linked.cut
    found: dict[int, int] = {}
    rows = cut.rows(number)
    for row, other in zip(range(rows.start, rows.stop), members.groups[cut.right[rows]].tolist(), strict=True):
        found.setdefault(other, row)
    return [
        {
            "group": members.names[other].as_py(),
            "size": members.size(other),
            "left": members.ids[int(cut.left[row])].as_py(),
            "right": members.ids[int(cut.right[row])].as_py(),
            "probability": float(cut.probabilities[row]),
        }
        for other, row in list(found.items())[:MOST_NEAR]
    ]
