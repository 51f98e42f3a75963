"""An address says where a publication lies: a Milvus server or a local file of milvus-lite, a name there, and a token."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from indexing.errors import InputError

TOKEN_VARIABLE = "HEROIC_MILVUS_TOKEN"
LITE_SUFFIX = ".db"
MOST_NAME = 100  # characters; Milvus takes 255, of which the collections behind the name need some
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Address:
    """It is the `uri` of a server (http://host:19530) or of a local file (index.db), the `name` under which an index is
    published there, and the `token` (user:password, or an API key) that lets in, which is never shown."""

    uri: str
    name: str = "heroic"
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > MOST_NAME:
            raise InputError(
                f"--name {self.name!r}: Milvus takes letters, digits and _, not a digit first, up to {MOST_NAME}"
            )
        if self.lite:
            return
        if "@" in self.uri:  # before anything is said of it
            raise InputError(f"--to, --at: leave the password out of the address, and set {TOKEN_VARIABLE}")
        try:
            parts = urlsplit(self.uri)
            _ = parts.port
        except ValueError as error:
            raise InputError(f"{self.uri}: is no address of a server ({error}): such as http://milvus:19530") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                f"{self.uri}: is no address of Milvus: give http://HOST:19530, https://…, or a file ending in {LITE_SUFFIX}"
            )

    def __str__(self) -> str:
        return f"{self.uri} ({self.name})"

    @property
    def lite(self) -> bool:
        """Say whether it is a local file that milvus-lite keeps."""
        return "://" not in self.uri and self.uri.endswith(LITE_SUFFIX)

    @property
    def host(self) -> tuple[str, int]:
        """Return the host and the port of a server."""
        parts = urlsplit(self.uri)
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 19530)


def address_of(uri: str, name: str, token_file: Path | None) -> Address:
    """Return the address with the token of a file's first line, or of the environment where no file is named.

    Raises InputError for a file that cannot be read, and what is no address.
    """
    if token_file is None:
        return Address(uri, name, os.environ.get(TOKEN_VARIABLE, ""))
    try:
        with token_file.open(encoding="utf-8") as file:
            token = file.readline(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--token-file {token_file}: cannot be read ({error}): name a text file") from error
    if not token:
        raise InputError(f"--token-file {token_file}: its first line is empty: write user:password, or an API key")
    return Address(uri, name, token)
