"""Labels that look wrong: those that contradict each other, and those that a model which never saw them contradicts."""

from dataclasses import dataclass

import numpy as np

from indexing.arrays import Floats1d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import Metric
from reranking.pairs.labelled import LabelledPairs
from reranking.training.contradictions import Contradiction, find_contradictions
from reranking.training.cross_validation import prepare_folds
from reranking.training.train_reranker import TrainOptions

FOLDS = 5
LEAST_DOUBT = 0.5  # the score speaks for the other label


@dataclass(frozen=True)
class Suspects:
    """Pairs whose label is doubtful, the most doubtful first: their `rows` (s,) among the labelled pairs, the `doubt`
    (s,) from 0 to 1, the `scores` (s,) of a model that did not see them, and why."""

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
    scores = folds.scores_out_of_fold(metric, options.boosting, options.seed, progress)
    names = [str(value) for value in index.catalog.ids.to_pylist()]
    return find_suspects(pairs, scores, names)


def find_suspects(pairs: LabelledPairs, scores: Floats1d, names: list[str]) -> Suspects:
    """By the scores (p,) of pairs whose products, by position, have these names.

    The doubt about a label is how far the score is from it. Where labels contradict each other one of them is wrong:
    of each contradiction the most doubtful is listed, and half of what speaks for it is struck.
    """
    doubt = np.abs(pairs.targets - scores)
    blamed: dict[int, list[Contradiction]] = {}
    for found in find_contradictions(pairs, doubt):
        blamed.setdefault(found.culprit, []).append(found)
    inside = np.array(sorted(blamed), dtype=np.int64)
    doubt[inside] = 1 - (1 - doubt[inside]) / 2
    listed = np.union1d(np.flatnonzero(doubt >= LEAST_DOUBT), inside)
    rows = listed[np.argsort(-doubt[listed], kind="stable")]
    reasons = tuple(_reason(pairs, int(row), float(scores[row]), blamed.get(int(row), []), names) for row in rows)
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
