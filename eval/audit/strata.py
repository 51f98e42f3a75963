"""Strata part the scored pairs by category, call and score, so that labels go where they decide most."""

from dataclasses import dataclass

import numpy as np

from eval.audit.population import Population
from indexing.arrays import Bools1d, Floats1d, Ints1d

LABELS_A_STRATUM = 15
LEAST_LABELS = 30  # that a category's share of the work must be worth to stand alone
OTHERS = "other categories"


@dataclass(frozen=True)
class Strata:
    """They part the pairs (n,): `codes` (n,) names each pair's stratum of the h; `sizes` (h,) counts the pairs of each, `likely` (h,)
    is the mean of how likely they are matches, `called` (h,) whether they are called matches, and `categories` (h,) the
    place of their category in `names`, of which one may be OTHERS."""

    codes: Ints1d
    sizes: Ints1d
    likely: Floats1d
    called: Bools1d
    categories: Ints1d
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sizes)


def part(population: Population, budget: int) -> Strata:
    """Part a population for so many labels.

    Within a category, what is called and what is not are cut into parts of equal sums of sqrt(likely · (1 - likely)), the deviation
    that a pair is expected to have (after T. Dalenius and J. L. Hodges, "Minimum variance stratification", Journal of the
    American Statistical Association 54, 1959). Categories in which few labels would be spent are taken together.
    """
    by_key = np.argsort(population.keys)  # whatever the order of the file, sums are made in one order
    likely, scores = population.likely[by_key], population.scores[by_key]
    spread = np.sqrt(likely * (1 - likely))
    names, places = _standing(population.categories[by_key], population.names, spread, budget)
    cells = places * 2 + population.called[by_key]
    work = np.bincount(cells, weights=spread, minlength=2 * len(names))
    parts = np.maximum(1, np.round(work / work.sum() * (budget // LABELS_A_STRATUM))).astype(np.int64)
    ordered = np.empty(len(population), dtype=np.int64)
    owners: list[int] = []
    for cell in np.flatnonzero(np.bincount(cells, minlength=len(work))):
        rows = np.flatnonzero(cells == cell)
        cuts = _cut(scores[rows], spread[rows], int(parts[cell]))
        ordered[rows] = cuts + len(owners)
        owners += [int(cell)] * (int(cuts.max()) + 1)
    sizes, cell_of = np.bincount(ordered), np.array(owners)
    codes = np.empty_like(ordered)
    codes[by_key] = ordered
    mean = np.bincount(ordered, weights=likely) / sizes
    return Strata(codes, sizes, mean, cell_of % 2 == 1, cell_of // 2, names)


def _standing(
    categories: Ints1d, names: tuple[str, ...], spread: Floats1d, budget: int
) -> tuple[tuple[str, ...], Ints1d]:
    """Return the categories that stand alone, and OTHERS where there are any, and the place of each pair's (n,)."""
    work = np.bincount(categories, weights=spread, minlength=len(names))
    alone = work / work.sum() * budget >= LEAST_LABELS
    if (~alone).sum() == 1:
        alone[:] = True  # there is nothing to take it together with
    places = np.where(alone, np.cumsum(alone) - 1, alone.sum())
    standing = [name for name, own in zip(names, alone, strict=True) if own]
    return tuple(standing if alone.all() else [*standing, OTHERS]), places[categories]


def _cut(scores: Floats1d, spread: Floats1d, parts: int) -> Ints1d:
    """Return the part (n,) of each pair, by falling score from 0 on, parts with equal sums of `spread`; none is empty."""
    order = np.argsort(-scores, kind="stable")
    running = np.cumsum(spread[order]) - spread[order] / 2
    cuts = np.empty(len(scores), dtype=np.int64)
    cuts[order] = np.minimum((running / spread.sum() * parts).astype(np.int64), parts - 1)
    return np.asarray(np.unique(cuts, return_inverse=True)[1], dtype=np.int64)
