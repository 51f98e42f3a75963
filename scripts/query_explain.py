"""Why a neighbour is one: both products side by side, cosines and ranks of each view, the model's reasons."""

import math

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from indexing.catalog import catalog_of
from indexing.errors import InputError
from indexing.neighbours import rank_of
from reranking.xgboost_reranker import XgboostReranker
from scripts.product_facts import Agreement, compare_products
from scripts.query_session import Answer, Session
from scripts.query_table import VIEW_ORDER, number_text, plain

STYLES = {Agreement.EQUAL: "green", Agreement.CONFLICTING: "red", Agreement.UNJUDGED: ""}
BAR_PER_LOG_ODDS, LONGEST_BAR = 4, 24
LEAST_SHOWN = 0.005  # log-odds: a family that adds less is left out


def render_explanation(session: Session, answer: Answer, number: int) -> Group:
    """The pair of the query and its neighbour `number` (from 1). Raises InputError when there is no such neighbour."""
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
    facts = compare_products(left, right)
    table = _table("", "query", "", f"neighbour {answer.result.ranks[place]}")
    for fact in facts.facts:
        style = STYLES[fact.agreement]
        cells = (plain(fact.name), plain(fact.left), fact.agreement.value, plain(fact.right))
        table.add_row(*(Text(cell, style=style) for cell in cells))
    hidden = [Text(f"and {facts.hidden} more attributes that only one has", style="dim")] if facts.hidden else []
    return Group(table, *hidden)


def _views(session: Session, answer: Answer, place: int) -> Table:
    """Each view's cosine, and the rank of either product among the other's kept neighbours."""
    table = _table("view", "cosine", "neighbour's rank for query", "query's rank for neighbour")
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
    scorer = session.scorer(model, np.array([left, right]))
    asked = np.array([left])
    probability, threshold = float(scorer.score(asked, np.array([right]))[0]), float(scorer.thresholds(asked)[0])
    verdict = "a match" if probability >= threshold else "no match"
    never = "never one" if math.isinf(threshold) else f"{threshold:.3f}"
    reasons = scorer.explain(left, right)
    head = Text(
        f"probability {probability:.3f}, threshold {never} ({plain(scorer.categories(asked)[0])}): {verdict}; "
        f"log-odds start from {reasons.base:+.2f}",
        style="bold",
    )
    table = _table("features", "add", "", "most of it")
    for family, added, name, value in zip(
        reasons.families, reasons.added, reasons.strongest, reasons.values, strict=True
    ):
        if abs(added) >= LEAST_SHOWN:
            said = "unknown" if math.isnan(value) else f"{value:.4g}"
            style = "green" if added > 0 else "red"
            table.add_row(family, f"{added:+.2f}", Text(_bar(added), style=style), f"{name} = {said}")
    return [head, table]


def _bar(added: float) -> str:
    return "█" * min(LONGEST_BAR, max(1, round(abs(added) * BAR_PER_LOG_ODDS)))


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), collapse_padding=True)
    for name in names:
        right = name in ("cosine", "add") or "rank" in name
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    return table
