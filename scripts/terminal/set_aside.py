"""What a command set aside is told by kind, with an example and what would mend it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexing.catalog.rejects import Reject, StoredRejects

MOST_REASONS, MOST_KINDS = 5, 3


def set_aside_lines(rejects: "list[Reject] | StoredRejects", folder: Path) -> Iterator[str]:
    """Yield how many rows, cells or pictures were set aside, then a line for each of the commonest kinds; none for none."""
    from indexing.catalog.rejects import reject_kinds
    from indexing.storage.stores import without_secrets

    if not rejects:
        return
    kinds = reject_kinds(rejects, most=None)
    reasons = "; ".join(sorted({kind.kind for kind in kinds})[:MOST_REASONS])
    yield f"set aside: {len(rejects):,} rows, cells or pictures ({reasons}), see {folder}/rejects.parquet"
    for kind in kinds[:MOST_KINDS]:
        yield f"  {without_secrets(kind.line())}"
