"""A line says what was chosen for a view's index and measured of it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexing.index_manifest import EngineRecord, RecallRecord
    from indexing.join.options import JoinRecord

WORST = 3


def describe_engine(engine: "EngineRecord") -> str:
    """Return a line such as `IVF1024,Flat, nprobe 14, joined through 31 nearest of 1,024 lists; recall@60 …`."""
    parts, tuned = [engine.factory], engine.tuned
    if tuned.effort is not None:
        parts.append(f"{tuned.effort.name} {tuned.effort.value}")
    parts.append(_joined(engine.join))
    for tried, what in (
        (", ".join(tuned.stepped_back_from), "after"),
        (engine.join.join_stepped_back_from, "in place of"),
    ):
        if tried:
            parts.append(f"{what} {tried}: asked recall not reached")
    return ", ".join(parts) + f"; {_overall(tuned.recall)}"


def describe_recall(recall: "RecallRecord") -> str:
    """Return the recall overall, and that of the categories where it is lowest."""
    by_category = sorted(recall.by_category.items(), key=lambda entry: entry[1].recall)
    worst = [f"{name} {found.recall:.3f} ({found.queries})" for name, found in by_category[:WORST]]
    lowest = f"; lowest {', '.join(worst)}" if worst else ""
    return f"{_overall(recall)}, asked {recall.asked:g}, on {recall.sample:,} products{lowest}"


def _joined(join: "JoinRecord") -> str:
    """Return how a view was joined, as an index keeps it."""
    through = f"{join.near_lists} nearest of {join.lists} lists"
    return {
        "exact": "joined exactly",
        "lists": f"joined through {through}",
        "category": f"joined exactly within a category, and through {through}",
        "engine": "joined through the engine",
    }[join.join]


def _overall(recall: "RecallRecord") -> str:
    measured = (("neighbours", recall.neighbours), ("queries", recall.queries))
    found = [f"{name} {value:.3f}" for name, value in measured if value is not None]
    return f"recall@{recall.k}: {', '.join(found) or 'nobody has a neighbour'}"
