"""Documents are answers as JSON values."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from eval.pages.side_by_side import ShownPair, side_by_side
from indexing.arrays import Ints1d
from indexing.catalog.catalog import LEVELS, Catalog
from indexing.product_index import ProductIndex
from reranking.answers.document import as_document
from reranking.answers.session import Answer, Session
from reranking.explain.document import as_document as explanation_document
from reranking.explain.document import reasons_document
from reranking.explain.explanation import explain
from reranking.explain.product_facts import price_text
from reranking.matching.matched_offers import MatchedOffers
from scripts.serve.engine.served import Served


def product_document(catalog: Catalog, position: int) -> dict[str, Any]:
    """Return a product; where its pictures are is not told."""
    row = row_of(catalog, position)
    return {
        **{
            name: row[name]
            for name in ("id", "title", "description", "brand", "price", "price_high", "currency", "source")
        },
        "attributes": row["attributes"] or [],
        "colors": [color for color in row["colors"] or [] if color],
        "price_text": price_text(row),
        "categories": [row[f"category_{level}"] for level in LEVELS],
        "category": row[f"category_{catalog.category_level}"],
        "pictures": len(row["images"] or []),
    }


def row_of(catalog: Catalog, position: int) -> dict[str, Any]:
    """Return a product's row of the catalogue's table."""
    row: dict[str, Any] = catalog.take(np.array([position])).table.to_pylist()[0]
    return row


def neighbours_document(session: Session, answer: Answer) -> dict[str, Any]:
    """Return the neighbours of a query: what `heroic query --json` prints, and what a card shows of each."""
    document = as_document(session, answer)
    rows = answer.products.table.select(["brand", "price", "price_high", "currency", "images"]).to_pylist()
    places = zip(document["neighbours"], rows, strict=True)
    return {**document, "neighbours": [_neighbour(found, row, answer) for found, row in places]}


def _neighbour(found: Mapping[str, Any], row: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    named = ("rank", "id", "probability", "title", "category", "source")
    return {
        **{name: found[name] for name in named},
        "cosines": {view: found[f"{view}_cosine"] for view in answer.result.views},
        **_card(row),
    }


def _card(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a card shows of a product beside title, category and source."""
    return {"brand": row["brand"], "price_text": price_text(row), "pictures": len(row["images"] or [])}


def scores_document(opened: Served, left: Ints1d, right: Ints1d) -> list[dict[str, Any]]:
    """Return the scored pairs of positions; a model is open."""
    assert opened.model is not None
    scorer = opened.session.scorer(opened.model, np.unique(np.concatenate([left, right])))
    scores, categories, thresholds = (
        scorer.score(left, right),
        scorer.evaluation_categories(left),
        scorer.thresholds(left),
    )
    columns = {
        "left": opened.index.catalog.ids.take(left).to_pylist(),
        "right": opened.index.catalog.ids.take(right).to_pylist(),
        "score": scores.tolist(),
        "probability": opened.model.probabilities(scores, categories).tolist(),
        "threshold": [value if math.isfinite(value) else None for value in thresholds.tolist()],
        "category": categories.to_pylist(),
        "match": (scores >= thresholds).tolist(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def matches_document(opened: Served, matched: MatchedOffers, top: int) -> dict[str, Any]:
    """Return the `top` best pairs of one offer, and all that are called a match, which were explained; a model is open."""
    assert opened.model is not None
    kept = matched.best(top)
    rows = opened.index.catalog.take(matched.products[kept]).table.to_pylist()
    return {
        "index": opened.index.fingerprint,
        "model": opened.model.fingerprint,
        "in_index": bool(matched.known[0] >= 0),
        "category": matched.categories[0].as_py(),
        "pairs": [
            {
                "id": row["id"],
                "score": float(matched.scores[place]),
                "probability": float(matched.probabilities[place]),
                "match": bool(matched.called[place]),
                "cosines": _known(dict(zip(matched.views, matched.cosines[place].tolist(), strict=True))),
                "title": row["title"],
                "category": row[f"category_{opened.index.catalog.category_level}"],
                "source": row["source"],
                **_card(row),
                **reasons_document(matched.reasons[place]),
            }
            for place, row in zip(kept, rows, strict=True)
        ],
    }


def pair_document(opened: Served, left: int, right: int, *, explained: bool = True) -> dict[str, Any]:
    """Return a pair side by side and, where there is a model and it is to be `explained`, why it scores it so. Raises StillReading."""
    index, model = opened.index, opened.model
    shown = side_by_side(index.catalog, left, right)
    found = None
    if model is not None and explained:
        scorer = opened.session.scorer(model, np.unique([left, right]))
        found = explanation_document(explain(scorer, left, right))
    return {
        "left": _side(index.catalog, left),
        "right": _side(index.catalog, right),
        "fields": fields_document(shown),
        "cosines": cosines_document(index, left, right),
        "explanation": found,
    }


def fields_document(shown: ShownPair) -> list[dict[str, Any]]:
    """Return the fields of a pair in pieces."""
    return [
        {"name": field.name, "equal": field.equal, "left": _pieces(field.left), "right": _pieces(field.right)}
        for field in shown.fields
    ]


def cosines_document(index: ProductIndex, left: int, right: int) -> dict[str, float | None]:
    """Return the cosine of a pair in each view, None where either has nothing to see."""
    sides = np.array([left]), np.array([right])
    return _known({view: float(index.cosines(view, *sides)[0]) for view in index.views})


def _known(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _side(catalog: Catalog, position: int) -> dict[str, Any]:
    row = row_of(catalog, position)
    return {"id": row["id"], "title": row["title"], "pictures": len(row["images"] or [])}


def _pieces(pieces: Any) -> list[dict[str, str]]:
    return [{"text": piece.text, "mark": piece.mark} for piece in pieces]
