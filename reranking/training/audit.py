"""An audit finds labels that look wrong: they contradict each other, or a model that never saw them contradicts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Metric
from reranking.identifiers.identifiers import Identifiers
from reranking.identifiers.label_evidence import contradicted_matches
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.pairs.product_groups import product_groups
from reranking.training.judging.cross_validation import prepare_folds

MOST_TOLD = 5  # products of a chain
FOLDS = 5
OTHER_CODES = "; both products have barcodes, and other ones"
LEAST_DOUBT = 0.5  # the score speaks for the other label


@dataclass(frozen=True)
class Contradiction:
    """It is a chain of matches (positions) whose ends are labelled no match, and the row of the label in doubt most."""

    chain: tuple[int, ...]
    culprit: int

    def told(self, names: list[str]) -> str:
        """Write `a = b = c` by name; of a long chain the ends."""
        told = [names[place] for place in self.chain]
        if len(told) > MOST_TOLD:
            told = [*told[:2], f"… {len(told) - 4} more …", *told[-2:]]
        return " = ".join(told)


def find_contradictions(pairs: LabelledPairs, doubt: Floats1d) -> Iterator[Contradiction]:
    """Yield one for each non-match inside a product group, along a shortest chain; `doubt` (p,) is each label's."""
    size = int(max(pairs.left.max(), pairs.right.max())) + 1
    groups = product_groups(pairs.left, pairs.right, pairs.targets, size)
    odd = np.flatnonzero((pairs.targets == 0) & (groups[pairs.left] == groups[pairs.right]))
    matches = _Matches.of(pairs, size)
    for start in np.unique(pairs.left[odd]):
        before = breadth_first_order(matches.graph, start, directed=False)[1]
        for row in odd[pairs.left[odd] == start]:
            chain = _walk(before, int(start), int(pairs.right[row]))
            labels = np.array([row, *matches.rows(chain)])
            yield Contradiction(chain, int(labels[np.argmax(doubt[labels])]))


@dataclass(frozen=True)
class _Matches:
    """It keeps the matches as a graph over positions, and where each stands among the labelled pairs."""

    graph: csr_array
    places: dict[tuple[int, int], int]

    @classmethod
    def of(cls, pairs: LabelledPairs, size: int) -> "_Matches":
        rows = np.flatnonzero(pairs.targets == 1)
        left, right = pairs.left[rows], pairs.right[rows]
        graph = coo_array((np.ones(len(rows), dtype=np.int8), (left, right)), shape=(size, size)).tocsr()
        ends = zip(np.minimum(left, right).tolist(), np.maximum(left, right).tolist(), strict=True)
        return cls(graph, dict(zip(ends, rows.tolist(), strict=True)))

    def rows(self, chain: tuple[int, ...]) -> list[int]:
        """Return the rows of the matches that make a chain."""
        return [self.places[min(one, other), max(one, other)] for one, other in pairwise(chain)]


def _walk(before: Ints1d, start: int, end: int) -> tuple[int, ...]:
    """Walk from start to end, by the product before each on a shortest way."""
    chain = [end]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
    return tuple(reversed(chain))


@dataclass(frozen=True)
class Suspects:
    """It lists pairs whose label is doubtful, the most doubtful first: their `rows` (s,) among the labelled pairs,
    the `doubt` (s,) from 0 to 1, the `scores` (s,) of a model that did not see them, and why."""

    rows: Ints1d
    doubt: Floats1d
    scores: Floats1d
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)


def audit_labels(
    index: ProductIndex,
    pairs: LabelledPairs,
    *,
    metric: Metric,
    options: TrainOptions,
    progress: Progress = silent,
) -> Suspects:
    """Audit labelled pairs by cross-validation over product groups. Raises InputError for too few groups."""
    folds = prepare_folds(index, pairs, options, count=FOLDS, progress=progress)
    scores = pairs.targets.astype(np.float32)  # no doubt about what was not judged
    judged = folds.scores_out_of_fold(metric, options.boosting, options.seed, progress)
    scores[folds.kept] = judged[: len(folds.kept)]
    names = [str(value) for value in index.catalog.ids.to_pylist()]
    identifiers = Identifiers.of(index.catalog)
    return find_suspects(
        pairs, scores, names, contradicted_matches(identifiers, pairs.left, pairs.right, pairs.targets)
    )


def find_suspects(
    pairs: LabelledPairs, scores: Floats1d, names: list[str], other_codes: Bools1d | None = None
) -> Suspects:
    """List suspects by the scores (p,) of pairs whose products, by position, have these names.

    The doubt about a label is how far the score is from it. Where labels contradict each other one of them is wrong:
    of each contradiction the most doubtful is listed, and half of what speaks for it is struck. So it is of matches
    whose products have `other_codes` (p,): barcodes, none in common.
    """
    doubt = np.abs(pairs.targets - scores)
    blamed: dict[int, list[Contradiction]] = {}
    for found in find_contradictions(pairs, doubt):
        blamed.setdefault(found.culprit, []).append(found)
    inside = np.array(sorted(blamed), dtype=np.int64)
    doubt[inside] = 1 - (1 - doubt[inside]) / 2
    coded = np.zeros(0, dtype=np.int64) if other_codes is None else np.flatnonzero(other_codes)
    doubt[coded] = 1 - (1 - doubt[coded]) / 2
    listed = np.union1d(np.flatnonzero(doubt >= LEAST_DOUBT), np.union1d(inside, coded))
    rows = listed[np.argsort(-doubt[listed], kind="stable")]
    odd = set(coded.tolist())
    reasons = tuple(
        _reason(pairs, row, float(scores[row]), blamed.get(row, []), names) + (OTHER_CODES if row in odd else "")
        for row in rows.tolist()
    )
    return Suspects(rows, doubt[rows], scores[rows], reasons)


def _reason(pairs: LabelledPairs, row: int, score: float, contradictions: list[Contradiction], names: list[str]) -> str:
    scored = f"scored {score:.2f} by a model that did not see it"
    label = "a match" if pairs.targets[row] else "no match"
    if not contradictions:
        return f"labelled {label}, {scored}"
    chain = contradictions[0].told(names)
    if not pairs.targets[row]:
        return f"labelled no match, but {chain} are labelled matches; {scored}"
    others = "" if len(contradictions) == 1 else f" ({len(contradictions)} such contradictions)"
    return f"labelled a match, but of {chain} the ends are labelled no match{others}; {scored}"
