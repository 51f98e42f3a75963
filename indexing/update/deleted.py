"""Deleted products stand in the list that a user gives, and in the record that an index keeps of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexing.arrays import Ints1d
from indexing.catalog.catalog import DELETED_FILE, Catalog
from indexing.errors import InputError
from indexing.files.tables import open_table
from indexing.storage.short_text import read_text

SHOWN_IDS = 5
MOST_MIB = 512  # of a list of ids


def read_delete_list(path: Path, column: str = "id") -> pa.Array:
    """Read the ids of a list, once each, as text or integers: one a line of a text file, or the column of a table.

    An empty list deletes nobody. Raises InputError for a file that cannot be read or has no such column.
    """
    path = Path(path)
    ids = _lines(path) if path.suffix.lower() in ("", ".txt", ".list") else _column(path, column)
    return pc.unique(pc.drop_null(ids))


def find_deleted(catalog: Catalog, ids: pa.Array, *, path: Path, ignore_unknown: bool) -> Ints1d:
    """Return the positions (sorted) of ids of a list. Raises InputError for ids that the catalogue lacks, unless
    ignored."""
    found = catalog.lookup.find(ids)
    missing = np.flatnonzero(found < 0)
    if missing.size and not ignore_unknown:
        shown = ", ".join(repr(ids[int(row)].as_py()) for row in missing[:SHOWN_IDS])
        more = f" and {missing.size - SHOWN_IDS} more" if missing.size > SHOWN_IDS else ""
        raise InputError(
            f"{path}: {missing.size} of {len(ids)} ids are not in the index: {shown}{more}: "
            "mend the list, or give --ignore-unknown"
        )
    return np.unique(found[found >= 0])


def write_record(old: Catalog, deleted: Ints1d, now: Catalog, folder: Path) -> None:
    """Keep the ids that were deleted, now or before, and did not come back."""
    before = _record(old.folder)
    ids = old.ids.take(pa.array(deleted)).combine_chunks()
    ids = ids if before is None else pa.concat_arrays([before, ids])
    gone = ids.filter(pa.array(now.lookup.find(ids) < 0)) if len(ids) else ids
    if len(gone):
        with pa.ipc.new_file(folder / DELETED_FILE, pa.schema([("id", gone.type)])) as target:
            target.write_table(pa.table({"id": gone}))


def _record(folder: Path) -> pa.Array | None:
    path = folder / DELETED_FILE
    if not path.exists():
        return None
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()["id"].combine_chunks()


def _lines(path: Path) -> pa.Array:
    try:
        lines: Sequence[str] = read_text(path, most_mib=MOST_MIB).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise InputError(f"{path}: cannot be read ({reason}): write one id a line") from error
    return pa.array([line.strip() for line in lines if line.strip()], pa.large_string())


def _column(path: Path, column: str) -> pa.Array:
    file = open_table(path)
    if column not in file.names:
        raise InputError(f"{path}: no column '{column}', has {', '.join(file.names)}: write one id a line as .txt")
    ids = file.read(columns=[column])[column].combine_chunks()
    if pa.types.is_nested(ids.type):
        raise InputError(f"{path}: its column '{column}' holds lists or objects, not ids: write one id a line as .txt")
    return ids
