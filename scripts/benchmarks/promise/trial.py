"""A trial trains on a setting and scores its files, the way that users go, and says what was held and warned about."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eval.metrics.precision_auc import weighted
from indexing.errors import InputError
from indexing.product_index import ProductIndex
from reranking.decisions.thresholds import called
from reranking.explain.promise_warnings import promise_warnings
from reranking.model.reranker import XgboostReranker
from reranking.model.score_pairs import score_pairs
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import CATEGORY_COLUMN, LabelledPairs
from reranking.training.train_reranker import Trained, train_reranker
from scripts.benchmarks.labelled_set import LabelledSet
from scripts.benchmarks.promise.runs import Key, PromiseRun
from scripts.benchmarks.promise.situations import Setting


@dataclass(frozen=True)
class Trial:
    """It has what is trained and scored: a setting that a situation made with `seed`, and the precision `asked`; its files go
    into the folder `work`."""

    opened: LabelledSet
    situation: str
    setting: Setting
    asked: float
    seed: int
    work: Path

    @property
    def keys(self) -> list[Key]:
        """Return the keys of its runs."""
        return [run.key for run in self._planned()]

    def runs(self, done: Collection[Key]) -> Iterator[PromiseRun]:
        """Train once and yield a run for each file that is scored, but for those whose key is done."""
        planned = [run for run in self._planned() if run.key not in done]
        if not planned:
            return
        try:
            trained = self._train()
        except InputError as error:
            yield from (replace(run, refused=str(error)) for run in planned)
            return
        for run in planned:
            yield self._score(trained, run)

    def _planned(self) -> list[PromiseRun]:
        where = self.opened.name, self.situation, self.setting.learned
        return [
            PromiseRun(*where, name, self.asked, self.seed, len(pairs), int(pairs.targets.sum()))
            for name, pairs in self.setting.scored.items()
        ]

    def _train(self) -> Trained:
        options = TrainOptions(target_precision=self.asked, seed=self.seed)
        metric, setting = partial(weighted, level=self.asked), self.setting
        return train_reranker(self.opened.index, setting.train, setting.valid, metric=metric, options=options)

    def _score(self, trained: Trained, run: PromiseRun) -> PromiseRun:
        model, index, out = trained.reranker, self.opened.index, self.work / "scores.parquet"
        path = write_pairs(self.work / "pairs.parquet", index, self.setting.scored[run.scored])
        scored = score_pairs(index, path, out, model=model)
        found = scored.choice.estimate
        return replace(
            count_calls(run, out, model),
            found=None if found is None else found.found,
            sure=found is not None and found.sure,
            expected=scored.expected_precision,
            warnings=tuple(promise_warnings(scored, model)),
            training_warnings=trained.warnings,
        )


def write_pairs(path: Path, index: ProductIndex, pairs: LabelledPairs) -> Path:
    """Write pairs as a file of ids and targets, with the evaluation categories where they are named."""
    ids = index.catalog.ids
    columns = {"left_id": ids.take(pa.array(pairs.left)), "right_id": ids.take(pa.array(pairs.right))}
    if pairs.categories is not None:
        columns[CATEGORY_COLUMN] = pairs.categories
    pq.write_table(pa.table(columns | {"target": pairs.targets}), path)
    return path


def count_calls(run: PromiseRun, out: Path, model: XgboostReranker) -> PromiseRun:
    """Return the run with what a scores file calls, and what the model's own thresholds would call."""
    table = pq.read_table(out, columns=["target", "match", "score", "category"])
    targets, match, scores = (table[name].to_numpy() for name in ("target", "match", "score"))
    own = called(scores.astype(np.float64), table["category"].combine_chunks(), model.decisions)
    return replace(
        run,
        calls=int(match.sum()),
        right=int(targets[match].sum()),
        own_calls=int(own.sum()),
        own_right=int(targets[own].sum()),
    )
