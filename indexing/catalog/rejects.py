"""Rejects say what was set aside: one row for each cell or picture that could not be used, with the reason."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexing.files.blocks import NO_JSON, NO_OBJECT, NO_TEXT, OTHER_WIDTH, SLIP, UNCLOSED

REJECTS_FILE = "rejects.parquet"  # in the index folder
MOST_BYTES = 64 * 1024  # kept of a value
HELD, HELD_CHARS = 16_384, 16 << 20  # rejects, or characters of them, in memory at once
READ_ROWS = 1024
SHOWN_CHARS = 60  # of an example


DEFAULT_REJECTS = 0.01  # of the rows, that may be rejects
MOST_FEW = 100  # rejects that are looked at, of what may be few rows
FEW_REJECTS = 3  # rows that are let pass in small files, where no other share is asked for
NO_ID = "has no id"
SAME_ID = "the id stands in another row, with other content"
NOT_EXACT = "is no id, but a number with a point or too large for one"


@dataclass(frozen=True)
class Reject:
    """A reject is a cell or picture that was set aside, whose product stays, or a whole row: then it has no `column`.

    `reason` begins with what is wrong, then a colon and what is so of this value alone.
    """

    id: str
    column: str
    value: str
    reason: str
    file: str = ""
    row: int = -1

    def __post_init__(self) -> None:
        if len(self.value) * 4 > MOST_BYTES:  # characters are of at most four bytes
            whole = self.value.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
            object.__setattr__(self, "value", whole)

    @property
    def kind(self) -> str:
        """Return what is wrong, without what is so of this value alone."""
        return self.reason.partition(":")[0]


@dataclass(frozen=True)
class RejectKind:
    """It counts the rejects of one kind and column, with an `example` and what would mend them."""

    kind: str
    column: str
    count: int
    example: Reject
    remedy: str

    def line(self) -> str:
        """Return the kind in one line: how many, where, an example, and what would mend them."""
        value = " ".join(self.example.value.split())
        shown = value if len(value) <= SHOWN_CHARS else value[: SHOWN_CHARS - 1] + "…"
        where = f"{self.example.file} row {self.example.row}, " if self.example.file else ""
        remedy = f": {self.remedy}" if self.remedy else ""
        ident = f"id {self.example.id}: " if self.example.id else ""
        detail = "" if self.column else self.example.reason.partition(": ")[2].partition(";")[0]
        detail = f"{detail}: " if detail else ""
        return f"{self._what()} {self.kind} ({where}{ident}{detail}{shown!r}){remedy}"

    def _what(self) -> str:
        if self.column:
            return f"{self.count:,} in '{self.column}'"
        return "1 row, which" if self.count == 1 else f"{self.count:,} rows, each of which"


VALUE = "VALUE"  # stands in a remedy for the example's
_MEANS_NONE = f"if it means that there is none, say in a schema file missing: [{VALUE}]"
REMEDIES = {
    NO_ID: "name another column, or '{A}/{B}', as id in the schema",
    SAME_ID: "name a column, or '{A}/{B}', as id that is another for every product, or group: COLUMN to join rows",
    NOT_EXACT: "export ids as text",
    "not a number": f"{_MEANS_NONE}; else name another column there (price: …)",
    "several numbers": "write one price, or the lowest and highest as 12.50-15.00",
    "negative": _MEANS_NONE,
    "infinite": _MEANS_NONE,
    "more than 1e+15": _MEANS_NONE,
    OTHER_WIDTH: "quote fields that have the delimiter in them, or mend the rows",
    UNCLOSED: "close the quotes, or say in a schema file that there are none (quote: none)",
    NO_TEXT: "mend them, or say the file's encoding in a schema file",
    NO_JSON: "write one object a line",
    NO_OBJECT: "write one object a line",
    SLIP: "write & as &amp;, or use CDATA",
    "malformed JSON": "mend the cells, or read the column as another field in the schema; attributes keep the text as one value",
    "malformed attributes": "mend the cells; the text is kept as one value",
    "is no barcode": "name another column, or none (gtin: null), in the schema",
    "lost digits as a number in scientific notation": "export barcodes as text",
    "has a wrong check digit": "mend the code in the file; the product is kept without it",
    "is a number of nine or ten digits, of which the column has too many that are no ISBN": (
        "nothing: the shop's own numbers mean nothing outside of it; where they are ISBNs all the same, say isbn10: true in the schema"
    ),
    "is a code of the shop's own (in-store range)": "nothing: such codes mean nothing outside of the shop",
    "malformed data URI": "write pictures as base64 after data:image/…;base64,",
    "no such file": "give the folder that pictures lie in (--images FOLDER)",
    "cannot be fetched": "see whether the host answers, or download the pictures and give --images FOLDER",
}


def allowed_rejects(rejects: Iterable[Reject], rows: int, share: float) -> float:
    """Return how many of some rows may be rejects: a share of them, and of small files, at the default share, a few
    that are fewer than half, unless an id stands twice: then the column of ids may be another one."""
    if share != DEFAULT_REJECTS or any(reject.reason == SAME_ID for reject in islice(rejects, MOST_FEW)):
        return share * rows
    return max(share * rows, min(FEW_REJECTS, (rows - 1) // 2))


def lets_pass(share: float, other: float) -> bool:
    """Return whether a share of rows that may be rejects lets pass whatever another one does, also in small files."""
    return share >= other and (other != DEFAULT_REJECTS or share in (DEFAULT_REJECTS, 1.0))


def reject_kinds(rejects: Iterable[Reject], most: int | None = 3) -> list[RejectKind]:
    """Return the commonest kinds of rejects, those of most rejects first, at most so many (None: all)."""
    counts, examples = Counter[tuple[str, str]](), dict[tuple[str, str], Reject]()
    for reject in rejects:
        kind = reject.kind, reject.column
        counts[kind] += 1
        examples.setdefault(kind, reject)
    ordered = sorted(counts, key=lambda kind: (-counts[kind], kind))[:most]
    return [RejectKind(*kind, counts[kind], examples[kind], _remedy(kind[0], examples[kind])) for kind in ordered]


def _remedy(kind: str, example: Reject) -> str:
    """Return what would mend rejects of a kind, for the example's value where it is short enough to stand there."""
    value = example.value.strip()
    shown = json.dumps(value if len(value) <= SHOWN_CHARS else "TEXT", ensure_ascii=False)
    return REMEDIES.get(kind, "").replace(VALUE, shown)


SCHEMA = pa.schema(
    {"id": pa.large_string(), "column": pa.large_string(), "value": pa.large_string(), "reason": pa.large_string(),
     "file": pa.large_string(), "row": pa.int64()}
)  # fmt: skip


@dataclass(frozen=True)
class StoredRejects:
    """They are the rejects in a file of `write_rejects` from the `first` on, few of which are in memory at once."""

    path: Path
    first: int = 0

    def __len__(self) -> int:
        return int(pq.read_metadata(self.path.absolute()).num_rows) - self.first

    def __iter__(self) -> Iterator[Reject]:
        skipped = self.first
        with pq.ParquetFile(self.path.absolute(), pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=READ_ROWS):
                yield from (Reject(**row) for row in batch.slice(min(skipped, len(batch))).to_pylist())
                skipped = max(skipped - len(batch), 0)


def write_rejects(rejects: Iterable[Reject], path: Path) -> int:
    """Write rejects as parquet, synced, and return how many they are; ids are text here whatever their own type is."""
    count = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(file, SCHEMA) as writer:
            for some in _parted(rejects):
                writer.write_table(pa.Table.from_pylist([vars(reject) for reject in some], schema=SCHEMA))
                count += len(some)
        file.flush()
        os.fsync(file.fileno())
    return count


def _parted(rejects: Iterable[Reject]) -> Iterator[list[Reject]]:
    """Yield rejects in lists of at most HELD, or of HELD_CHARS and one more."""
    held, chars = list[Reject](), 0
    for reject in rejects:
        held.append(reject)
        chars += len(reject.value)
        if len(held) >= HELD or chars >= HELD_CHARS:
            yield held
            held, chars = [], 0
    if held:
        yield held
