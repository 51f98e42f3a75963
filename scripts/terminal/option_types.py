"""Options that several commands have, and numbers that are refused, where they cannot be, while the command line is read."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

SEED = click.IntRange(0, 2**32 - 1)  # what every generator of random numbers takes


class Number(click.FloatRange):
    """It is a number in a range, which NaN is in none of."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value} is no number.", param, ctx)
        return found


class StoredPath(click.Path):
    """It is the folder of an artefact that is read: one in a store (s3://…) is copied into the cache first."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "://" not in str(value):
            return super().convert(value, param, ctx)
        from indexing.storage.stored.cache import fetched_to_cache
        from scripts.terminal.progress import shown

        with shown() as progress:
            return fetched_to_cache(Path(str(value)), progress=progress)


class ParquetPath(click.Path):
    """It is a file that is written as parquet, whose name says no other format: other programs would take it for one."""

    OTHERS = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".arrow", ".feather")

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(value))
        if path.suffix.lower() in self.OTHERS:
            self.fail(f"{value} is written as parquet: call it {path.with_suffix('.parquet').name}.", param, ctx)
        return super().convert(value, param, ctx)


STORED = StoredPath()
PARQUET = ParquetPath()
SHARE = Number(0, 1)
NUMBER = Number()


def cluster_option(what: str) -> Callable[[Command], Command]:
    """Give a command --cluster, for `what` it does in parts, and --task-timeout."""

    def decorate(command: Command) -> Command:
        timeout = click.option(
            "--task-timeout",
            type=Number(1),
            metavar="SECONDS",
            help="With --cluster: a part that takes longer is stopped, and tried again elsewhere [default: none].",
        )
        where = click.option(
            "--cluster",
            metavar="auto|HOST:PORT|local:N",
            help=f"{what}: on a Ray cluster, or in N processes [default: in this one].",
        )
        return where(timeout(command))

    return decorate


def keep_option(what: str) -> Callable[[Command], Command]:
    """Give a command --keep, for when `what` is in a store."""
    return click.option(
        "--keep",
        type=click.IntRange(min=1),
        metavar="N",
        help=f"With {what} in a store: versions that stay there, the newest [default: 2].",
    )


def kept_versions(keep: int | None, place: Path, option: str = "") -> int:
    """Return how many versions of what is at a place, given by an `option`, stay. Raises UsageError where that was asked for of a
    folder, or of a URL where no artefacts are kept."""
    from indexing.storage.stores import WRITTEN, place_in_store, url_of

    if keep is not None and place_in_store(place) is None:
        url = url_of(place)
        what = (
            f"{place} is a folder"
            if url is None
            else f"{url} is at none ({', '.join(f'{name}://' for name in WRITTEN)})"
        )
        raise click.UsageError(f"--keep {keep}: is for an index in a store: {option}{what}")
    return keep or 2


def prior_option(pairs: str) -> Callable[[Command], Command]:
    """Return the option `--prior`, of a command that decides about these `pairs`."""
    return click.option(
        "--prior",
        default="estimate",
        show_default=True,
        metavar="model|estimate|SHARE|FILE.yaml",
        help=f"Share of matches among {pairs} that probabilities and thresholds are made for.",
    )
