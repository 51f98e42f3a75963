"""Reasons tell what speaks most for and against a match, in words with the values seen."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from indexing.arrays import Ints1d
from reranking.explain.contributions import NEIGHBOURS, PICTURES, FamilyContributions
from reranking.explain.wording.fields import attribute_wording, field_wording, price_wording
from reranking.explain.wording.learned import learned_wording
from reranking.explain.wording.neighbours import neighbour_wording, picture_wording, rival_wording
from reranking.explain.wording.seen_pair import SeenPair, Wording
from reranking.explain.wording.titles import code_wording, number_wording, quantity_wording, word_wording
from reranking.signals.learned.cross import CROSS_SCORE
from reranking.signals.learned.rivals import FAMILY as RIVALS
from reranking.signals.learned.words import FAMILY as LEARNED_WORDS

MOST_REASONS = 3
LEAST_ADDED = 0.005  # log-odds: a family that adds less is no reason

_WORDINGS: dict[str, Callable[[SeenPair], Wording]] = {
    NEIGHBOURS: neighbour_wording,
    PICTURES: picture_wording,
    "text": word_wording,
    "numbers": number_wording,
    "model codes": code_wording,
    "quantities": quantity_wording,
    "attributes": attribute_wording,
    "price": price_wording,
    RIVALS: rival_wording,
    LEARNED_WORDS: learned_wording,
    **{
        family: partial(field_wording, family=family)
        for family in ("brand", "colours", "category", "source", "identifiers")
    },
}


@dataclass(frozen=True)
class Reason:
    """It names a family of features, what it adds to the log-odds, and what was seen."""

    family: str
    added: float
    words: str


@dataclass(frozen=True)
class Reasons:
    """It lists the strongest first: `supporting` all add to the score, `opposing` all take from it."""

    supporting: tuple[Reason, ...]
    opposing: tuple[Reason, ...]


def reasons_of(pair: SeenPair, most: int = MOST_REASONS) -> Reasons:
    """Return at most `most` reasons each way, in the order of what their families add."""
    families = pair.found.by_family()

    def told(places: Ints1d) -> tuple[Reason, ...]:
        return tuple(
            Reason(families.families[place], float(families.added[place]), _words(pair, families, place))
            for place in places[:most].tolist()
        )

    return Reasons(
        told(np.flatnonzero(families.added >= LEAST_ADDED)), told(np.flatnonzero(families.added <= -LEAST_ADDED))
    )


def _words(pair: SeenPair, families: FamilyContributions, place: int) -> str:
    """Return the family's own words; of a family without any, its strongest feature and the value."""
    wording = _WORDINGS.get(families.families[place])
    told = "" if wording is None else wording(pair).of(float(families.added[place]))
    if told:
        return told
    name = families.strongest[place]
    return f"{name.replace('_', ' ')} {told_value(name, float(families.values[place]))}"


def told_value(name: str, value: float) -> str:
    """Say what the value of a feature is; a pair that has no score of a cross-encoder was not read by it."""
    if not math.isnan(value):
        return f"{value:.4g}"
    return "not read" if name == CROSS_SCORE else "unknown"
