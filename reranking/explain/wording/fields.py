"""Fields tell what two products have alike and what sets them apart: brand, colours, price, category, attributes."""

from collections.abc import Sequence

from reranking.explain.product_facts import Fact, FieldAgreement, compare_products, in_other_currencies, price_text
from reranking.explain.wording.seen_pair import SeenPair, Wording, against, short

MOST_ATTRIBUTES = 2


def field_wording(pair: SeenPair, family: str) -> Wording:
    """Tell what brand, colours, category, source or identifiers say, as the `family` asks."""
    none = "no barcode or part number" if family == "identifiers" else f"no {family}"
    return _told(_facts(pair, family), f"{none} known of either")


def attribute_wording(pair: SeenPair) -> Wording:
    """Tell the first attributes that both state alike, and those that they contradict each other in."""
    told = _told(_facts(pair, "attributes"), "")
    return Wording(told.alike, told.apart, "no attribute that both state")


def price_wording(pair: SeenPair) -> Wording:
    """Tell both prices; whether they speak for a match depends on how near they are, which the model has learned."""
    prices = [price_text(product) for product in (pair.left, pair.right)]
    if not any(prices):
        return Wording(otherwise="no price known of either")
    if not all(prices):
        return Wording(otherwise=f"price {prices[0] or prices[1]}, none known of the other")
    told = f"price {against(*prices)}"
    if in_other_currencies(pair.left, pair.right):
        return Wording(otherwise=f"{told}, in other currencies, which are not compared")
    return Wording(alike=told) if prices[0] == prices[1] else Wording(alike=told, apart=told)


def _facts(pair: SeenPair, family: str) -> list[Fact]:
    return [fact for fact in compare_products(pair.left, pair.right).facts if fact.family == family]


def _told(facts: Sequence[Fact], unknown: str) -> Wording:
    alike, apart, lone = (
        [_tell(fact) for fact in facts if fact.agreement is agreement][:MOST_ATTRIBUTES]
        for agreement in (FieldAgreement.EQUAL, FieldAgreement.CONFLICTING, FieldAgreement.UNJUDGED)
    )
    return Wording("; ".join(alike), "; ".join(apart), "; ".join(lone) or unknown)


def _tell(fact: Fact) -> str:
    left, right = short(fact.left), short(fact.right)
    name = "colour" if fact.family == "colours" else short(fact.name)
    if fact.overlapping:
        return f"{name} {left} and {right}, which overlap"
    if fact.agreement is FieldAgreement.EQUAL:
        return f"{name} {left} in both"
    return f"{name} {against(left, right, one='one product only')}"
