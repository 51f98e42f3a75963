"""A text file of the user's is read whole, up to a size: a device that never ends would fill the memory."""

from pathlib import Path

from indexing.errors import InputError

MIB = 1024**2


def read_text(path: Path, *, most_mib: int = 16) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark.

    Raises InputError for more than `most_mib` MiB, OSError where the file cannot be read, and UnicodeDecodeError for
    what is no UTF-8.
    """
    with Path(path).open("rb") as file:
        content = file.read(most_mib * MIB + 1)
    if len(content) > most_mib * MIB:
        raise InputError(f"{path}: is longer than {most_mib} MiB, or has no end: give another file")
    return content.decode("utf-8-sig")
