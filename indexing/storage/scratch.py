"""What is written to be read once more lies in a folder of the system's own, which goes away with the work."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from indexing.errors import InputError
from indexing.storage.outputs import output

ELSEWHERE = "name a folder with room in the environment's TMPDIR"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder, and remove it afterwards. Raises InputError where none can be made."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="heroic-")
    except OSError as error:
        raise InputError(f"no folder for what is kept meanwhile can be made ({error.strerror}): {ELSEWHERE}") from error
    with folder as name:
        yield Path(name)


def scratch_output(folder: Path) -> AbstractContextManager[None]:
    """Say of an error while something is written into such a folder that it is there, and where else it could be."""
    return output(folder, f"or {ELSEWHERE}")
