"""`heroic train --audit` lists the doubtful labels: the first ones for people, all of them as a file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexing.catalog.catalog import Catalog
    from indexing.product_index import ProductIndex
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.labelled import LabelledPairs
    from reranking.training.audit import Suspects

SHOWN = 10
PRINTED = "-"  # --audit without a file
FORMATS = (".parquet", ".csv")


def refuse_file(audit: str | None, read: Sequence[Path | None]) -> None:
    """Raise InputError, before any work, for a file that cannot be written, or is one of those that are `read`."""
    from indexing.errors import InputError
    from indexing.storage.whole_file import refuse_folder, refuse_input

    if audit is None or audit == PRINTED:
        return
    path = Path(audit)
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"--audit {path}: name a file that ends in {' or '.join(FORMATS)}")
    refuse_folder(path)
    refuse_input("--audit", path, read)


def run_audit(
    audit: str,
    index: "ProductIndex",
    pairs: "LabelledPairs",
    *,
    metric: Callable[..., float],
    options: "TrainOptions",
) -> None:
    """Audit the pairs, print the first doubtful labels, and write all of them where a file is named."""
    from reranking.training.audit import audit_labels
    from scripts.terminal.progress import shown

    with shown() as progress:
        suspects = audit_labels(index, pairs, metric=metric, options=options, progress=progress)
    show_suspects(suspects, pairs, index.catalog)
    if audit != PRINTED:
        write_suspects(Path(audit), suspects, pairs, index.catalog)


def write_suspects(path: Path, suspects: "Suspects", pairs: "LabelledPairs", catalog: "Catalog") -> None:
    """Write one row a doubtful pair, the most doubtful first, with titles; parquet or CSV by the file's name."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    from indexing.storage.whole_file import writing_file

    sides = [pa.array(side[suspects.rows]) for side in (pairs.left, pairs.right)]
    columns = {f"{name}_id": catalog.ids.take(side) for name, side in zip(("left", "right"), sides, strict=True)}
    columns |= {"target": pairs.targets[suspects.rows], "score": suspects.scores, "doubt": suspects.doubt}
    columns["reason"] = pa.array(suspects.reasons, pa.large_string())
    titles = catalog.table["title"]
    columns |= {f"{name}_title": titles.take(side) for name, side in zip(("left", "right"), sides, strict=True)}
    with writing_file(path) as file:
        write = csv.write_csv if path.suffix.lower() == ".csv" else parquet.write_table
        write(pa.table(columns), file)


def show_suspects(suspects: "Suspects", pairs: "LabelledPairs", catalog: "Catalog") -> None:
    """Print how many there are, and the first of them."""
    import numpy as np

    from scripts.terminal.console import plain

    click.echo(f"doubtful labels: {len(suspects):,} of {len(pairs):,}")
    for place, reason in enumerate(suspects.reasons[:SHOWN]):
        row = int(suspects.rows[place])
        sides = catalog.take(np.array([pairs.left[row], pairs.right[row]])).table.select(["id", "title"]).to_pylist()
        click.echo(f"{suspects.doubt[place]:.2f}  {' and '.join(str(side['id']) for side in sides)}: {plain(reason)}")
        for side in sides:
            click.echo(f"      {plain(side['title'] or 'no title')}")
    if len(suspects) > SHOWN:
        click.echo(f"and {len(suspects) - SHOWN:,} more: --audit FILE.csv writes them all")
