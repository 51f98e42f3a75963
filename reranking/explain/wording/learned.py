"""A linear model learned which words and attributes of two products speak for and against a match; this tells them."""

from collections.abc import Mapping
from typing import Any

from indexing.catalog.catalog import CATEGORY_LEVEL
from indexing.words.tokens import fold, words
from reranking.explain.product_facts import FieldAgreement, compare_products
from reranking.explain.wording.seen_pair import SeenPair, Wording, short
from reranking.signals.learned.pair_tokens import (
    AGREEING,
    CONFLICTING,
    MOST_OPPOSED,
    ONE_SIDED,
    OPPOSED,
    SHARED,
    key_buckets,
    opposed_bucket,
)
from reranking.signals.learned.words import WordModel
from reranking.signals.texts.attribute_values import plain_key
from reranking.signals.texts.bags import bucket_of

MOST = 3
LEAST = 0.1  # log-odds: less is nothing
_KINDS = {FieldAgreement.EQUAL: (AGREEING, "equal"), FieldAgreement.CONFLICTING: (CONFLICTING, "in conflict")}


def learned_wording(pair: SeenPair) -> Wording:
    """Tell what speaks most for a match, and what most against."""
    ordered = sorted(pair.learned.items(), key=lambda item: (-abs(item[1]), item[0]))
    told = {
        sign: [f"{what} ({weight:+.1f})" for what, weight in ordered if weight * sign >= LEAST][:MOST]
        for sign in (1, -1)
    }
    return Wording(alike="; ".join(told[1]), apart="; ".join(told[-1]), otherwise="no word and no attribute tells much")


def told_tokens(
    model: WordModel, left: Mapping[str, Any], right: Mapping[str, Any], level: int = CATEGORY_LEVEL
) -> dict[str, float]:
    """Return the log-odds of each token of two products (rows of the catalogue's table, whose evaluated category is at
    `level`), by what is told of it."""
    names = {product[f"category_{level}"] for product in (left, right)}
    category = names.pop() if len(names) == 1 else None
    words_told = _told_words(model, left["title"] or "", right["title"] or "")
    return {**words_told, **_told_attributes(model, left, right, category)}


def _told_words(model: WordModel, left: str, right: str) -> dict[str, float]:
    ours, theirs = set(words(fold(left))), set(words(fold(right)))
    found = {f"{_quoted(word)} in one title only": model.log_odds(ONE_SIDED, bucket_of(word)) for word in ours ^ theirs}
    found |= {f"{_quoted(word)} in both": model.log_odds(SHARED, bucket_of(word)) for word in ours & theirs}
    opposed = [(one, other) for one in ours - theirs for other in theirs - ours]
    if len(opposed) <= MOST_OPPOSED:
        found |= {
            f"{_quoted(one)} against {_quoted(other)}": model.log_odds(OPPOSED, opposed_bucket(one, other))
            for one, other in opposed
        }
    return found


def _told_attributes(
    model: WordModel, left: Mapping[str, Any], right: Mapping[str, Any], category: str | None
) -> dict[str, float]:
    found = {}
    for fact in compare_products(left, right).facts:
        if fact.family == "attributes" and fact.agreement in _KINDS:
            kind, told = _KINDS[fact.agreement]
            weights = [model.log_odds(kind, bucket) for bucket in key_buckets(plain_key(fact.name), category)]
            found[f"{_quoted(fact.name)} {told}"] = sum(weights)
    return found


def _quoted(text: str) -> str:
    return f"“{short(text)}”"
