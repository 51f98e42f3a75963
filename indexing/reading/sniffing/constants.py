"""Columns that are the same in every row tell no products apart: they are found in all rows of files, not the first ones."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from indexing.files.columnar.staging import RowCount
from indexing.files.tables import TableFile
from indexing.machine.progress import Progress, silent
from indexing.reading.schema.raw_columns import as_text
from indexing.reading.sniffing.content import Content

FEWEST_ROWS = 20  # of fewer, many columns are the same by chance
MOST_ROWS = 1_000_000  # that are looked at
STAGE = "constants"


def likely_constants(names: Sequence[str], contents: Mapping[str, Content]) -> dict[str, str]:
    """Return the columns that are filled and the same in all rows looked at so far, with their text."""
    rows = max((content.filled for content in contents.values()), default=0)
    if rows < FEWEST_ROWS:
        return {}
    same = [name for name in names if name in contents and contents[name].filled == rows]
    return {name: contents[name].examples[0] for name in same if round(contents[name].distinct * rows) == 1}


def constants_of(
    tables: Sequence[TableFile],
    likely: Mapping[str, str],
    contents: Mapping[str, Content],
    progress: Progress = silent,
) -> dict[str, str]:
    """Return those of the likely columns that have the same text in every row of the tables but for blank ones, each
    with the reason to leave it out. `progress` counts rows, by an estimate."""
    fullest = max(contents, key=lambda name: contents[name].filled * (name not in likely), default="")
    left, rows = dict(likely), 0
    wanted = [name for name in tables[0].names if name in {*likely, fullest}] if likely else []
    for block in _blocks(tables, wanted, progress):
        texts = {name: _texts(block[name].combine_chunks()) for name in block.column_names}
        filled = pc.or_(texts[fullest].is_valid(), next(texts[name] for name in likely).is_valid())
        rows += int(pc.sum(filled).as_py() or 0)
        left = {name: text for name, text in left.items() if _is_all(texts[name].filter(filled), text)}
        if not left or rows >= MOST_ROWS:
            break
    where = f"all {rows:,} rows" if rows < MOST_ROWS else f"the first {rows:,} rows"
    return dict.fromkeys(left, f"the same in {where}")


def _blocks(tables: Sequence[TableFile], names: Sequence[str], progress: Progress) -> Iterator[pa.Table]:
    """Yield blocks of the tables; from the second one on `progress` is told."""
    done, told = 0, False
    try:
        for table in tables if names else ():
            count, before = RowCount(table), done
            for block in table.blocks(columns=list(names), aside=lambda _: None):
                if done:
                    progress(STAGE, done, max(min(before + count.expected, MOST_ROWS), done + 1))
                    told = True
                count.add(len(block))
                done += len(block)
                yield block
    finally:  # also where no more rows are asked for
        if told:
            progress(STAGE, done, done)


def _texts(column: pa.Array) -> pa.Array:
    return as_text(column.dictionary_decode() if pa.types.is_dictionary(column.type) else column)


def _is_all(texts: pa.Array, text: str) -> bool:
    return bool(pc.all(pc.fill_null(pc.equal(texts, text), False)).as_py())
