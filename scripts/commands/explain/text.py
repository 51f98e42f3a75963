"""Text explains a pair to people at a terminal: the decision, the reasons in words, what each family adds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from reranking.explain.explanation import Explanation
from reranking.explain.product_facts import FieldAgreement, compare_products
from reranking.explain.reasons import LEAST_ADDED, Reason, told_value
from scripts.terminal.console import plain

STYLES = {FieldAgreement.EQUAL: "green", FieldAgreement.CONFLICTING: "red", FieldAgreement.UNJUDGED: ""}
BAR_PER_LOG_ODDS, LONGEST_BAR = 4, 24


def render(found: Explanation) -> Group:
    """Show both products side by side, then why the model scores them so."""
    facts = render_facts(found.pair.left, found.pair.right, ("", "left", "", "right"))
    return Group(facts, Text(), *render_model(found))


def render_facts(left: Mapping[str, Any], right: Mapping[str, Any], heads: Sequence[str]) -> Group:
    """Return a table of the fields of two products (rows of the catalogue's table) that says whether they agree."""
    facts = compare_products(left, right)
    table = open_table(*heads)
    for fact in facts.facts:
        style = STYLES[fact.agreement]
        cells = (plain(fact.name), plain(fact.left), fact.agreement.value, plain(fact.right))
        table.add_row(*(Text(cell, style=style) for cell in cells))
    hidden = [Text(f"and {facts.hidden} more attributes that only one has", style="dim")] if facts.hidden else []
    return Group(table, *hidden)


def render_model(found: Explanation) -> list[Text | Table]:
    """Return the score and the decision, the strongest reasons each way, and what each family adds."""
    families = found.pair.found.by_family()
    never = "never one" if math.isinf(found.threshold) else f"{found.threshold:.3f}"
    verdict = "a match" if found.match else "no match"
    head = Text(
        f"score {found.score:.3f}, threshold {never} ({plain(found.category)}): {verdict}; "
        f"probability {found.probability:.3f}; "
        f"log-odds start from {families.base:+.2f}",
        style="bold",
    )
    table = open_table("features", "add", "", "most of it")
    for family, added, name, value in zip(
        families.families, families.added, families.strongest, families.values, strict=True
    ):
        if abs(added) >= LEAST_ADDED:
            bar = Text(_bar(added), style="green" if added > 0 else "red")
            table.add_row(family, f"{added:+.2f}", bar, f"{name} = {told_value(name, value)}")
    return [head, _reasons(found.reasons.supporting, "for"), _reasons(found.reasons.opposing, "against"), table]


def open_table(*names: str) -> Table:
    """Return a table without lines; numbers stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), collapse_padding=True)
    for name in names:
        right = name in ("cosine", "add") or "rank" in name
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    return table


def _reasons(reasons: Sequence[Reason], side: str) -> Text:
    told = "\n".join(f"  {reason.added:+.2f}  {plain(reason.words)}" for reason in reasons)
    return Text(f"{side}:\n{told}" if told else f"{side}: nothing", style="green" if side == "for" else "red")


def _bar(added: float) -> str:
    return "█" * min(LONGEST_BAR, max(1, round(abs(added) * BAR_PER_LOG_ODDS)))
