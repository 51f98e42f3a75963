"""Programs read an explanation as one JSON document."""

import math
from collections.abc import Sequence
from typing import Any

from reranking.explain.explanation import Explanation
from reranking.explain.product_facts import compare_products
from reranking.explain.reasons import Reason, Reasons


def as_document(found: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON values; null for a threshold that nothing reaches and for unknown values."""
    pair, families = found.pair, found.pair.found.by_family()
    columns = (families.families, families.added, families.strongest, families.values)
    return {
        "left": pair.left["id"],
        "right": pair.right["id"],
        "probability": found.probability,
        "score": found.score,
        "threshold": _known(found.threshold),
        "category": found.category,
        "match": found.match,
        **reasons_document(found.reasons),
        "base": families.base,
        "families": [
            {"family": family, "added": float(added), "strongest": strongest, "value": _known(float(value))}
            for family, added, strongest, value in zip(*columns, strict=True)
        ],
        "features": [
            {"feature": feature.name, "value": _known(float(value)), "added": float(added)}
            for feature, value, added in zip(pair.found.features, pair.found.values, pair.found.added, strict=True)
        ],
        "facts": [
            {"name": fact.name, "left": fact.left, "right": fact.right, "agreement": fact.agreement.name.lower()}
            for fact in compare_products(pair.left, pair.right).facts
        ],
    }


def reasons_document(reasons: Reasons | None) -> dict[str, list[dict[str, Any]]]:
    """Return reasons for and against as JSON values, None as those of a pair that was not explained."""
    sides = ((), ()) if reasons is None else (reasons.supporting, reasons.opposing)
    return {name: _reasons(side) for name, side in zip(("for", "against"), sides, strict=True)}


def _reasons(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [{"family": reason.family, "added": reason.added, "words": reason.words} for reason in reasons]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
