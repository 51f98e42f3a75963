"""Scoring a pairs file adds columns to the same rows in the same order, in memory that does not grow with them."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from indexing.arrays import Floats1d, Floats2d
from indexing.errors import InputError
from indexing.files.tables import TableFile, open_table
from indexing.machine.memory import human
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from indexing.running.local import HERE
from indexing.running.parts import clear_beside, parts_beside
from indexing.running.tasks import Runner
from indexing.storage.artefact import fingerprint_of
from indexing.storage.outputs import output, parents
from indexing.storage.stored.output import local_output, stored_url
from indexing.storage.whole_file import is_device, refuse_folder, refuse_input
from reranking.decisions.prior import ShareCounts
from reranking.decisions.prior_shift import AskedPrior
from reranking.decisions.thresholds import AskedThresholds, Thresholds
from reranking.kinds.kind_check import KindCheck, check_kinds
from reranking.kinds.pair_sample import PairSample
from reranking.kinds.pairs_to_label import FORMATS, choose_pairs, write_pairs
from reranking.kinds.reservoir import MOST_PAIRS, Reservoir
from reranking.model.pair_scorer import PairScorer
from reranking.model.reranker import XgboostReranker
from reranking.model.scores_writer import ADDED, Scored, ScoresWriter
from reranking.model.scoring.checked_pairs import CheckedPairs, check_pairs
from reranking.model.scoring.counted_parts import read_counted
from reranking.model.scoring.pair_parts import PART_PAIRS, divide
from reranking.model.scoring.prior_choice import PriorChoice, choose_prior, refuse_prior
from reranking.model.scoring.scored_parts import ScoredParts
from reranking.pairs.evaluation_category import SideCategories, side_categories
from reranking.pairs.labelled import named_categories
from reranking.pairs.pair_files import PairColumns, find_columns
from reranking.pairs.positioned_blocks import (
    PositionedBlock,
    positioned_blocks,
)
from reranking.signals.counted_catalogue import CountedCatalogue
from reranking.signals.kept_pairs import MOST_BYTES

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
    runner: Runner = HERE,
) -> Scored:
    """Score a pairs file into parquet: the columns `score`, `probability`, `category`, `match` and `match_f1` are added.

    The file is read three times: every pair is checked and the products are collected, then blocks are scored onto disk, then
    rows are written, for the share of matches that all scores together show. A `runner` with workers apart has them score
    parts of the pairs, which lie beside `out` until it is whole, and which a run that goes on passes over.
    Raises InputError, and leaves no output, for anything wrong with the pairs or an index that does not fit the model.
    """
    options = options or ScoreOptions()
    _refuse_places(Path(pairs), {"--out": Path(out), "--submission": options.submission, "--ask": options.ask})
    if runner.apart and is_device(Path(out)):
        raise InputError(f"--out {out}: is a device, beside which no parts can lie: name a file")
    model.needs.refuse(index)
    refuse_prior(model, options.prior)
    file = open_table(pairs)
    columns = find_columns(file, ids=options.ids)
    _refuse_columns(file, options)
    checked = check_pairs(
        file,
        columns,
        index.catalog,
        block_pairs=BLOCK_PAIRS,
        ignore_unknown=options.ignore_unknown,
        max_rejects=options.max_rejects,
    )
    work = _Scoring(index, model, options, file, columns, checked, runner)
    with local_output(Path(out)) as place:
        scored = work.run(place, Path(out), progress)
    clear_beside(Path(out))
    return scored


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
    rivals = 0 if model.learned.look is None else MOST_BYTES
    memory = OWN_BYTES + products + lists + block + kept + rivals
    rows = open_table(pairs).rows
    disk = "" if rows is None else f" and {human(rows * DISK_A_PAIR)} of disk"
    return f"score: {'' if rows is None else f'{rows:,} pairs '}needs up to {human(memory)} of memory{disk}"


def _refuse_places(pairs: Path, named: Mapping[str, Path | None]) -> None:
    """Refuse files, by their options, that cannot be written, the `pairs` themselves, and one that two options name."""
    taken: dict[Path, str] = {}
    for option, path in named.items():
        if path is None or (option == "--out" and stored_url(path) is not None):
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


ScoredBlock = tuple[PositionedBlock, Floats2d, Floats1d]  # pairs with their features and scores


class _Scoring:
    """It is one file being scored."""

    def __init__(
        self,
        index: ProductIndex,
        model: XgboostReranker,
        options: ScoreOptions,
        file: TableFile,
        columns: PairColumns,
        checked: CheckedPairs,
        runner: Runner,
    ) -> None:
        self.index, self.model, self.options, self.file, self.columns = index, model, options, file, columns
        self.checked, self.runner = checked, runner
        self.counted: CountedCatalogue | None = None  # where workers have counted it

    def run(self, out: Path, beside: Path, progress: Progress) -> Scored:
        """Score all pairs onto disk, choose for which share of matches, and write the rows with what follows of it. Parts lie
        `beside` what is written in the end."""
        with output(out), parents(out), tempfile.TemporaryFile(prefix=f".{out.name}.", dir=out.parent) as kept:
            reservoir = Reservoir(self.index.catalog, self._floor(), seed=self.model.report.options.seed)
            scored = self._scored_apart(beside, progress) if self.runner.apart else self._scored_here(progress)
            choice = choose_prior(self.model, self.options.prior, self._score_all(kept, reservoir, scored))
            sample = self._drawn(reservoir)
            kinds = self._check_kinds(sample, choice)
            withheld = choice.withhold()
            if withheld is not choice and kinds.found is not None and kinds.found.withdrawn:
                choice, kinds = withheld, self._check_kinds(sample, withheld)
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

    def _check_kinds(self, sample: PairSample, choice: PriorChoice) -> KindCheck:
        """Say whether what is called is of the kind that validation was."""
        model, seed = self.model, self.model.report.options.seed
        return check_kinds(model.judged, sample, self._decides(choice), choice.shares(model), seed=seed)

    def _ask(self, kinds: KindCheck, choice: PriorChoice) -> None:
        """Write the pairs worth a label where they are asked for."""
        if self.options.ask is None:
            return
        sample = kinds.sample
        chosen = choose_pairs(kinds, self._decides(choice).of(sample.categories))
        probabilities = choice.probabilities(self.model, sample.scores, sample.categories)
        write_pairs(chosen, kinds, probabilities, self.index.catalog, self.options.ask)

    def _score_all(self, kept: BinaryIO, reservoir: Reservoir, scored: Iterator[ScoredBlock]) -> ShareCounts:
        """Write the score of every pair to `kept`, 4 bytes each; offer it to the reservoir; return the counts of their
        probabilities."""
        counts = ShareCounts()
        for block, features, scores in scored:
            categories = self._categories(block).left
            reservoir.add(block.left, block.right, features, scores, categories)
            kept.write(np.ascontiguousarray(scores, dtype=np.float32).data)
            decided = int((scores.astype(np.float64) >= self.model.decisions.f1).sum())
            counts.add(self.model.probabilities(scores, categories), categories, decided)
        return counts

    def _scored_here(self, progress: Progress) -> Iterator[ScoredBlock]:
        """Yield every block with its features and scores."""
        scorer = PairScorer.prepare(self.index, self.model, self.checked.products, many=True, progress=progress)
        done = 0
        for block in self._blocks():
            features = scorer.features(block.left, block.right)
            yield block, features, self.model.score(features, self._categories(block))
            done += len(block.left)
            progress("score", done, self.checked.pairs)

    def _scored_apart(self, beside: Path, progress: Progress) -> Iterator[ScoredBlock]:
        """Yield every block with its scores, which workers made, but without features."""
        made = (self.index.fingerprint, self.model.fingerprint, self.file.source.digest(), self._rows_scored())
        scored = ScoredParts(
            self.index,
            self.model,
            divide(self.index, self.checked.lefts),
            parts_beside(beside, fingerprint_of(*made)),
            self.runner,
        )
        scored.run(self._blocks(), self.checked.pairs, progress)
        self.counted = read_counted(self.index, scored.parts)
        for block, scores in scored.in_order(self._blocks()):
            yield block, np.empty((len(scores), 0), dtype=np.float32), scores

    def _rows_scored(self) -> tuple[Any, ...]:
        """Return what decides which rows of the file are scored, and in which parts."""
        return (self.columns.left, self.columns.right, self.checked.unknown.count, self.checked.odd.count, PART_PAIRS)

    def _drawn(self, reservoir: Reservoir) -> PairSample:
        """Return the pairs that were drawn, with their features: where workers scored them these are computed now."""
        sample = reservoir.sample
        if sample.features.shape[1] or not len(sample):
            return sample
        products = np.unique([sample.left, sample.right])
        scorer = PairScorer.prepare(self.index, self.model, products, counted=self.counted)
        return replace(sample, features=scorer.features(sample.left, sample.right))

    def _categories(self, block: PositionedBlock) -> SideCategories:
        named = named_categories(block.table)
        return side_categories(self.index.catalog, block.left, block.right, self.model.mapping, named)
