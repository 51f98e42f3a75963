"""Of what a shop delivers in a folder or a zip, files that hold no table are left out."""

from collections.abc import Sequence
from pathlib import Path

from indexing.files.content.sources import find_source
from indexing.files.listing import list_tables
from indexing.files.tables import SUFFIXES, open_table
from indexing.reading.schema.column_names import fields_by_name


def list_delivered(paths: Sequence[Path]) -> tuple[list[Path], tuple[str, ...]]:
    """List the files named, and the tables of folders and zips named but for a readme and its like; return them with a
    note on each that was left out.

    Raises InputError for what is missing or unreadable.
    """
    named, found = {Path(path) for path in paths}, list_tables(paths)
    out = {path for path in found if path not in named and _is_prose(path)}
    if len(out) == len(found):
        return found, ()
    notes = tuple(f"{path}: is left out: it has one column, of no known name" for path in found if path in out)
    return [path for path in found if path not in out], notes


def _is_prose(path: Path) -> bool:
    """Return whether a file is text of one column whose first line is no name of one."""
    if SUFFIXES.get(find_source(path).suffix) != "csv":
        return False
    names = open_table(path).names
    return len(names) == 1 and not fields_by_name(names)
