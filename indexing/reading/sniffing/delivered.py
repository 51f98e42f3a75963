"""Of what a shop delivers in a folder or a zip, files that hold no table are left out."""

from collections.abc import Sequence
from pathlib import Path

from indexing.files.listing import list_tables
from indexing.files.tables import TableFile, open_table
from indexing.reading.schema.column_names import fields_by_name


def open_delivered(paths: Sequence[Path]) -> tuple[list[TableFile], tuple[str, ...]]:
    """Open the files named, and the tables of folders and zips named but for a readme and its like; return them with a
    note on each that was left out.

    Raises InputError for what is missing or unreadable.
    """
    named = {Path(path) for path in paths}
    tables = [open_table(path) for path in list_tables(paths)]
    prose = [table for table in tables if table.path not in named and _is_prose(table)]
    if len(prose) == len(tables):
        return tables, ()
    out = {table.path for table in prose}
    notes = tuple(f"{table.path}: is left out: it has one column, of no known name" for table in prose)
    return [table for table in tables if table.path not in out], notes


def _is_prose(table: TableFile) -> bool:
    """Return whether a file is text of one column whose first line is no name of one."""
    return table.format == "csv" and len(table.names) == 1 and not fields_by_name(table.names)
