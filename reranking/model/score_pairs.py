"""Scoring a pairs file adds columns to the same rows in the same order, in memory that does not grow with them."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError, UnknownId
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.tables import TableFile, open_table
from indexing.storage.whole_file import refuse_folder
from reranking.decisions.prior import ShareCounts
from reranking.decisions.prior_shift import AskedPrior
from reranking.decisions.thresholds import Thresholds
from reranking.model.pair_scorer import PairScorer
from reranking.model.prior_choice import choose_prior, refuse_prior
from reranking.model.reranker import XgboostReranker
from reranking.model.scores_writer import ADDED, Scored, ScoresWriter
from reranking.pairs.evaluation_category import SideCategories, side_categories
from reranking.pairs.labelled import CATEGORY_COLUMN
from reranking.pairs.pair_files import PairColumns, blocks_of, find_columns, id_columns
from reranking.pairs.repeats import checked_pairs

BLOCK_PAIRS = 65_536
OWN_BYTES = 480 << 20  # of a process with the libraries that scoring loads
PRODUCT_BYTES = 4_000  # of what the features keep of a product, text of ordinary length
DISK_A_PAIR = 40  # of the output, ids of ordinary length, and the keys that repeats are searched among


@dataclass(frozen=True)
class ScoreOptions:
    """These options say where and how scores are written: `thresholds` decide instead of the model's own; `submission`
    is where the contest's file goes; `prior` is the share of matches that probabilities and thresholds are made for."""

    thresholds: Thresholds | None = None
    submission: Path | None = None
    overwrite_columns: bool = False
    ids: tuple[str, str] | None = None
    prior: AskedPrior = field(default_factory=AskedPrior)

    def __post_init__(self) -> None:
        if self.submission is not None and self.submission.suffix not in (".csv", ".parquet"):
            raise InputError(f"--submission {self.submission}: name a file ending in .csv or .parquet")


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
    refuse_prior(model, options.prior)
    file = open_table(pairs)
    columns = find_columns(file, ids=options.ids)
    _refuse_columns(file, options)
    products, rows = _check(file, columns, index.catalog)
    work = _Scoring(index, model, options, file, columns, products)
    return work.run(Path(out), rows, progress)


def scoring_needs(index: ProductIndex, pairs: Path, model: XgboostReranker) -> str:
    """Say in one line what memory and disk scoring takes: by the products and a block of pairs, not by their number.

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
    """Return the sorted positions of all products of the file, and its rows, when every pair is as it should be."""
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
    """It is one file being scored."""

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
        self.scorer = PairScorer.prepare(index, model, products)

    def run(self, out: Path, rows: int, progress: Progress) -> Scored:
        """Score all pairs onto disk, choose for which share of matches, and write the rows with what follows of it."""
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent) as kept:
            choice = choose_prior(self.model, self.options.prior, self._score_all(kept, rows, progress))
            kept.seek(0)
            writer = ScoresWriter(
                out,
                self.options.submission,
                index=self.index,
                model=self.model,
                choice=choice,
                thresholds=self.options.thresholds,
                source=(self.file.path, self.columns),
            )
            with writer:
                for first, block in blocks_of(self.file, BLOCK_PAIRS):
                    scores = np.frombuffer(kept.read(4 * len(block)), dtype=np.float32)
                    left, right = _positions(block, self.columns, self.file.path, first, self.index.catalog)
                    writer.write(block, first, scores, self._categories(block, left, right).left)
        return writer.scored

    def _score_all(self, kept: BinaryIO, rows: int, progress: Progress) -> ShareCounts:
        """Write the score of every pair to `kept`, 4 bytes each; return the counts of their probabilities."""
        counts = ShareCounts()
        for first, block in blocks_of(self.file, BLOCK_PAIRS):
            left, right = _positions(block, self.columns, self.file.path, first, self.index.catalog)
            sides = self._categories(block, left, right)
            categories, scores = sides.left, self.model.score(self.scorer.features(left, right), sides)
            kept.write(np.ascontiguousarray(scores, dtype=np.float32).data)
            decided = int((scores.astype(np.float64) >= self.model.decisions.f1).sum())
            counts.add(self.model.probabilities(scores, categories), categories, decided)
            progress("score", first + len(block), rows)
        return counts

    def _categories(self, block: pa.Table, left: Ints1d, right: Ints1d) -> SideCategories:
        named = None
        if CATEGORY_COLUMN in block.column_names:
            named = block[CATEGORY_COLUMN].cast(pa.large_string()).combine_chunks()
        return side_categories(self.index.catalog, left, right, self.model.mapping, named)
