"""This explains why a neighbour is one: both products side by side, cosines and ranks of each view, the model's
reasons."""

import math

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from indexing.catalog.catalog import catalog_of
from indexing.errors import InputError
from indexing.search.neighbours import rank_of
from reranking.answers.session import Answer, Session
from reranking.explain.explanation import explain
from reranking.model.reranker import XgboostReranker
from scripts.commands.explain.text import open_table, render_facts, render_model
from scripts.terminal.console import VIEW_ORDER, number_text


def render_explanation(session: Session, answer: Answer, number: int) -> Group:
    """Show the pair of the query and its neighbour `number` (from 1). Raises InputError where there is no such
    neighbour."""
    if not 1 <= number <= len(answer.result):
        there = f"1 to {len(answer.result)}" if len(answer.result) else "none"
        raise InputError(f"neighbour {number}: the last query has {there}")
    parts: list[RenderableType] = [_products(session, answer, number - 1), Text(), _views(session, answer, number - 1)]
    if session.model is None:
        parts.append(Text("for a probability and its reasons give a --model", style="dim"))
    elif answer.query.position is None:
        parts.append(Text("no probability: the model scores pairs of the catalogue's products", style="dim"))
    else:
        parts += [Text(), *_model(session, session.model, answer, number - 1)]
    return Group(*parts)


def _products(session: Session, answer: Answer, place: int) -> Group:
    query, catalog = answer.query, session.index.catalog
    asked = (
        catalog_of(title=query.text) if query.position is None else catalog.slice(query.position, query.position + 1)
    )
    left, right = asked.table.to_pylist()[0], answer.products.slice(place, place + 1).table.to_pylist()[0]
    if query.position is None:
        left["id"] = "" if query.picture is None else str(query.picture)
    return render_facts(left, right, ("", "query", "", f"neighbour {answer.result.ranks[place]}"))


def _views(session: Session, answer: Answer, place: int) -> Table:
    """Show each view's cosine, and the rank of either product among the other's kept neighbours."""
    table = open_table("view", "cosine", "neighbour's rank for query", "query's rank for neighbour")
    position, query = answer.result.positions[place], answer.query
    for view in (view for view in VIEW_ORDER if view in answer.result.views):
        cosine = number_text(answer.result.cosine(view)[place])
        if query.position is None:
            own = str(answer.result.ranks[place]) if view == answer.result.searched else ""
            table.add_row(view, cosine, own, "")
            continue
        kept, pair = session.index.neighbours(view), (np.array([query.position]), np.array([position]))
        ranks = [float(rank_of(kept, *sides)[0]) for sides in (pair, pair[::-1])]
        table.add_row(view, cosine, *(f"beyond {kept.k}" if math.isnan(rank) else f"{rank:.0f}" for rank in ranks))
    return table


def _model(session: Session, model: XgboostReranker, answer: Answer, place: int) -> list[Text | Table]:
    left, right = int(answer.query.position or 0), int(answer.result.positions[place])
    return render_model(explain(session.scorer(model, np.array([left, right])), left, right))
