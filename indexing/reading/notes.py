"""Notes say what a user should hear of files that were read: what was let pass, left out, or is likely not meant so."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from indexing.catalog.catalog import Catalog
from indexing.catalog.reject_log import RejectLog
from indexing.catalog.rejects import FEW_REJECTS
from indexing.files.blocks import UNCLOSED, SetAside
from indexing.reading.inputs import CatalogInputs, InputFile
from indexing.reading.schema.expression import Cell, is_there
from indexing.reading.sniffing.content import FEW
from indexing.reading.sniffing.guess import look_at, nearest_title

MANY_UNTITLED = 0.01  # of the products


class OpenQuotes:
    """It keeps of each file the first row that a quote is not closed in, and how many there are."""

    def __init__(self) -> None:
        self._found: dict[Path, tuple[SetAside, int]] = {}

    def look(self, path: Path, found: SetAside) -> None:
        """Take what was set aside of a file."""
        if found.reason.startswith(UNCLOSED):
            first, count = self._found.get(path, (found, 0))
            self._found[path] = first, count + 1

    def notes(self) -> list[str]:
        """Return a warning of each file."""
        return [
            f"{path}: row {first.row} {first.reason}" + (f" ({count:,} such rows)" if count > 1 else "")
            for path, (first, count) in self._found.items()
        ]


def named(files: Sequence[InputFile]) -> str:
    """Return what messages about all files together begin with."""
    return f"{files[0].table.path}" + (f" and {len(files) - 1:,} more" if len(files) > 1 else "")


def few_rejects(rejects: RejectLog, rows: int, most: float, files: str) -> list[str]:
    """Return a warning of rejects that are allowed only because they are few."""
    if (bad := rejects.bad_rows) <= most * rows:
        return []
    return [
        f"{files}: {bad} of {rows} rows have a malformed cell or are no products: {100 * bad / rows:.0f} %, which is let pass "
        f"since they are no more than {FEW_REJECTS} and fewer than half; --max-rejects 0 refuses them"
    ]


def file_notes(files: Sequence[InputFile]) -> list[str]:
    """Return what a user should hear of the files, and of columns of theirs that became attributes under other names."""
    notes = []
    for file in files:
        extra = set(file.schema.extra_columns(file.table.names))
        told = [*file.table.notes, *(naming.note for naming in file.table.namings if naming.name in extra)]
        notes += [f"{file.table.path}: {note}" for note in told]
    return notes


def notes_of_titles(inputs: CatalogInputs, rows: int, catalog: Catalog) -> tuple[str, ...]:
    """Return what is to be said of titles: of files, and of products that have none in what was read of them."""
    of_files = title_notes(inputs, rows)
    return *of_files, *_untitled_notes(catalog, known=bool(of_files))


def title_notes(inputs: CatalogInputs, rows: int) -> tuple[str, ...]:
    """Return a line for each kind of file that has no title, or one that hardly differs, with the nearest column; all files
    have so many `rows`."""
    notes: dict[tuple[str, ...], str] = {}
    for file in inputs.files:
        names = file.table.names
        wrong = None if names in notes else _wrong_title(file, rows)
        if wrong is not None:
            taken = {*file.schema.vectors, *file.schema.named_columns(names)}
            others = [name for name in names if name not in taken]
            near = nearest_title(others, look_at(file.table))
            hint = "" if near is None else f"; the nearest column is '{near}': say title: {near} in a schema"
            notes[names] = f"{file.table.path}: {wrong}{hint}"
    return tuple(notes.values())


def _untitled_notes(catalog: Catalog, *, known: bool) -> list[str]:
    """Return a warning where many products have no title, with one of them; where it is `known` why, not of all products."""
    lacking = np.asarray(pc.equal(pc.fill_null(catalog.table["title"], ""), ""), dtype=bool)
    count, first = int(lacking.sum()), int(np.argmax(lacking))
    if count <= MANY_UNTITLED * len(catalog) or (known and count == len(catalog)):
        return []
    return [
        f"{count:,} of {len(catalog):,} products ({100 * count / len(catalog):.0f} %) have no title, such as id "
        f"{catalog.ids[first].as_py()!r}: what compares titles says nothing of them, and they are found by what else is known of them "
        "alone, so that more of their matches are missed; fill their titles in, or say in a schema where else one stands"
    ]


def _wrong_title(file: InputFile, rows: int) -> str | None:
    """Return what is wrong with a file's title, None for nothing."""
    title, names = file.schema.title, file.table.names
    if title is None or not is_there(title, names):
        return "no column is known as the title, so that products have none"
    if not isinstance(title, Cell) or rows < FEW:
        return None
    content = look_at(file.table, [title.column])[title.column]
    if not content.says_little:
        return None
    count, first = round(content.distinct * content.filled), f"the first {content.filled:,} products"
    examples = " and ".join(f"'{text}'" for text in content.examples[:2])
    have = f"all have {examples}" if count == 1 else f"have {count} different ones, such as {examples}"
    return f"column '{title.column}' is the title, but {first} {have}"
