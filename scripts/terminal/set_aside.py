"""What a command set aside is told by kind, with an example and what would mend it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexing.catalog.rejects import Reject

MOST_REASONS = 5


def set_aside_lines(rejects: "Sequence[Reject]", folder: Path) -> Iterator[str]:
    """Yield how many rows, cells or pictures were set aside, then a line for each of the commonest kinds; none for none."""
    from indexing.catalog.rejects import reject_kinds

    if not rejects:
        return
    reasons = "; ".join(sorted({reject.kind for reject in rejects})[:MOST_REASONS])
    yield f"set aside: {len(rejects):,} rows, cells or pictures ({reasons}), see {folder}/rejects.parquet"
    for kind in reject_kinds(rejects):
        yield f"  {kind.line()}"
