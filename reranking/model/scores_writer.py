"""Scores are written as the rows of the pairs file, in its order, with columns added."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from indexing.arrays import Floats1d
from indexing.product_index import ProductIndex
from indexing.storage.whole_file import writing_file
from reranking.decisions.thresholds import AskedThresholds, called
from reranking.kinds.kind_check import KindCheck
from reranking.model.reranker import XgboostReranker
from reranking.model.scores_manifest import (
    METADATA_KEY,
    KindRecord,
    PriorRecord,
    ScoredColumns,
    ScoresManifest,
    WithdrawnRecord,
    stored_threshold,
)
from reranking.model.scoring.prior_choice import PriorChoice
from reranking.pairs.pair_files import PairColumns
from reranking.pairs.positioned_blocks import OddPairs, UnknownPairs

ADDED = ("score", "probability", "category", "match", "match_f1")


@dataclass
class Calls:
    """The pairs of a category that are called matches, and how many matches their probabilities say are among them."""

    pairs: int = 0
    matches: float = 0.0

    @property
    def precision(self) -> float | None:
        """Return the precision to be expected, None where nothing is called."""
        return self.matches / self.pairs if self.pairs else None


@dataclass
class Scored:
    """What was written: pairs, how many of them are called matches by each of the two decisions, the pairs of each evaluation
    category, and its calls. `choice` is the share of matches that they were made for; `kinds` says whether calls are of
    the kind that validation was; `unknown` are the pairs left out; `matches_at_found` are the
    matches to be expected among all calls at the share that was found, where that is likely, not surely, smaller."""

    choice: PriorChoice
    kinds: KindCheck | None = None
    pairs: int = 0
    matches: int = 0
    matches_f1: int = 0
    categories: dict[str, int] = field(default_factory=dict)
    calls: dict[str, Calls] = field(default_factory=dict)
    unknown: UnknownPairs = field(default_factory=UnknownPairs)
    odd: OddPairs = field(default_factory=OddPairs)
    matches_at_found: float | None = None

    @property
    def expected_precision(self) -> float | None:
        """Return the precision that probabilities expect of all calls, None where nothing is called."""
        every = Calls(sum(calls.pairs for calls in self.calls.values()), sum(c.matches for c in self.calls.values()))
        return every.precision

    def add(self, table: pa.Table) -> None:
        """Count a block that was written."""
        self.pairs += len(table)
        self.matches += int(pc.sum(table["match"]).as_py())
        self.matches_f1 += int(pc.sum(table["match_f1"]).as_py())
        for entry in pc.value_counts(table["category"]).to_pylist():
            self.categories[entry["values"]] = self.categories.get(entry["values"], 0) + entry["counts"]
        decided = table.filter(table["match"])
        for row in (
            decided.group_by("category").aggregate([("probability", "sum"), ("probability", "count")]).to_pylist()
        ):
            calls = self.calls.setdefault(row["category"], Calls())
            calls.pairs += row["probability_count"]
            calls.matches += row["probability_sum"]


class ScoresWriter:
    """It writes blocks of pairs with their scores into parquet, and into the contest's file where that is asked for."""

    def __init__(
        self,
        out: Path,
        submission: Path | None,
        *,
        index: ProductIndex,
        model: XgboostReranker,
        choice: PriorChoice,
        kinds: KindCheck,
        thresholds: AskedThresholds | None,
        source: tuple[Path, PairColumns],
    ) -> None:
        """`thresholds` lie over the chosen ones; `source` is the pairs file with its id columns."""
        self.index, self.model, self.choice = index, model, choice
        chosen = choice.thresholds(model)
        self.thresholds = chosen if thresholds is None else thresholds.over(chosen)
        self.path, self.columns = source
        self.scored = Scored(choice, kinds)
        self._kinds = _kind_record(kinds)
        self._out, self._asked = out, submission
        self._stack = ExitStack()  # closes the writers before it puts their files in place

    def __enter__(self) -> "ScoresWriter":
        self._unfinished = self._stack.enter_context(writing_file(self._out))
        self._contest = None if self._asked is None else _Submission(self._asked, self._stack)
        self._writer: pq.ParquetWriter | None = None
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def write(self, block: pa.Table, scores: Floats1d, categories: pa.Array) -> None:
        """Write a block with its scores (p,) and evaluation categories (p,)."""
        table = self._with_columns(block, scores, categories)
        if self._writer is None:
            self._schema = table.schema.with_metadata(
                {**(table.schema.metadata or {}), METADATA_KEY: self._provenance()}
            )
            self._writer = self._stack.enter_context(pq.ParquetWriter(self._unfinished, self._schema))
        self._writer.write_table(table.cast(self._schema))
        if self._contest is not None:
            self._contest.write(table, self.columns)
        self.scored.add(table)
        self._count_at_found(table, scores, categories)

    def _count_at_found(self, table: pa.Table, scores: Floats1d, categories: pa.Array) -> None:
        """Count the matches among the calls, if fewer pairs are matches as is likely though not sure."""
        probabilities = self.choice.at_found(self.model, scores, categories)
        if probabilities is not None:
            decided = np.asarray(table["match"].to_numpy(), dtype=bool)
            self.scored.matches_at_found = (self.scored.matches_at_found or 0.0) + float(probabilities[decided].sum())

    def _with_columns(self, block: pa.Table, scores: Floats1d, categories: pa.Array) -> pa.Table:
        added: dict[str, Any] = {
            "score": pa.array(scores, pa.float32()),
            "probability": pa.array(self.choice.probabilities(self.model, scores, categories), pa.float32()),
            "category": categories,
            "match": pa.array(called(scores, categories, self.thresholds)),
            "match_f1": pa.array(np.asarray(scores.astype(np.float64) >= self.thresholds.f1, dtype=bool)),
        }
        table = block.select([name for name in block.column_names if name not in ADDED])
        for name, column in added.items():
            table = table.append_column(name, column)
        return table

    def _provenance(self) -> bytes:
        """Return what the scores were made with, for `evaluate` and `inspect`."""
        thresholds = self.thresholds
        made = ScoresManifest(
            index_fingerprint=self.index.fingerprint,
            model_fingerprint=self.model.fingerprint,
            target_precision=self.model.target_precision,
            target_precisions=self.model.report.options.target_precisions,
            thresholds={name: stored_threshold(value) for name, value in thresholds.by_category.items()},
            default_threshold=stored_threshold(thresholds.default),
            f1_threshold=stored_threshold(thresholds.f1),
            columns=ScoredColumns(self.columns.left, self.columns.right),
            prior=_prior_record(self.choice),
            kinds=self._kinds,
        )
        return made.as_metadata()


class _Submission:
    """It writes the contest's file by its suffix, CSV or parquet: variantid1, variantid2 and the score as `target`."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        """`stack` puts the file in place when it ends without an error."""
        self.path, self._stack = path, stack
        self._unfinished = stack.enter_context(writing_file(path))
        self._writer: Any = None

    def write(self, table: pa.Table, columns: PairColumns) -> None:
        names = ["variantid1", "variantid2", "target"]
        part = table.select([columns.left, columns.right, "score"]).rename_columns(names).replace_schema_metadata(None)
        if self._writer is None:
            make = pq.ParquetWriter if self.path.suffix == ".parquet" else pa.csv.CSVWriter
            self._writer = self._stack.enter_context(make(self._unfinished, part.schema))
        self._writer.write_table(part)


def _prior_record(choice: PriorChoice) -> PriorRecord:
    found, shift = choice.estimate, choice.shift
    used = None if shift is None else shift.after
    if found is None:
        return PriorRecord(choice.asked.kind, used=used)
    return PriorRecord(choice.asked.kind, found.expected, found.found, found.error, found.black_box, used)


def _kind_record(kinds: KindCheck) -> KindRecord:
    found = kinds.found
    if found is None:
        return KindRecord(untold=kinds.untold)
    by_margin = {
        margin: {part.name: part.share for part in found.parts if part.margin == margin}
        for margin in ("source", "category")
    }
    return KindRecord(
        calls=found.calls,
        share=found.all.share,
        sources=by_margin["source"],
        categories=by_margin["category"],
        withdrawn=tuple(WithdrawnRecord(part.margin, part.name, part.share) for part in found.withdrawn),
        told_by=found.told_by,
    )
