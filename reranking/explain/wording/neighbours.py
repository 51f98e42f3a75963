"""Neighbours tell how near two products are in the views: by cosines, and by ranks among each other's neighbours,
own and rival."""

import math
from functools import lru_cache

import numpy as np

from indexing.arrays import Ints1d
from reranking.explain.contributions import LAYOUTS, NEIGHBOURS, PICTURES, explained_family
from reranking.explain.wording.seen_pair import SeenPair, Wording
from reranking.signals.feature import Feature

RANKED_VIEWS = ("fused", "text", "lexical")
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}
CLOSE = 0.5  # log-odds: a lead this small is none
TOLD_POINTS = 4  # that agree: fewer do by chance
RECOLORED = 0.2  # of a cosine, by which shapes are nearer than colours


def neighbour_wording(pair: SeenPair) -> Wording:
    """Tell the view that adds most of what the text, lexical and fused views add together."""
    views = [view for view in RANKED_VIEWS if not math.isnan(pair.found.value(f"{view}_rank_mutual"))]
    if not views:
        return Wording()
    sign = 1 if pair.found.adds(pair.found.layout.families[NEIGHBOURS]) > 0 else -1
    columns = _columns_of_views(pair.found.features)
    view = max(views, key=lambda view: sign * pair.found.adds(columns[view]))
    return _either(", ".join(part for part in (_ranks(pair, view), _cosine(pair, view)) if part))


def picture_wording(pair: SeenPair) -> Wording:
    """Tell whether there are pictures, and how near they are."""
    parts = [
        _cosine(pair, "image", "picture cosine"),
        _looks(pair),
        _points(pair),
        _ranks(pair, "image"),
        _counts(pair),
    ]
    without = [side for side in (pair.left, pair.right) if not side["images"]]
    if without and not parts[0]:
        return Wording(otherwise=f"no picture of {'either' if len(without) == 2 else 'one of the two'}")
    return _either(", ".join(part for part in parts if part))


@lru_cache(LAYOUTS)
def _columns_of_views(features: tuple[Feature, ...]) -> dict[str, Ints1d]:
    """Return which of a model's features tell of each ranked view."""
    return {
        view: np.flatnonzero([_is_of(feature, view) for feature in features]).astype(np.int64) for view in RANKED_VIEWS
    }


def _is_of(feature: Feature, view: str) -> bool:
    return feature.name.startswith(f"{view}_") and explained_family(feature) != PICTURES


def _either(told: str) -> Wording:
    """Tell the same words for and against: how near is near, the model has learned."""
    return Wording(told, told)


def _ranks(pair: SeenPair, view: str) -> str:
    mutual, best, worst = (pair.found.value(f"{view}_rank_{name}") for name in ("mutual", "smaller", "larger"))
    if math.isnan(mutual):
        return ""
    if mutual == 0:
        return f"not among each other's {view} neighbours"
    if mutual == 1 or math.isnan(worst):
        return f"{_ordinal(best)} among the {view} neighbours of one, not among the other's"
    if best == worst:
        return f"each the other's {_ordinal(best)} {view} neighbour"
    return f"{_ordinal(best)} and {_ordinal(worst)} among each other's {view} neighbours"


def _cosine(pair: SeenPair, view: str, name: str = "cosine") -> str:
    cosine = pair.found.value(f"{view}_cosine")
    return "" if math.isnan(cosine) else f"{name} {cosine:.2f}"


def _looks(pair: SeenPair) -> str:
    """Tell how near colours and shapes are, each by themselves, and where one picture looks like the other in another colour."""
    color, shape = (pair.found.value(f"image_{name}_cosine") for name in ("color", "shape"))
    if math.isnan(color) or math.isnan(shape):
        return ""
    recolored = ": alike in shape more than in colour" if shape - color >= RECOLORED else ""
    return f"colours {color:.2f}, shapes {shape:.2f}{recolored}"


def _points(pair: SeenPair) -> str:
    agreeing = pair.found.value("points_agreeing")
    return (
        ""
        if math.isnan(agreeing) or agreeing < TOLD_POINTS
        else f"{agreeing:.0f} points of both agree on one placement"
    )


def _counts(pair: SeenPair) -> str:
    left, right = (len(side["images"] or ()) for side in (pair.left, pair.right))
    return "" if left == right else f"{left} pictures against {right}"


def _ordinal(rank: float) -> str:
    number = int(rank)
    suffix = "th" if number % 100 in (11, 12, 13) else _SUFFIXES.get(number % 10, "th")
    return f"{number}{suffix}"


def rival_wording(pair: SeenPair) -> Wording:
    """Tell whether another neighbour suits a side better, by the first look's log-odds, and how many others suit."""
    lead = pair.found.value("rival_lead_smaller")
    if math.isnan(lead):
        return Wording()
    offer = pair.found.value("rival_offer_lead_smaller")
    expected = pair.found.value("rivals_expected_larger")
    others = f"; {expected:.1f} matches expected among other neighbours" if expected >= 0.1 else ""
    if offer <= -CLOSE:
        return Wording(apart=f"another offer of the same source suits better, by {-offer:.1f} in log-odds{others}")
    if lead <= -CLOSE:
        return Wording(apart=f"another neighbour suits better, by {-lead:.1f} in log-odds{others}")
    if lead < CLOSE:
        told = f"another neighbour suits about as well{others}"
        return Wording(told, told)
    return Wording(
        alike=f"no other neighbour of either suits as well, this one leads by {lead:.1f} in log-odds{others}"
    )
