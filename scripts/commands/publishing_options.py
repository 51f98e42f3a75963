"""Commands that speak to a server that indexes are published on share how it is named, and who lets them in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from indexing.product_index import ProductIndex
    from indexing.publishing.address import Address

Command = TypeVar("Command", bound=Callable[..., Any])
URI = "http://HOST:19530|FILE.db"


def server_options(command: Command) -> Command:
    """Add the options `--name` and `--token-file`."""
    token = click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        help="A file whose first line lets in (user:password, or an API key) [default: $HEROIC_MILVUS_TOKEN].",
    )
    name = click.option("--name", default="heroic", show_default=True, help="The name that it is published under.")
    return name(token(command))


def address_at(uri: str | None, name: str, token_file: Path | None, option: str) -> "Address | None":
    """Return the address that options name, None where the first is missing; the others are of no use without it."""
    if uri is None:
        if token_file is not None or name != "heroic":
            raise click.UsageError(f"--name and --token-file are of a server: give {option} too")
        return None
    from indexing.publishing.address import address_of

    return address_of(uri, name, token_file)


@contextmanager
def searched_at(index: "ProductIndex", address: "Address | None") -> Iterator["ProductIndex"]:
    """Yield the index as it is searched at an address, or here where there is none."""
    if address is None:
        yield index
        return
    from indexing.publishing.open_published import search_elsewhere
    from indexing.publishing.server import connected

    with connected(address, existing=True) as server:
        yield search_elsewhere(index, server)
