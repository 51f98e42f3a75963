"""A scores file comes from `heroic score` or from anywhere: ids and a score, perhaps decisions, categories,
provenance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.arrays import Bools1d, Floats1d, Ints1d
from indexing.errors import InputError
from indexing.files.blocks import BLOCK_ROWS
from indexing.files.tables import TableFile, open_table
from reranking.model.scores_manifest import METADATA_KEY, read_scores_manifest, read_threshold
from reranking.pairs.pair_files import PairColumns, find_columns, id_columns, known_name

SCORE_COLUMNS = (  # the first that is there, whatever its letters' case: our own names, then those of other tools
    "score",
    "scores",
    "probability",
    "match_probability",  # Splink
    "match_weight",
    "match_score",  # DeepMatcher, fuzzymatcher
    "confidence_score",  # dedupe
    "link_score",
    "link score",
    "z_score",  # Zingg
    "proba",  # py_entitymatching and recordlinkage, by habit
    "prob",
    "confidence",
    "similarity",
    "target",
)
DECISION_COLUMNS = ("match", "match_f1")
CATEGORY_COLUMN = "category"
PROBABILITIES = ("probability", "match_probability")


@dataclass(frozen=True)
class Provenance:
    """It is what `heroic score` writes into a scores file about how it was made. A threshold of infinity calls nothing;
    the default one decides in categories without their own. `target_precisions` were asked of single categories."""

    index_fingerprint: str | None = None
    model_fingerprint: str | None = None
    target_precision: float | None = None
    target_precisions: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    default_threshold: float | None = None


@dataclass(frozen=True)
class Scores:
    """It holds scored pairs in file order: ids of one arrow type, `values` float64 (n,), all finite.

    `decisions` holds those of `match` and `match_f1` that the file has, bool (n,); `categories` is the evaluation
    category of the file's left product (large_string, nulls allowed) or None; `column` is where the scores stood.
    `probabilities` float64 (n,) are the column `probability` (or Splink's) where the file has it beside a score. `numbers` (n,) are
    those of the rows in the file, as people count them.
    """

    path: Path
    left: pa.Array
    right: pa.Array
    values: Floats1d
    column: str
    decisions: Mapping[str, Bools1d]
    categories: pa.Array | None
    provenance: Provenance | None
    numbers: Ints1d
    probabilities: Floats1d | None = None

    def take(self, rows: Ints1d) -> "Scores":
        """Return the scores of these rows."""
        chosen = pa.array(rows)
        return replace(
            self,
            left=self.left.take(chosen),
            right=self.right.take(chosen),
            values=self.values[rows],
            numbers=self.numbers[rows],
            decisions={name: decided[rows] for name, decided in self.decisions.items()},
            categories=None if self.categories is None else self.categories.take(chosen),
            probabilities=None if self.probabilities is None else self.probabilities[rows],
        )


def read_scores(path: Path, *, ids: tuple[str, str] | None = None, score: str | None = None) -> Scores:
    """Read a scores file. The score is the column `score`, or the first of SCORE_COLUMNS that the file has.

    Raises InputError for missing columns, and, naming the rows, for scores or decisions that are missing or no numbers.
    """
    kept = _ScoresFile.of(open_table(path), ids, score)
    return kept.scores(kept.file.read(kept.columns), kept.file.first_row)


def read_score_blocks(
    path: Path, *, ids: tuple[str, str] | None = None, score: str | None = None, rows: int = BLOCK_ROWS
) -> Iterator[Scores]:
    """Yield the same, a block of rows at a time; a file without rows has one empty block."""
    kept = _ScoresFile.of(open_table(path), ids, score)
    first = kept.file.first_row
    for block in kept.file.blocks(rows, kept.columns):
        yield kept.scores(block, first)
        first += len(block)
    if first == kept.file.first_row:
        yield kept.scores(kept.file.read(kept.columns), first)


@dataclass(frozen=True)
class _ScoresFile:
    """It is a file that has ids and a score: its columns `pair`, `score` and, beside it, `probability`, and what it says of
    its making."""

    file: TableFile
    pair: PairColumns
    score: str
    probability: str | None
    provenance: Provenance | None

    @classmethod
    def of(cls, file: TableFile, ids: tuple[str, str] | None, score: str | None) -> "_ScoresFile":
        pair = find_columns(file, ids=ids)
        name = known_name(file, SCORE_COLUMNS if score is None else (score,))
        if name is None and score is not None:
            raise InputError(f"{file.path}: no column '{score}' for the score, has {', '.join(file.names)}")
        if name is None:
            wanted = ", ".join(f"'{column}'" for column in SCORE_COLUMNS)
            raise InputError(
                f"{file.path}: no score column: needs one of {wanted}, has {', '.join(file.names)}: name one with "
                "--score-column"
            )
        return cls(file, pair, name, known_name(file, PROBABILITIES), _provenance(file))

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns that are read of the file."""
        more = [self.score, *DECISION_COLUMNS, CATEGORY_COLUMN, *([self.probability] if self.probability else [])]
        return _present(self.file, self.pair, more)

    def scores(self, table: pa.Table, first: int) -> Scores:
        """Return the scores of rows from the one with the number `first` on."""
        path, names = self.file.path, table.column_names
        left, right = id_columns(table, self.pair, path, first)
        probability = self.probability
        return Scores(
            path=path,
            left=left,
            right=right,
            values=_finite(table[self.score], self.score, path, first),
            column=self.score,
            decisions={c: _booleans(table[c], c, path, first) for c in DECISION_COLUMNS if c in names},
            categories=_texts(table[CATEGORY_COLUMN], CATEGORY_COLUMN, path) if CATEGORY_COLUMN in names else None,
            provenance=self.provenance,
            numbers=np.arange(first, first + len(table)),
            probabilities=None if probability is None else _finite(table[probability], probability, path, first),
        )


def check_provenance(scores: Scores, *, index_fingerprint: str | None, model_fingerprint: str | None) -> None:
    """Raise InputError when the scores say that they were made with another index or model than these."""
    made = scores.provenance
    if made is None:
        return
    for what, theirs, given in (
        ("index", made.index_fingerprint, index_fingerprint),
        ("model", made.model_fingerprint, model_fingerprint),
    ):
        if theirs is not None and given is not None and theirs != given:
            raise InputError(
                f"{scores.path}: made with {what} {theirs}, given is {what} {given}: they do not belong together; "
                f"give the {what} that made the scores, or score again"
            )


def _present(file: TableFile, columns: PairColumns, more: list[str]) -> list[str]:
    wanted = dict.fromkeys([columns.left, columns.right, *more])
    return [name for name in wanted if name in file.names]


def _finite(column: pa.ChunkedArray, name: str, path: Path, first: int) -> Floats1d:
    try:
        values = np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"{path}: column '{name}' is not a number ({error}): scores are numbers") from error
    wrong = first + np.flatnonzero(~np.isfinite(values))
    _refuse_rows(wrong, f"{path}: column '{name}' is NaN, null or infinite", "every pair needs a score")
    return values


def _booleans(column: pa.ChunkedArray, name: str, path: Path, first: int) -> Bools1d:
    wrong = first + np.flatnonzero(column.is_null().to_numpy())
    _refuse_rows(wrong, f"{path}: column '{name}' is null", "decisions are true or false")
    try:
        return np.asarray(pc.cast(column, pa.bool_()).to_numpy(), dtype=np.bool_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"{path}: column '{name}' is {column.type} ({error}): decisions are true or false") from error


def _texts(column: pa.ChunkedArray, name: str, path: Path) -> pa.Array:
    try:
        return pc.cast(column, pa.large_string()).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(f"{path}: column '{name}' is {column.type}: categories are text") from error


def _refuse_rows(rows: Ints1d, what: str, remedy: str) -> None:
    if rows.size:
        shown = ", ".join(map(str, rows[:5])) + (", …" if rows.size > 5 else "")
        raise InputError(f"{what} in {rows.size} rows ({shown}): {remedy}")


def _provenance(file: TableFile) -> Provenance | None:
    if file.format != "parquet":
        return None
    raw = (pq.read_schema(file.path).metadata or {}).get(METADATA_KEY)
    if raw is None:
        return None
    made = read_scores_manifest(raw, file.path)
    return Provenance(
        index_fingerprint=made.index_fingerprint,
        model_fingerprint=made.model_fingerprint,
        target_precision=made.target_precision,
        target_precisions=made.target_precisions,
        thresholds={name: read_threshold(value) for name, value in made.thresholds.items()},
        default_threshold=read_threshold(made.default_threshold) if made.thresholds else None,
    )
