"""A pool holds the pairs that may be asked, with what a committee needs to know of them."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from indexing.arrays import Floats1d, Floats2d, Ints1d
from indexing.errors import InputError
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.asking.weak_score import WeakScore
from reranking.pairs.candidates import by_id, candidates_with
from reranking.pairs.evaluation_category import REST, CategoryMapping, codes_of, evaluated_names
from reranking.signals.signals import prepare_signals

MOST_CANDIDATES = 2_000_000  # that are looked at; where there are more, those of drawn products
MOST_PAIRS = 100_000  # that may be asked; of more candidates the better half of these, the others at random
REFERENCE = 20_000  # candidates that tell what is usual
LARGE_SHARE = 0.02  # of the pool, from which a category is large
DENSE_COLUMNS = 8  # principal components
DENSE_REFERENCE, DENSE_NEAREST = 2_000, 10  # pairs to be near to; how many of them


@dataclass(frozen=True)
class QuestionPool:
    """It holds pairs of positions `left`, `right` (p,), where left has the smaller id, their plain features (p, f) with the
    `directions` (f,) of these, their weak scores (p,), how dense the pool is around them (p,), 1 at the median, and the codes (p,) of
    their categories `names`, those that are not large together.

    `candidates` is how many there were to choose from, with labelled pairs that were added; `products` of how many products, of
    `all_products`.
    """

    left: Ints1d
    right: Ints1d
    features: Floats2d
    directions: tuple[int, ...]
    weak: Floats1d
    density: Floats1d
    categories: Ints1d
    names: tuple[str, ...]
    candidates: int
    products: int
    all_products: int

    def __len__(self) -> int:
        return len(self.left)

    def told(self) -> str:
        """Say in one line what may be asked, and of how much."""
        drawn = "" if self.products == self.all_products else f" of {self.products:,} drawn products"
        some = (
            ""
            if len(self) == self.candidates
            else f": the better half of these by weak scores, the others at random, of {self.candidates:,}"
        )
        return f"pool: {len(self):,} candidates{drawn}{some}"

    def with_weak(self, scores: Floats1d) -> "QuestionPool":
        """Return the same pool whose weak scores are the places of other scores (p,), as shares."""
        places = np.argsort(np.argsort(scores, kind="stable"), kind="stable")
        return replace(self, weak=(places + 0.5) / max(len(places), 1))

    def followed_by(self, other: "QuestionPool") -> "QuestionPool":
        """Return these pairs, then the others, whose categories are large where they are here."""
        places = {name: code for code, name in enumerate(self.names)}
        rest = places.get(REST, 0)
        codes = np.array([places.get(name, rest) for name in other.names], dtype=np.int64)
        return replace(
            self,
            left=np.append(self.left, other.left),
            right=np.append(self.right, other.right),
            features=np.concatenate([self.features, other.features]),
            weak=np.append(self.weak, other.weak),
            density=np.append(self.density, other.density),
            categories=np.append(self.categories, codes[other.categories]),
            candidates=self.candidates + len(other),
        )


def make_pool(
    index: ProductIndex, *, k: int = 20, most: int = MOST_PAIRS, seed: int = 0, progress: Progress = silent
) -> QuestionPool:
    """Make the pool of an index's candidates by its first `k` neighbours. Raises InputError where it has none."""
    k, count = min(k, index.k), len(index.catalog)
    generator = np.random.default_rng(seed)
    drawn = max(1, MOST_CANDIDATES // (2 * k))
    wanted = np.ones(count, dtype=bool)
    if count > drawn:
        wanted[:] = False
        wanted[generator.choice(count, drawn, replace=False)] = True
    progress("candidates", 0, count)
    left, right = np.divmod(candidates_with(index, wanted, k), count)
    progress("candidates", count, count)
    if not len(left):
        raise InputError(f"{index.folder}: has no candidate pairs to ask: build it with the offers of several shops")
    scorer = _learn_weak(index, left, right, generator)
    weak = scorer.of(left, right)
    rows = _some(weak, most, generator)
    pool = pool_of(index, left[rows], right[rows], scorer=scorer, progress=progress)
    return replace(pool, candidates=len(left), products=int(wanted.sum()), all_products=count)


def pool_of(
    index: ProductIndex,
    left: Ints1d,
    right: Ints1d,
    *,
    scorer: WeakScore | None = None,
    progress: Progress = silent,
) -> QuestionPool:
    """Make the pool of these pairs of positions (p,)."""
    generator = np.random.default_rng(0)
    sides = by_id(index, left, right)
    left, right = sides.left, sides.right
    scorer = scorer or _learn_weak(index, left, right, generator)
    signals = prepare_signals(index, np.unique(np.concatenate([left, right])), progress=progress)
    features = signals.compute_all(left, right, stage="features", progress=progress)
    directions = tuple(feature.direction for feature in signals.features)
    names = evaluated_names(index.catalog, left)
    mapping = CategoryMapping.learn(names, int(LARGE_SHARE * len(left)))
    codes, told = codes_of(mapping.of(names))
    products = len(np.unique(np.concatenate([left, right])))
    return QuestionPool(
        left,
        right,
        features,
        directions,
        scorer.of(left, right),
        _density(features, directions, generator),
        codes,
        tuple(told),
        len(left),
        products,
        products,
    )


def _learn_weak(index: ProductIndex, left: Ints1d, right: Ints1d, generator: np.random.Generator) -> WeakScore:
    rows = np.sort(generator.permutation(len(left))[:REFERENCE])
    return WeakScore.learn(index, np.unique(np.concatenate([left, right])), left[rows], right[rows])


def _some(weak: Floats1d, most: int, generator: np.random.Generator) -> Ints1d:
    """Return at most so many rows: half the best by weak scores, the others at random."""
    if len(weak) <= most:
        return np.arange(len(weak))
    order = np.argsort(-weak, kind="stable")
    best, others = order[: most // 2], order[most // 2 :]
    return np.sort(np.concatenate([best, generator.choice(others, most - len(best), replace=False)]))


def _density(features: Floats2d, directions: tuple[int, ...], generator: np.random.Generator) -> Floats1d:
    """Return how near each pair (p,) is to others of the pool, 1 at the median: the inverse of how far the tenth of some of them
    is, in the principal components of the directed features' places."""
    columns = [place for place, way in enumerate(directions) if way]
    sample = np.sort(generator.permutation(len(features))[:REFERENCE])
    placed = np.zeros((len(features), len(columns)), dtype=np.float32)
    for number, place in enumerate(columns):
        values = np.nan_to_num(features[:, place] * directions[place], nan=-1e9)
        placed[:, number] = np.searchsorted(np.sort(values[sample]), values) / len(sample)
    placed -= placed[sample].mean(axis=0)
    axes = np.linalg.svd(placed[sample[:DENSE_REFERENCE]], full_matrices=False)[2][:DENSE_COLUMNS]
    seen = placed @ axes.T
    others = seen[generator.permutation(len(seen))[:DENSE_REFERENCE]]
    nearest = min(DENSE_NEAREST, len(others))
    far = KDTree(others).query(seen, [nearest])[0][:, 0]
    near = 1 / (1e-3 + far)
    return np.asarray(near / np.median(near), dtype=np.float64)
