"""Programs read an answer as one JSON document."""

import math
from typing import Any

from reranking.answers.session import Answer, Session


def as_document(session: Session, answer: Answer) -> dict[str, Any]:
    """Return the answer as JSON values; what a product has not is null."""
    return {
        "query": _query(session, answer),
        "index": session.index.fingerprint,
        "model": None if session.model is None else session.model.fingerprint,
        "view": answer.result.searched,
        "k": answer.k,
        "category": answer.filters.category,
        "sources": list(answer.filters.sources),
        "not_sources": list(answer.filters.not_sources),
        "neighbours": [_neighbour(answer, place) for place in range(len(answer.result))],
        "notes": list(answer.notes),
    }


def _query(session: Session, answer: Answer) -> dict[str, Any]:
    query = answer.query
    if query.position is not None:
        return {"id": session.index.catalog.ids[query.position].as_py()}
    given = {"text": query.text, "image": None if query.picture is None else str(query.picture)}
    return {name: value for name, value in given.items() if value is not None}


def _neighbour(answer: Answer, place: int) -> dict[str, Any]:
    result, product = answer.result, answer.products.table
    cosines = {f"{view}_cosine": _number(result.cosine(view)[place]) for view in result.views}
    return {
        "rank": int(result.ranks[place]),
        "id": product["id"][place].as_py(),
        **cosines,
        "probability": None if answer.probabilities is None else _number(answer.probabilities[place]),
        "title": product["title"][place].as_py(),
        "category": answer.products.category()[place].as_py(),
        "source": product["source"][place].as_py(),
    }


def _number(value: float) -> float | None:
    """Return a number for JSON, which has no NaN: null means that it is unknown."""
    return None if math.isnan(value) else round(float(value), 6)
