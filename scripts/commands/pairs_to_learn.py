"""Commands that learn from labelled pairs share how they read them, and what they set aside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scripts.terminal.option_types import SHARE

if TYPE_CHECKING:
    from indexing.catalog.catalog import Catalog
    from reranking.pairs.labelled import LabelledPairs
    from reranking.pairs.pair_rejects import PairRejects

Command = TypeVar("Command", bound=Callable[..., Any])
FORMATS = (".parquet", ".csv")
DEFAULT_REJECTS = 0.01


def reject_options(command: Command) -> Command:
    """Give a command the options --max-rejects and --rejects."""
    listing = click.option(
        "--rejects", type=click.Path(path_type=Path), help="List the rows set aside in a file (.csv, .parquet)."
    )
    share = click.option(
        "--max-rejects",
        default=DEFAULT_REJECTS,
        show_default=True,
        type=SHARE,
        help="Largest share of the pairs that may be set aside as unusable.",
    )
    return share(listing(command))


def tell_labels(paths: "Sequence[Path | None]", catalog: "Catalog | None" = None) -> None:
    """Say on stderr of each path that is a label store what it has to learn from, and what of it stays out."""
    from reranking.labels.settled import read_settled
    from reranking.labels.store_file import is_store

    for path in paths:
        if path is not None and is_store(path):
            click.echo(f"labels: {read_settled(path, catalog).summary()}", err=True)


@dataclass(frozen=True)
class PairsToLearn:
    """It says how a user's labelled pairs are read: the columns, the largest share of rows that may be set aside, and the
    file that lists them. Raises InputError for a file that cannot be written."""

    ids: tuple[str, str] | None
    target: str | None
    max_rejects: float
    rejects: Path | None

    def __post_init__(self) -> None:
        from indexing.errors import InputError
        from indexing.storage.whole_file import refuse_folder

        if self.rejects is None:
            return
        if self.rejects.suffix.lower() not in FORMATS:
            raise InputError(f"--rejects {self.rejects}: name a file that ends in {' or '.join(FORMATS)}")
        refuse_folder(self.rejects)

    @property
    def strict(self) -> bool:
        """Return whether one row that cannot be used is a reason to refuse its file, which is then said of that row."""
        return not self.max_rejects and self.rejects is None

    def read(
        self, pairs: Sequence[Path], valid: Path | None, catalog: "Catalog"
    ) -> "tuple[LabelledPairs, LabelledPairs | None]":
        """Read training and validation pairs, and tell on stderr what was set aside of each.

        Raises InputError for files that cannot be read, and for more rejects than are allowed; they are listed then too.
        """
        from indexing.storage.whole_file import refuse_input

        if self.rejects is not None:
            refuse_input("--rejects", self.rejects, [*pairs, valid])
        tell_labels([*pairs, valid], catalog)
        found: list[PairRejects] = []
        learnt = self._read(pairs, catalog, found)
        return learnt, None if valid is None else self._read([valid], catalog, found)

    def _read(self, paths: Sequence[Path], catalog: "Catalog", found: "list[PairRejects]") -> "LabelledPairs":
        """Read files that belong together; their rejects join those that were `found` before."""
        from reranking.pairs.labelled import read_labelled
        from reranking.pairs.pair_rejects import read_usable

        if self.strict:
            return read_labelled(paths, catalog, ids=self.ids, target=self.target)
        usable, rejects = read_usable(paths, catalog, ids=self.ids, target=self.target)
        found.append(rejects)
        self.set_aside(found)
        return usable

    def set_aside(self, found: "Sequence[PairRejects]", *, few: int = 0) -> None:
        """List all rejects in the file where one is named, and tell those of the last files on stderr; a `few` are allowed of a small
        file too, where nobody asked for a smaller share.

        Raises InputError where these are more than are allowed; they are listed then too.
        """
        if self.rejects is not None:
            _write(self.rejects, found)
        rejects = found[-1]
        rejects.refuse_above(self.max_rejects, few if self.max_rejects >= DEFAULT_REJECTS else 0)
        if len(rejects):
            see = "--rejects FILE.csv lists them" if self.rejects is None else f"see {self.rejects}"
            click.echo(f"set aside: {rejects.summary()}; {see}", err=True)


def _write(path: Path, found: "Sequence[PairRejects]") -> None:
    """Write one row a reject of all files that were read; parquet or CSV by the file's name."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    from indexing.storage.whole_file import writing_file

    with writing_file(path) as file:
        write = csv.write_csv if path.suffix.lower() == ".csv" else parquet.write_table
        write(pa.concat_tables([rejects.table() for rejects in found]), file)
