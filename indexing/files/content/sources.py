"""A source is where the bytes of a table lie: a file, a URL or a member of a zip, unpacked on the way."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import pyarrow as pa

from indexing.errors import InputError
from indexing.storage.stores import url_of

PACKED_SUFFIXES = (".gz", ".zst", ".bz2", ".zip")
BOMB_BYTES, BOMB_RATIO = 1 << 30, 250  # no table unpacks to more than so many bytes and to so many times its size
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_ZIP = b"PK\x03\x04"
UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    UnicodeError,
    pa.ArrowException,
)


@dataclass
class Meter:
    """It says how many bytes of a source were taken so far, packed as they are, since it was last opened."""

    taken: int = 0


class ByteStream(io.RawIOBase):
    """A byte stream gives the unpacked bytes of a source, and tells its meter how many of the packed ones it took."""

    def __init__(self, unpacked: Any, taken: Callable[[], int], source: "Source") -> None:
        self._unpacked, self._taken, self._source, self._given = unpacked, taken, source, 0

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none at the end. Raises InputError for what unpacks to too much."""
        content: bytes = self._unpacked.read(size if size >= 0 else None)
        self._given += len(content)
        self._source.meter.taken = self._taken()
        if self._given > BOMB_BYTES and self._given > BOMB_RATIO * max(self._source.meter.taken, 1):
            raise InputError(
                f"{self._source.path}: unpacks to more than {BOMB_RATIO} times its size, as no table does: unpack it yourself"
            )
        return content

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something at once; return how many bytes that is."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        """Close the file behind it."""
        if not self.closed:
            self._unpacked.close()
        super().close()


@dataclass(frozen=True)
class Source:
    """A source has the path that the user named, its URL or its member of a zip, how it is packed, and its size in
    bytes as it lies there, None where nobody says; `meter` says how far it was read."""

    path: Path
    url: str | None = None
    archive: Path | None = None
    member: str | None = None
    packing: str | None = None
    size: int | None = None
    meter: Meter = field(default_factory=Meter, compare=False)

    @property
    def suffix(self) -> str:
        """Return the suffix that tells the format: that of the name without its packing, in lower case."""
        name = self.member or (urlsplit(self.url).path if self.url else self.path.name)
        inner = PurePosixPath(name)
        return (inner if inner.suffix.lower() not in PACKED_SUFFIXES else inner.with_suffix("")).suffix.lower()

    @property
    def folder(self) -> Path:
        """Return the folder that it lies in, which relative pictures are seen from."""
        return (self.archive or self.path).parent

    def open(self) -> ByteStream:
        """Open the unpacked bytes. Raises InputError for a URL whose file system is not installed, and OSError."""
        if self.archive is not None and self.member is not None:
            return self._member(self.archive, self.member)
        raw = open_url(self.url) if self.url else self.path.open("rb")
        if self.packing is None:
            return ByteStream(raw, raw.tell, self)
        packed = pa.PythonFile(raw, "r")
        return ByteStream(pa.CompressedInputStream(packed, self.packing), raw.tell, self)

    def _member(self, archive: Path, member: str) -> ByteStream:
        whole = zipfile.ZipFile(archive)
        content = whole.open(member)
        packed, unpacked = whole.getinfo(member).compress_size, max(whole.getinfo(member).file_size, 1)
        return ByteStream(content, lambda: content.tell() * packed // unpacked, self)

    def head(self, size: int) -> bytes:
        """Return the first bytes, unpacked."""
        with self.open() as stream:
            return read_fully(stream, size)

    def digest(self) -> str:
        """Return the sha256 of the unpacked bytes."""
        with self.open() as stream:
            return hashlib.file_digest(cast(Any, stream), "sha256").hexdigest()


def read_fully(stream: Any, size: int) -> bytes:
    """Return `size` bytes of a stream that may give fewer at once, or all that there are."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def find_source(path: Path) -> Source:
    """Look at what lies at a path: a file, a URL, a zip with one table, or a member of a zip (`a.zip/b.csv`).

    Raises InputError for what is missing, a folder, or a zip with several tables, and OSError.
    """
    url = url_of(path)
    if url is not None:
        return _packed(Source(path, url=url, size=_url_size(url)))
    archive = next((parent for parent in path.parents if parent.suffix.lower() == ".zip" and parent.is_file()), None)
    if archive is not None:
        return _in_zip(path, archive, path.relative_to(archive).as_posix())
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_dir():
        raise InputError(f"{path}: is a folder, a file is needed")
    return _packed(Source(path, size=path.stat().st_size))


def _packed(source: Source) -> Source:
    with open_url(source.url) if source.url else source.path.open("rb") as raw:
        head = raw.read(4)
    packing = next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), None)
    if packing is not None:
        return replace(source, packing=packing)
    if head != _ZIP or source.suffix not in (".zip", ""):
        return source
    if source.url:
        raise InputError(f"{source.path}: a zip is read from a file: fetch it first")
    members = zip_members(source.path)
    if len(members) != 1:
        raise InputError(
            f"{source.path}: holds {len(members)} tables: name one as {source.path / (members or ['NAME.csv'])[0]}"
        )
    return _in_zip(source.path, source.path, members[0])


def _in_zip(path: Path, archive: Path, member: str) -> Source:
    with zipfile.ZipFile(archive) as whole:
        if member not in whole.namelist():
            raise InputError(f"{path}: the zip has no such file, but {', '.join(whole.namelist()[:5])}")
        return Source(path, archive=archive, member=member, size=whole.getinfo(member).compress_size)


def zip_members(path: Path) -> list[str]:
    """Return the names of the files in a zip, but for folders and what systems add of their own."""
    with zipfile.ZipFile(path) as whole:
        return sorted(name for name in whole.namelist() if not name.endswith("/") and not _of_a_system(name))


def _of_a_system(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def open_url(url: str) -> BinaryIO:
    """Open a URL through fsspec. Raises InputError where its file system is not installed or it cannot be fetched."""
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"{url}: URLs need fsspec: pip install 'heroic[urls]'") from error
    try:
        return cast(BinaryIO, fsspec.open(url, "rb", compression=None).open())
    except ImportError as error:
        raise InputError(f"{url}: {urlsplit(url).scheme}:// needs another package ({error})") from error
    except FileNotFoundError as error:
        raise InputError(f"{url}: no such file") from error
    except Exception as error:  # each file system of fsspec has its own
        raise InputError(f"{url}: cannot be fetched ({' '.join(str(error).split())[:200]})") from error


def _url_size(url: str) -> int | None:
    with open_url(url) as file:
        size = getattr(file, "size", None)
        return size if isinstance(size, int) else None
