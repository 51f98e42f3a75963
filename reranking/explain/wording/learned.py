"""A linear model learned which words and attributes of two products speak for and against a match; this tells them."""

from collections.abc import Mapping, Sequence
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
    ONE_SIDED_WITHIN,
    OPPOSED,
    SHARED,
    SHARED_WITHIN,
    bucket_within,
    key_buckets,
    opposed_bucket,
)
from reranking.signals.learned.words import WordModel
from reranking.signals.texts.attribute_values import plain_key, plain_value
from reranking.signals.texts.bags import bucket_of
from reranking.signals.texts.synonyms import Names

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
    words_told = _told_words(model, left["title"] or "", right["title"] or "", category)
    return {**words_told, **_told_attributes(model, left, right, category)}


def _told_words(model: WordModel, left: str, right: str, category: str | None) -> dict[str, float]:
    ours, theirs = set(words(fold(left))), set(words(fold(right)))

    def weight(word: str, kind: int, within: int) -> float:
        own = model.log_odds(kind, bucket_of(word))
        return own if category is None else own + model.log_odds(within, bucket_within(word, category))

    found = {f"{_quoted(word)} in one title only": weight(word, ONE_SIDED, ONE_SIDED_WITHIN) for word in ours ^ theirs}
    found |= {f"{_quoted(word)} in both": weight(word, SHARED, SHARED_WITHIN) for word in ours & theirs}
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
    """Tell the keys that both state, by the names that the left product has for them and, where it is another, the right one; so with
    values that mean one."""
    theirs = _names_of_right(model.synonyms.keys, left["attributes"] or (), right["attributes"] or ())
    named = [{**entry, "key": theirs.get(entry["key"], entry["key"])} for entry in right["attributes"] or ()]
    others = {plain_key(ours): name for name, ours in theirs.items()}
    entries, said = _values_of_right(model.synonyms.values, left["attributes"] or (), named)
    found = {}
    for fact in compare_products(left, {**right, "attributes": entries}).facts:
        if fact.family == "attributes" and fact.agreement in _KINDS:
            kind, told = _KINDS[fact.agreement]
            key = plain_key(fact.name)
            weights = [model.log_odds(kind, bucket) for bucket in key_buckets(key, category, model.synonyms)]
            name = f"{_quoted(fact.name)}, {_quoted(others[key])}," if key in others else _quoted(fact.name)
            values = f", {_quoted(said[key][0])} and {_quoted(said[key][1])}" if key in said else ""
            found[f"{name} {told}{values}"] = sum(weights)
    return found


def _names_of_right(
    synonyms: Names, left: Sequence[Mapping[str, str]], right: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """Return the left product's name of each key that only the right one has, where both mean one."""
    ours = {synonyms.meaning(bucket_of(plain_key(entry["key"]))): entry["key"] for entry in left if entry["key"]}
    own = {plain_key(entry["key"]) for entry in left if entry["key"]}
    return {
        entry["key"]: ours[meaning]
        for entry in right
        if entry["key"]
        and plain_key(entry["key"]) not in own
        and (meaning := synonyms.meaning(bucket_of(plain_key(entry["key"])))) in ours
    }


def _values_of_right(
    values: Names, left: Sequence[Mapping[str, str]], right: Sequence[Mapping[str, str]]
) -> tuple[list[Mapping[str, str]], dict[str, tuple[str, str]]]:
    """Return the right product's entries with the left one's values where both mean one, and by their keys what each of them says."""

    def meaning(entry: Mapping[str, str]) -> tuple[str, int]:
        return plain_key(entry["key"] or ""), values.meaning(bucket_of(plain_value(entry["value"] or "")))

    ours = {meaning(entry): entry["value"] for entry in left if plain_value(entry["value"] or "")}
    entries: list[Mapping[str, str]] = [{**entry, "value": ours.get(meaning(entry), entry["value"])} for entry in right]
    said = {
        plain_key(new["key"] or ""): (new["value"], old["value"])
        for old, new in zip(right, entries, strict=True)
        if plain_value(new["value"] or "") != plain_value(old["value"] or "")
    }
    return entries, said


def _quoted(text: str) -> str:
    return f"“{short(text)}”"
