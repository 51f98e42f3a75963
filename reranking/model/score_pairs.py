"""Scoring a pairs file adds columns to the same rows in the same order, in memory that does not grow with them."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from indexing.arrays import Ints1d
from indexing.catalog.catalog import Catalog
from indexing.errors import InputError, UnknownId
from indexing.files.tables import TableFile, open_table
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.storage.outputs import output, parents
from indexing.storage.whole_file import refuse_folder, refuse_input
from reranking.decisions.prior import ShareCounts
from reranking.decisions.prior_shift import AskedPrior
from reranking.decisions.thresholds import AskedThresholds, Thresholds
from reranking.kinds.kind_check import KindCheck, check_kinds
from reranking.kinds.pairs_to_label import FORMATS, choose_pairs, write_pairs
from reranking.kinds.reservoir import MOST_PAIRS, Reservoir
from reranking.model.pair_scorer import PairScorer
from reranking.model.prior_choice import PriorChoice, choose_prior, refuse_prior
from reranking.model.reranker import XgboostReranker
from reranking.model.scores_writer import ADDED, Scored, ScoresWriter
from reranking.pairs.evaluation_category import SideCategories, side_categories
from reranking.pairs.labelled import named_categories
from reranking.pairs.pair_files import PairColumns, find_columns
from reranking.pairs.positioned_blocks import (
    OddPairs,
    PositionedBlock,
    UnknownPairs,
    odd_pair_finder,
    positioned_blocks,
)

BLOCK_PAIRS = 65_536
OWN_BYTES = 480 << 20  # of a process with the libraries that scoring loads
PRODUCT_BYTES = 4_000  # of what the features keep of a product, text of ordinary length
DISK_A_PAIR = 44  # of the output, ids of ordinary length, the keys that repeats are searched among, and scores kept


@dataclass(frozen=True)
class ScoreOptions:
    """These options say where and how scores are written: `thresholds` lie over the chosen ones; `submission`
    is where the contest's file goes; `prior` is the share of matches that probabilities and thresholds are made for;
    with `ignore_unknown` pairs of products that the index does not have are left out, and up to the share `max_rejects` of the
    others those that stand there again or are of a product with itself; `ask` is where pairs worth a label go."""

    thresholds: AskedThresholds | None = None
    submission: Path | None = None
    overwrite_columns: bool = False
    ids: tuple[str, str] | None = None
    prior: AskedPrior = field(default_factory=AskedPrior)
    ignore_unknown: bool = False
    ask: Path | None = None
    max_rejects: float = 0.0

    def __post_init__(self) -> None:
        if self.submission is not None and self.submission.suffix not in (".csv", ".parquet"):
            raise InputError(f"--submission {self.submission}: name a file ending in .csv or .parquet")
        if self.ask is not None and self.ask.suffix not in FORMATS:
            raise InputError(f"--ask {self.ask}: name a file ending in .csv or .parquet")


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

    The file is read three times: every pair is checked and the products are collected, then blocks are scored onto disk, then
    rows are written, for the share of matches that all scores together show.
    Raises InputError, and leaves no output, for anything wrong with the pairs or an index that does not fit the model.
    """
    options = options or ScoreOptions()
    _refuse_places(Path(pairs), {"--out": Path(out), "--submission": options.submission, "--ask": options.ask})
    model.needs.refuse(index)
    refuse_prior(model, options.prior)
    file = open_table(pairs)
    columns = find_columns(file, ids=options.ids)
    _refuse_columns(file, options)
    checked = _check(file, columns, index.catalog, options)
    work = _Scoring(index, model, options, file, columns, checked)
    return work.run(Path(out), progress)


def scoring_needs(index: ProductIndex, pairs: Path, model: XgboostReranker) -> str:
    """Say in one line what memory and disk scoring takes: by the products and a block of pairs, not by their number.

    Raises InputError when the index does not fit the model.
    """
    model.needs.refuse(index)
    products = len(index.catalog) * PRODUCT_BYTES
    lists = sum(index.neighbours(view).positions.shape[1] * 12 for view in model.needs.views) * len(index.catalog)
    block = BLOCK_PAIRS * len(model.feature_names) * 4 * 2
    kept = (
        MOST_PAIRS * len(model.feature_names) * 4 * 10
    )  # drawn pairs, and what is made of them while their kind is told
    memory = OWN_BYTES + products + lists + block + kept
    rows = open_table(pairs).rows
    disk = "" if rows is None else f" and {human(rows * DISK_A_PAIR)} of disk"
    return f"score: {'' if rows is None else f'{rows:,} pairs '}needs up to {human(memory)} of memory{disk}"


def _refuse_places(pairs: Path, named: Mapping[str, Path | None]) -> None:
    """Refuse files, by their options, that cannot be written, the `pairs` themselves, and one that two options name."""
    taken: dict[Path, str] = {}
    for option, path in named.items():
        if path is None:
            continue
        refuse_folder(path)
        if option != "--out" or path.suffix != ".parquet":  # a parquet file of scores may be scored again in its place
            refuse_input(option, path, [pairs])
        if path.absolute() in taken:
            raise InputError(f"{option} {path}: is {taken[path.absolute()]} too: name another file")
        taken[path.absolute()] = option


def _refuse_columns(file: TableFile, options: ScoreOptions) -> None:
    taken = [name for name in ADDED if name in file.names]
    if taken and not options.overwrite_columns:
        raise InputError(f"{file.path}: has a column '{taken[0]}' already: give --overwrite-columns to replace it")


@dataclass(frozen=True)
class _Checked:
    """It holds the sorted positions of all products of a file, how many of its pairs are scored, and those that are not."""

    products: Ints1d
    pairs: int
    unknown: UnknownPairs
    odd: OddPairs


def _check(file: TableFile, columns: PairColumns, catalog: Catalog, options: ScoreOptions) -> _Checked:
    """Return what is in the file, when as many pairs as need be are as they should be."""
    mentioned, unknown = np.zeros(len(catalog), dtype=bool), UnknownPairs()
    expected = file.rows if file.rows is not None else _count_rows(file)
    ids = (columns.left, columns.right)
    with odd_pair_finder(catalog.ids, expected, file.path, options.max_rejects) as finder:
        for block in positioned_blocks(file, BLOCK_PAIRS, columns, catalog, read=ids):
            finder.add(block)
            mentioned[block.left], mentioned[block.right] = True, True
            unknown += block.unknown
        known = finder.size
        if unknown.count and not options.ignore_unknown:
            raise UnknownId(_refusal(file, unknown, known))
        if unknown.count and not known:
            raise InputError(
                f"{file.path}: every pair, such as row {unknown.row} with id {unknown.id!r}, names a product that the index "
                "does not have: use the index of these products"
            )
        if not known:
            raise InputError(f"{file.path}: holds no pairs")
        odd = finder.found()
    return _Checked(np.flatnonzero(mentioned), known - odd.count, unknown, odd)


def _refusal(file: TableFile, unknown: UnknownPairs, known: int) -> str:
    """Say of how many pairs a product is not there, and what can be done about it."""
    first, deleted, remedy = "is not in the catalogue", "", "use the index of these products, or give --ignore-unknown"
    if unknown.deleted:
        deleted, remedy = f", {unknown.deleted:,} of them deleted ones", "give --ignore-unknown to score the others"
    if unknown.deleted == unknown.count:
        first = "was deleted from the index"
    return (
        f"{file.path}: row {unknown.row}: id {unknown.id!r} {first}; {unknown.count:,} of {unknown.count + known:,} pairs "
        f"name products that the index does not have{deleted}: {remedy}"
    )


def _count_rows(file: TableFile) -> int:
    return sum(len(block) for block in file.blocks(columns=file.names[:1]))


class _Scoring:
    """It is one file being scored."""

    def __init__(
        self,
        index: ProductIndex,
        model: XgboostReranker,
        options: ScoreOptions,
        file: TableFile,
        columns: PairColumns,
        checked: _Checked,
    ) -> None:
        self.index, self.model, self.options, self.file, self.columns = index, model, options, file, columns
        self.checked, self.scorer = checked, PairScorer.prepare(index, model, checked.products)

    def run(self, out: Path, progress: Progress) -> Scored:
        """Score all pairs onto disk, choose for which share of matches, and write the rows with what follows of it."""
        with output(out), parents(out), tempfile.TemporaryFile(prefix=f".{out.name}.", dir=out.parent) as kept:
            reservoir = Reservoir(self.index.catalog, self._floor(), seed=self.model.report.options.seed)
            choice = choose_prior(self.model, self.options.prior, self._score_all(kept, reservoir, progress))
            kinds = self._check_kinds(reservoir, choice)
            withheld = choice.withhold()
            if withheld is not choice and kinds.found is not None and kinds.found.withdrawn:
                choice, kinds = withheld, self._check_kinds(reservoir, withheld)
            self._ask(kinds, choice)
            kept.seek(0)
            writer = ScoresWriter(
                out,
                self.options.submission,
                index=self.index,
                model=self.model,
                choice=choice,
                kinds=kinds,
                thresholds=self.options.thresholds,
                source=(self.file.path, self.columns),
            )
            with writer:
                for block in self._blocks():
                    scores = np.frombuffer(kept.read(4 * len(block.left)), dtype=np.float32)
                    writer.write(block.table, scores, self._categories(block).left)
        writer.scored.unknown, writer.scored.odd = self.checked.unknown, self.checked.odd
        return writer.scored

    def _blocks(self) -> Iterator[PositionedBlock]:
        """Yield the pairs that are scored, without empty blocks."""
        blocks = positioned_blocks(self.file, BLOCK_PAIRS, self.columns, self.index.catalog)
        if self.checked.odd.count:
            blocks = self.checked.odd.left_out_of(blocks, len(self.index.catalog))
        return (block for block in blocks if len(block.left))

    def _floor(self) -> float:
        """Return the score from which pairs are looked at again: where they are called, and a little below."""
        return self.model.decisions.lowest if self.model.judged is None else self.model.judged.floor

    def _decides(self, choice: PriorChoice) -> Thresholds:
        chosen = choice.thresholds(self.model)
        return chosen if self.options.thresholds is None else self.options.thresholds.over(chosen)

    def _check_kinds(self, reservoir: Reservoir, choice: PriorChoice) -> KindCheck:
        """Say whether what is called is of the kind that validation was."""
        model, seed = self.model, self.model.report.options.seed
        return check_kinds(model.judged, reservoir.sample, self._decides(choice), choice.shares(model), seed=seed)

    def _ask(self, kinds: KindCheck, choice: PriorChoice) -> None:
        """Write the pairs worth a label where they are asked for."""
        if self.options.ask is None:
            return
        sample = kinds.sample
        chosen = choose_pairs(kinds, self._decides(choice).of(sample.categories))
        probabilities = choice.probabilities(self.model, sample.scores, sample.categories)
        write_pairs(chosen, kinds, probabilities, self.index.catalog, self.options.ask)

    def _score_all(self, kept: BinaryIO, reservoir: Reservoir, progress: Progress) -> ShareCounts:
        """Write the score of every pair to `kept`, 4 bytes each; offer it to the reservoir; return the counts of their
        probabilities."""
        counts, done = ShareCounts(), 0
        for block in self._blocks():
            sides = self._categories(block)
            categories, features = sides.left, self.scorer.features(block.left, block.right)
            scores = self.model.score(features, sides)
            reservoir.add(block.left, block.right, features, scores, categories)
            kept.write(np.ascontiguousarray(scores, dtype=np.float32).data)
            decided = int((scores.astype(np.float64) >= self.model.decisions.f1).sum())
            counts.add(self.model.probabilities(scores, categories), categories, decided)
            done += len(block.left)
            progress("score", done, self.checked.pairs)
        return counts

    def _categories(self, block: PositionedBlock) -> SideCategories:
        named = named_categories(block.table)
        return side_categories(self.index.catalog, block.left, block.right, self.model.mapping, named)
