"""A session begins with the pool of an index, the labels of a store, and perhaps the scores of a model."""

from dataclasses import dataclass

import numpy as np

from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.asking.kept_pool import open_pool
from reranking.asking.pool import QuestionPool, pool_of
from reranking.asking.pool_rows import PoolRows
from reranking.asking.session import LearningOptions, LearningSession
from reranking.labels.settled import check_catalogue, settle
from reranking.labels.store import LabelStore
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker


@dataclass(frozen=True)
class OpenSession:
    """It is a session, with the pool that it asks of."""

    session: LearningSession
    pool: QuestionPool


def open_session(
    index: ProductIndex,
    store: LabelStore,
    *,
    reviewer: str,
    budget: int,
    model: XgboostReranker | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> OpenSession:
    """Open a session that asks `reviewer`. With a model, pairs that it calls come first, in place of those that look alike.

    Raises InputError for a store of another catalogue, and a model that does not fit the index.
    """
    check_catalogue(store.path, [kept.label for kept in store.standing()], index.catalog)
    if model is not None:
        model.needs.refuse(index)
    pool = open_pool(index, store.path, progress=progress)
    pool = _with_labelled(index, pool, store, progress)
    if model is not None:
        products = np.unique(np.concatenate([pool.left, pool.right]))
        progress("model", 0, len(pool))
        pool = pool.with_weak(
            PairScorer.prepare(index, model, products, progress=progress).score(pool.left, pool.right)
        )
        progress("model", len(pool), len(pool))
    options = LearningOptions(reviewer, budget, None if model is None else model.fingerprint, seed)
    return OpenSession(LearningSession(index, pool, store, options), pool)


def _with_labelled(index: ProductIndex, pool: QuestionPool, store: LabelStore, progress: Progress) -> QuestionPool:
    """Return the pool with the labelled pairs that are no candidates of it: the committee learns from these too."""
    settled = settle([kept.label for kept in store.standing()], store.path)
    left, right = (index.catalog.lookup.find(side) for side in (settled.left, settled.right))
    rows = PoolRows(index.catalog, pool).of_positions(left, right)
    others = np.flatnonzero((rows < 0) & (left >= 0) & (right >= 0))
    if not others.size:
        return pool
    return pool.followed_by(pool_of(index, left[others], right[others], progress=progress))
