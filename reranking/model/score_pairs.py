"""Scoring a pairs file: the same rows in the same order with columns added, in memory that does not grow with them."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError, UnknownId
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.tables import TableFile, open_table
from indexing.storage.whole_file import refuse_folder, writing_file
from reranking.decisions.thresholds import Thresholds, called
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker
from reranking.model.scores_manifest import METADATA_KEY, ScoredColumns, ScoresManifest, stored_threshold
from reranking.pairs.evaluation_category import level_3
from reranking.pairs.labelled import CATEGORY_COLUMN
from reranking.pairs.pair_files import PairColumns, blocks_of, find_columns, id_columns
from reranking.pairs.repeats import checked_pairs

BLOCK_PAIRS = 65_536
OWN_BYTES = 480 << 20  # of a process with the libraries that scoring loads
PRODUCT_BYTES = 4_000  # of what the features keep of a product, text of ordinary length
DISK_A_PAIR = 40  # of the output, ids of ordinary length, and the keys that repeats are searched among
ADDED = ("score", "probability", "category", "match", "match_f1")


@dataclass(frozen=True)
class ScoreOptions:
    """`thresholds` decide instead of the model's own; `submission` is where the contest's file goes."""

    thresholds: Thresholds | None = None
    submission: Path | None = None
    overwrite_columns: bool = False
    ids: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.submission is not None and self.submission.suffix not in (".csv", ".parquet"):
            raise InputError(f"--submission {self.submission}: name a file ending in .csv or .parquet")


@dataclass(frozen=True)
class Scored:
    """What was written: pairs, and how many of them are called matches by each of the two decisions."""

    pairs: int
    matches: int
    matches_f1: int
    categories: dict[str, int] = field(default_factory=dict)


def score_pairs(
    index: ProductIndex,
    pairs: Path,
    out: Path,
    *,
    model: XgboostReranker,
    options: ScoreOptions | None = None,
    progress: Progress = silent,
) -> Scored:
    """Score a pairs file into parquet: the columns `score`, `probability`, `category`, `match` and `match_f1` are added.

    The file is read twice: first every pair is checked and the products are collected, then blocks are scored.
    Raises InputError, and leaves no output, for anything wrong with the pairs or an index that does not fit the model.
    """
    options = options or ScoreOptions()
    _refuse_places(Path(out), options.submission)
    model.needs.refuse(index)
    file = open_table(pairs)
    columns = find_columns(file, ids=options.ids)
    _refuse_columns(file, options)
    products, rows = _check(file, columns, index.catalog)
    work = _Scoring(index, model, options, file, columns, products)
    return work.run(Path(out), rows, progress)


def scoring_needs(index: ProductIndex, pairs: Path, model: XgboostReranker) -> str:
    """One line of the memory and disk that scoring takes: by the products and a block of pairs, not by their number.

    Raises InputError when the index does not fit the model.
    """
    model.needs.refuse(index)
    products = len(index.catalog) * PRODUCT_BYTES
    lists = sum(index.neighbours(view).positions.shape[1] * 12 for view in model.needs.views) * len(index.catalog)
    block = BLOCK_PAIRS * len(model.feature_names) * 4 * 2
    memory = OWN_BYTES + products + lists + block
    rows = open_table(pairs).rows
    disk = "" if rows is None else f" and {human(rows * DISK_A_PAIR)} of disk"
    return f"score: {'' if rows is None else f'{rows:,} pairs '}needs up to {human(memory)} of memory{disk}"


def _refuse_places(out: Path, submission: Path | None) -> None:
    for path in (out, submission):
        if path is not None:
            refuse_folder(path)
    if submission is not None and submission.absolute() == out.absolute():
        raise InputError(f"--submission {submission}: is --out too: name another file")


def _refuse_columns(file: TableFile, options: ScoreOptions) -> None:
    taken = [name for name in ADDED if name in file.names]
    if taken and not options.overwrite_columns:
        raise InputError(f"{file.path}: has a column '{taken[0]}' already: give --overwrite-columns to replace it")


def _check(file: TableFile, columns: PairColumns, catalog: Catalog) -> tuple[Ints1d, int]:
    """The sorted positions of all products of the file, and its rows, when every pair is as it should be."""
    mentioned = np.zeros(len(catalog), dtype=bool)
    expected = file.rows if file.rows is not None else _count_rows(file)
    with checked_pairs(catalog.ids, expected, file=file.path) as check:
        for first, block in blocks_of(file, BLOCK_PAIRS, columns=(columns.left, columns.right)):
            left, right = _positions(block, columns, file.path, first, catalog)
            check.add(left, right)
            mentioned[left], mentioned[right] = True, True
    if not check.rows:
        raise InputError(f"{file.path}: holds no pairs")
    return np.flatnonzero(mentioned), check.rows


def _count_rows(file: TableFile) -> int:
    return sum(len(block) for block in file.blocks(columns=file.names[:1]))


def _positions(
    block: pa.Table, columns: PairColumns, path: Path, first: int, catalog: Catalog
) -> tuple[Ints1d, Ints1d]:
    left, right = id_columns(block, columns, path, first)
    try:
        return catalog.positions(left), catalog.positions(right)
    except UnknownId as error:
        raise UnknownId(f"{path}: in rows {first} to {first + len(block) - 1}: {error}") from error


class _Scoring:
    """One file being scored."""

    def __init__(
        self,
        index: ProductIndex,
        model: XgboostReranker,
        options: ScoreOptions,
        file: TableFile,
        columns: PairColumns,
        products: Ints1d,
    ) -> None:
        self.index, self.model, self.options, self.file, self.columns = index, model, options, file, columns
        self.thresholds = options.thresholds or model.decisions
        self.scorer = PairScorer.prepare(index, model, products)

    def run(self, out: Path, rows: int, progress: Progress) -> Scored:
        total = Scored(0, 0, 0)
        with ExitStack() as stack:  # closes the writers before it puts their files in place
            unfinished = stack.enter_context(writing_file(out))
            submission = self.options.submission
            contest = None if submission is None else _Submission(submission, stack)
            writer: pq.ParquetWriter | None = None
            for first, block in blocks_of(self.file, BLOCK_PAIRS):
                table = self._score(block, first)
                if writer is None:
                    metadata = {**(table.schema.metadata or {}), METADATA_KEY: self._provenance()}
                    schema = table.schema.with_metadata(metadata)
                    writer = stack.enter_context(pq.ParquetWriter(unfinished, schema))
                writer.write_table(self._as_before(table, schema, first))
                if contest is not None:
                    contest.write(table, self.columns)
                total = _added(total, table)
                progress("score", first + len(block), rows)
        return total

    def _as_before(self, table: pa.Table, schema: pa.Schema, first: int) -> pa.Table:
        """A block in the types of the first one: those of JSON lines depend on the values."""
        try:
            return table.cast(schema)
        except pa.ArrowInvalid as error:
            raise InputError(
                f"{self.file.path}: from row {first} on a column is of another type than before ({error}): "
                "write the file as parquet"
            ) from error

    def _score(self, block: pa.Table, first: int) -> pa.Table:
        left, right = _positions(block, self.columns, self.file.path, first, self.index.catalog)
        features = self.scorer.features(left, right)
        categories = self._categories(block, left)
        scores = self.model.score(features, categories)
        added: dict[str, Any] = {
            "score": pa.array(scores, pa.float32()),
            "probability": pa.array(self.model.probabilities(scores, categories), pa.float32()),
            "category": categories,
            "match": pa.array(called(scores, categories, self.thresholds)),
            "match_f1": pa.array(self._f1(scores)),
        }
        kept = [name for name in block.column_names if name not in ADDED]
        table = block.select(kept)
        for name, column in added.items():
            table = table.append_column(name, column)
        return table

    def _f1(self, scores: np.ndarray) -> Bools1d:
        return np.asarray(scores.astype(np.float64) >= self.thresholds.f1, dtype=bool)

    def _categories(self, block: pa.Table, left: Ints1d) -> pa.Array:
        learned = self.model.mapping.of(level_3(self.index.catalog, left))
        if CATEGORY_COLUMN not in block.column_names:
            return learned
        named = block[CATEGORY_COLUMN].cast(pa.large_string()).combine_chunks()
        return pc.coalesce(named, learned)

    def _provenance(self) -> bytes:
        """What the scores were made with, for `evaluate` and `inspect`."""
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
        )
        return made.as_metadata()


class _Submission:
    """The contest's file: variantid1, variantid2 and the score as `target`, as CSV or parquet by its suffix."""

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


def _added(total: Scored, table: pa.Table) -> Scored:
    counts = dict(total.categories)
    for entry in pc.value_counts(table["category"]).to_pylist():
        counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
    matches, matches_f1 = (int(pc.sum(table[name]).as_py()) for name in ("match", "match_f1"))
    return Scored(total.pairs + len(table), total.matches + matches, total.matches_f1 + matches_f1, counts)
