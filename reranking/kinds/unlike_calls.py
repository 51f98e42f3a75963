"""Calls are unlike any that were judged where pairs that look so are far likelier among them: how many are, and of whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import betaincinv

from indexing.arrays import Bools1d, Floats1d
from reranking.decisions.evidence import surprise
from reranking.kinds.odds import Odds, kind_odds
from reranking.kinds.pair_sample import PairSample
from reranking.kinds.weights import Shares, mix_weights

UNLIKE_ODDS = 9.0  # of scored against judged, from which a pair is unlike any that was judged
MOST_UNLIKE = 0.2  # of the calls may be unlike: where surely more are, the promise is withdrawn
LEAST_CALLS = 100  # scored ones, and judged ones, with which kinds are compared
LEAST_NAMED = 30  # calls of a source or a category that is looked at alone
MOST_NAMES = 200  # sources, and categories, that are looked at, the commonest
MOST_NAMED = 20  # for which the promise is withdrawn
NEARLY_ALL = 0.95  # of the calls: a known source or category that has more of them does not tell them apart
DOUBT = 0.05  # one-sided
TOLD_BY = 3  # features that are named

Margin = Literal["source", "category", "all"]


@dataclass(frozen=True)
class UnlikeShare:
    """Of the `calls` of a source, of a category or of all, `share` are unlike any that were judged, and surely `least`."""

    margin: Margin
    name: str
    calls: int
    share: float
    least: float


@dataclass(frozen=True)
class UnlikeCalls:
    """It says how many of the compared `calls` (with `judged` ones) are unlike: of `all` of them, and by source and category
    (`parts`). `withdrawn` are those that surely have too many, without the calls of those before them; `told_by` names
    the features that tell unlike calls most, and `unlike` (m,) says which calls are."""

    calls: int
    judged: int
    all: UnlikeShare
    parts: tuple[UnlikeShare, ...]
    withdrawn: tuple[UnlikeShare, ...]
    told_by: tuple[str, ...]
    unlike: Bools1d


def find_unlike(
    judged: PairSample, met: PairSample, shares: Shares, *, names: tuple[str, ...], seed: int
) -> UnlikeCalls | None:
    """Compare calls that were met (m,) with judged ones (n,), whose features have these names; None where either are too few.

    `shares` are those of `mix_weights`.
    """
    if min(len(judged), len(met)) < LEAST_CALLS:
        return None
    weights = mix_weights(judged, met, shares)
    odds = kind_odds(judged, met, weights, seed=seed)
    shares_of = _Shares(judged, met, odds, weights)
    withdrawn = shares_of.withdrawn()
    unlike = odds.met > UNLIKE_ODDS
    told_by = _strongest(odds, met.features[unlike], names) if unlike.any() else ()
    everything = shares_of.of("all", "", np.ones(len(met), dtype=bool))
    return UnlikeCalls(len(met), len(judged), everything, shares_of.parts(), withdrawn, told_by, unlike)


class _Shares:
    """It measures shares of unlike calls, less those that judged pairs have by the same boosters."""

    def __init__(self, judged: PairSample, met: PairSample, odds: Odds, weights: Floats1d) -> None:
        self.judged, self.met, self.unlike = judged, met, odds.met > UNLIKE_ODDS
        independent = float(weights.sum() ** 2 / (weights**2).sum())
        share = float(weights @ (odds.judged > UNLIKE_ODDS) / weights.sum())
        self.by_chance = (share * independent + 0.5) / (independent + 1)
        self.named: list[tuple[Margin, str]] = [
            *(("source", name) for name in _names(met.left_sources, met.right_sources)),
            *(("category", name) for name in _names(met.categories)),
        ]

    def of(self, margin: Margin, name: str, rows: Bools1d) -> UnlikeShare:
        """Return the share among the calls of these rows (m,)."""
        unlike, calls = self.unlike[rows].astype(np.float64), int(rows.sum())
        if not calls:
            return UnlikeShare(margin, name, 0, 0.0, 0.0)
        scores, left, right = self.met.scores[rows], self.met.left[rows], self.met.right[rows]
        variance = surprise(scores, unlike, left, right, MOST_UNLIKE)[-1]
        worth = calls * min(calls * MOST_UNLIKE * (1 - MOST_UNLIKE) / variance, 1.0)
        share = float(unlike.mean())
        least = float(betaincinv(share * worth + 0.5, (1 - share) * worth + 0.5, DOUBT)) if share else 0.0
        return UnlikeShare(
            margin, name, calls, max(share - self.by_chance, 0.0), max(least - UNLIKE_ODDS * self.by_chance, 0.0)
        )

    def parts(self) -> tuple[UnlikeShare, ...]:
        """Return the shares of sources and of categories with enough calls."""
        found = (self.of(margin, name, self._rows(self.met, margin, name)) for margin, name in self.named)
        return tuple(part for part in found if part.calls >= LEAST_NAMED)

    def withdrawn(self) -> tuple[UnlikeShare, ...]:
        """Return those that surely have too many unlike calls, and more than there are outside of them: the surest first, with
        those that have the same calls, then what is so without these; at last all others together."""
        left, found = np.ones(len(self.met), dtype=bool), list[UnlikeShare]()
        rows = {name: self._rows(self.met, *name) for name in self.named if self._tells(*name)}
        while len(found) < MOST_NAMED and (sure := self._sure(rows, left)):
            own = rows[sure[0].margin, sure[0].name] & left
            same = [part for part in sure if _overlap(rows[part.margin, part.name] & left, own) >= NEARLY_ALL]
            found += same
            left &= ~own
            rows = {
                name: inside for name, inside in rows.items() if name not in {(part.margin, part.name) for part in same}
            }
        others = self.of("all", "", left)
        return (*found, *([others] if others.calls >= LEAST_NAMED and others.least > MOST_UNLIKE else []))

    def _sure(self, rows: Mapping[tuple[Margin, str], Bools1d], left: Bools1d) -> list[UnlikeShare]:
        """Return, of the calls that are left (m,), the parts with too many unlike ones, the surest first."""
        found = []
        for (margin, name), inside in rows.items():
            part, outside = self.of(margin, name, inside & left), left & ~inside
            others = float(self.unlike[outside].mean()) if outside.any() else 0.0
            if part.calls >= LEAST_NAMED and part.least > max(MOST_UNLIKE, others):
                found.append(part)
        return sorted(found, key=lambda part: -part.least)

    def _tells(self, margin: Margin, name: str) -> bool:
        """Say whether to name it tells calls apart: nearly all calls of what was judged too are simply all."""
        known = int(self._rows(self.judged, margin, name).sum()) >= LEAST_NAMED
        return not known or float(self._rows(self.met, margin, name).mean()) < NEARLY_ALL

    @staticmethod
    def _rows(pairs: PairSample, margin: Margin, name: str) -> Bools1d:
        return pairs.of_source(name) if margin == "source" else pairs.of_category(name)


def _names(*columns: pa.Array) -> list[str]:
    """Return the names that LEAST_NAMED entries and more of the columns have, at most MOST_NAMES, the commonest first."""
    counts = pc.value_counts(pa.concat_arrays(columns)).to_pylist()
    common = [row for row in counts if row["values"] is not None and row["counts"] >= LEAST_NAMED]
    common.sort(key=lambda row: (-row["counts"], row["values"]))
    return [row["values"] for row in common[:MOST_NAMES]]


def _overlap(one: Bools1d, other: Bools1d) -> float:
    """Return the share of the calls of either (m,) that are of both."""
    return float((one & other).sum() / (one | other).sum())


def _strongest(odds: Odds, features: np.ndarray, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the features that add most to the odds of pairs (p, f), one of each first word."""
    added = odds.contributions(features)
    found: dict[str, str] = {}
    for place in np.argsort(-added, kind="stable"):
        if added[place] > 0:
            found.setdefault(names[place].partition("_")[0], names[place])
    return tuple(found.values())[:TOLD_BY]
